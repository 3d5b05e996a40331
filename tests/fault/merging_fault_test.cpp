// Method: each way to change who is who runs again and again on the same people; in the n-th run its n-th statement
// fails, until a run has fewer. After each fault every table is as it was, byte for byte, or, when the answer to a
// commit was lost, as after the command; the same command again gives what a run without a fault gives (P21).
#include <gmock/gmock.h>

#include <array>

#include "identity_history.hpp"
#include "statement_fault.hpp"

namespace identities::fault {
namespace {

using unit::RandomHistory;
using unit::Told;

struct Change {
  const char* name;
  /// Returns the event that it will undo, where it does.
  Id (*prepare)(RandomHistory& people);
  void (*run)(RandomHistory& people, Id event);
};

Id nothing(RandomHistory&) {
  return 0;
}
Id merged(RandomHistory& people) {
  return people.merge(people.record_named("a"), people.record_named("b")).id;
}
/// A merge on which another was built, so that the undo has to be worked out anew.
Id merged_and_more(RandomHistory& people) {
  const Id event = people.merge(people.record_named("b"), people.record_named("c")).id;
  people.merge(people.record_named("a"), people.record_named("b"));
  return event;
}
Id merged_undone(RandomHistory& people) {
  return people.undo(merged(people)).id;
}

/// The id of b held c, too, which is elsewhere since.
Id merged_and_parted(RandomHistory& people) {
  merged_and_more(people);
  people.split(people.record_named("a"), {people.record_named("c")});
  return 0;
}

void merge(RandomHistory& people, Id) {
  people.merge(people.record_named("a"), people.record_named("b"));
}
void split(RandomHistory& people, Id) {
  people.split(people.record_named("a"), {people.record_named("b")});
}
void undo(RandomHistory& people, Id event) {
  people.undo(event);
}
void judge(RandomHistory& people, Id) {
  people.command([&](store::Merging& merging) {
    return merging.judge_not(people.identity_of(people.record_named("a")), people.identity_of(people.record_named("b")),
                             0);
  });
}
/// Two people, and somebody comes who has what both have: that is told as a conflict.
Id judged(RandomHistory& people) {
  judge(people, 0);
  return 0;
}
void unlink(RandomHistory& people, Id) {
  people.command([&](store::Merging& merging) {
    return merging.unlink(people.identity_of(people.record_named("a")), "email", *people.email(0).key);
  });
}
/// Somebody comes who has the address of one and the number of another.
void join_two(RandomHistory& people, Id) {
  people.tell({people.record_named("new"), "", {people.email(0), people.mobile(1)}, 1, unit::kNow, true});
}
Id contradicted(RandomHistory& people) {
  judge(people, 0);
  join_two(people, 0);
  return 0;
}
/// Nothing but its thread told of the record.
void erase(RandomHistory& people, Id) {
  people.apply(unit::thread_deleted("t-" + people.record_named("b"), unit::kNow), people.accounts_.front());
}

/// Two strangers with one address, and a third comes, so that it is nobody's own any more.
Id two_share(RandomHistory& people) {
  people.tell({people.record_named("d"), "Ann Lee", {people.email(5)}, 0, unit::kNow, true});
  people.tell({people.record_named("e"), "Bob Ray", {people.email(5)}, 0, unit::kNow, true});
  return 0;
}
void share(RandomHistory& people, Id) {
  people.tell({people.record_named("f"), "Dan Oak", {people.email(5)}, 0, unit::kNow, true});
}
Id shared(RandomHistory& people) {
  two_share(people);
  share(people, 0);
  return people.count("SELECT MAX(id) FROM identity_log WHERE type = 'block_value'");
}

const Change kChanges[] = {
    {"merge", nothing, merge},      {"split", merged, split},
    {"undo", merged, undo},         {"undo_anew", merged_and_more, undo},
    {"redo", merged_undone, undo},  {"judge_not", nothing, judge},
    {"unlink", nothing, unlink},    {"join_two", nothing, join_two},
    {"conflict", judged, join_two}, {"answer", contradicted, judge},
    {"erase", merged, erase},       {"erase_and_lead_on", merged_and_parted, erase},
    {"share", two_share, share},    {"own_again", shared, undo},
};

/// Three people, each with facts.
void people_of(RandomHistory& people) {
  people.begin(1);
  people.tell({people.record_named("a"), "Ann Lee", {people.email(0)}, 0, unit::kNow, true});
  people.tell({people.record_named("b"), "Ann Lee", {people.mobile(1)}, 0, unit::kNow, true});
  people.tell({people.record_named("c"), "Cleo Fox", {people.email(2)}, 0, unit::kNow, true});
  people.add_facts(people.record_named("a"));
}

class MergingFaults : public testing::TestWithParam<std::tuple<Change, StatementFault>>, protected RandomHistory {
 protected:
  void SetUp() override { open(); }
  std::vector<std::string> suggestions() { return texts("SELECT rule FROM suggestion"); }
  void open() {
    plan_.fail_nothing();
    session_ = with_faults(store::opener(url(), clock_), plan_)(clock_.monotonic_us() + 10 * kSecondUs);
    session_->set_deadline(clock_.monotonic_us() + 100 * kSecondUs);
  }
  StatementPlan plan_;
};

TEST_P(MergingFaults, P21_whatever_fails_leaves_the_state_before_or_after) {
  const auto& [change, fault] = GetParam();
  // The same with other people, without a fault.
  people_of(*this);
  change.run(*this, change.prepare(*this));
  const auto expected = partition();
  const std::size_t apart = kept_apart().size();
  const std::size_t lines = state().size();
  const std::size_t asked = suggestions().size();
  people_of(*this);
  const Id event = change.prepare(*this);
  const auto before = dump();
  int failed = 0;
  bool done = false;
  for (std::int64_t n = 1; !done; ++n) {
    SCOPED_TRACE("statement " + std::to_string(n));
    ASSERT_LT(n, 500);
    plan_.fail_at(n, fault);
    bool threw = false;
    try {
      change.run(*this, event);
    } catch (const store::SessionError&) {
      threw = true;
    } catch (const store::Duplicate&) {
      threw = true;
    }
    const bool struck = plan_.struck;
    open();
    done = !threw;
    ASSERT_EQ(struck, threw) << "no fault is swallowed, and nothing else fails";
    if (!threw) continue;
    ++failed;
    const auto after = dump();
    if (fault == StatementFault::kOutcomeUnknown && after != before) {
      done = true;  // it was the commit, which took place
      continue;
    }
    ASSERT_EQ(after, before);
  }
  EXPECT_GE(failed, 5);
  EXPECT_EQ(partition(), expected);
  EXPECT_EQ(kept_apart().size(), 2 * apart);
  EXPECT_EQ(state().size(), 2 * lines);
  EXPECT_EQ(suggestions().size(), 2 * asked);
  EXPECT_EQ(rebuilt().size() != built().size(), std::string_view(change.name).starts_with("erase"));
  EXPECT_EQ(broken(), "");
}

std::string name_of_case(const testing::TestParamInfo<MergingFaults::ParamType>& each) {
  constexpr std::array<const char*, 5> kFaults = {"unavailable", "late", "broken", "duplicate", "unknown"};
  const auto& [change, fault] = each.param;
  return std::string(change.name) + "_" + kFaults.at(static_cast<std::size_t>(fault));
}

INSTANTIATE_TEST_SUITE_P(All, MergingFaults,
                         testing::Combine(testing::ValuesIn(kChanges),
                                          testing::Values(StatementFault::kUnavailable,
                                                          StatementFault::kOutcomeUnknown)),
                         name_of_case);

}  // namespace
}  // namespace identities::fault
