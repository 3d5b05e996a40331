#include "store/merging.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "store/detaching.hpp"
#include "store/identity_log.hpp"
#include "store/match_store.hpp"
#include "store/shared_mailbox.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

constexpr int kAccepted = 1;
constexpr int kRefused = 2;

const Statement kRecordsWithValue{
    "records_with_value",
    "SELECT i.record_id FROM identifier i JOIN record r ON r.id = i.record_id WHERE i.kind = ? AND i.value = ? AND "
    "i.detached_by <= 0 AND r.identity_id = ?"};
const Statement kSuggestedPair{"suggested_pair", "SELECT record_id, other_record_id FROM suggestion WHERE id = ?"};

std::set<Id> records_of(const std::vector<Member>& members, Id identity) {
  std::set<Id> records;
  for (const Member& member : members)
    if (member.identity == identity) records.insert(member.record);
  return records;
}

}  // namespace

IdentityEvent Merging::begin(EventType type, const std::vector<Member>& members) {
  std::set<Id> records;
  for (const Member& member : members) records.insert(member.record);
  IdentityEvent event;
  event.id = next_event_id(batch_.written(), records, now_us_);
  event.at_us = now_us_;
  event.actor = actor_;
  event.type = type;
  return event;
}

IdentityEvent Merging::finish(IdentityEvent event) {
  append_event(batch_, event);
  apply_delta(batch_, event.delta, now_us_);
  return event;
}

void Merging::queue_all(const std::set<Id>& records) {
  for (const Id record : records) queue_scoring(batch_, record, now_us_);
}

IdentityEvent Merging::merge(Id left, Id right, const Found& found) {
  if (left == right) throw NotPossible("one-already", "they are one identity already");
  const std::array both = {left, right};
  const std::vector<Member> members = lock_members(batch_, both);
  Session& session = batch_.written();
  const Id survivor = std::min(left, right);
  const Id retired = std::max(left, right);
  const std::set<Id> beside = records_of(members, survivor);
  const std::set<Id> moved = records_of(members, retired);
  if (beside.empty() || moved.empty()) throw NotPossible("changed", "one of them is no identity any more; refresh");
  if (is_shared_mailbox(session, left) || is_shared_mailbox(session, right))
    throw NotPossible(kSharedMailbox, "a shared mailbox is nobody's alone, so it is not joined with a person");

  IdentityEvent event = begin(found.type, members);
  event.identity = survivor;
  event.rule = found.rule;
  event.beside.assign(beside.begin(), beside.end());
  event.pair = found.pair.first != 0 ? found.pair : std::pair(*beside.begin(), *moved.begin());
  for (const Id record : moved) event.delta.moves.push_back({record, retired, survivor});
  event.delta.redirects.push_back({retired, 0, survivor});
  const std::array retiring = {retired};
  for (const auto& [old, live] : retired_of(session, retiring)) event.delta.redirects.push_back({old, live, survivor});
  event.delta.withdrawn = cannot_links_between(session, beside, moved);
  if (found.type == EventType::kAutolink && !event.delta.withdrawn.empty())
    throw Contended("an agent judged them to be two people meanwhile");
  decide(session, event.delta, found.suggestion, kAccepted);
  return finish(std::move(event));
}

IdentityEvent Merging::split(Id identity, const std::set<Id>& records, EventType type) {
  const std::array one = {identity};
  const std::vector<Member> members = lock_members(batch_, one);
  std::set<Id> rest = records_of(members, identity);
  for (const Id record : records)
    if (rest.erase(record) == 0)
      throw NotPossible("changed", "one of the parts is not in this identity any more; refresh");
  if (records.empty()) throw NotPossible("parts", "choose at least one part");
  if (rest.empty()) throw NotPossible("parts", "choose fewer parts: at least one stays with this identity");

  IdentityEvent event = begin(type, members);
  event.identity = identity;
  event.rule = "J";
  Session& session = batch_.written();
  event.delta = leaving(session, members, records, now_us_);
  queue_all(records);
  event.delta.added = cannot_links(session, records, rest, event.id);
  event.beside.assign(rest.begin(), rest.end());
  return finish(std::move(event));
}

IdentityEvent Merging::unlink(Id identity, std::string_view kind, std::string_view value) {
  const std::array one = {identity};
  const std::vector<Member> members = lock_members(batch_, one);
  IdentityEvent event = begin(EventType::kUnlink, members);
  event.identity = identity;
  event.rule = "J";
  Session& session = batch_.written();
  std::set<Id> records;
  session.query(kRecordsWithValue, {kind, value, identity}, [&](const Row& row) { records.insert(row.integer(0)); });
  if (records.empty()) throw NotPossible("changed", "that identifier is not this identity's any more; refresh");
  event.touched.assign(records.begin(), records.end());
  detach(batch_, event, kind, value, records);
  queue_all(records);
  append_event(batch_, event);
  return event;
}

IdentityEvent Merging::judge_not(Id left, Id right, Id suggestion) {
  if (left == right) throw NotPossible("one-already", "they are one identity now; split it instead");
  const std::array both = {left, right};
  const std::vector<Member> members = lock_members(batch_, both);
  const std::set<Id> one = records_of(members, left);
  const std::set<Id> other = records_of(members, right);
  if (one.empty() || other.empty()) throw NotPossible("changed", "one of them is no identity any more; refresh");
  IdentityEvent event = begin(EventType::kJudgeNot, members);
  event.identity = left;
  event.rule = "J";
  std::set<Id> answered;
  for (const Conflict& conflict : conflicts_between(batch_.written(), left, right))
    if (conflict.open) answered.insert(conflict.suggestion);
  event.delta.added = cannot_links(batch_.written(), one, other, event.id);
  // An answer to a conflict is said of all of them anew: it holds also where the first judgement is taken back.
  if (answered.empty()) {
    std::set<std::pair<Id, Id>> known;
    for (const CannotLink& link : cannot_links_between(batch_.written(), one, other))
      known.emplace(link.record, link.other);
    std::erase_if(event.delta.added, [&](const CannotLink& link) { return known.contains({link.record, link.other}); });
  }
  answered.insert(suggestion);
  for (const Id each : answered) decide(batch_.written(), event.delta, each, kRefused);
  // Where they were kept apart already, nothing else tells whom it is about.
  if (event.delta.added.empty())
    batch_.written().query(kSuggestedPair, {suggestion}, [&](const Row& row) {
      event.touched = {row.integer(0), row.integer(1)};
    });
  if (event.delta.empty()) throw NotPossible("two-already", "they are known to be two people already");
  return finish(std::move(event));
}

IdentityEvent Merging::judge_same(Id identity, std::pair<Id, Id> records, Id suggestion) {
  const std::array one = {identity};
  const std::vector<Member> members = lock_members(batch_, one);
  const std::set<Id> own = records_of(members, identity);
  if (!own.contains(records.first) || !own.contains(records.second))
    throw NotPossible("changed", "they are not in one identity any more; refresh");
  IdentityEvent event = begin(EventType::kJudgeSame, members);
  event.identity = identity;
  event.rule = "J";
  event.pair = records;
  decide(batch_.written(), event.delta, suggestion, kRefused);
  return finish(std::move(event));
}

IdentityEvent Merging::undo(Id id) {
  const UndoPlan before = plan_undo(batch_.written(), id, next_id(now_us_), now_us_);
  IdentityEvent event = begin(EventType::kUndo, lock_members(batch_, before.identities));
  event.target = id;
  event.rule = "J";
  UndoPlan plan = plan_undo(batch_.written(), id, event.id, now_us_);
  const std::set<Id> locked(before.identities.begin(), before.identities.end());
  for (const Id identity : plan.identities)
    if (!locked.contains(identity)) throw Contended("the identity changed meanwhile");
  std::set<Id> changed(plan.touched.begin(), plan.touched.end());
  for (const Move& move : plan.delta.moves) changed.insert(move.record);
  queue_all(changed);
  event.touched = std::move(plan.touched);
  event.identity = plan.identities.empty() ? 0 : plan.identities.front();
  event.delta = std::move(plan.delta);
  return finish(std::move(event));
}

}  // namespace identities::store
