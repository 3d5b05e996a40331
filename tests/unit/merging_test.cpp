// Merging, splitting and undoing: each brings back what was, whatever came between, and facts stay where they are.
#include "merging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/identity_replay.hpp"
#include "store/match_store.hpp"

namespace identities::unit {
namespace {

class Merging : public testing::Test, protected MergingDatabase {
 protected:
  void SetUp() override {
    for (const char* record : {"a", "b", "c", "d"}) {
      observe(record, "", std::vector<std::string>{std::string(record) + "@customer.net"});
      write_facts(record);
    }
  }
  void TearDown() override {
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(folded(), stored());
  }
};

TEST_F(Merging, a_merge_and_its_undo_leave_everything_as_it_was) {
  const auto before = state(false);
  const auto facts_before = facts();
  const IdentityEvent merged = merge("a", "b");
  EXPECT_TRUE(same("a", "b"));
  EXPECT_EQ(facts(), facts_before) << "facts hang on records";
  const IdentityEvent undone = undo(merged.id);
  EXPECT_EQ(state(false), before);
  EXPECT_EQ(facts(), facts_before);
  EXPECT_EQ(undone.delta.added.size(), 1U) << "kept apart, so that the same evidence does not join them again";
}

TEST_F(Merging, undoing_an_undo_is_doing_it_again) {
  const IdentityEvent merged = merge("a", "b");
  const auto after = state();
  const IdentityEvent undone = undo(merged.id);
  const auto apart = state();
  const IdentityEvent again = undo(undone.id);
  EXPECT_EQ(state(), after);
  undo(again.id);
  EXPECT_EQ(state(), apart);
}

TEST_F(Merging, the_older_identity_lives_on_whatever_the_order) {
  const Id oldest = identity_of("a");
  const Id third = identity_of("c");
  merge("c", "b");
  merge("b", "a");
  EXPECT_EQ(identity_of("c"), oldest);
  EXPECT_EQ(store::live_identity(*session_, third), oldest) << "in one step";
  EXPECT_EQ(store::live_identity(*session_, 17), 0) << "never issued";
}

TEST_F(Merging, a_split_goes_back_to_the_id_that_held_just_that) {
  const Id second = identity_of("b");
  const IdentityEvent merged = merge("a", "b");
  const auto together = state();
  const IdentityEvent parted = split("a", {"b"});
  EXPECT_EQ(identity_of("b"), second);
  EXPECT_EQ(parted.delta.added.size(), 1U);
  undo(parted.id);
  EXPECT_EQ(state(), together);
  undo(merged.id);
  EXPECT_FALSE(same("a", "b"));
}

TEST_F(Merging, a_merge_is_undone_years_after_others_moved_the_same_records) {
  const IdentityEvent first = merge("b", "c");
  const Id third = first.delta.redirects.front().identity;
  merge("a", "b");
  const store::UndoPlan plan = store::Merging::plan_undo(*session_, first.id, 1, now_us_);
  EXPECT_FALSE(plan.exact);
  ASSERT_EQ(plan.delta.moves.size(), 1U);
  EXPECT_EQ(plan.delta.moves.front().record, record_id("c"));
  undo(first.id);
  EXPECT_EQ(identity_of("c"), third) << "the id that held it once";
  EXPECT_TRUE(same("a", "b"));
}

/// Of five people of ages z, a, b, c, d, the three last were one, and were split off the two first again.
class MergingRedirects : public MergingDatabase, public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string record : {"z", "a", "b", "c", "d"}) {
      // Nothing but its thread tells of it.
      Item item = message("m-" + record, kNow, record, Direction::kIn, "t-" + record);
      std::get<Engagement>(item.content).customer = customer(record, {record + "@customer.net"});
      ++now_us_;
      apply(item, accounts_.front());
      id_[record] = identity_of(record);
    }
    merge("b", "c");
    second_ = merge("b", "d");
    merge("a", "b");
    split("a", {"b", "c", "d"});
  }
  void TearDown() override { EXPECT_EQ(broken(), ""); }
  Id leads(const std::string& record) { return store::live_identity(*session_, id_.at(record)); }

  std::map<std::string, Id> id_;
  IdentityEvent second_;  // the merge of b and d
};

TEST_F(MergingRedirects, a_retired_id_follows_its_records_when_they_are_split_off) {
  EXPECT_EQ(identity_of("c"), id_.at("b"));
  EXPECT_EQ(leads("c"), id_.at("b"));
  EXPECT_EQ(leads("d"), id_.at("b"));
  EXPECT_EQ(leads("a"), id_.at("a"));
}

TEST_F(MergingRedirects, an_undo_after_the_next_merge_leads_no_id_to_a_retired_one) {
  const IdentityEvent undone = undo(second_.id);
  merge("z", "a");
  undo(undone.id);
  for (const char* record : {"z", "a", "b", "c", "d"}) EXPECT_EQ(leads(record), identity_of(record)) << record;
  undo(undo(second_.id).id);
  for (const char* record : {"z", "a", "b", "c", "d"}) EXPECT_EQ(leads(record), identity_of(record)) << record;
}

TEST_F(MergingRedirects, an_undo_after_an_identity_is_gone_leads_no_id_to_it) {
  const IdentityEvent undone = undo(second_.id);
  apply(thread_deleted("t-a", kNow), accounts_.front());
  ASSERT_EQ(leads("a"), 0);
  undo(undone.id);
  for (const char* record : {"z", "b", "c", "d"}) EXPECT_EQ(leads(record), identity_of(record)) << record;
}

TEST_F(Merging, an_id_that_came_and_went_since_follows_its_record_in_an_exact_undo) {
  observe("late", "", std::vector<std::string>{"a@customer.net"}, 1);
  const Id link = count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'");
  const IdentityEvent parted = split("a", {"late"});
  undo(parted.id);
  EXPECT_TRUE(store::Merging::plan_undo(*session_, link, 1, now_us_).exact);
  undo(link);
  EXPECT_EQ(store::live_identity(*session_, parted.delta.made.front()), identity_of("late"));
}

TEST_F(Merging, an_undo_gives_each_the_id_that_was_theirs) {
  const Id second = identity_of("b");
  const Id third = identity_of("c");
  const IdentityEvent merged = merge("b", "c");
  merge("a", "b");
  split("a", {"b", "c"});
  undo(merged.id);
  EXPECT_EQ(identity_of("b"), second);
  EXPECT_EQ(identity_of("c"), third);
}

TEST_F(Merging, an_undo_leaves_the_id_with_whom_it_was_however_many_came) {
  const Id first = identity_of("a");
  const Id second = identity_of("b");
  merge("b", "c");
  const IdentityEvent merged = merge("a", "b");
  merge("a", "d");
  undo(merged.id);
  EXPECT_EQ(identity_of("b"), second);
  EXPECT_EQ(identity_of("c"), second);
  EXPECT_EQ(identity_of("a"), first);
}

TEST_F(Merging, what_joined_by_evidence_of_the_merged_leaves_with_it) {
  const Id first = identity_of("a");
  const IdentityEvent merged = merge("a", "b");
  observe("late", "", std::vector<std::string>{"b@customer.net"}, 1);
  EXPECT_TRUE(same("late", "a"));
  undo(merged.id);
  EXPECT_TRUE(same("late", "b"));
  EXPECT_FALSE(same("late", "a"));
  EXPECT_EQ(identity_of("a"), first) << "the id stays with whom it was";
}

TEST_F(Merging, undone_evidence_does_not_join_again) {
  observe("x", "", std::vector<std::string>{"a@customer.net"}, 1);
  ASSERT_TRUE(same("x", "a"));
  const Id link = count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'");
  undo(link);
  EXPECT_FALSE(same("x", "a"));
  observe("x", "", std::vector<std::string>{"a@customer.net"}, 1);
  EXPECT_FALSE(same("x", "a")) << "the same again";
  observe("x", "", std::vector<std::string>{"x@customer.net"}, 1);
  observe("a", "", std::vector<std::string>{"x@customer.net"});
  EXPECT_FALSE(same("x", "a")) << "new evidence does not outrank the judgement";
  EXPECT_EQ(store::open_suggestions(*session_, identity_of("a")).size(), 1U) << "but is worth one question";
}

TEST_F(Merging, an_identifier_that_is_taken_off_is_not_found_and_does_not_come_back) {
  const IdentityEvent off =
      command([&](store::Merging& merging) { return merging.unlink(identity_of("a"), "email", "a@customer.net"); });
  EXPECT_FALSE(store::resolve(*session_, IdentifierKind::kEmail, "a@customer.net", 7));
  observe("a", "", std::vector<std::string>{"a@customer.net"});
  EXPECT_FALSE(store::resolve(*session_, IdentifierKind::kEmail, "a@customer.net", 7)) << "told again";
  observe("e", "", std::vector<std::string>{"a@customer.net"}, 1);
  EXPECT_FALSE(same("a", "e"));
  const IdentityEvent undone = undo(off.id);
  EXPECT_EQ(store::read_identifiers(*session_, identity_of("a"), kAll).size(), 1U);
  undo(undone.id);
  EXPECT_EQ(store::read_identifiers(*session_, identity_of("a"), kAll).size(), 0U);
}

TEST_F(Merging, an_identifier_that_is_taken_off_links_nobody_who_brings_several) {
  command([&](store::Merging& merging) { return merging.unlink(identity_of("a"), "email", "a@customer.net"); });
  observe("e", "", std::vector<std::string>{"a@customer.net", "e@customer.net"}, 1);
  EXPECT_FALSE(same("a", "e"));
}

TEST_F(Merging, what_is_taken_off_finds_nobody_and_does_so_again_when_it_is_given_back) {
  observe("w", "Wim Bos", std::vector<std::string>{"wim+news@p.io"});
  const Id record = record_id("w");
  const auto picture = [&] { return store::read_known(*session_, std::vector<Id>{record}, default_rules()).front(); };
  const auto queued = [&] {
    const auto ids = store::queued_for_scoring(*session_, 100);
    count("DELETE FROM match_queue");
    return std::find(ids.begin(), ids.end(), record) != ids.end();
  };
  const auto weak = [&] {
    return texts(
        "SELECT w.kind || ' ' || w.value FROM weak_key w JOIN record r ON r.id = w.record_id WHERE "
        "r.source_key = 'w' ORDER BY 1");
  };
  const auto weak_before = weak();
  ASSERT_FALSE(weak_before.empty());
  ASSERT_TRUE(queued());
  const IdentityEvent off =
      command([&](store::Merging& merging) { return merging.unlink(identity_of("w"), "email", "wim+news@p.io"); });
  EXPECT_TRUE(queued()) << "its picture is another now";
  EXPECT_TRUE(picture().facts.emails.empty());
  EXPECT_TRUE(weak().empty());
  observe("n", "Wim Bos", std::vector<std::string>{"wim@p.io"}, 1);
  EXPECT_TRUE(store::open_suggestions(*session_, identity_of("w")).empty());
  undo(off.id);
  EXPECT_TRUE(queued());
  EXPECT_EQ(picture().facts.emails.size(), 1U);
  EXPECT_EQ(weak(), weak_before);
}

TEST_F(Merging, those_who_part_are_compared_again) {
  merge("a", "b");
  count("DELETE FROM match_queue");
  const IdentityEvent parted = split("a", {"b"});
  EXPECT_EQ(count("SELECT record_id FROM match_queue"), record_id("b"));
  count("DELETE FROM match_queue");
  undo(parted.id);
  EXPECT_EQ(count("SELECT record_id FROM match_queue"), record_id("b"));
}

TEST_F(Merging, an_identifier_is_off_as_long_as_anything_that_took_it_off_counts) {
  const auto unlink = [&] {
    return command(
        [&](store::Merging& merging) { return merging.unlink(identity_of("a"), "email", "a@customer.net"); });
  };
  const auto shown = [&] { return store::read_identifiers(*session_, identity_of("a"), kAll).size(); };
  const IdentityEvent first = unlink();
  const IdentityEvent undone = undo(first.id);
  const IdentityEvent second = unlink();
  undo(undone.id);
  const IdentityEvent second_undone = undo(second.id);
  EXPECT_EQ(shown(), 0U) << "the first counts again";
  undo(second_undone.id);
  EXPECT_EQ(shown(), 0U);
  undo(first.id);
  EXPECT_EQ(shown(), 0U) << "the second counts";
  undo(second.id);
  EXPECT_EQ(shown(), 1U);
}

TEST_F(Merging, a_judgement_is_withdrawn_by_its_undo_and_by_an_agents_merge) {
  const auto judge = [&] {
    return command([&](store::Merging& merging) { return merging.judge_not(identity_of("a"), identity_of("b"), 0); });
  };
  const auto before = state();
  undo(judge().id);
  EXPECT_EQ(state(), before);
  judge();
  const auto apart = state();
  const IdentityEvent merged = merge("a", "b");
  EXPECT_EQ(merged.delta.withdrawn.size(), 1U);
  undo(merged.id);
  EXPECT_EQ(state(false).size(), before.size());
  EXPECT_EQ(state(), apart) << "kept apart as before";
}

TEST_F(Merging, a_refusal_of_those_who_are_kept_apart_already_is_in_the_log_and_is_undone) {
  const auto judge = [&](Id suggestion) {
    return command(
        [&](store::Merging& merging) { return merging.judge_not(identity_of("a"), identity_of("b"), suggestion); });
  };
  judge(0);
  store::suggest(*session_, {record_id("a"), record_id("b"), "match", false, 5, "[]"}, now_us_);
  const IdentityEvent refused = judge(count("SELECT id FROM suggestion"));
  EXPECT_EQ(store::events_of(*session_, {record_id("a")}).back().id, refused.id);
  undo(refused.id);
  EXPECT_EQ(count("SELECT state FROM suggestion"), 0);
}

TEST_F(Merging, an_undo_that_joins_whom_a_judgement_kept_apart_withdraws_it_and_its_undo_brings_it_back) {
  const IdentityEvent merged = merge("a", "b");
  const IdentityEvent undone = undo(merged.id);
  command([&](store::Merging& merging) { return merging.judge_not(identity_of("b"), identity_of("c"), 0); });
  merge("a", "c");
  const auto apart = state();
  const IdentityEvent again = undo(undone.id);
  EXPECT_TRUE(same("b", "c"));
  EXPECT_EQ(broken(), "");
  undo(again.id);
  EXPECT_EQ(state(), apart);
}

TEST_F(Merging, an_undo_leaves_no_identity_without_records_when_the_others_left_it_since) {
  const IdentityEvent merged = merge("a", "b");
  split("a", {"a"});
  const auto apart = state();
  undo(merged.id);
  EXPECT_EQ(state(), apart) << "they were apart already";
}

TEST_F(Merging, an_undo_that_is_undone_takes_nothing_with_it_that_was_said_by_others) {
  const IdentityEvent merged = merge("a", "b");
  split("a", {"b"});
  const auto apart = state();
  const IdentityEvent undone = undo(merged.id);
  undo(undone.id);
  EXPECT_EQ(state(), apart) << "the split still keeps them apart";
}

TEST_F(Merging, what_an_undo_takes_back_is_what_counts_and_not_what_the_event_once_did) {
  const IdentityEvent off =
      command([&](store::Merging& merging) { return merging.unlink(identity_of("a"), "email", "a@customer.net"); });
  const auto without_it = state();
  const IdentityEvent first = undo(off.id);
  const IdentityEvent second = undo(first.id);
  const IdentityEvent third = undo(second.id);
  undo(first.id);
  EXPECT_EQ(state(), without_it) << "nothing that counts undoes it any more";
  const IdentityEvent nothing = undo(third.id);
  EXPECT_EQ(state(), without_it);
  undo(nothing.id);
  EXPECT_EQ(state(), without_it);
}

/// Two identities of many records, whom their source called one customer.
class MergingLarge : public MergingDatabase, public testing::Test {
 protected:
  static constexpr int kMany = 120;

  void SetUp() override {
    for (const std::string side : {"l", "r"})
      for (int number = 0; number < kMany; ++number) {
        const std::string record = side + std::to_string(number);
        observe(record, "", std::vector<std::string>{});
        if (number > 0) declare(record, side + "0");
      }
  }
  void TearDown() override { EXPECT_EQ(broken(), ""); }

  void declare(const std::string& from, const std::string& into) {
    ++now_us_;
    apply({now_us_, CustomerMerged{from, into}}, accounts_.front());
  }
  Id newest_link() { return count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'"); }
  /// As if the same evidence came again.
  void declare_again() {
    for (const int number : {0, 1, kMany / 2, kMany - 1}) {
      declare("l" + std::to_string(number), "r" + std::to_string(number));
      EXPECT_FALSE(same("l0", "r0")) << number;
    }
  }
};

TEST_F(MergingLarge, a_merge_is_undone_and_keeps_apart_by_few_pairs) {
  const auto before = state(false);
  declare("r0", "l0");
  ASSERT_TRUE(same("l0", "r0"));
  const IdentityEvent undone = undo(newest_link());
  EXPECT_EQ(state(false), before);
  EXPECT_LE(undone.delta.added.size(), 8U * kMany);
  declare_again();
  // Whoever is split off is not joined with the others either.
  split("l0", {"l7"});
  declare("l7", "r9");
  EXPECT_FALSE(same("l7", "r9"));
}

TEST_F(MergingLarge, a_merge_is_undone_when_another_was_built_on_it) {
  declare("r0", "l0");
  const Id link = newest_link();
  observe("other", "", std::vector<std::string>{});
  merge("other", "l0");
  split("r0", {"r5"});
  undo(link);
  EXPECT_FALSE(same("l0", "r0"));
  EXPECT_TRUE(same("r0", "r9"));
  EXPECT_FALSE(same("r0", "r5"));
  declare_again();
}

TEST_F(MergingLarge, a_split_and_a_judgement_keep_apart_by_few_pairs) {
  std::set<std::string> half;
  for (int number = 0; number < kMany / 2; ++number) half.insert("l" + std::to_string(number));
  const IdentityEvent parted = split("l0", half);
  EXPECT_LE(parted.delta.added.size(), 8U * kMany);
  undo(parted.id);
  EXPECT_TRUE(same("l0", "l119"));
  command([&](store::Merging& merging) { return merging.judge_not(identity_of("l0"), identity_of("r0"), 0); });
  declare_again();
}

TEST(IdentityReplay, whoever_linked_two_may_go_and_they_stay_one) {
  const auto merged = [](Id event, Id left, Id right) {
    IdentityEvent made;
    made.id = event;
    made.type = EventType::kMerge;
    made.pair = {left, right};
    return made;
  };
  const std::vector<IdentityEvent> events = {merged(101, 1, 2), merged(102, 2, 3), merged(103, 1, 4)};
  const std::map<Id, Id> now = {{1, 11}, {3, 11}, {4, 11}};  // 2 is gone
  const std::vector<std::set<Id>> expected = {{1, 3}, {4}};
  EXPECT_THAT(groups_without(events, {1, 3, 4}, now, 103), testing::UnorderedElementsAreArray(expected));
}

TEST_F(Merging, says_what_is_not_possible) {
  using testing::ThrowsMessage, testing::StartsWith;
  EXPECT_THAT([&] { merge("a", "a"); },
              ThrowsMessage<store::NotPossible>(StartsWith("one-already: they are one identity already")));
  EXPECT_THAT([&] { split("a", {"a"}); }, ThrowsMessage<store::NotPossible>(StartsWith("parts: choose fewer")));
  EXPECT_THAT([&] { split("a", {}); }, ThrowsMessage<store::NotPossible>(StartsWith("parts: choose at least one")));
  EXPECT_THAT([&] { split("a", {"b"}); }, ThrowsMessage<store::NotPossible>(StartsWith("changed: one of the parts")));
  EXPECT_THAT([&] { undo(17); }, ThrowsMessage<store::NotPossible>(StartsWith("gone: there is no such entry")));
  const IdentityEvent merged = merge("a", "b");
  undo(merged.id);
  EXPECT_THAT([&] { undo(merged.id); }, ThrowsMessage<store::NotPossible>(StartsWith("undone-already: ")));
}

}  // namespace
}  // namespace identities::unit
