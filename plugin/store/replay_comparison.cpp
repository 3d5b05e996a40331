#include "store/replay_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "store/identity_log.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

constexpr Microseconds kPatienceUs = 60 * kSecondUs;
constexpr Microseconds kReplayUs = 3600 * kSecondUs;  // for the private databases, however many rows they have

const Statement kMembership{"replayed_membership", "SELECT source_key, identity_id FROM record ORDER BY id"};
const Statement kMembers{"replayed_members", "SELECT id, source_key FROM record WHERE identity_id = ?"};
const Statement kBeside{"replayed_beside",
                        "SELECT source_key FROM record WHERE identity_id IN (SELECT identity_id FROM record WHERE "
                        "source_key = ? AND account_id IN (SELECT id FROM account))"};
const Statement kSuggestions{
    "replayed_suggestions",
    fmt::format("SELECT r.source_key, o.source_key, s.rule FROM suggestion s JOIN record r ON r.id = s.record_id JOIN "
                "record o ON o.id = s.other_record_id WHERE s.state = 0 AND s.review = 0 AND o.identity_id <> "
                "r.identity_id AND {} ORDER BY s.id",
                kNotPartedSince)};
const Statement kExtent{"extent_of_record",
                        "SELECT r.account_id, (SELECT SUM(rt.in_count + rt.out_count) FROM record_thread rt WHERE "
                        "rt.record_id = r.id) FROM record r WHERE r.id = ?"};

/// A record and who it is: as stored, by the present rules, by the changed ones.
struct Placed {
  Id record = 0;
  Id stored = 0;
  Id present = 0;
  Id changed = 0;
  std::size_t beside = 0;  // records of the present identity, with itself
};
using Placement = Id Placed::*;

/// The weaker the rule, the riskier what it does.
int risk_of(std::string_view rule) {
  constexpr std::array<std::string_view, 5> kByStrength = {"J", "D1", "D2", "D3", "D4"};
  const auto found = std::find(kByStrength.begin(), kByStrength.end(), rule);
  return rule.empty() ? -1 : static_cast<int>(found - kByStrength.begin());
}

bool riskier(const RuleChange& a, const RuleChange& b) {
  const auto oldest = [](const RuleChange& change) { return change.records.empty() ? 0 : change.records.front(); };
  return std::tuple(b.record_count, risk_of(b.rule), oldest(a)) <
         std::tuple(a.record_count, risk_of(a.rule), oldest(b));
}

class Comparing {
 public:
  Comparing(const std::vector<std::pair<Id, Id>>& stored, RuleReplay& present, RuleReplay& changed)
      : present_(present), changed_(changed) {
    placed_.reserve(stored.size());
    for (const auto& [record, identity] : stored) placed_.push_back({record, identity, 0, 0, 0});
    place(present_, &Placed::present);
    place(changed_, &Placed::changed);
    std::erase_if(placed_, [](const Placed& each) { return each.present == 0 || each.changed == 0; });
  }

  ReplayComparison compare(std::size_t most) {
    ReplayComparison comparison(most);
    comparison.records = placed_.size();
    comparison.identities = each_group(&Placed::present, [&](std::span<Placed> group) {
      for (Placed& each : group) each.beside = group.size();
      report(group, &Placed::changed, present_, &Placed::present, comparison.split);
    });
    each_group(&Placed::stored, [&](std::span<const Placed> group) {
      const bool same = std::all_of(group.begin(), group.end(), [&](const Placed& each) {
        return each.present == group.front().present && each.beside == group.size();
      });
      if (!same) ++comparison.stored_otherwise;
    });
    each_group(&Placed::record, [](std::span<const Placed>) {});  // sorts
    compare_suggestions(comparison);
    comparison.identities_by_others = each_group(&Placed::changed, [&](std::span<const Placed> group) {
      report(group, &Placed::present, changed_, &Placed::changed, comparison.merged);
    });
    for (RuleChanges* changes :
         {&comparison.merged, &comparison.split, &comparison.suggested, &comparison.no_longer_suggested})
      changes->sort();
    for (RuleChanges* changes : {&comparison.suggested, &comparison.no_longer_suggested})
      for (RuleChange& change : changes->kept()) add_records_beside(change);
    return comparison;
  }

 private:
  void place(RuleReplay& replay, Placement where) {
    auto next = placed_.begin();
    replay.session().query(kMembership, {}, [&](const Row& row) {
      const Id record = parse_id(row.text(0)).value_or(0);
      while (next != placed_.end() && next->record < record) ++next;
      if (next != placed_.end() && next->record == record) (*next).*where = row.integer(1);
    });
  }

  /// Sorts by that identity, then by record; calls `work` with the records of each. Returns how many there are.
  template <typename Work>
  std::size_t each_group(Placement where, Work&& work) {
    std::sort(placed_.begin(), placed_.end(), [&](const Placed& a, const Placed& b) {
      return std::tuple(a.*where, a.record) < std::tuple(b.*where, b.record);
    });
    std::size_t groups = 0;
    for (auto from = placed_.begin(); from != placed_.end(); ++groups) {
      const auto to =
          std::find_if(from, placed_.end(), [&](const Placed& each) { return each.*where != (*from).*where; });
      work(std::span<Placed>(from, to));
      from = to;
    }
    return groups;
  }

  static std::map<Id, std::vector<Placed>> parts_of(std::span<const Placed> group, Placement where) {
    std::map<Id, std::vector<Placed>> parts;
    for (const Placed& each : group) parts[each.*where].push_back(each);
    return parts;
  }

  static void add_part(RuleChange& change, const std::vector<Placed>& part) {
    change.parts.push_back({part.front().stored, part.size()});
    for (const Placed& each : part) change.records.push_back(each.record);
    change.record_count += part.size();
  }

  /// An identity of `replay` that is in several parts by the other one.
  static void report(std::span<const Placed> group, Placement by, RuleReplay& replay, Placement here,
                     RuleChanges& changes) {
    if (std::all_of(group.begin(), group.end(), [&](const Placed& each) { return each.*by == group.front().*by; }))
      return;
    RuleChange change;
    const auto parts = parts_of(group, by);
    for (const auto& [identity, part] : parts) add_part(change, part);
    change.rule = weakest_across(replay.session(), group, by, here);
    changes.add(std::move(change));
  }

  /// The weakest rule by which records of different parts were found to be one person.
  static std::string weakest_across(Session& session, std::span<const Placed> group, Placement by, Placement here) {
    std::map<Id, Id> part_of;  // by the record as the replay has it
    std::set<Id> records;
    session.query(kMembers, {group.front().*here}, [&](const Row& row) {
      const Id record = parse_id(row.text(1)).value_or(0);
      const auto found = std::lower_bound(group.begin(), group.end(), record,
                                          [](const Placed& each, Id id) { return each.record < id; });
      if (found == group.end() || found->record != record) return;
      part_of[row.integer(0)] = (*found).*by;
      records.insert(row.integer(0));
    });
    std::string weakest;
    for (const IdentityEvent& event : events_of(session, records)) {
      if (event.type != EventType::kAutolink && event.type != EventType::kMerge) continue;
      const auto one = part_of.find(event.pair.first);
      const auto other = part_of.find(event.pair.second);
      if (one == part_of.end() || other == part_of.end() || one->second == other->second) continue;
      if (risk_of(event.rule) > risk_of(weakest)) weakest = event.rule;
    }
    return weakest;
  }

  const Placed* find(std::string_view record) const {
    const Id id = parse_id(record).value_or(0);
    const auto found = std::lower_bound(placed_.begin(), placed_.end(), id,
                                        [](const Placed& each, Id wanted) { return each.record < wanted; });
    return found != placed_.end() && found->record == id ? &*found : nullptr;
  }

  struct SuggestedPair {
    const Placed* one;
    const Placed* other;
    std::string rule;
  };
  /// By the identities of the present rules, so that two records of one are not two suggestions.
  using SuggestedPairs = std::map<std::pair<Id, Id>, SuggestedPair>;

  SuggestedPairs suggested_by(RuleReplay& replay) const {
    SuggestedPairs pairs;
    replay.session().query(kSuggestions, {}, [&](const Row& row) {
      const Placed* const one = find(row.text(0));
      const Placed* const other = find(row.text(1));
      if (one == nullptr || other == nullptr) return;
      const std::pair key{std::min(one->present, other->present), std::max(one->present, other->present)};
      pairs.try_emplace(key, SuggestedPair{one, other, std::string(row.text(2))});
    });
    return pairs;
  }

  void compare_suggestions(ReplayComparison& comparison) {
    const SuggestedPairs before = suggested_by(present_);
    const SuggestedPairs after = suggested_by(changed_);
    const auto missing = [&](const SuggestedPairs& from, const SuggestedPairs& in, RuleChanges& changes) {
      for (const auto& [key, pair] : from) {
        if (in.contains(key)) continue;
        RuleChange change;
        change.rule = pair.rule;
        for (const Placed* side : {pair.one, pair.other}) {
          change.parts.push_back({side->stored, side->beside});
          change.records.push_back(side->record);
          change.record_count += side->beside;
        }
        changes.add(std::move(change));
      }
    };
    missing(after, before, comparison.suggested);
    missing(before, after, comparison.no_longer_suggested);
  }

  /// A suggestion is of two records and concerns their identities.
  void add_records_beside(RuleChange& change) {
    std::set<Id> all;
    for (const Id record : change.records)
      present_.session().query(kBeside, {std::string_view(std::to_string(record))},
                               [&](const Row& row) { all.insert(parse_id(row.text(0)).value_or(0)); });
    change.records.assign(all.begin(), all.end());
  }

  RuleReplay& present_;
  RuleReplay& changed_;
  std::vector<Placed> placed_;
};

}  // namespace

void RuleChanges::add(RuleChange change) {
  ++count_;
  kept_.push_back(std::move(change));
  if (most_ == 0 || kept_.size() < 2 * most_ + 100) return;
  sort();
}

void RuleChanges::sort() {
  std::sort(kept_.begin(), kept_.end(), riskier);
  if (most_ != 0 && kept_.size() > most_) kept_.resize(most_);
}

ReplayComparison compare_replays(const std::vector<std::pair<Id, Id>>& stored, RuleReplay& present, RuleReplay& changed,
                                 std::size_t most) {
  for (RuleReplay* replay : {&present, &changed}) replay->allow(kReplayUs);
  return Comparing(stored, present, changed).compare(most);
}

void tell_extent(Pool& stored, std::vector<RuleChange>& changes) {
  for (RuleChange& change : changes) {
    std::set<Id> accounts;
    std::int64_t messages = 0;
    stored.with_session(stored.clock().monotonic_us() + kPatienceUs, [&](Session& session) {
      for (const Id record : change.records)
        session.query(kExtent, {record}, [&](const Row& row) {
          accounts.insert(row.integer(0));
          messages += row.integer(1);
        });
      return true;
    });
    change.messages = messages;
    change.accounts.assign(accounts.begin(), accounts.end());
  }
}

}  // namespace identities::store
