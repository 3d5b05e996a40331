#include "core/identity_replay.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace identities {
namespace {

/// Records in groups, of which a record is in one.
class Groups {
 public:
  explicit Groups(const std::set<Id>& records) {
    for (const Id record : records) group_[record] = record;
  }

  void join(Id left, Id right) {
    if (!group_.contains(left) || !group_.contains(right)) return;
    const Id from = group_[right];
    const Id to = group_[left];
    for (auto& [record, group] : group_)
      if (group == from) group = to;
  }

  /// Those of one group leave it together.
  void part(const std::vector<Move>& moves) {
    std::map<Id, Id> name_of_parted;  // by the group they leave
    for (const Move& move : moves) {
      const auto found = group_.find(move.record);
      if (found == group_.end()) continue;
      const auto [name, fresh] = name_of_parted.try_emplace(found->second, next_--);
      found->second = name->second;
    }
  }

  std::vector<std::set<Id>> all() const {
    std::map<Id, std::set<Id>> by_name;
    for (const auto& [record, group] : group_) by_name[group].insert(record);
    std::vector<std::set<Id>> groups;
    groups.reserve(by_name.size());
    for (auto& [name, records] : by_name) groups.push_back(std::move(records));
    return groups;
  }

 private:
  std::map<Id, Id> group_;
  Id next_ = -1;  // no record has it
};

}  // namespace

std::set<Id> counting(const std::vector<IdentityEvent>& events) {
  // From the newest back: an undo that counts takes its target out, be that an undo or not.
  std::set<Id> undone;
  std::set<Id> counts;
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (undone.contains(event->id)) continue;
    counts.insert(event->id);
    if (event->type == EventType::kUndo) undone.insert(event->target);
  }
  return counts;
}

std::set<Id> counting_without(const std::vector<IdentityEvent>& events, Id without) {
  std::vector<IdentityEvent> all = events;
  IdentityEvent undo;
  undo.id = std::numeric_limits<Id>::max();
  undo.type = EventType::kUndo;
  undo.target = without;
  all.push_back(std::move(undo));
  return counting(all);
}

std::vector<std::set<Id>> groups_without(const std::vector<IdentityEvent>& events, const std::set<Id>& records,
                                         const std::map<Id, Id>& now, Id without) {
  const std::set<Id> counts = counting_without(events, without);
  std::set<Id> told;
  for (const IdentityEvent& event : events) {
    const std::vector<Id> spoken_of = event.records();
    told.insert(spoken_of.begin(), spoken_of.end());
  }
  std::set<Id> all = records;
  all.insert(told.begin(), told.end());
  Groups groups(all);
  for (const IdentityEvent& event : events) {
    if (!counts.contains(event.id)) continue;
    if (event.type == EventType::kSplit || event.type == EventType::kUnlink)
      groups.part(event.delta.moves);
    else if (event.pair.first != 0)
      groups.join(event.pair.first, event.pair.second);
  }
  std::map<Id, Id> oldest;  // of an identity
  for (const auto& [record, identity] : now) oldest.try_emplace(identity, record);
  for (const Id record : records)
    if (!told.contains(record)) groups.join(oldest.at(now.at(record)), record);
  std::vector<std::set<Id>> living;
  for (std::set<Id>& group : groups.all()) {
    std::erase_if(group, [&](Id record) { return !records.contains(record); });
    if (!group.empty()) living.push_back(std::move(group));
  }
  return living;
}

IdentityDelta regroup(const std::vector<std::set<Id>>& groups, const std::map<Id, Id>& now,
                      const std::map<Id, Id>& retired, const std::map<std::set<Id>, Id>& held_once,
                      const std::function<Id()>& draw) {
  struct Claim {
    std::size_t shared;
    Id identity;
    std::size_t group;
  };
  std::vector<Claim> claims;
  for (std::size_t index = 0; index < groups.size(); ++index) {
    std::map<Id, std::size_t> shared;
    for (const Id record : groups[index]) ++shared[now.at(record)];
    for (const auto& [identity, count] : shared) claims.push_back({count, identity, index});
  }
  std::sort(claims.begin(), claims.end(), [](const Claim& left, const Claim& right) {
    return std::tuple(right.shared, left.identity, left.group) < std::tuple(left.shared, right.identity, right.group);
  });
  std::vector<Id> id_of(groups.size(), 0);
  std::set<Id> taken;
  for (const Claim& claim : claims)
    if (id_of[claim.group] == 0 && taken.insert(claim.identity).second) id_of[claim.group] = claim.identity;

  IdentityDelta delta;
  std::map<Id, Id> leads_to = retired;
  for (std::size_t index = 0; index < groups.size(); ++index) {
    if (id_of[index] != 0) continue;
    const auto held = held_once.find(groups[index]);
    const bool revives = held != held_once.end() && retired.contains(held->second) && !taken.contains(held->second);
    id_of[index] = revives ? held->second : draw();
    taken.insert(id_of[index]);
    if (revives) {
      delta.redirects.push_back({held->second, retired.at(held->second), 0});
      leads_to.erase(held->second);
    } else {
      delta.made.push_back(id_of[index]);
    }
  }
  std::map<Id, Id> new_home;  // of an identity's records: where the first of them went
  for (std::size_t index = 0; index < groups.size(); ++index)
    for (const Id record : groups[index]) {
      const Id from = now.at(record);
      new_home.try_emplace(from, id_of[index]);
      if (from != id_of[index]) delta.moves.push_back({record, from, id_of[index]});
    }
  for (const auto& [identity, home] : new_home) {
    if (taken.contains(identity)) continue;
    delta.redirects.push_back({identity, 0, home});
    for (const auto& [old, live] : leads_to)
      if (live == identity) delta.redirects.push_back({old, identity, home});
  }
  return delta;
}

std::map<std::set<Id>, Id> sets_held_once(const std::vector<IdentityEvent>& events) {
  std::map<std::set<Id>, Id> sets;
  for (const IdentityEvent& event : events) {
    std::map<Id, std::set<Id>> left;
    for (const Move& move : event.delta.moves)
      if (move.from != 0) left[move.from].insert(move.record);
    for (const Redirect& redirect : event.delta.redirects)
      if (redirect.before == 0 && left.contains(redirect.identity)) sets[left[redirect.identity]] = redirect.identity;
  }
  return sets;
}

}  // namespace identities
