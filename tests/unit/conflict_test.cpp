// Method: an agent judges two customers to be two people, then sources tell what would have joined them. When that is
// told as a conflict (J1), by which of their records, and when it is not; C86 of the decided cases has the rest.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>

#include "edge_cases.hpp"

namespace identities::unit {
namespace {

namespace json = boost::json;

class Conflicts : public testing::Test, protected Arrivals {
 protected:
  void SetUp() override { meet(); }
  /// Two others.
  void meet() {
    ++met_;
    one_ = arrive(mail(fmt::format("ann{}@acme.io", met_), "Ann Lee"));
    other_ = arrive(mail(fmt::format("annie{}@bolt.dev", met_), "Annie Lee"));
  }
  void both_have(const Seen& seen) {
    for (const std::string& each : {one_, other_}) arrive(seen, each);
  }
  /// By which rule the open conflict of the two would have joined them; empty: there is none.
  std::string told() {
    const auto found = conflict(one_, other_);
    return found ? store::conflict_rule(found->reasons) : std::string();
  }
  void suggest(const std::string& rule, const std::string& left, const std::string& right) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    ASSERT_TRUE(store::suggest(*session_, {record_id(left), record_id(right), rule, false, 4, "[]"}, ++now_us_));
    transaction.commit();
  }
  Id open_id() { return store::open_suggestions(*session_, identity_of(one_)).at(0).id; }

  std::string one_;
  std::string other_;

 private:
  int met_ = 0;
};

TEST_F(Conflicts, each_rule_that_would_have_joined_them_tells_one) {
  const std::pair<Seen, const char*> evidence[] = {{client("77"), "D1"},
                                                   {{.told = {{"platform", "123", "x"}}}, "D2"},
                                                   {mail("lee@home.net"), "D3"},
                                                   {call("0412345678"), "D4"}};
  for (const auto& [seen, rule] : evidence) {
    SCOPED_TRACE(rule);
    judge_not(one_, other_);
    both_have(seen);
    EXPECT_EQ(told(), rule);
    EXPECT_EQ(between(one_, other_), "different");
    meet();
  }
  EXPECT_EQ(conflicts_told(), 4);
}

TEST_F(Conflicts, what_only_suggests_tells_none) {
  judge_not(one_, other_);
  both_have(call("02 9374 4000"));
  EXPECT_EQ(between(one_, other_), "different");
  const std::string tagged = arrive(mail("ann1+news@acme.io"), other_);
  EXPECT_EQ(between(one_, other_), "different") << "an address without its tag";
  EXPECT_EQ(told(), "");
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion"), 0);
}

TEST_F(Conflicts, what_a_name_or_a_limit_would_have_kept_apart_contradicts_nobody) {
  const std::string bob = arrive(mail("bob@acme.io", "Bob Ray"));
  judge_not(one_, bob);
  for (const std::string& each : {one_, bob}) arrive(call("0412345678"), each);
  EXPECT_FALSE(conflict(one_, bob)) << "another name";
  judge_not(one_, other_);
  arrive(client("1"), one_);
  arrive(client("2"), other_);
  both_have(mail("lee@home.net"));
  EXPECT_EQ(told(), "") << "the shop knows two";
  EXPECT_EQ(conflicts_told(), 0);
}

TEST_F(Conflicts, whom_something_else_keeps_apart_are_suggested_as_before) {
  merge(one_, other_);
  split(one_, {other_});
  both_have(call("0412345678"));
  EXPECT_EQ(between(one_, other_), "suggest");
  EXPECT_EQ(told(), "");
}

TEST_F(Conflicts, a_newcomer_who_is_one_of_them_tells_it_of_the_other) {
  judge_not(one_, other_);
  arrive(call("0412345678"), one_);
  arrive(mail("lee@home.net"), other_);
  const std::string newcomer =
      arrive({.name = "Ann Lee", .told = {{"phone", "0412345678"}, {"email", "lee@home.net"}}});
  EXPECT_EQ(between(newcomer, other_), "same") << "an address is surer than a number";
  EXPECT_EQ(between(one_, other_), "different");
  EXPECT_EQ(told(), "D4");
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion"), 1) << "and is no suggestion beside";
}

TEST_F(Conflicts, it_is_told_once_by_whatever_records_of_theirs) {
  const std::string further = arrive(mail("ann.lee@work.net", "Ann Lee"));
  merge(one_, further);
  judge_not(one_, other_);
  both_have(call("0412345678"));
  const Id shown = conflict(one_, other_)->id;
  for (const std::string& each : {further, other_}) arrive(mail("lee@home.net"), each);
  EXPECT_EQ(conflict(one_, other_)->id, shown);
  EXPECT_EQ(conflicts_told(), 1);
  judge_not(one_, other_, shown);
  for (const std::string& each : {further, other_}) arrive(client("77"), each);
  EXPECT_EQ(told(), "");
  EXPECT_EQ(conflicts_told(), 1);
}

TEST_F(Conflicts, two_that_meet_in_one_identity_are_answered_at_once) {
  const std::string third = arrive(mail("ann.lee@work.net", "Ann Lee"));
  judge_not(one_, other_);
  judge_not(third, other_);
  both_have(call("0412345678"));
  for (const std::string& each : {third, other_}) arrive(mail("lee@home.net"), each);
  EXPECT_EQ(conflicts_told(), 2);
  merge(one_, third);
  const IdentityEvent answered = judge_not(one_, other_, conflict(one_, other_)->id);
  EXPECT_EQ(told(), "") << "the other is not asked next";
  EXPECT_EQ(answered.delta.decided.size(), 2U);
  undo(answered.id);
  EXPECT_NE(told(), "") << "an answer that is taken back is asked for again";
}

TEST_F(Conflicts, saying_so_again_by_hand_answers_it_too) {
  judge_not(one_, other_);
  both_have(call("0412345678"));
  judge_not(one_, other_);
  EXPECT_EQ(told(), "");
  EXPECT_EQ(count("SELECT state FROM suggestion"), 2);
  EXPECT_THROW(judge_not(one_, other_), store::NotPossible) << "there is nothing left to answer";
}

TEST_F(Conflicts, an_older_question_that_the_judgement_closed_does_not_hide_it) {
  for (const char* rule : {"match", "E3"}) {
    SCOPED_TRACE(rule);
    suggest(rule, one_, other_);
    judge_not(one_, other_);
    EXPECT_FALSE(suggested(one_, other_));
    both_have(call(rule[0] == 'm' ? "0412345678" : "0498765432"));
    EXPECT_EQ(told(), "D4");
    meet();
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion"), 4) << "a conflict beside each";
}

TEST_F(Conflicts, a_question_that_an_agent_refused_stays_refused_and_the_conflict_is_told_beside_it) {
  suggest("E3", one_, other_);
  judge_not(one_, other_, open_id());
  both_have(call("0412345678"));
  EXPECT_EQ(told(), "D4");
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE state = 2 AND rule = 'E3'"), 1);
  judge_not(one_, other_, conflict(one_, other_)->id);
  both_have(mail("ann.lee@home.net"));
  EXPECT_EQ(told(), "") << "once";
}

TEST_F(Conflicts, what_the_log_may_decide_again_keeps_its_id) {
  suggest("E3", one_, other_);
  const Id asked = open_id();
  undo(judge_not(one_, other_, asked).id);
  judge_not(one_, other_);
  both_have(call("0412345678"));
  EXPECT_EQ(count("SELECT id FROM suggestion WHERE rule = 'E3'"), asked);
  EXPECT_EQ(told(), "D4");
}

TEST_F(Conflicts, whoever_was_asked_about_linked_and_parted_is_asked_about_again) {
  suggest("T1", one_, other_);
  both_have(call("0412345678"));
  ASSERT_EQ(between(one_, other_), "same");
  undo(count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'"));
  both_have(call("0412345678"));
  both_have(mail("lee@home.net"));
  EXPECT_EQ(between(one_, other_), "suggest") << "as C87, also where there was a question before";
  judge_not(one_, other_, open_id());
  both_have(call("0498765432"));
  EXPECT_NE(between(one_, other_), "suggest") << "a refusal is remembered";
}

TEST_F(Conflicts, two_whom_their_source_calls_one_customer_are_told_once) {
  arrive(client("1"), one_);
  arrive(client("2"), other_);
  judge_not(one_, other_);
  const json::object merged = {{"type", "customer.merged"},
                               {"timestamp", format_rfc3339(kNow)},
                               {"data", json::object{{"from", one_}, {"into", other_}}}};
  post(merged, {});
  EXPECT_EQ(told(), "D1");
  EXPECT_EQ(between(one_, other_), "different");
  judge_not(one_, other_, conflict(one_, other_)->id);
  post(merged, {});
  EXPECT_EQ(told(), "");
  EXPECT_EQ(conflicts_told(), 1);
}

}  // namespace
}  // namespace identities::unit
