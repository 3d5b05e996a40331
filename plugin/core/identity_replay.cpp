#include "core/identity_replay.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
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

  /// By their oldest records.
  std::vector<std::set<Id>> all() const {
    std::map<Id, std::set<Id>> by_name;
    for (const auto& [record, group] : group_) by_name[group].insert(record);
    std::vector<std::set<Id>> groups;
    groups.reserve(by_name.size());
    for (auto& [name, records] : by_name) groups.push_back(std::move(records));
    std::sort(groups.begin(), groups.end());
    return groups;
  }

 private:
  std::map<Id, Id> group_;
  Id next_ = -1;  // no record has it
};

/// Where most of the records are, of equals where the oldest of them is; 0 when none is anywhere.
Id home_of_most(const std::set<Id>& records, const std::map<Id, Id>& places) {
  std::map<Id, std::size_t> shares;
  Id best = 0;
  for (const Id record : records)
    if (const auto place = places.find(record); place != places.end()) ++shares[place->second];
  for (const Id record : records) {
    const auto place = places.find(record);
    if (place != places.end() && (best == 0 || shares[place->second] > shares[best])) best = place->second;
  }
  return best;
}

/// The identities that it retired, with the records that left them.
std::map<Id, std::set<Id>> retired_by(const IdentityEvent& event) {
  std::map<Id, std::set<Id>> left;
  for (const Redirect& redirect : event.delta.redirects)
    if (redirect.before == 0) left[redirect.identity];
  for (const Move& move : event.delta.moves)
    if (const auto retired = left.find(move.from); retired != left.end()) retired->second.insert(move.record);
  std::erase_if(left, [](const auto& each) { return each.second.empty(); });
  return left;
}

/// Which group takes which of the ids that there are.
class Naming {
 public:
  Naming(const std::vector<std::set<Id>>& groups, const std::map<Id, Id>& now) : groups_(groups), now_(now) {
    for (const std::set<Id>& group : groups)
      for (const Id record : group) present_[now.at(record)].insert(record);
    ids_.resize(groups.size(), 0);
  }

  /// A group that is an identity stays it.
  void keep_whole() {
    for (std::size_t index = 0; index < groups_.size(); ++index)
      if (const Id identity = now_.at(*groups_[index].begin()); present_.at(identity) == groups_[index])
        take(index, identity);
  }

  /// A group takes the id that last held just it, when others came or went or it left; of two with the same id, the
  /// larger does.
  void take_own(const std::map<Id, Id>& retired, const std::vector<IdentityEvent>& events) {
    std::map<std::set<Id>, Id> own;
    for (const IdentityEvent& event : events) {
      for (const auto& [identity, records] : retired_by(event)) own[records] = identity;
      if (!event.beside.empty() && !event.delta.moves.empty())
        own[{event.beside.begin(), event.beside.end()}] = event.identity;
    }
    std::vector<std::size_t> order(groups_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t one, std::size_t other) { return groups_[one].size() > groups_[other].size(); });
    for (const std::size_t index : order)
      if (const auto held = own.find(groups_[index]); held != own.end())
        if (present_.contains(held->second) || retired.contains(held->second)) take(index, held->second);
  }

  /// A group keeps the id that holds most of its records, of equals the oldest.
  void share() {
    struct Claim {
      std::size_t shared;
      Id identity;
      std::size_t group;
    };
    std::vector<Claim> claims;
    for (std::size_t index = 0; index < groups_.size(); ++index) {
      std::map<Id, std::size_t> shared;
      for (const Id record : groups_[index]) ++shared[now_.at(record)];
      for (const auto& [identity, count] : shared) claims.push_back({count, identity, index});
    }
    std::sort(claims.begin(), claims.end(), [](const Claim& left, const Claim& right) {
      return std::tuple(right.shared, left.identity, left.group) < std::tuple(left.shared, right.identity, right.group);
    });
    for (const Claim& claim : claims) take(claim.group, claim.identity);
  }

  /// 0: there is none for it.
  Id id_of(std::size_t group) const { return ids_[group]; }
  bool is_taken(Id identity) const { return taken_.contains(identity); }
  /// The identities that there are, with their records.
  const std::map<Id, std::set<Id>>& present() const { return present_; }

 private:
  void take(std::size_t group, Id identity) {
    if (ids_[group] == 0 && taken_.insert(identity).second) ids_[group] = identity;
  }

  const std::vector<std::set<Id>>& groups_;
  const std::map<Id, Id>& now_;
  std::map<Id, std::set<Id>> present_;
  std::vector<Id> ids_;
  std::set<Id> taken_;
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

Held held_by(const std::vector<IdentityEvent>& events) {
  Held held;
  for (const IdentityEvent& event : events) {
    for (const Move& move : event.delta.moves)
      if (move.from != 0) held.before[move.from].insert(move.record);
    for (const auto& [identity, records] : retired_by(event)) {
      held.left[records] = identity;
      held.last[identity] = records;
    }
  }
  return held;
}

Id mark_of(const std::vector<IdentityEvent>& events, Id record, Id unlink) {
  Id mark = unlink;
  for (const IdentityEvent& event : events)
    for (const Detached& each : event.delta.detached)
      if (event.id > unlink && each.record == record && each.before == mark) mark = each.after;
  return mark;
}

Id home_of(Id retired, const Held& held, const std::map<Id, Id>& places) {
  for (const auto* by_id : {&held.last, &held.before})
    if (const auto records = by_id->find(retired); records != by_id->end())
      if (const Id home = home_of_most(records->second, places); home != 0) return home;
  return 0;
}

IdentityDelta regroup(const std::vector<std::set<Id>>& groups, const std::map<Id, Id>& now,
                      const std::map<Id, Id>& retired, const std::vector<IdentityEvent>& events,
                      const std::function<Id()>& draw) {
  Naming naming(groups, now);
  naming.keep_whole();
  naming.take_own(retired, events);
  naming.share();
  IdentityDelta delta;
  std::map<Id, Id> places;
  for (std::size_t index = 0; index < groups.size(); ++index) {
    Id id = naming.id_of(index);
    if (id == 0) delta.made.push_back(id = draw());
    if (const auto revived = retired.find(id); revived != retired.end())
      delta.redirects.push_back({id, revived->second, 0});
    for (const Id record : groups[index]) {
      places[record] = id;
      if (now.at(record) != id) delta.moves.push_back({record, now.at(record), id});
    }
  }
  for (const auto& [identity, records] : naming.present())
    if (!naming.is_taken(identity)) delta.redirects.push_back({identity, 0, home_of_most(records, places)});
  follow(delta, retired, held_by(events), now);
  return delta;
}

void follow(IdentityDelta& delta, const std::map<Id, Id>& retired, const Held& held, const std::map<Id, Id>& now) {
  const std::map<Id, Id> places = applied(now, delta);
  std::map<Id, Id> leads_to;
  for (const Redirect& redirect : delta.redirects) leads_to[redirect.identity] = redirect.after;
  std::set<Id> moved;
  for (const Move& move : delta.moves) moved.insert(move.record);
  const auto moves = [&](Id record) { return moved.contains(record); };
  for (const auto& [old, live] : retired) {
    if (leads_to.contains(old)) continue;
    const auto held_once = held.before.find(old);
    const bool left =
        held_once != held.before.end() && std::any_of(held_once->second.begin(), held_once->second.end(), moves);
    const auto gone = leads_to.find(live);
    const bool stays = gone == leads_to.end() || gone->second == 0;
    if (!left && stays) continue;
    Id home = home_of(old, held, places);
    if (home == 0) home = stays ? live : gone->second;
    if (home != live) delta.redirects.push_back({old, live, home});
  }
}

std::map<Id, Id> applied(std::map<Id, Id> now, const IdentityDelta& delta) {
  for (const Move& move : delta.moves)
    if (const auto place = now.find(move.record); place != now.end()) place->second = move.to;
  return now;
}

}  // namespace identities
