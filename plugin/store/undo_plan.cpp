// What an undo would do: Merging::plan_undo. The exact inverse of the event where nothing later touched the same
// records, which is told from the events of its own records; else what the log says without it.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <map>

#include "core/identity_replay.hpp"
#include "store/identity_log.hpp"
#include "store/merging.hpp"
#include "store/shared_mailbox.hpp"
#include "store/shared_value.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

/// A record that has a name or an identifier of its own is a person's, and goes back into no mailbox.
void require_no_person_in_mailbox(Session& session, const std::vector<Move>& moves) {
  std::map<Id, bool> mailboxes;
  for (const Move& move : moves) mailboxes.try_emplace(move.to, false);
  for (auto& [identity, is_mailbox] : mailboxes) is_mailbox = is_shared_mailbox(session, identity);
  const auto is_person = [&](const Move& move) { return mailboxes.at(move.to) && says_who(session, move.record); };
  if (std::any_of(moves.begin(), moves.end(), is_person))
    throw NotPossible(kSharedMailbox,
                      "a part has a name or an identifier of its own now, so it is no longer the shared mailbox's");
}

std::set<Id> moved_by(const IdentityEvent& event) {
  std::set<Id> records;
  for (const Move& move : event.delta.moves) records.insert(move.record);
  return records;
}

/// Are both there, and in one identity?
bool is_one(std::pair<Id, Id> records, const std::map<Id, Id>& now) {
  const auto one = now.find(records.first);
  const auto other = now.find(records.second);
  return one != now.end() && other != now.end() && one->second == other->second;
}

bool joins(const IdentityEvent& event) {
  return event.type == EventType::kAutolink || event.type == EventType::kMerge;
}

/// The records by the identity that they are in; without those that are in none.
std::map<Id, std::set<Id>> parts_of(const std::set<Id>& records, const std::map<Id, Id>& places) {
  std::map<Id, std::set<Id>> parts;
  for (const Id record : records)
    if (const auto place = places.find(record); place != places.end()) parts[place->second].insert(record);
  return parts;
}

/// What is to be kept apart when these events count, and `undo` of `event` is the newest of them: what each of them
/// said, the later over the earlier, and undo keeps apart what the event had joined, so that the same evidence does not
/// join it again. Only of records in `after`, which are in different identities there.
std::vector<CannotLink> kept_apart(Session& session, const std::vector<IdentityEvent>& events,
                                   const IdentityEvent& event, Id undo, const std::map<Id, Id>& after) {
  std::map<std::pair<Id, Id>, Id> said;
  const std::set<Id> counts = counting_without(events, event.id);
  for (const IdentityEvent& each : events) {
    if (!counts.contains(each.id)) continue;
    // What an undo brought back or took is said by those that count.
    for (const CannotLink& link : each.delta.added)
      if (link.log == each.id) said[{link.record, link.other}] = each.id;
    if (each.type == EventType::kUndo) continue;
    for (const CannotLink& link : each.delta.withdrawn) said.erase({link.record, link.other});
  }
  if (joins(event)) {
    const auto moved = parts_of(moved_by(event), after);
    const auto beside = parts_of({event.beside.begin(), event.beside.end()}, after);
    for (const auto& [one, left] : moved)
      for (const auto& [other, right] : beside)
        if (one != other)
          for (const CannotLink& link : cannot_links(session, left, right, undo))
            said[{link.record, link.other}] = undo;
  }
  std::vector<CannotLink> links;
  for (const auto& [pair, log] : said) {
    const auto one = after.find(pair.first);
    const auto other = after.find(pair.second);
    if (one != after.end() && other != after.end() && one->second != other->second)
      links.push_back({pair.first, pair.second, log});
  }
  return links;
}

/// The delta takes what is kept apart among these records to what is `wanted`.
void set_apart(Session& session, IdentityDelta& delta, const std::vector<CannotLink>& wanted,
               const std::set<Id>& records) {
  const std::vector<CannotLink> known = cannot_links_between(session, records, records);
  const auto missing_in = [](const std::vector<CannotLink>& from, const std::vector<CannotLink>& in) {
    std::vector<CannotLink> missing;
    std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(missing));
    return missing;
  };
  delta.added = missing_in(wanted, known);
  delta.withdrawn = missing_in(known, wanted);
}

/// Those who join whom they were kept from meanwhile are kept apart no more. concerned: what of these is said already.
void withdraw_joined(Session& session, IdentityDelta& delta, const std::set<Id>& concerned) {
  std::map<Id, std::set<Id>> joining;  // by the identity that they join
  for (const Move& move : delta.moves) joining[move.to].insert(move.record);
  for (const auto& [identity, records] : joining) {
    const std::array one = {identity};
    std::set<Id> beside;
    for (const Member& member : members_of(session, one))
      if (!concerned.contains(member.record)) beside.insert(member.record);
    const std::vector<CannotLink> links = cannot_links_between(session, records, beside);
    delta.withdrawn.insert(delta.withdrawn.end(), links.begin(), links.end());
  }
}

/// By which of the events that took an identifier off it is off when those count: the newest; by none of them, the
/// newest is the one that was undone last.
Id off_by(const std::vector<Id>& unlinks, const std::set<Id>& counts) {
  const auto newest = std::find_if(unlinks.rbegin(), unlinks.rend(), [&](Id each) { return counts.contains(each); });
  return newest == unlinks.rend() ? -unlinks.back() : *newest;
}

/// Whose identifiers are off after it: those of the unlinks that count. Records that are gone are left out.
void set_detached(IdentityDelta& delta, const std::vector<IdentityEvent>& events, const std::set<Id>& counts,
                  const std::map<Id, Id>& now) {
  const std::set<Id> counted = counting(events);
  std::map<Id, std::vector<std::vector<Id>>> unlinks;  // by record, for each identifier that was ever off
  for (const IdentityEvent& event : events) {
    if (event.type != EventType::kUnlink) continue;
    for (const Detached& each : event.delta.detached) {
      auto& of_record = unlinks[each.record];
      const Id last = std::abs(each.before);
      const auto known = std::find_if(of_record.begin(), of_record.end(), [&](const std::vector<Id>& identifier) {
        return std::find(identifier.begin(), identifier.end(), last) != identifier.end();
      });
      (known == of_record.end() ? of_record.emplace_back() : *known).push_back(event.id);
    }
  }
  delta.detached.clear();
  for (const auto& [record, identifiers] : unlinks)
    for (const std::vector<Id>& identifier : identifiers) {
      const Id before = off_by(identifier, counted);
      const Id after = off_by(identifier, counts);
      if (before != after && now.contains(record)) delta.detached.push_back({record, before, after});
    }
}

/// Values are several people's by the events that count; those that nobody has any more are left out. What many have
/// by now is nobody's, whatever an agent says.
void set_shared(Session& session, IdentityDelta& delta, const std::vector<IdentityEvent>& events,
                const std::set<Id>& counts) {
  const std::set<Id> counted = counting(events);
  delta.shared.clear();
  for (const IdentityEvent& event : events) {
    const bool before = counted.contains(event.id);
    const bool after = counts.contains(event.id);
    if (event.type != EventType::kBlockValue || event.delta.shared.empty() || before == after) continue;
    const auto value = shared_by(session, event.id);
    if (!value) continue;
    if (before && holders_of(session, *value).size() > kMostHolders)
      throw NotPossible("many", "so many have it by now that it is nobody's own");
    delta.shared.push_back({event.id, before, after});
  }
}

/// A suggestion is as the last that counts decided it, else open, or without grounds where what doubted it was taken
/// back.
void set_decided(Session& session, IdentityDelta& delta, const std::vector<IdentityEvent>& events,
                 const std::set<Id>& counts) {
  std::map<Id, int> wanted;
  for (const Decided& each : delta.decided) wanted[each.suggestion] = kSuggestionOpen;
  for (const IdentityEvent& event : events)
    if (event.type != EventType::kUndo && counts.contains(event.id))
      for (const Decided& each : event.delta.decided)
        if (wanted.contains(each.suggestion)) wanted[each.suggestion] = each.after;
  delta.decided.clear();
  for (const auto& [suggestion, state] : wanted) {
    const bool unfounded = state == kSuggestionOpen && is_unfounded_doubt(session, suggestion);
    decide(session, delta, suggestion, unfounded ? kSuggestionOutdated : state);
  }
  std::erase_if(delta.decided, [](const Decided& each) { return each.before == each.after; });
}

/// The inverse fits as it is: every record is where the event left it, every id leads where it made it lead, and after
/// it an identity has records exactly when it is live, with no id that leads to a retired one.
bool fits(Session& session, const IdentityDelta& back, const std::map<Id, Id>& now) {
  std::map<Id, Id> leads_to;  // of ids that the inverse redirects; to 0: it is live
  std::set<Id> identities;
  for (const Redirect& redirect : back.redirects) {
    if (live_identity(session, redirect.identity) != (redirect.before == 0 ? redirect.identity : redirect.before))
      return false;
    leads_to[redirect.identity] = redirect.after;
    identities.insert({redirect.identity, redirect.before, redirect.after});
  }
  for (const Move& move : back.moves) {
    const auto found = now.find(move.record);
    if (found == now.end() || found->second != move.from) return false;
    identities.insert({move.from, move.to});
  }
  identities.erase(0);
  const std::vector<Id> listed(identities.begin(), identities.end());
  std::map<Id, Id> after;
  for (const Member& member : members_of(session, listed)) after[member.record] = member.identity;
  after = applied(std::move(after), back);
  std::set<Id> with_records;
  for (const auto& [record, identity] : after) with_records.insert(identity);
  const std::map<Id, Id> retired = retired_of(session, listed);
  const auto is_live = [&](Id identity) {
    const auto changed = leads_to.find(identity);
    return changed == leads_to.end() ? live_identity(session, identity) == identity : changed->second == 0;
  };
  for (const Id identity : identities) {
    const bool is_made = std::find(back.made.begin(), back.made.end(), identity) != back.made.end();
    if ((is_made || is_live(identity)) != with_records.contains(identity)) return false;
  }
  for (const auto& [identity, live] : leads_to)
    if (live != 0 && !with_records.contains(live)) return false;
  return std::all_of(retired.begin(), retired.end(), [&](const auto& redirect) {
    const auto changed = leads_to.find(redirect.first);
    const Id live = changed == leads_to.end() ? redirect.second : changed->second;
    return live == 0 || with_records.contains(live);
  });
}

/// The inverse says nothing of ids that came and went since: those whose identity keeps none of their records follow
/// them.
void lead_on(Session& session, IdentityDelta& delta, const std::vector<IdentityEvent>& events) {
  std::set<Id> leaving;
  for (const Move& move : delta.moves) leaving.insert(move.from);
  std::map<Id, Id> retired = retired_of(session, std::vector<Id>(leaving.begin(), leaving.end()));
  for (const Redirect& redirect : delta.redirects) retired.erase(redirect.identity);
  if (retired.empty()) return;
  const Held held = held_by(events);
  std::set<Id> own;
  for (const auto& [old, live] : retired)
    if (const auto records = held.before.find(old); records != held.before.end())
      own.insert(records->second.begin(), records->second.end());
  const std::map<Id, Id> now = identities_of(session, own);
  const std::map<Id, Id> after = applied(now, delta);
  std::erase_if(retired, [&](const auto& redirect) {
    const auto records = held.before.find(redirect.first);
    return records == held.before.end() || std::any_of(records->second.begin(), records->second.end(), [&](Id record) {
             const auto place = after.find(record);
             return place != after.end() && place->second == redirect.second;
           });
  });
  follow(delta, retired, held, now);
}

/// Did anything that counts move the event's records after it? What was taken back again did not.
bool touched_since(const std::vector<IdentityEvent>& events, const IdentityEvent& event) {
  const std::set<Id> counts = counting(events);
  const std::set<Id> moved = moved_by(event);
  return std::any_of(events.begin(), events.end(), [&](const IdentityEvent& later) {
    if (later.id <= event.id || !counts.contains(later.id) || later.type == EventType::kJudgeNot) return false;
    if (later.type == EventType::kUndo && later.target > event.id) return false;
    const std::vector<Id> records = later.records();
    return std::any_of(records.begin(), records.end(), [&](Id record) { return moved.contains(record); });
  });
}

/// What has to move so that all is as if the event had not happened. now grows to all records of the identities
/// concerned.
IdentityDelta reckoned_without(Session& session, const std::vector<IdentityEvent>& events, std::map<Id, Id>& now,
                               Id event, Microseconds now_us) {
  std::set<Id> identities;
  for (const auto& [record, identity] : now) identities.insert(identity);
  const std::vector<Id> listed(identities.begin(), identities.end());
  std::set<Id> records;
  for (const Member& member : members_of(session, listed)) {
    now[member.record] = member.identity;
    records.insert(member.record);
  }
  const auto groups = groups_without(events, records, now, event);
  return regroup(groups, now, retired_of(session, listed), events, [&] { return next_id(now_us); });
}

/// Those whose records move or have a value that is theirs alone or not, and those that they lead to, each once.
std::vector<Id> identities_in(Session& session, const IdentityDelta& delta, const std::map<Id, Id>& now,
                              const IdentityEvent& event) {
  std::set<Id> identities;
  for (const SharedValue& shared : delta.shared)
    if (const auto value = shared_by(session, shared.log))
      for (const auto& [record, identity] : identities_of(session, holders_of(session, *value)))
        identities.insert(identity);
  for (const Move& move : delta.moves) identities.insert({move.from, move.to});
  for (const Redirect& redirect : delta.redirects)
    identities.insert({redirect.before, redirect.after, redirect.identity});
  for (const Id record : event.records())
    if (const auto found = now.find(record); found != now.end()) identities.insert(found->second);
  identities.erase(0);
  for (const Id made : delta.made) identities.erase(made);
  return {identities.begin(), identities.end()};
}

}  // namespace

UndoPlan Merging::plan_undo(Session& session, Id id, Id undo, Microseconds now_us) {
  const std::optional<IdentityEvent> event = find_event(session, id);
  if (!event) throw NotPossible("gone", "there is no such entry in the log");
  // An undo that moved nobody still decides what counts.
  if (event->type == EventType::kObserve || (event->delta.empty() && event->type != EventType::kUndo))
    throw NotPossible("nothing-to-undo", "this entry changed nothing that could be taken back");
  std::set<Id> concerned = event->records_beside();
  for (const std::vector<CannotLink>* links : {&event->delta.added, &event->delta.withdrawn})
    for (const CannotLink& link : *links) concerned.insert({link.record, link.other});
  std::vector<IdentityEvent> events = events_of(session, concerned);
  const std::set<Id> counted = counting(events);
  if (!counted.contains(id)) throw NotPossible("undone-already", "this was undone already");

  std::map<Id, Id> now = identities_of(session, concerned);
  UndoPlan plan;
  plan.delta = inverse(event->delta);
  for (Move& move : plan.delta.moves) {
    if (move.to != 0) continue;
    move.to = next_id(now_us);  // it had no identity before
    plan.delta.made.push_back(move.to);
  }
  plan.exact = !touched_since(events, *event) && fits(session, plan.delta, now);
  if (plan.exact) {
    lead_on(session, plan.delta, events);
  } else {
    auto connected = connected_events(session, concerned, kMostConcerned);
    if (!connected)
      throw NotPossible("too-much-since",
                        "too much has happened since with too many records; split the identity instead");
    events = *std::move(connected);
    now = identities_of(session, concerned);
    const IdentityDelta anew = reckoned_without(session, events, now, id, now_us);
    if (joins(*event) && anew.moves.empty() && is_one(event->pair, now))
      throw NotPossible("one-still", "later decisions found them to be one person, too; undo those first, or split");
    plan.delta.moves = anew.moves;
    plan.delta.made = anew.made;
    plan.delta.redirects = anew.redirects;
  }
  require_no_person_in_mailbox(session, plan.delta.moves);
  const std::set<Id> counts = counting_without(events, id);
  set_detached(plan.delta, events, counts, now);
  set_shared(session, plan.delta, events, counts);
  if (!event->delta.shared.empty() && plan.delta.shared.empty())
    throw NotPossible("gone", "nobody has what it was about any more");
  set_decided(session, plan.delta, events, counts);
  set_apart(session, plan.delta, kept_apart(session, events, *event, undo, applied(now, plan.delta)), concerned);
  if (plan.exact) withdraw_joined(session, plan.delta, concerned);
  // Who is gone meanwhile is spoken of no more.
  for (const Id record : event->records())
    if (now.contains(record)) plan.touched.push_back(record);
  plan.identities = identities_in(session, plan.delta, now, *event);
  return plan;
}

}  // namespace identities::store
