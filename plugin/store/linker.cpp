#include "store/linker.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "store/detaching.hpp"
#include "store/identity_log.hpp"
#include "store/membership.hpp"
#include "store/merging.hpp"
#include "store/shared_mailbox.hpp"
#include "store/shared_value.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

/// A weak key that more identities have is too common to suggest by.
constexpr std::size_t kMostAlike = 3;

constexpr std::int64_t kBlocked = 2;  // of identifier_value.state

const Statement kHolders{
    "holders_of_value",
    "SELECT i.kind, i.value, v.state, i.record_id, r.identity_id, r.name, COALESCE((SELECT MAX(rt.last_us) FROM "
    "record_thread rt WHERE rt.record_id = i.record_id), i.first_us), i.first_us FROM identifier i JOIN "
    "identifier_value v ON "
    "v.kind = i.kind AND v.value = i.value JOIN record r ON r.id = i.record_id WHERE i.kind = ? AND i.value = ? AND "
    "i.detached_by <= 0 LIMIT 1000"};
const Statement kAlike{"holders_of_weak_key",
                       "SELECT w.kind, w.value, w.record_id, r.identity_id, r.name FROM weak_key w JOIN record r ON "
                       "r.id = w.record_id WHERE w.kind = ? AND w.value = ? LIMIT 1000"};
const Statement kInsertWeak{"insert_weak_key",
                            "INSERT INTO weak_key (kind, value, record_id) VALUES {?, ?, ?} @or_update record_id = "
                            "@new_record_id"};
const Statement kCannot{"cannot_links_and_why",
                        "SELECT c.record_id, c.other_record_id, l.type FROM cannot_link c LEFT JOIN identity_log l ON "
                        "l.id = c.log_id WHERE {c.record_id = ?}"};

/// Of a record, that so many others have, too.
const Statement kMayBeShared{
    "values_that_may_be_shared",
    "SELECT i.kind, i.value FROM identifier i JOIN identifier_value v ON v.kind = i.kind AND v.value = i.value WHERE "
    "i.record_id = ? AND i.kind IN ('email', 'phone') AND i.detached_by <= 0 AND v.state = 0 AND (SELECT COUNT(*) FROM "
    "identifier o WHERE o.kind = i.kind AND o.value = i.value) >= ?"};
const Statement kLockValue{"lock_doubted_value",
                           "UPDATE identifier_value SET version = version + 1 WHERE kind = ? AND value = ?"};

using Place = std::pair<std::string, std::string>;  // table, value

struct Having {
  std::int64_t state = 0;
  std::vector<Holder> holders;
};

std::vector<LookUp> all_look_ups(const Linker::Brought& brought, const std::map<Place, Having>& found) {
  std::vector<LookUp> all;
  for (std::size_t index = 0; index < brought.identifiers.size(); ++index) {
    const GivenIdentifier& identifier = brought.identifiers[index];
    const auto known =
        identifier.key ? found.find({std::string(name_of(identifier.kind)), *identifier.key}) : found.end();
    const bool shared = known != found.end() && known->second.state != 0;
    for (LookUp& each : look_ups(identifier, shared)) {
      each.evidence.value = index;
      all.push_back(std::move(each));
    }
  }
  for (LookUp& each : look_ups(brought.profile)) all.push_back(std::move(each));
  return all;
}

std::optional<PersonName> name_or_none(std::string_view text) {
  PersonName name = parse_name(text);
  return name.tokens.empty() ? std::nullopt : std::optional(std::move(name));
}

std::map<Place, Having> read_holders(Session& session, const std::vector<LookUp>& wanted, Id record) {
  std::map<Place, Having> found;
  std::vector<std::vector<Parameter>> keys;
  std::vector<std::vector<Parameter>> weak;
  std::set<Place> asked;
  for (const LookUp& each : wanted) {
    if (!asked.emplace(each.table, each.value).second) continue;
    const std::string_view table = each.table;
    if (table.starts_with('~'))
      weak.push_back({table.substr(1), std::string_view(each.value)});
    else
      keys.push_back({table, std::string_view(each.value)});
  }
  const auto add = [&](Place place, Holder holder, std::int64_t state) {
    Having& at = found[std::move(place)];
    at.state = state;
    if (holder.record != record) at.holders.push_back(std::move(holder));
  };
  std::vector<Session::AskEach> asks;
  if (!keys.empty())
    asks.push_back({&kHolders, std::move(keys), [&](const Row& row) {
                      add({std::string(row.text(0)), std::string(row.text(1))},
                          {row.integer(3), row.integer(4), name_or_none(row.text(5)), row.integer(6), row.integer(7)},
                          row.integer(2));
                    }});
  if (!weak.empty())
    asks.push_back({&kAlike, std::move(weak), [&](const Row& row) {
                      add({"~" + std::string(row.text(0)), std::string(row.text(1))},
                          {row.integer(2), row.integer(3), name_or_none(row.text(4)), std::nullopt}, 0);
                    }});
  if (!asks.empty()) session.query_each(asks);
  for (auto& [place, each] : found)
    std::sort(each.holders.begin(), each.holders.end(),
              [](const Holder& a, const Holder& b) { return a.record < b.record; });
  return found;
}

/// Who has the very same key is judged by that, not by what is alike in it.
void leave_out_equals(Evidence& evidence, const Linker::Brought& brought, const std::map<Place, Having>& found) {
  if (evidence.value >= brought.identifiers.size()) return;
  const GivenIdentifier& identifier = brought.identifiers[evidence.value];
  if (!identifier.key) return;
  const auto equal = found.find({std::string(name_of(identifier.kind)), *identifier.key});
  if (equal == found.end()) return;
  std::erase_if(evidence.holders, [&](const Holder& holder) {
    const auto& holders = equal->second.holders;
    return std::any_of(holders.begin(), holders.end(),
                       [&](const Holder& each) { return each.record == holder.record; });
  });
}

struct Apart {
  std::set<std::pair<Id, Id>> cannot_link;
  std::set<std::pair<Id, Id>> may_suggest;
};

/// Which of the identities hold records that were judged to be different people.
Apart read_apart(Session& session, const std::vector<Id>& identities) {
  Apart apart;
  std::map<Id, Id> identity_of;
  std::vector<std::vector<Parameter>> sets;
  for (const Member& member : members_of(session, identities)) {
    identity_of[member.record] = member.identity;
    sets.push_back({member.record});
  }
  if (sets.empty()) return apart;
  const Session::AskEach ask{
      &kCannot, std::move(sets), [&](const Row& row) {
        const auto one = identity_of.find(row.integer(0));
        const auto other = identity_of.find(row.integer(1));
        if (one == identity_of.end() || other == identity_of.end()) return;
        const std::pair pair{std::min(one->second, other->second), std::max(one->second, other->second)};
        apart.cannot_link.insert(pair);
        if (row.text(2) != name_of(EventType::kJudgeNot)) apart.may_suggest.insert(pair);
      }};
  session.query_each(std::span(&ask, 1));
  return apart;
}

}  // namespace

std::vector<Evidence> Linker::read_evidence(const Brought& brought, Side& side) {
  const std::map<Place, Having> found = read_holders(batch_.written(), all_look_ups(brought, {}), brought.record);
  const std::size_t few = std::min(rules_.shared_names, rules_.shared_customer_ids);
  may_be_shared_ = std::any_of(found.begin(), found.end(), [&](const auto& place) {
    return place.second.state == 0 && place.second.holders.size() + 1 >= few;
  });
  for (const auto& [place, having] : found) {
    if (having.state == 0) continue;
    if (place.first == name_of(IdentifierKind::kEmail)) side.emails.erase(place.second);
    if (place.first == name_of(IdentifierKind::kPhone)) side.mobiles.erase(place.second);
  }
  std::vector<Evidence> evidence;
  for (LookUp& each : all_look_ups(brought, found)) {
    const auto holders = found.find({each.table, each.value});
    if (holders == found.end() || holders->second.holders.empty()) continue;
    if (holders->second.holders.size() > kMostHolders || holders->second.state == kBlocked) continue;
    std::set<Id> identities;
    for (const Holder& holder : holders->second.holders) identities.insert(holder.identity);
    if (each.table.starts_with('~') && identities.size() > kMostAlike) continue;
    each.evidence.holders = holders->second.holders;
    if (each.table.starts_with('~')) leave_out_equals(each.evidence, brought, found);
    evidence.push_back(std::move(each.evidence));
  }
  return evidence;
}

LinkDecision Linker::decide(const Brought& brought, Side side) {
  const std::vector<Evidence> evidence = read_evidence(brought, side);
  std::set<Id> identities;
  for (const Evidence& each : evidence)
    for (const Holder& holder : each.holders) identities.insert(holder.identity);
  if (side.identity != 0) identities.insert(side.identity);
  if (evidence.empty()) return {};
  const std::vector<Id> listed(identities.begin(), identities.end());
  Session& session = batch_.written();
  const std::map<Id, Side> sides = read_sides(session, listed);
  const Apart apart = read_apart(session, listed);
  return decide_links(
      {side, brought.record, brought.at_us, evidence, sides, apart.cannot_link, apart.may_suggest, rules_});
}

void Linker::remember(const Brought& brought) {
  for (const GivenIdentifier& identifier : brought.identifiers)
    for (const WeakKey& key : weak_keys(identifier))
      batch_.later(Stage::kUpdates, kInsertWeak, {key.kind, key.value, brought.record});
  for (const WeakKey& key : weak_keys(brought.profile))
    batch_.later(Stage::kUpdates, kInsertWeak, {key.kind, key.value, brought.record});
}

Id Linker::carry_out(const Brought& brought, Id identity, const LinkDecision& decision, Id done) {
  for (const Recycled& recycled : decision.recycled) end_use(brought, recycled);
  for (const Link& link : decision.links) {
    if (link.identity == done) continue;
    const Id other = live_identity(batch_.written(), link.identity);
    if (other == identity) continue;
    const Found found{EventType::kAutolink, std::string(code_of(link.rule)), {link.record, link.other_record}, 0};
    try {
      identity = Merging(batch_, now_us_, actor_).merge(identity, other, found).identity;
    } catch (const NotPossible& error) {
      // A delivery is never refused for it: an agent is asked instead, but for what no agent could accept either.
      if (error.reason() != kSharedMailbox) suggest({link.record, link.other_record, code_of(link.rule)});
    }
  }
  for (const Suggested& suggested : decision.suggestions) suggest(suggested);
  return identity;
}

bool Linker::join_declared(Id record, Id other) {
  const auto identity_of = [&](Id each) { return identities_of(batch_.written(), {each}).at(each); };
  bool left = false;
  for (const Id each : {record, other}) {
    if (!is_shared_mailbox(batch_.written(), identity_of(each))) continue;
    leave_mailbox(batch_, each, now_us_, actor_);
    left = true;
  }
  const Id one = identity_of(record);
  const Id another = identity_of(other);
  if (one == another) return left;
  const Apart apart = read_apart(batch_.written(), {one, another});
  if (!apart.cannot_link.empty() && apart.may_suggest.empty())
    return suggest({record, other, kConflict, false, LinkRule::kCustomerId}) || left;
  if (!apart.cannot_link.empty()) {
    const auto open = open_suggestions(batch_.written(), one);
    const bool known =
        std::any_of(open.begin(), open.end(), [&](const Suggestion& each) { return each.other_identity == another; });
    if (!known) suggest({record, other, code_of(LinkRule::kCustomerId)});
    return left || !known;
  }
  const Found declared{EventType::kAutolink, std::string(code_of(LinkRule::kCustomerId)), {record, other}, 0};
  Merging(batch_, now_us_, actor_).merge(one, another, declared);
  return true;
}

/// The number has another owner now: it is no longer those records', and who writes from it is somebody new (S3).
void Linker::end_use(const Brought& brought, const Recycled& recycled) {
  const GivenIdentifier& identifier = brought.identifiers.at(recycled.value);
  const std::set<Id> records(recycled.records.begin(), recycled.records.end());
  IdentityEvent event;
  event.id = next_event_id(batch_.written(), records, now_us_);
  event.at_us = now_us_;
  event.actor = actor_;
  event.type = EventType::kUnlink;
  event.rule = "S3";
  event.touched = recycled.records;
  std::set<Id> identities;
  for (const auto& [record, identity] : identities_of(batch_.written(), records)) identities.insert(identity);
  event.identity = identities.empty() ? 0 : *identities.begin();
  detach(batch_, event, name_of(identifier.kind), *identifier.key, records);
  append_event(batch_, event);
  for (const Id identity : identities) batch_.touch(identity);
}

bool Linker::suggest(const Suggested& suggested) {
  if (suggested.code == kConflict) return tell_conflict(suggested);
  const NewSuggestion asked =
      by_rule(suggested.record, suggested.other_record, suggested.code, false, suggested.household);
  if (!store::suggest(batch_.written(), asked, now_us_)) return false;
  for (const auto& [record, identity] : identities_of(batch_.written(), {suggested.record, suggested.other_record}))
    batch_.touch(identity);
  return true;
}

/// Once for the two identities, whatever of their records brings it: they are locked, for another process may be about
/// to tell it by others.
bool Linker::tell_conflict(const Suggested& conflict) {
  const std::map<Id, Id> found = identities_of(batch_.written(), {conflict.record, conflict.other_record});
  const std::array both = {found.at(conflict.record), found.at(conflict.other_record)};
  const auto was_told = [&] { return !conflicts_between(batch_.written(), both[0], both[1]).empty(); };
  if (both[0] == both[1] || was_told()) return false;
  lock_members(batch_, both);
  return !was_told() && suggest_conflict(batch_.written(), conflict, now_us_);
}

void Linker::doubt_values(const Brought& brought) {
  if (!may_be_shared_) return;
  std::set<Value> values;
  for (const GivenIdentifier& identifier : brought.identifiers) {
    const bool can_be_shared = identifier.kind == IdentifierKind::kEmail || identifier.kind == IdentifierKind::kPhone;
    if (identifier.key && can_be_shared) values.emplace(name_of(identifier.kind), *identifier.key);
  }
  doubt(values);
}

void Linker::doubt_values_of(Id record) {
  // Most values are one person's: only those that several have are locked.
  std::set<Value> values;
  Session& session = batch_.written();
  const auto few = static_cast<std::int64_t>(std::min(rules_.shared_names, rules_.shared_customer_ids));
  session.query(kMayBeShared, {record, few},
                [&](const Row& row) { values.emplace(std::string(row.text(0)), std::string(row.text(1))); });
  for (const auto& [kind, value] : values)
    if (batch_.lock(kind, value)) session.execute(kLockValue, {std::string_view(kind), std::string_view(value)});
  doubt(values);
}

void Linker::doubt(const std::set<Value>& values) {
  if (values.empty()) return;
  std::vector<LookUp> wanted;
  wanted.reserve(values.size());
  for (const auto& [kind, value] : values) wanted.push_back({kind, value, {}});
  for (const auto& [value, having] : read_holders(batch_.written(), wanted, 0))
    if (having.state == 0) doubt(value, having.holders);
}

void Linker::doubt(const Value& value, const std::vector<Holder>& holders) {
  if (holders.size() < std::min(rules_.shared_names, rules_.shared_customer_ids) ||
      shared_since(batch_.written(), {value.first, value.second}) != 0)
    return;
  std::vector<PersonName> names;
  std::map<Id, std::vector<Id>> records_of;  // by identity
  for (const Holder& holder : holders) {
    if (holder.name) names.push_back(*holder.name);
    records_of[holder.identity].push_back(holder.record);
  }
  std::vector<Id> identities;
  identities.reserve(records_of.size());
  for (const auto& [identity, records] : records_of) identities.push_back(identity);
  std::map<std::string, std::set<std::string>> ids;
  for (const auto& [identity, side] : read_sides(batch_.written(), identities))
    for (const auto& [source, of_source] : side.customer_ids) ids[source].insert(of_source.begin(), of_source.end());
  const bool many_ids = std::any_of(
      ids.begin(), ids.end(), [&](const auto& source) { return source.second.size() >= rules_.shared_customer_ids; });
  if (!many_ids && incompatible_names(names, rules_.shared_names) < rules_.shared_names) return;

  IdentityEvent event;
  event.at_us = now_us_;
  event.actor = actor_;
  event.type = EventType::kBlockValue;
  event.rule = "S2";
  event.identity = identities.front();
  for (const Holder& holder : holders) event.touched.push_back(holder.record);
  event.id = next_event_id(batch_.written(), {event.touched.begin(), event.touched.end()}, now_us_);
  share(batch_, event, {value.first, value.second});
  // What it linked is for an agent to look at again.
  for (const auto& [identity, records] : records_of)
    for (std::size_t index = 1; index < records.size(); ++index)
      store::suggest(batch_.written(), by_rule(records.front(), records[index], "S2", true, false), now_us_);
  append_event(batch_, event);
  for (const Id identity : identities) batch_.touch(identity);
}

}  // namespace identities::store
