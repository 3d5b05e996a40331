// A value that three people use becomes nobody's own (S2): the log tells it, an agent takes that back and brings it
// back, and the value is not doubted again. Each test has a database of its own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "edge_cases.hpp"
#include "store/shared_value.hpp"

namespace identities::unit {
namespace {

constexpr const char* kDesk = "desk@acme.io";

struct SharedValue : testing::Test, Arrivals {
  /// Three strangers with one address; the event that made it theirs together.
  Id share() {
    for (const char* name : {"Ann Lee", "Raj Patel", "Olga Berg"}) people_.push_back(arrive(mail(kDesk, name)));
    return last_event();
  }
  Id last_event() { return count("SELECT MAX(id) FROM identity_log WHERE type = 'block_value'"); }
  std::int64_t state_of_desk() { return count("SELECT state FROM identifier_value WHERE kind = 'email'"); }
  std::int64_t times_shared() { return count("SELECT COUNT(*) FROM identity_log WHERE type = 'block_value'"); }
  void TearDown() override { EXPECT_EQ(broken(), ""); }

  std::vector<std::string> people_;
};

TEST_F(SharedValue, links_again_when_that_it_is_shared_is_undone_and_no_more_when_the_undo_is) {
  const Id shared = share();
  ASSERT_EQ(state_of_desk(), 1);
  const IdentityEvent undone = undo(shared);
  EXPECT_EQ(state_of_desk(), 0);
  EXPECT_EQ(undone.delta.shared, (std::vector<identities::SharedValue>{{shared, true, false}}));
  const std::string ann = arrive(mail(kDesk, "Ann Lee"));
  EXPECT_EQ(between(ann, people_[0]), "same");
  EXPECT_EQ(between(ann, people_[1]), "different");

  undo(undone.id);
  EXPECT_EQ(state_of_desk(), 1);
  const std::string raj = arrive(mail(kDesk, "Raj Patel"));
  EXPECT_NE(between(raj, people_[1]), "same");
  EXPECT_EQ(between(ann, people_[0]), "same") << "who was joined meanwhile stays so";
}

TEST_F(SharedValue, is_not_doubted_again_after_an_agent_said_that_it_is_not_shared) {
  undo(share());
  arrive(mail(kDesk, "Mia Wong"));
  arrive(mail(kDesk, "Zoe Quist"), people_[0]);
  EXPECT_EQ(state_of_desk(), 0);
  EXPECT_EQ(times_shared(), 1);
}

TEST_F(SharedValue, takes_the_doubts_with_it_that_it_raised_and_brings_them_back) {
  people_.push_back(arrive(mail(kDesk, "Ann Lee")));
  people_.push_back(arrive(mail(kDesk, "Annie Lee")));
  ASSERT_EQ(between(people_[0], people_[1]), "same");
  const auto doubts = [&] { return count("SELECT COUNT(*) FROM suggestion WHERE review = 1 AND state = 0"); };
  const Id shared = share();
  ASSERT_GE(doubts(), 1);
  const IdentityEvent undone = undo(shared);
  EXPECT_EQ(doubts(), 0);
  EXPECT_EQ(store::open_suggestions(*session_, identity_of(people_[0])).size(), 0U);
  undo(undone.id);
  EXPECT_GE(doubts(), 1);

  // What an agent decided of it stays decided, in whichever order they are taken back.
  const Id doubt = count("SELECT MIN(id) FROM suggestion WHERE review = 1");
  const auto state = [&] { return count("SELECT state FROM suggestion WHERE id = " + std::to_string(doubt)); };
  const auto same_all_the_same = store::find_suggestion(*session_, doubt, identity_of(people_[0]));
  ASSERT_TRUE(same_all_the_same);
  const IdentityEvent judged = command([&](store::Merging& merging) {
    return merging.judge_same(identity_of(people_[0]), {same_all_the_same->record, same_all_the_same->other_record},
                              doubt);
  });
  ASSERT_EQ(state(), 2);
  undo(shared);
  EXPECT_EQ(state(), 2);
  undo(judged.id);
  EXPECT_EQ(state(), 3) << "nothing doubts it any more";
}

TEST_F(SharedValue, is_forgotten_with_the_last_who_has_it) {
  const Id shared = share();
  ASSERT_TRUE(store::shared_by(*session_, shared));
  static const store::Statement kIdentifiers{"delete_all_identifiers", "DELETE FROM identifier"};
  static const store::Statement kValues{"delete_all_values", "DELETE FROM identifier_value"};
  store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
  session_->execute(kIdentifiers, {});
  session_->execute(kValues, {});
  transaction.commit();
  EXPECT_EQ(count("SELECT COUNT(*) FROM shared_value"), 0);
  EXPECT_THROW(undo(shared), store::NotPossible);
}

TEST_F(SharedValue, stays_shared_when_very_many_have_it) {
  const Id shared = share();
  for (int number = 0; number < 200; ++number) arrive(mail(kDesk, "Person " + std::to_string(number)));
  EXPECT_THROW(undo(shared), store::NotPossible);
  EXPECT_EQ(state_of_desk(), 1);
}

TEST_F(SharedValue, becomes_shared_again_however_many_have_it) {
  const IdentityEvent undone = undo(share());
  for (int number = 0; number < 205; ++number) arrive(mail(kDesk, fmt::format("Person{0} Family{0}", number)));
  undo(undone.id);
  EXPECT_EQ(state_of_desk(), 1);
}

TEST_F(SharedValue, takes_a_doubt_with_it_that_an_open_question_became) {
  people_.push_back(arrive(mail(kDesk, "Ann Lee")));
  people_.push_back(arrive(mail("other@acme.io", "Annie Lee")));
  store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
  store::suggest(*session_, {record_id(people_[0]), record_id(people_[1]), "T1", false, 4, "[]"}, ++now_us_);
  transaction.commit();
  merge(people_[0], people_[1]);
  arrive(mail(kDesk), people_[1]);
  for (const char* name : {"Raj Patel", "Olga Berg"}) arrive(mail(kDesk, name));
  const Id shared = last_event();
  ASSERT_NE(shared, 0);
  const auto shown = [&] { return store::open_suggestions(*session_, identity_of(people_[0])).size(); };
  ASSERT_EQ(shown(), 1U);
  undo(shared);
  EXPECT_EQ(shown(), 0U);
}

TEST_F(SharedValue, leaves_a_question_alone_that_took_the_place_of_its_doubt) {
  people_.push_back(arrive(mail(kDesk, "Ann Lee")));
  people_.push_back(arrive(mail(kDesk, "Annie Lee")));
  const Id shared = share();
  split(people_[0], {people_[1]});
  for (const std::string& each : {people_[0], people_[1]}) arrive(call("0412345678"), each);
  EXPECT_EQ(between(people_[0], people_[1]), "suggest") << "evidence of later than the split";
  const IdentityEvent undone = undo(shared);
  EXPECT_EQ(between(people_[0], people_[1]), "suggest");
  undo(undo(undone.id).id);
  EXPECT_EQ(between(people_[0], people_[1]), "suggest");
}

TEST_F(SharedValue, is_still_doubted_by_another_value_of_the_same_two) {
  constexpr const char* kFront = "front@acme.io";
  people_.push_back(arrive({.name = "Ann Lee", .told = {{"email", kDesk}, {"email", kFront}}}));
  people_.push_back(arrive({.name = "Annie Lee", .told = {{"email", kDesk}, {"email", kFront}}}));
  const Id desk = share();
  for (const char* name : {"Mia Wong", "Zoe Quist"}) arrive(mail(kFront, name));
  const Id front = last_event();
  ASSERT_NE(desk, front);
  const auto shown = [&] { return store::open_suggestions(*session_, identity_of(people_[0])).size(); };
  ASSERT_EQ(shown(), 1U);
  undo(desk);
  EXPECT_EQ(shown(), 1U);
  undo(front);
  EXPECT_EQ(shown(), 0U);
}

}  // namespace
}  // namespace identities::unit
