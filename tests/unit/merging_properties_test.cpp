// Method: histories drawn from seeds (identity_history.hpp), and after each step, or round about a command, what must
// hold of any history. One test for each of the 22 properties of the merge model; those of the rules alone are in
// link_rules_properties_test.cpp, those of faults and of several processes in tests/fault. A failure names its seed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <sstream>

#include "identity_history.hpp"
#include "store/history_reader.hpp"
#include "store/membership.hpp"

namespace identities::unit {
namespace {

using testing::ElementsAreArray;
using testing::IsSubsetOf;
using Lines = std::vector<std::string>;

Lines without(Lines lines, const std::string& text) {
  std::erase_if(lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  return lines;
}

Lines beginning_with(Lines lines, const std::string& text) {
  std::erase_if(lines, [&](const std::string& line) { return !line.starts_with(text); });
  return lines;
}

/// Without a second customer id or platform id.
Told one_of_a_source(Told told) {
  std::set<IdentifierKind> had;
  std::erase_if(told.identifiers, [&](const GivenIdentifier& each) {
    const bool one = each.kind == IdentifierKind::kCustomer || each.kind == IdentifierKind::kPlatform;
    return one && !had.insert(each.kind).second;
  });
  return told;
}

class MergingProperties : public testing::Test, protected RandomHistory {
 protected:
  void TearDown() override {
    EXPECT_EQ(broken(), "");
    if (!erased_) {
      EXPECT_EQ(rebuilt(), built());
    }
  }

  /// That many happened, at least; else the test proved nothing. With other seeds than the suite's they may not have.
  static void expect_happened(std::string_view what, std::int64_t times, std::int64_t least) {
    if (std::getenv("IDENTITIES_SEEDS") == nullptr) {
      EXPECT_GE(times, least) << what;
    }
  }
  void expect_happened(const std::map<std::string, std::int64_t>& least) {
    const auto times = happened();
    for (const auto& [kind, wanted] : least) {
      const auto found = times.find(kind);
      expect_happened(kind, found == times.end() ? 0 : found->second, wanted);
    }
  }

  /// Records of different identities of this history, one of each, in any order.
  Lines one_of_each() {
    std::map<Id, std::string> records;
    for (const std::string& record : people()) records.try_emplace(identity_of(record), record);
    Lines some;
    for (const auto& [identity, record] : records) some.push_back(record);
    std::shuffle(some.begin(), some.end(), random());
    return some;
  }

  /// The same without mailboxes that are shared, which take part in no merge.
  Lines one_of_each_person() {
    Lines some = one_of_each();
    std::erase_if(some, [&](const std::string& record) {
      return count(fmt::format("SELECT kind FROM identity WHERE id = {}", identity_of(record))) == 1;
    });
    return some;
  }

  void delete_thread(const std::string& record) {
    const auto told =
        std::find_if(all_told().begin(), all_told().end(), [&](const Told& each) { return each.record == record; });
    ++now_us_;
    apply(thread_deleted("t-" + record, kNow), accounts_.at(told->account));
  }

  /// What the log alone gives, without where retired ids lead, and without what it says of who is gone.
  Lines rebuilt_of_the_living() {
    const Lines records = texts("SELECT id FROM record ORDER BY 1");
    const Lines suggestions = texts("SELECT id FROM suggestion ORDER BY 1");
    const Lines shared = texts("SELECT log_id FROM shared_value ORDER BY 1");
    const auto in = [](const Lines& ids, const std::string& id) {
      return std::find(ids.begin(), ids.end(), id) != ids.end();
    };
    Lines lines = rebuilt();
    std::erase_if(lines, [&](const std::string& line) {
      std::istringstream words(line);
      std::string kind;
      std::string one;
      std::string other;
      words >> kind >> one >> other;
      if (kind == "r") return true;
      if (kind == "s") return !in(suggestions, one);
      if (kind == "v") return !in(shared, one);
      return !in(records, one) || (kind == "c" && !in(records, other));
    });
    return lines;
  }

  bool erased_ = false;
};

TEST_F(MergingProperties, P01_every_live_record_is_in_exactly_one_identity_and_no_identity_is_empty) {
  for (const unsigned seed : {11U, 12U}) {
    SCOPED_TRACE(begin(seed));
    for (int number = 0; number < 90; ++number) {
      step();
      const Lines alive = texts("SELECT DISTINCT identity_id FROM record ORDER BY 1");
      const Lines not_retired = texts(
          "SELECT id FROM identity WHERE NOT EXISTS (SELECT 1 FROM identity_redirect x WHERE x.identity_id = "
          "identity.id) ORDER BY 1");
      ASSERT_EQ(alive, not_retired) << "after step " << number;
    }
  }
  expect_happened({{"observe", 15},
                   {"autolink", 15},
                   {"merge", 5},
                   {"split", 3},
                   {"judge_not", 2},
                   {"undo", 5},
                   {"refused", 3},
                   {"suggestion", 5},
                   {"conflict", 1},
                   {"cannot_link", 5}});
}

/// Each id with the records that it ever held, as the log tells.
std::map<Id, std::set<Id>> held_ever(const std::vector<IdentityEvent>& log) {
  std::map<Id, std::set<Id>> held;
  for (const IdentityEvent& event : log) {
    if (event.type == EventType::kObserve) held[event.identity].insert(event.record);
    for (const Move& move : event.delta.moves) {
      held[move.from].insert(move.record);
      held[move.to].insert(move.record);
    }
  }
  return held;
}

TEST_F(MergingProperties, P02_every_id_that_was_ever_issued_leads_to_a_live_one_in_one_step_and_to_no_stranger) {
  SCOPED_TRACE(begin(21));
  std::set<Id> issued;
  for (int number = 0; number < 80; ++number) {
    step();
    for (const std::string& record : people()) issued.insert(identity_of(record));
    for (const std::string& id : texts("SELECT id FROM identity ORDER BY 1")) issued.insert(std::stoll(id));
    const Lines alive = texts("SELECT DISTINCT identity_id FROM record ORDER BY 1");
    const std::set<std::string> living(alive.begin(), alive.end());
    for (const Id id : issued) {
      const Id live = store::live_identity(*session_, id);
      ASSERT_TRUE(living.contains(std::to_string(live))) << id << " leads to " << live << " after step " << number;
      ASSERT_EQ(store::live_identity(*session_, live), live) << "after step " << number;
    }
    std::map<Id, Id> places;
    for (const std::string& record : people()) places[record_id(record)] = identity_of(record);
    for (const auto& [id, records] : held_ever(log())) {
      const Id live = store::live_identity(*session_, id);
      const auto has = [&](Id record) { return places.at(record) == live; };
      if (id != 0 && id != live) {
        ASSERT_TRUE(std::any_of(records.begin(), records.end(), has)) << id << " after step " << number;
      }
    }
  }
  expect_happened("retired", count("SELECT COUNT(*) FROM identity_redirect"), 5);
}

/// Every id leads to a live one with one of its records, in one step; and nowhere when none of these is left, or when
/// it `ended`: it was live itself when its last record went, and those that had left it before are other people.
void expect_led(store::Session& session, const std::map<Id, std::set<Id>>& held, const std::set<Id>& ended) {
  std::set<Id> records;
  for (const auto& [id, of_id] : held) records.insert(of_id.begin(), of_id.end());
  const std::map<Id, Id> places = store::identities_of(session, records);
  for (const auto& [id, of_id] : held) {
    if (id == 0) continue;
    std::set<Id> homes;
    for (const Id record : of_id)
      if (const auto place = places.find(record); place != places.end()) homes.insert(place->second);
    const Id live = store::live_identity(session, id);
    if (homes.empty() || ended.contains(id))
      ASSERT_EQ(live, 0) << id << " has no record left";
    else
      ASSERT_TRUE(homes.contains(live)) << id << " leads to " << live;
  }
}

TEST_F(MergingProperties, P01_P02_P07_hold_also_where_threads_are_deleted) {
  erased_ = true;  // the log speaks of those who are gone
  int gone = 0;
  int led_on = 0;
  std::set<Id> ended;
  for (const unsigned seed : {23U, 24U, 25U}) {
    SCOPED_TRACE(begin(seed));
    for (int number = 0; number < 100; ++number) {
      const int kind = below(20);
      if (people().size() < 8 || kind < 5) {
        // Nothing but their own threads tell of them.
        Told told = draw_of(record_named(fmt::format("d{}", number)));
        told.message = true;
        tell(told);
      } else if (kind < 8) {
        // An id that held several is retired, and these part.
        merge_any();
        split_any();
      } else if (kind < 17) {
        act();
      } else {
        const std::string record = any_of(people());
        const Lines before = beginning_with(built(), "r ");
        if (beside(record).size() == 1) ended.insert(identity_of(record));
        delete_thread(record);
        ASSERT_EQ(record_id(record), 0);
        forget(record);
        ++gone;
        const Lines after = beginning_with(built(), "r ");
        led_on += static_cast<int>(std::count_if(after.begin(), after.end(), [&](const std::string& line) {
          return std::find(before.begin(), before.end(), line) == before.end();
        }));
      }
      const Lines alive = texts("SELECT DISTINCT identity_id FROM record ORDER BY 1");
      const Lines not_retired = texts(
          "SELECT id FROM identity WHERE NOT EXISTS (SELECT 1 FROM identity_redirect x WHERE x.identity_id = "
          "identity.id) ORDER BY 1");
      ASSERT_EQ(alive, not_retired) << "after step " << number;
      expect_led(*session_, held_ever(log()), ended);
      ASSERT_FALSE(HasFatalFailure()) << "after step " << number;
      ASSERT_EQ(rebuilt_of_the_living(), without(built(), "r ")) << "after step " << number;
      ASSERT_EQ(broken(), "") << "after step " << number;
    }
  }
  expect_happened("gone", gone, 30);
  expect_happened("led on", led_on, 3);
  expect_happened({{"merge", 10}, {"split", 5}, {"undo", 10}});
}

TEST_F(MergingProperties, P03_a_merge_that_is_undone_leaves_everything_as_it_was_but_what_is_kept_apart) {
  int deleted = 0;
  for (const unsigned seed : {31U, 32U}) {
    SCOPED_TRACE(begin(seed));
    steps(35);
    for (int round = 0; round < 6; ++round) {
      const Lines two = one_of_each_person();
      expect_happened("people to merge", std::ssize(two), 2);
      if (two.size() < 2) break;
      for (const std::string& each : {two[0], two[1]}) add_facts(each);
      const std::string note = "n " + std::to_string(record_id(two[round % 2])) + " ";
      const Lines before = canonical();
      const Lines apart_before = kept_apart();
      const IdentityEvent merged = merge(two[0], two[1]);
      Lines expected = before;
      if (round % 2 == 0) {
        // A note that is deleted in between stays deleted.
        for (const std::string& line : beginning_with(before, note)) {
          store::delete_note(*session_, std::stoll(line.substr(note.size())));
          ++deleted;
        }
        expected = without(before, note);
      }
      undo(merged.id);
      ASSERT_EQ(canonical(), expected) << "round " << round;
      EXPECT_THAT(apart_before, IsSubsetOf(kept_apart()));
      EXPECT_GT(kept_apart().size() + merged.delta.withdrawn.size(), apart_before.size()) << "kept apart from now on";
    }
  }
  expect_happened("deleted", deleted, 4);
}

TEST_F(MergingProperties, P04_a_split_that_is_undone_leaves_everything_as_it_was) {
  int done = 0;
  for (const unsigned seed : {41U, 42U}) {
    SCOPED_TRACE(begin(seed));
    steps(40);
    for (int round = 0; round < 12; ++round) {
      add_facts(any_of(people()));
      const Lines before = canonical();
      const Lines apart = kept_apart();
      const auto parted = split_any();
      if (!parted) continue;
      const std::string note = "n " + std::to_string(parted->delta.moves.front().record) + " ";
      Lines expected = before;
      for (const std::string& line : beginning_with(before, note)) {
        store::delete_note(*session_, std::stoll(line.substr(note.size())));
        expected = without(expected, line);
      }
      undo(parted->id);
      // The id that the split made stays issued, so it leads to where its records went.
      Lines after = canonical();
      for (const Id made : parted->delta.made) after = without(after, fmt::format("r {} ", made));
      ASSERT_EQ(after, expected) << "round " << round;
      EXPECT_EQ(kept_apart(), apart);
      ++done;
    }
  }
  expect_happened("done", done, 8);
}

TEST_F(MergingProperties, P05_undoing_an_undo_brings_back_what_was_after_the_event) {
  std::map<EventType, int> tried;
  Pools crowded;  // where values become several people's
  crowded.emails = crowded.mobiles = 1;
  for (const unsigned seed : {51U, 52U, 1053U, 54U, 55U}) {
    SCOPED_TRACE(seed == 54 || seed == 55 ? begin(seed, crowded) : begin(seed));
    steps(30);
    for (int round = 0; round < 14; ++round) {
      const auto event = act();
      if (!event) continue;
      const Lines after = canonical();
      const Lines apart = kept_apart();
      const auto undone = undo_if_possible(event->id);
      ASSERT_TRUE(undone) << name_of(event->type) << " is the newest, so it can be undone";
      undo(undone->id);
      Lines again = canonical();
      for (const Id made : undone->delta.made) again = without(again, fmt::format("r {} ", made));
      ASSERT_EQ(again, after) << "round " << round << " " << name_of(event->type);
      ASSERT_EQ(kept_apart(), apart) << "round " << round << " " << name_of(event->type);
      ++tried[event->type];
    }
    // An older one, on which others were built since.
    for (int round = 0; round < 6; ++round) {
      const Lines before = canonical();
      const Lines apart = kept_apart();
      const auto undone = undo_any();
      if (!undone) continue;
      undo(undone->id);
      Lines again = canonical();
      for (const Id made : undone->delta.made) again = without(again, fmt::format("r {} ", made));
      ASSERT_EQ(again, before) << "older, round " << round;
      ASSERT_EQ(kept_apart(), apart) << "older, round " << round;
      ++tried[EventType::kUndo];
    }
  }
  for (const EventType type : {EventType::kMerge, EventType::kSplit, EventType::kUndo})
    expect_happened(name_of(type), tried[type], 2);
  expect_happened({{"own_again", 1}});
}

TEST_F(MergingProperties, P06_merges_undone_in_reverse_are_as_if_they_had_not_been_and_disjoint_ones_in_any_order) {
  for (const unsigned seed : {61U, 62U}) {
    SCOPED_TRACE(begin(seed));
    steps(30);
    const Lines before = canonical();
    std::vector<Id> events;
    for (int number = 0; number < 30; ++number)
      if (const auto merged = merge_any()) events.push_back(merged->id);
    expect_happened("merged", std::ssize(events), 4);
    for (auto event = events.rbegin(); event != events.rend(); ++event) undo(*event);
    ASSERT_EQ(canonical(), before);

    // Disjoint: no two of them have an identity in common.
    const Lines each = one_of_each_person();
    events.clear();
    for (std::size_t index = 0; index + 1 < each.size() && events.size() < 5; index += 2)
      events.push_back(merge(each[index], each[index + 1]).id);
    expect_happened("merged", std::ssize(events), 2);
    std::shuffle(events.begin(), events.end(), random());
    for (const Id event : events) undo(event);
    ASSERT_EQ(canonical(), before);

    // Those that build on each other leave no more than the partition, for which it is enough that all are undone.
    const auto people_before = partition();
    events.clear();
    for (int number = 0; number < 6; ++number)
      if (const auto merged = merge_any()) events.push_back(merged->id);
    std::shuffle(events.begin(), events.end(), random());
    for (const Id event : events) undo(event);
    ASSERT_EQ(partition(), people_before);
  }
}

TEST_F(MergingProperties, P07_the_log_alone_gives_what_is_stored_at_each_step) {
  Pools crowded;  // where values become several people's
  crowded.emails = crowded.mobiles = 1;
  for (const unsigned seed : {71U, 72U, 73U, 74U}) {
    SCOPED_TRACE(seed < 73 ? begin(seed) : begin(seed, crowded));
    for (int number = 0; number < 80; ++number) {
      if (number % 2 == 0)
        step();
      else if (!people().empty())
        act();
      ASSERT_EQ(rebuilt(), built()) << "after step " << number;
      if (number % 10 == 0) {
        ASSERT_EQ(folded(), stored());
      }
    }
  }
  expect_happened({{"merge", 5},
                   {"split", 3},
                   {"undo", 5},
                   {"unlink", 1},
                   {"unlink_again", 1},
                   {"judge_not", 2},
                   {"block_value", 1},
                   {"own_again", 1}});
}

TEST_F(MergingProperties, P08_merging_the_same_identities_in_any_order_gives_the_same_identity) {
  for (const unsigned seed : {81U, 82U}) {
    SCOPED_TRACE(begin(seed));
    steps(25);
    const Lines before = canonical();
    Lines some = one_of_each_person();
    expect_happened("people to merge", std::ssize(some), 4);
    some.resize(std::min<std::size_t>(some.size(), 5));
    Lines first;
    for (int trial = 0; trial < 4; ++trial) {
      Lines left = some;
      std::vector<Id> events;
      while (left.size() > 1) {
        std::shuffle(left.begin(), left.end(), random());
        events.push_back(merge(left[0], left[1]).id);
        left.erase(left.begin());
      }
      if (trial == 0) first = canonical();
      ASSERT_EQ(canonical(), first) << "trial " << trial;
      for (auto event = events.rbegin(); event != events.rend(); ++event) undo(*event);
      ASSERT_EQ(canonical(), before) << "trial " << trial;
    }
  }
}

TEST_F(MergingProperties, P09_what_is_told_again_changes_nothing) {
  SCOPED_TRACE(begin(91));
  int repeated = 0;
  for (int number = 0; number < 60; ++number) {
    step();
    if (number % 2 != 0) continue;
    const Lines before = dump();
    tell(any_of(all_told()));
    ++repeated;
    ASSERT_EQ(dump(), before) << "after step " << number;
  }
  expect_happened("repeated", repeated, 30);
  expect_happened({{"autolink", 5}, {"undo", 2}, {"unlink", 1}});
}

TEST_F(MergingProperties, P10_the_order_in_which_people_come_does_not_change_who_is_who) {
  // Where a limit, a doubt or another owner of a number decides, the order does count; then the same order gives the
  // same result. Names that do not fit are such a doubt, for whoever came first gave the identity its name.
  Pools calm;
  calm.names = {"", "Ann Lee", "A. Lee"};
  calm.emails = 14;
  calm.mobiles = 12;
  calm.customer_ids = calm.platform_ids = 0;
  calm.landlines = calm.nobodys = calm.old_times = false;
  calm.most_identifiers = 2;
  const auto tell_all = [&](const std::vector<std::size_t>& order, unsigned seed, const Pools& pools, int most) {
    // The same draws, so the same people with the values of another history.
    begin(seed, pools);
    std::vector<Told> all;
    for (int number = 0; number < most; ++number) all.push_back(draw_of(record_named(fmt::format("r{}", number))));
    for (const std::size_t index : order) tell(all[index]);
    std::set<std::set<std::string>> groups;
    for (const std::string& record : people()) {
      std::set<std::string> group;
      for (const std::string& each : beside(record)) group.insert(each.substr(record_named("").size()));
      groups.insert(group);
    }
    return groups;
  };
  constexpr int kMost = 14;
  std::vector<std::size_t> order(kMost);
  int compared = 0;
  std::mt19937 shuffling(100);
  for (unsigned seed = 101; seed < 109; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::iota(order.begin(), order.end(), 0);
    const std::int64_t doubts = count("SELECT COUNT(*) FROM suggestion");
    const auto in_order = tell_all(order, seed, calm, kMost);
    std::shuffle(order.begin(), order.end(), shuffling);
    const auto in_another = tell_all(order, seed, calm, kMost);
    const bool doubted = count("SELECT COUNT(*) FROM suggestion") != doubts;
    if (doubted) continue;
    ASSERT_EQ(in_order, in_another);
    expect_happened("joined", kMost - std::ssize(in_order), 1);
    ++compared;
  }
  expect_happened("compared", compared, 4);
  for (unsigned seed = 111; seed < 113; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::shuffle(order.begin(), order.end(), shuffling);
    ASSERT_EQ(tell_all(order, seed, {}, kMost), tell_all(order, seed, {}, kMost)) << "the same order";
  }
}

TEST_F(MergingProperties, P11_no_fact_is_written_by_what_agents_do_and_each_stays_with_its_record) {
  SCOPED_TRACE(begin(120));
  for (int number = 0; number < 12; ++number) tell(draw());
  for (const std::string& record : people()) add_facts(record);
  // From here on the database itself refuses whoever writes one of these.
  const bool sqlite = url().dialect == store::Dialect::kSqlite;
  for (const char* table : {"engagement", "engagement_body", "note", "attribute", "interest_trigger"})
    for (const char* what : {"INSERT", "UPDATE", "DELETE"})
      count(fmt::format("CREATE TRIGGER refuse_{0}_{1} BEFORE {1} ON {0} FOR EACH ROW {2}", table, what,
                        sqlite ? "BEGIN SELECT RAISE(ABORT, 'a fact is written'); END"
                               : "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a fact is written'"));
  session_ = store::opener(url(), clock_)(clock_.monotonic_us() + 10 * kSecondUs);
  session_->set_deadline(clock_.monotonic_us() + 100 * kSecondUs);
  const Lines before = facts();
  int done = 0;
  for (int number = 0; number < 100; ++number) {
    const auto event = act();
    if (!event) continue;
    ++done;
    ASSERT_EQ(facts(), before) << name_of(event->type);
  }
  expect_happened("done", done, 15);
  expect_happened({{"merge", 4}, {"split", 2}, {"undo", 4}});
  EXPECT_THROW(add_facts(people().front()), store::BrokenStatement) << "the trap works";
  session_ = store::opener(url(), clock_)(clock_.monotonic_us() + 10 * kSecondUs);
  session_->set_deadline(clock_.monotonic_us() + 100 * kSecondUs);
}

TEST_F(MergingProperties, P12_a_history_is_that_of_the_identitys_records_by_time_and_stable_where_times_are_equal) {
  SCOPED_TRACE(begin(130));
  for (int number = 0; number < 60; ++number) {
    if (number % 2 == 0 && people().size() > 2) add_facts(any_of(people()));  // few moments: many are equal
    step();
  }
  int pages = 0;
  for (const std::string& record : one_of_each()) {
    const Id identity = identity_of(record);
    store::HistoryQuery query;
    for (const store::RecordRow& row : store::read_records(*session_, identity, kAll)) query.records.push_back(row.id);
    query.limit = 3;
    query.cursor = store::HistoryCursor::first();
    Lines walked;
    for (bool more = true; more; ++pages) {
      const store::HistoryPage page = store::read_history(*session_, query, kAll);
      for (const store::HistoryRow& row : page.rows)
        walked.push_back(fmt::format("{} {} {}", row.occurred_us, row.id, row.record));
      more = page.more_after;
      if (!page.rows.empty())
        query.cursor = {store::HistoryCursor::Direction::kAfter, page.rows.back().occurred_us, page.rows.back().id};
    }
    const Lines expected = texts(
        fmt::format("SELECT occurred_us || ' ' || id || ' ' || record_id FROM engagement WHERE record_id IN (SELECT id "
                    "FROM record WHERE identity_id = {}) ORDER BY occurred_us, id",
                    identity));
    ASSERT_EQ(walked, expected);
  }
  expect_happened("pages", pages, 12);
  expect_happened(
      "equal times",
      count("SELECT COUNT(*) FROM (SELECT r.identity_id, e.occurred_us FROM engagement e JOIN record r ON r.id = "
            "e.record_id GROUP BY r.identity_id, e.occurred_us HAVING COUNT(*) > 1) equal_times"),
      2);
}

TEST_F(MergingProperties, P13_what_is_joined_without_an_agent_keeps_every_limit) {
  // What a record brings of its own later is its own, however much it is: then the identity has more, but nobody is
  // joined to it who would take it further.
  const ResolutionRules& rules = default_rules();
  Pools pools;
  pools.names = {"", "Ann Lee"};
  pools.emails = 12;
  pools.mobiles = 8;
  int joined = 0;
  for (const unsigned seed : {141U, 142U, 143U}) {
    SCOPED_TRACE(begin(seed, pools));
    for (int number = 0; number < 26; ++number) {
      tell(one_of_a_source(draw_of(record_named(fmt::format("r{}", number)))));  // each is new
      std::vector<Id> identities;
      for (const std::string& record : one_of_each()) identities.push_back(identity_of(record));
      for (const auto& [identity, side] : store::read_sides(*session_, identities)) {
        if (side.is_shared_mailbox) continue;
        ASSERT_LE(side.records, rules.max_records);
        ASSERT_LE(side.emails.size(), rules.max_emails);
        ASSERT_LE(side.mobiles.size(), rules.max_mobiles);
        ASSERT_LE(side.landlines.size(), rules.max_landlines);
        std::size_t all = side.emails.size() + side.mobiles.size() + side.landlines.size();
        for (const auto* by_source : {&side.customer_ids, &side.platform_ids})
          for (const auto& [source, ids] : *by_source) {
            ASSERT_LE(ids.size(), 1U) << source;
            all += ids.size();
          }
        ASSERT_LE(all, rules.max_identifiers);
        joined += side.records > 1 ? 1 : 0;
      }
    }
  }
  expect_happened("joined", joined, 20);
  expect_happened({{"conflict", 3}});
}

TEST_F(MergingProperties, P14_nothing_joins_without_an_agent_who_were_judged_to_be_two_people) {
  std::int64_t kept = 0;
  for (const unsigned seed : {151U, 152U}) {
    SCOPED_TRACE(begin(seed));
    for (int number = 0; number < 70; ++number) {
      if (number % 4 == 0 && people().size() > 3) act();
      const Lines apart = kept_apart();
      tell(draw());
      // Neither directly nor through somebody who came now.
      ASSERT_THAT(apart, IsSubsetOf(kept_apart())) << "after step " << number;
      ASSERT_EQ(count("SELECT COUNT(*) FROM cannot_link c JOIN record a ON a.id = c.record_id JOIN record b ON b.id = "
                      "c.other_record_id WHERE a.identity_id = b.identity_id"),
                0)
          << "after step " << number;
      kept += static_cast<std::int64_t>(apart.size());
    }
  }
  expect_happened("kept", kept, 100);
  expect_happened({{"autolink", 20}, {"judge_not", 2}, {"split", 2}});
}

TEST_F(MergingProperties, P14_who_was_judged_to_be_another_is_told_of_once_when_something_speaks_against_it) {
  // "conflict, the two identities"
  const auto conflicts = [&] {
    return texts(
        "SELECT s.id || ' ' || CASE WHEN r.identity_id < o.identity_id THEN r.identity_id || ' ' || o.identity_id ELSE "
        "o.identity_id || ' ' || r.identity_id END FROM suggestion s JOIN record r ON r.id = s.record_id JOIN record o "
        "ON o.id = s.other_record_id WHERE s.rule = 'J1' ORDER BY s.id");
  };
  const auto id_of = [](const std::string& line) { return line.substr(0, line.find(' ')); };
  const auto pair_of = [](const std::string& line) { return line.substr(line.find(' ')); };
  // Names of one person and few limits: what they have in common would join most of them.
  Pools pools;
  pools.names = {"", "Ann Lee", "A. Lee", "Annie Lee"};
  pools.emails = 12;
  pools.mobiles = 10;
  pools.old_times = false;
  pools.most_identifiers = 2;
  int told = 0;
  for (const unsigned seed : {153U, 154U, 155U}) {
    SCOPED_TRACE(begin(seed, pools));
    for (int number = 0; number < 60; ++number) {
      if (people().size() > 3) judge_any();
      if (people().size() > 3 && number % 5 == 0) act();
      std::set<std::string> known;
      for (const std::string& line : conflicts()) known.insert(id_of(line));
      tell(draw());
      const Lines now = conflicts();
      for (const std::string& line : now) {
        if (known.contains(id_of(line))) continue;
        ++told;
        ASSERT_EQ(std::count_if(now.begin(), now.end(),
                                [&](const std::string& each) { return pair_of(each) == pair_of(line); }),
                  1)
            << "after step " << number;
        ASSERT_EQ(count("SELECT COUNT(*) FROM suggestion s JOIN cannot_link c ON c.record_id = s.record_id AND "
                        "c.other_record_id = s.other_record_id WHERE c.log_id > s.id AND s.id = " +
                        id_of(line)),
                  0)
            << "it is to be seen";
      }
    }
  }
  expect_happened("told", told, 5);
  expect_happened({{"autolink", 20}, {"judge_not", 10}});
}

TEST_F(MergingProperties, P15_what_is_nobodys_alone_never_joins_anybody) {
  // The same people told twice: with role addresses, placeholders and an address known as shared, and without them.
  // A nameless mailbox is no person: all who write from it without a name are that mailbox, and are not compared.
  Pools pools;
  pools.nobodys = false;
  int added = 0;
  for (const unsigned seed : {161U, 162U, 1163U}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const auto history = [&](bool with) {
      begin(seed, pools);
      const GivenIdentifier shared = email(90);
      count(fmt::format("INSERT INTO identifier_value (kind, value, state) VALUES ('email', '{}', 1)", *shared.key));
      std::mt19937 extra(seed);
      for (int number = 0; number < 20; ++number) {
        Told told = draw_of(record_named(fmt::format("r{}", number)));
        const auto kind = extra() % 5;
        if (kind < 3 && with) {
          told.identifiers.push_back(kind == 0 ? role() : kind == 1 ? placeholder() : shared);
          ++added;
        }
        tell(told);
      }
      return partition();
    };
    const auto with = history(true);
    const auto without_them = history(false);
    ASSERT_EQ(with, without_them);
  }
  expect_happened("added", added, 15);
  expect_happened({{"autolink", 20}});
}

TEST_F(MergingProperties, P16_what_was_undone_is_not_joined_again_by_the_same_evidence) {
  int undone = 0;
  for (const unsigned seed : {171U, 172U}) {
    SCOPED_TRACE(begin(seed));
    for (int number = 0; number < 30; ++number) tell(draw());
    std::set<Id> mine;
    for (const std::string& record : people()) mine.insert(record_id(record));
    for (const IdentityEvent& event : log())
      if (event.type == EventType::kAutolink && mine.contains(event.pair.first) && below(2) == 0)
        undone += undo_if_possible(event.id) ? 1 : 0;
    const auto after = partition();
    const std::vector<Told> all = all_told();
    for (const Told& told : all) tell(told);
    ASSERT_EQ(partition(), after) << "told again in the same order";
    std::vector<Told> shuffled = all;
    std::shuffle(shuffled.begin(), shuffled.end(), random());
    for (const Told& told : shuffled) tell(told);
    ASSERT_EQ(partition(), after) << "and in another";
  }
  expect_happened("undone", undone, 6);
}

TEST_F(MergingProperties, P17_a_suggestion_moves_nobody_is_the_same_from_both_sides_and_does_what_the_agent_says) {
  int accepted = 0;
  int refused = 0;
  int kept = 0;
  for (const unsigned seed : {181U, 1182U}) {
    SCOPED_TRACE(begin(seed));
    for (int number = 0; number < 30; ++number) tell(draw());
    const Lines before = stored();
    for (const std::string& record : people()) doubt(record);
    for (int number = 0; number < 10; ++number) {
      const Id left = record_id(any_of(people()));
      const Id right = record_id(any_of(people()));
      if (left == right) continue;
      store::suggest(*session_, {left, right, "match", false, 5, "[]"}, now_us_);
      store::suggest(*session_, {right, left, "match", false, 5, "[]"}, now_us_);
    }
    ASSERT_EQ(stored(), before);
    ASSERT_EQ(count("SELECT COUNT(*) FROM suggestion a JOIN suggestion b ON b.record_id = a.other_record_id AND "
                    "b.other_record_id = a.record_id"),
              0)
        << "one for a pair";
    for (const std::string& record : people()) {
      const Id identity = identity_of(record);
      const auto mine = store::open_suggestions(*session_, identity);
      for (const store::Suggestion& each : mine) {
        const auto theirs = store::open_suggestions(*session_, each.other_identity);
        ASSERT_TRUE(std::any_of(theirs.begin(), theirs.end(), [&](const store::Suggestion& other) {
          return other.other_identity == identity && other.weight == each.weight && other.rule == each.rule;
        }));
      }
      if (mine.empty()) continue;
      const store::Suggestion chosen = mine.front();
      const Id other = chosen.other_identity;
      if (chosen.review) {
        const Lines membership = stored();
        command([&](store::Merging& merging) {
          return merging.judge_same(identity, {chosen.record, chosen.other_record}, chosen.id);
        });
        ASSERT_EQ(stored(), membership) << "finding a doubt unfounded moves nobody";
        ++kept;
      } else if (below(2) == 0) {
        const Lines start = canonical();
        const IdentityEvent plain =
            command([&](store::Merging& merging) { return merging.merge(identity, other, {}); });
        const Lines merged = stored();
        undo(plain.id);
        command([&](store::Merging& merging) {
          return merging.merge(identity, other,
                               {EventType::kMerge, "J", {chosen.record, chosen.other_record}, chosen.id});
        });
        ASSERT_EQ(stored(), merged) << "accepting is merging";
        ++accepted;
      } else {
        const Lines membership = stored();
        command([&](store::Merging& merging) { return merging.judge_not(identity, other, chosen.id); });
        ASSERT_EQ(stored(), membership) << "refusing moves nobody";
        ASSERT_FALSE(store::cannot_links_between(*session_, {chosen.record}, {chosen.other_record}).empty());
        const auto left = store::open_suggestions(*session_, identity);
        ASSERT_TRUE(std::none_of(left.begin(), left.end(), [&](const store::Suggestion& each) {
          return each.other_identity == other;
        })) << "it is not asked again";
        ++refused;
      }
    }
    const std::vector<Told> all = all_told();
    for (const Told& told : all) tell(told);
  }
  expect_happened("accepted", accepted, 3);
  expect_happened("refused", refused, 3);
  expect_happened("kept", kept, 3);
}

TEST_F(MergingProperties, P17_two_records_are_suggested_whichever_of_them_comes_first) {
  int suggested = 0;
  for (unsigned seed = 191; seed < 251; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const auto pairs = [&](bool swapped) {
      Pools pools;
      pools.names = {"Ann Lee", "A. Lee", "Annie Lee"};
      pools.old_times = false;
      begin(seed, pools);
      const auto draw_one = [&](const char* record) {
        Told told = draw_of(record_named(record));
        const GivenIdentifier own = email(0);
        const GivenIdentifier tagged = given(IdentifierKind::kEmail, "tag+" + own.shown);
        told.identifiers = {customer_id(below(3)), any_of(std::vector{own, tagged, landline(0), role()})};
        return told;
      };
      Told one = draw_one("r0");
      Told other = draw_one("r1");
      if (swapped) std::swap(one, other);
      tell(one);
      tell(other);
      return texts(
          fmt::format("SELECT s.rule || ' ' || s.state FROM suggestion s JOIN record r ON r.id = s.record_id WHERE "
                      "r.source_key IN ('{}', '{}')",
                      one.record, other.record));
    };
    const Lines forth = pairs(false);
    const Lines back = pairs(true);
    ASSERT_EQ(forth, back);
    suggested += static_cast<int>(forth.size());
  }
  expect_happened("suggested", suggested, 4);
}

TEST_F(MergingProperties, P19_two_databases_know_nothing_of_each_other) {
  RandomHistory other;
  ASSERT_NE(url_text(), other.url_text());
  SCOPED_TRACE(begin(220));
  other.begin(220);
  for (int number = 0; number < 40; ++number) {
    // The same people and values in both, by turns: with one database they would all be joined.
    const Lines untouched = other.dump();
    step();
    ASSERT_EQ(other.dump(), untouched);
    const Lines mine = dump();
    other.step();
    ASSERT_EQ(dump(), mine);
  }
  // The same seed gives the same people: neither saw the other's.
  EXPECT_EQ(partition(), other.partition());
  for (const std::string& line : texts("SELECT id FROM record ORDER BY 1"))
    EXPECT_EQ(other.count("SELECT COUNT(*) FROM record WHERE id = " + line), 0);
  expect_happened("people", std::ssize(people()), 8);
  EXPECT_EQ(other.broken(), "");
}

/// Erasing a person is not built yet; what stands is that a record goes with the last of what told of it.
TEST_F(MergingProperties, P20_of_a_record_that_is_gone_nothing_is_left_in_any_table) {
  erased_ = true;  // the log keeps its ids
  int gone = 0;
  for (const unsigned seed : {231U, 232U, 233U}) {
    SCOPED_TRACE(begin(seed));
    // Everything that is known of them was told in a thread.
    for (int number = 0; number < 14; ++number) {
      Told told = draw_of(record_named(fmt::format("r{}", number)));
      told.message = true;
      told.name = fmt::format("Secret{}x{} Sander", seed, number);
      told.identifiers.push_back(
          given(IdentifierKind::kEmail, fmt::format("secret{}x{}+tag@customer.net", seed, number)));
      tell(told);
    }
    for (int number = 0; number < 30; ++number) act();
    for (int number = 0; number < 6; ++number) {
      const std::string record = any_of(people());
      const Id id = record_id(record);
      if (id == 0) continue;
      const std::string secret = fmt::format("ecret{}x{}", seed, record.substr(record_named("r").size()));
      const Lines others_before = without(stored(), std::to_string(id));
      delete_thread(record);
      ASSERT_EQ(record_id(record), 0) << "nothing but that thread told of it";
      forget(record);
      ++gone;
      const Lines left = dump({"identity_log"});
      for (const std::string& row : left) {
        ASSERT_EQ(row.find(std::to_string(id)), std::string::npos) << row;
        ASSERT_EQ(row.find(secret + " "), std::string::npos) << row;
        ASSERT_EQ(row.find(secret + "+"), std::string::npos) << row;
        ASSERT_EQ(row.find(secret + "@"), std::string::npos) << row;
      }
      // The log keeps ids, and nothing by which they could be known.
      for (const std::string& row : texts("SELECT actor || payload FROM identity_log"))
        ASSERT_EQ(row.find("ecret"), std::string::npos) << row;
      ASSERT_EQ(stored(), others_before) << "the others are as they were";
      ASSERT_EQ(broken(), "");
      // What agents do goes on, also where the log speaks of who is gone.
      for (int more = 0; more < 6; ++more) act();
      ASSERT_EQ(broken(), "");
    }
  }
  expect_happened("gone", gone, 8);
}

TEST_F(MergingProperties, P20_of_an_identifier_that_only_a_deleted_thread_told_no_key_is_left) {
  begin(240);
  Told told{record_named("r0"), "Ann Lee", {email(0), mobile(0)}, 0, kNow, false};
  tell(told);
  told.message = true;
  told.identifiers = {given(IdentifierKind::kEmail, "secret+tag@customer.net"),
                      given(IdentifierKind::kPhone, "+61400777888")};
  tell(told);
  ASSERT_GE(count("SELECT COUNT(*) FROM weak_key"), 3);
  apply(thread_deleted("t-" + told.record, kNow), accounts_.front());
  ASSERT_NE(record_id(told.record), 0) << "something else told of it";
  for (const std::string& row : dump()) {
    EXPECT_EQ(row.find("secret"), std::string::npos) << row;
    EXPECT_EQ(row.find("400777888"), std::string::npos) << row;
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM weak_key"), 1) << "that of the number which is still told";
}

}  // namespace
}  // namespace identities::unit
