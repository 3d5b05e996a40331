#include "panel/log_parts.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "core/identity_replay.hpp"
#include "store/identity_log.hpp"
#include "store/merging.hpp"
#include "store/record_totals.hpp"

namespace identities::panel {
namespace {

constexpr std::string_view kAgent = "agent:";
constexpr std::size_t kMostNames = 10;
constexpr std::size_t kMostEvents = 200;

std::set<Id> records_of(const IdentityPicture& picture) {
  std::set<Id> records;
  for (const store::RecordRow& record : picture.records) records.insert(record.id);
  return records;
}

bool is_by_agent(const IdentityEvent& event) {
  return event.actor.starts_with(kAgent);
}

/// By name where this agent is meant, or one who wrote a note here.
std::string_view agent_name(const Looking& looking, const IdentityPicture& own, std::string_view id) {
  const Agent& asking = looking.part.asking.agent;
  if (id == asking.id) return asking.name;
  for (const store::Note& note : own.notes)
    if (note.author.id == id) return note.author.name;
  return {};
}

void write_actor(JsonWriter& json, const Looking& looking, const IdentityPicture& own, const IdentityEvent& event) {
  json.key("actor");
  if (!is_by_agent(event)) {
    json.null();
    return;
  }
  const std::string_view id = std::string_view(event.actor).substr(kAgent.size());
  json.begin_object().member("id", id).member_if("name", agent_name(looking, own, id)).end_object();
}

bool is_undoable(const IdentityEvent& event, const std::set<Id>& counts) {
  return counts.contains(event.id) && event.type != EventType::kObserve && event.type != EventType::kBlockValue &&
         !event.delta.empty();
}

/// Its records as far as this view has them; nothing when one of them is hidden, or gone.
std::optional<std::vector<const store::RecordRow*>> seen_records(const Looking& looking, const IdentityPicture& own,
                                                                 const IdentityEvent& event,
                                                                 std::map<Id, store::RecordRow>& others) {
  std::vector<const store::RecordRow*> seen;
  for (const Id id : event.records()) {
    const store::RecordRow* record = record_of(own.records, id);
    if (record == nullptr) {
      // A part that was split off belongs to another identity now.
      if (!others.contains(id)) {
        const auto identities = store::identities_of(looking.session, {id});
        if (identities.empty()) continue;
        for (store::RecordRow& row : store::read_records(looking.session, identities.begin()->second, looking.filter))
          others.try_emplace(row.id, std::move(row));
      }
      const auto found = others.find(id);
      if (found == others.end()) return std::nullopt;
      record = &found->second;
    }
    seen.push_back(record);
  }
  return seen;
}

/// The names of those that the event was about: of a joining those who came, or, seen from them, whom they came to.
std::set<std::string_view> names_told(const IdentityPicture& own, const IdentityEvent& event,
                                      const std::vector<const store::RecordRow*>& seen, std::string_view own_name) {
  std::set<std::string_view> moved;
  std::set<std::string_view> beside;
  std::set<std::string_view> all;
  for (const store::RecordRow* record : seen) {
    if (record->name.empty() || all.size() == kMostNames) continue;
    const bool moves = std::any_of(event.delta.moves.begin(), event.delta.moves.end(),
                                   [&](const Move& move) { return move.record == record->id; });
    (moves ? moved : beside).insert(record->name);
    all.insert(record->name);
  }
  for (const store::RecordRow& record : own.records)
    if (!record.name.empty() && beside.size() < kMostNames &&
        std::find(event.beside.begin(), event.beside.end(), record.id) != event.beside.end())
      beside.insert(record.name);
  const bool joins = event.type == EventType::kAutolink || event.type == EventType::kMerge;
  if (!joins || moved.empty()) return all;
  return moved.contains(own_name) && !beside.empty() ? beside : moved;
}

/// The counting event that brought the record to where it is; nullptr where it began there.
const IdentityEvent* brought_by(const std::vector<IdentityEvent>& events, const std::set<Id>& counts, Id record) {
  const IdentityEvent* last = nullptr;
  for (const IdentityEvent& event : events) {
    if (!counts.contains(event.id)) continue;
    const bool joins = event.type == EventType::kAutolink || event.type == EventType::kMerge;
    const bool moved = std::any_of(event.delta.moves.begin(), event.delta.moves.end(),
                                   [&](const Move& move) { return move.record == record; });
    if (joins && moved) last = &event;
  }
  return last;
}

}  // namespace

void write_why(JsonWriter& json, const Looking& looking, const IdentityPicture& own) {
  const std::vector<IdentityEvent> events = store::events_of(looking.session, records_of(own));
  const std::set<Id> counts = counting(events);
  std::map<Id, store::RecordRow> others;
  json.key("why").begin_array();
  for (const store::IdentifierRow& identifier : own.identifiers) {
    const store::RecordRow* record = record_of(own.records, identifier.record);
    if (record == nullptr) continue;
    const IdentityEvent* event = brought_by(events, counts, record->id);
    // Where it was joined to something hidden, it stands as if it had begun alone.
    if (event != nullptr && !seen_records(looking, own, *event, others)) event = nullptr;
    json.begin_object();
    write_identifier(json, record, identifier);
    json.member_id("record", record->id)
        .member("name", record->name)
        .member("rule", event == nullptr ? "first" : std::string_view(event->rule))
        .member_integer("at_us", event == nullptr ? record->created_us : event->at_us)
        .member("by", event != nullptr && is_by_agent(*event) ? "agent" : "rule");
    if (event != nullptr) write_actor(json, looking, own, *event);
    json.key("log");
    if (event == nullptr)
      json.null();
    else
      json.id(event->id);
    json.end_object();
  }
  json.end_array();
}

void write_log(JsonWriter& json, const Looking& looking, const IdentityPicture& own) {
  std::vector<IdentityEvent> events = store::events_of(looking.session, records_of(own));
  const std::set<Id> counts = counting(events);
  std::map<Id, Id> undone_by;
  for (const IdentityEvent& event : events)
    if (event.type == EventType::kUndo && counts.contains(event.id)) undone_by[event.target] = event.id;
  std::map<Id, store::RecordRow> others;
  const std::string_view requester_name = looking.part.asking.requesters[looking.part.ticket.selected].name;
  std::size_t told = 0;
  json.key("log").begin_array();
  for (auto event = events.rbegin(); event != events.rend() && told < kMostEvents; ++event) {
    if (event->type == EventType::kBlockValue) continue;
    const auto records = seen_records(looking, own, *event, others);
    if (!records) continue;
    ++told;
    const std::set<std::string_view> names = names_told(own, *event, *records, requester_name);
    json.begin_object().member_id("id", event->id).member_integer("at_us", event->at_us);
    write_actor(json, looking, own, *event);
    json.member("type", identities::name_of(event->type)).key("rule");
    if (event->rule.empty())
      json.null();
    else
      json.string(event->rule);
    json.member_integer("records", static_cast<std::int64_t>(records->size())).key("names").begin_array();
    for (const std::string_view name : names) json.string(name);
    json.end_array().member_boolean("undoable", is_undoable(*event, counts)).key("undone_by");
    if (const auto undo = undone_by.find(event->id); undo != undone_by.end())
      json.id(undo->second);
    else
      json.null();
    json.end_object();
  }
  json.end_array();
}

IdentityEvent require_event(const Looking& looking, const IdentityPicture& own, Id log) {
  const std::set<Id> records = records_of(own);
  std::map<Id, store::RecordRow> others;
  auto event = store::find_event(looking.session, log);
  if (event) {
    const std::set<Id> touched = event->records_beside();
    const bool own_one = std::any_of(touched.begin(), touched.end(), [&](Id id) { return records.contains(id); });
    if (own_one && seen_records(looking, own, *event, others)) return *std::move(event);
  }
  throw NotFound("no such entry in this identity's log");
}

void write_undo_preview(JsonWriter& json, const Looking& looking, const IdentityPicture& own, Id log) {
  require_event(looking, own, log);
  store::UndoPlan plan;
  try {
    plan = store::Merging::plan_undo(looking.session, log, 0, looking.part.now_us);
  } catch (const store::NotPossible& error) {
    throw Conflict(error.what());
  }
  std::map<Id, store::RecordRow> others;
  std::set<Id> moved;
  json.key("undo").begin_object().member_id("log", log).member_boolean("exact", plan.exact).key("moves").begin_array();
  for (const Move& move : plan.delta.moves) {
    IdentityEvent one;
    one.record = move.record;
    const auto records = seen_records(looking, own, one, others);
    if (!records || records->empty()) continue;
    moved.insert(move.record);
    json.begin_object()
        .member_id("record", move.record)
        .member("name", records->front()->name)
        .member_id("account", records->front()->account)
        .member_id("identity_from", move.from)
        .key("identity_to");
    const bool is_new = std::find(plan.delta.made.begin(), plan.delta.made.end(), move.to) != plan.delta.made.end();
    if (is_new)
      json.null();
    else
      json.id(move.to);
    json.end_object();
  }
  json.end_array();
  std::int64_t notes = 0;
  std::int64_t engagements = 0;
  for (const auto& [record, totals] : store::read_record_totals(looking.session, moved, looking.filter)) {
    notes += totals.notes;
    engagements += totals.engagements;
  }
  json.member_integer("notes", notes).member_integer("engagements", engagements).end_object();
}

void write_parts(JsonWriter& json, const Looking& looking, const IdentityPicture& own) {
  const auto totals = store::read_record_totals(looking.session, records_of(own), looking.filter);
  json.key("parts").begin_array();
  for (const store::RecordRow& record : own.records) {
    std::vector<store::IdentifierRow> identifiers;
    for (const store::IdentifierRow& identifier : own.identifiers)
      if (identifier.record == record.id) identifiers.push_back(identifier);
    const auto found = totals.find(record.id);
    const store::RecordTotals of_record = found == totals.end() ? store::RecordTotals{} : found->second;
    const auto time = [&](std::string_view name, const std::optional<Microseconds>& at_us) {
      json.key(name);
      if (at_us)
        json.integer(*at_us);
      else
        json.null();
    };
    json.begin_object()
        .member_id("record", record.id)
        .member_id("account", record.account)
        .member("name", record.name)
        .member("handle", record.handle)
        .key("identifiers");
    write_identifier_list(json, looking.part.accounts, {record}, identifiers);
    json.member_integer("messages", of_record.engagements).member_integer("notes", of_record.notes);
    time("first_us", of_record.first_us);
    time("last_us", of_record.last_us);
    json.end_object();
  }
  json.end_array();
}

}  // namespace identities::panel
