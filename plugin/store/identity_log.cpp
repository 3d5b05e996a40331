#include "store/identity_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace identities::store {
namespace {

const Statement kInsert{"log_event",
                        "INSERT INTO identity_log (id, at_us, actor, type, identity_id, record_id, target_id, payload) "
                        "VALUES {?, ?, ?, ?, ?, ?, ?, ?}"};
const Statement kInsertRecord{"log_event_record", "INSERT INTO identity_log_record (record_id, log_id) VALUES {?, ?}"};

const Statement kLastOfRecord{"last_event_of_record",
                              "SELECT MAX(log_id) FROM identity_log_record WHERE {record_id = ?}"};

constexpr std::string_view kColumns =
    "SELECT l.id, l.at_us, l.actor, l.type, l.identity_id, l.record_id, l.target_id, l.payload FROM ";
const Statement kFind{"find_event", fmt::format("{} identity_log l WHERE l.id = ?", kColumns)};
const Statement kFindEach{"find_events", fmt::format("{} identity_log l WHERE {{l.id = ?}}", kColumns)};
const Statement kOfRecord{"events_of_record", "SELECT DISTINCT log_id FROM identity_log_record WHERE {record_id = ?}"};

IdentityEvent event_of(const Row& row) {
  IdentityEvent event;
  event.id = row.integer(0);
  event.at_us = row.integer(1);
  event.actor = row.text(2);
  event.type = event_type(row.text(3));
  event.identity = row.integer(4);
  event.record = row.integer(5);
  event.target = row.integer(6);
  read_payload(row.text(7), event);
  return event;
}

std::vector<std::vector<Parameter>> sets_of(const std::set<Id>& ids) {
  std::vector<std::vector<Parameter>> sets;
  sets.reserve(ids.size());
  for (const Id id : ids) sets.push_back({id});
  return sets;
}

/// Each is read once, however many of the records it touched: an event of a large identity is long.
void add_events_of(Session& session, const std::set<Id>& records, std::map<Id, IdentityEvent>& by_id) {
  std::set<Id> ids;
  const Session::AskEach ask_ids{&kOfRecord, sets_of(records), [&](const Row& row) {
                                   if (!by_id.contains(row.integer(0))) ids.insert(row.integer(0));
                                 }};
  if (!records.empty()) session.query_each(std::span(&ask_ids, 1));
  const Session::AskEach ask{&kFindEach, sets_of(ids),
                             [&](const Row& row) { by_id.emplace(row.integer(0), event_of(row)); }};
  if (!ids.empty()) session.query_each(std::span(&ask, 1));
}

std::vector<IdentityEvent> in_order(std::map<Id, IdentityEvent>&& by_id) {
  std::vector<IdentityEvent> events;
  events.reserve(by_id.size());
  for (auto& [id, event] : by_id) events.push_back(std::move(event));
  return events;
}

/// Does it bear on who is one person? What only says that a value is off its records, or is many people's, does not,
/// and nor does what takes that back.
bool connects(const IdentityEvent& event, const std::map<Id, IdentityEvent>& by_id) {
  if (!event.delta.moves.empty() || !event.delta.added.empty() || !event.delta.withdrawn.empty()) return true;
  if (event.type == EventType::kUndo)
    if (const auto target = by_id.find(event.target); target != by_id.end()) return connects(target->second, by_id);
  return event.type != EventType::kUnlink && event.type != EventType::kBlockValue;
}

}  // namespace

void append_event(WriteBatch& batch, const IdentityEvent& event) {
  const std::string payload = payload_of(event);
  batch.later(Stage::kRows, kInsert,
              {event.id, event.at_us, event.actor, name_of(event.type), event.identity, id_or_null(event.record),
               id_or_null(event.target), payload});
  // Somebody who came alone touched nobody.
  if (event.type == EventType::kObserve) return;
  for (const Id record : event.records_beside()) batch.later(Stage::kUpdates, kInsertRecord, {record, event.id});
}

Id next_event_id(Session& session, const std::set<Id>& records, Microseconds now_us) {
  if (records.empty()) return next_id(now_us);
  constexpr Microseconds kMillisecondUs = 1000;
  const Id now = first_id_at(now_us);
  const Id ids_of_a_millisecond = first_id_at(now_us + kMillisecondUs) - now;
  // What told of a new record has an id drawn right after the record's, which may be a millisecond later.
  Id last = *records.rbegin() + ids_of_a_millisecond;
  const Session::AskEach ask{&kLastOfRecord, sets_of(records),
                             [&](const Row& row) { last = std::max(last, row.integer(0)); }};
  session.query_each(std::span(&ask, 1));
  const Microseconds ahead_us = last < now ? 0 : ((last - now) / ids_of_a_millisecond + 1) * kMillisecondUs;
  return next_id(now_us + ahead_us);
}

std::optional<IdentityEvent> find_event(Session& session, Id id) {
  std::optional<IdentityEvent> event;
  session.query(kFind, {id}, [&](const Row& row) { event = event_of(row); });
  return event;
}

std::vector<IdentityEvent> events_of(Session& session, const std::set<Id>& records) {
  std::map<Id, IdentityEvent> by_id;
  add_events_of(session, records, by_id);
  return in_order(std::move(by_id));
}

std::optional<std::vector<IdentityEvent>> connected_events(Session& session, std::set<Id>& records,
                                                           std::size_t at_most) {
  std::map<Id, IdentityEvent> by_id;
  for (std::set<Id> fresh = records; !fresh.empty();) {
    add_events_of(session, fresh, by_id);
    fresh.clear();
    for (const auto& [id, event] : by_id) {
      if (!connects(event, by_id)) continue;
      for (const Id record : event.records_beside())
        if (records.insert(record).second) fresh.insert(record);
    }
    if (by_id.size() > at_most || records.size() > at_most) return std::nullopt;
  }
  return in_order(std::move(by_id));
}

}  // namespace identities::store
