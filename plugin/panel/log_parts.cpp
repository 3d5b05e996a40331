#include "panel/log_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "core/identity_replay.hpp"
#include "panel/digest.hpp"
#include "panel/seen_records.hpp"
#include "store/identity_log.hpp"
#include "store/merging.hpp"
#include "store/record_totals.hpp"
#include "store/shared_value.hpp"

namespace identities::panel {
namespace {

constexpr std::size_t kMostNames = 10;
constexpr std::size_t kMostEvents = 100;  // on a page

std::set<Id> records_of(const IdentityPicture& picture) {
  std::set<Id> records;
  for (const store::RecordRow& record : picture.records) records.insert(record.id);
  return records;
}

bool is_undoable(const IdentityEvent& event, const std::set<Id>& counts) {
  return counts.contains(event.id) && event.type != EventType::kObserve && !event.delta.empty();
}

/// Is what a rule went by in view? An agent's own decision always is.
bool grounds_in_view(const Looking& looking, const IdentityPicture& own, const IdentityEvent& event) {
  if (looking.filter.all() || is_by_agent(event) || event.rule.empty()) return true;
  return share_in_view(own.identifiers, event.pair.first, event.pair.second, kind_of_rule(event.rule));
}

bool joins(const IdentityEvent& event) {
  return event.type == EventType::kAutolink || event.type == EventType::kMerge;
}

/// Those that the event was about: of a joining those who came, or, seen from them, whom they came to.
std::vector<const store::RecordRow*> parts_told(const IdentityEvent& event, SeenRecords& records,
                                                const std::vector<const store::RecordRow*>& seen) {
  if (!joins(event)) return seen;
  std::vector<const store::RecordRow*> moved;
  for (const Move& move : event.delta.moves)
    if (const store::RecordRow* record = records.find(move.record)) moved.push_back(record);
  const bool from_them =
      std::any_of(moved.begin(), moved.end(), [&](const auto* record) { return records.is_requester(*record); });
  if (!moved.empty() && !from_them) return moved;
  std::vector<const store::RecordRow*> beside;
  for (const Id id : event.beside)
    if (const store::RecordRow* record = records.find(id)) beside.push_back(record);
  return beside.empty() ? moved : beside;
}

void write_log_parts(JsonWriter& json, SeenRecords& records, const std::vector<const store::RecordRow*>& told) {
  std::set<std::string_view> names;
  for (const store::RecordRow* record : told)
    if (!record->name.empty() && names.size() < kMostNames) names.insert(record->name);
  json.key("names").begin_array();
  for (const std::string_view name : names) json.string(name);
  json.end_array().key("parts").begin_array();
  for (std::size_t index = 0; index < told.size() && index < kMostNames; ++index) {
    json.begin_object()
        .member_id("record", told[index]->id)
        .member_id("account", told[index]->account)
        .member("name", told[index]->name)
        .key("identifiers");
    records.write_identifiers(json, *told[index]);
    json.end_object();
  }
  json.end_array();
}

/// Which value became several people's, where the identity has it in view.
void write_shared(JsonWriter& json, const Looking& looking, const IdentityPicture& own, const IdentityEvent& event) {
  if (event.type != EventType::kBlockValue) return;
  const auto value = store::shared_by(looking.session, event.id);
  if (!value) return;
  const auto found = std::find_if(own.identifiers.begin(), own.identifiers.end(), [&](const auto& each) {
    return each.kind == value->kind && each.value == value->value;
  });
  if (found != own.identifiers.end()) json.member("value", found->shown);
}

/// What an unlink took off; of a restricted view nothing, for the identifier may be hidden.
void write_taken(JsonWriter& json, const Looking& looking, const std::vector<IdentityEvent>& events,
                 const IdentityEvent& event) {
  if (event.type != EventType::kUnlink) return;
  if (event.delta.detached.empty()) {
    json.member("taken", "part");
    return;
  }
  if (!looking.filter.all()) return;
  for (const Id record : event.touched) {
    const std::string kind = store::detached_kind(looking.session, record, mark_of(events, record, event.id));
    if (!identifier_kind(kind)) continue;
    json.member("taken", kind);
    return;
  }
}

/// The counting event that brought the record to where it is; nullptr where it began there.
const IdentityEvent* brought_by(const std::vector<IdentityEvent>& events, const std::set<Id>& counts, Id record) {
  const IdentityEvent* last = nullptr;
  for (const IdentityEvent& event : events) {
    if (!counts.contains(event.id)) continue;
    const bool moved = std::any_of(event.delta.moves.begin(), event.delta.moves.end(),
                                   [&](const Move& move) { return move.record == record; });
    if (joins(event) && moved) last = &event;
  }
  return last;
}

}  // namespace

void write_why(JsonWriter& json, const Looking& looking, const IdentityPicture& own) {
  const std::vector<IdentityEvent> events = store::events_of(looking.session, records_of(own));
  const std::set<Id> counts = counting(events);
  const Actors actors(looking, events);
  SeenRecords records(looking, own);
  json.member("seen", seen_of(own)).key("why").begin_array();
  for (const store::IdentifierRow& identifier : own.identifiers) {
    const store::RecordRow* record = record_of(own.records, identifier.record);
    if (record == nullptr) continue;
    const IdentityEvent* event = brought_by(events, counts, record->id);
    // Where it was joined to something hidden, it stands as if it had begun alone.
    if (event != nullptr && !records.of(*event)) event = nullptr;
    const bool is_told = event != nullptr && grounds_in_view(looking, own, *event);
    json.begin_object();
    write_identifier(json, record, identifier);
    json.member_id("record", record->id)
        .member("name", record->name)
        .member("rule", event == nullptr ? "first"
                        : is_told        ? std::string_view(event->rule)
                                         : "rule")
        .member_integer("at_us", event == nullptr ? record->created_us : event->at_us)
        .member("by", event != nullptr && is_by_agent(*event) ? "agent" : "rule");
    if (event != nullptr) actors.write(json, *event);
    json.key("log");
    if (event == nullptr)
      json.null();
    else
      json.id(event->id);
    if (event != nullptr) {
      const auto& moves = event->delta.moves;
      json.member_integer("brought", std::count_if(moves.begin(), moves.end(), [&](const Move& move) {
                            return records.find(move.record) != nullptr;
                          }));
    }
    json.end_object();
  }
  json.end_array();
}

void write_log(JsonWriter& json, const Looking& looking, const IdentityPicture& own, Id before) {
  std::vector<IdentityEvent> events = store::events_of(looking.session, records_of(own));
  const std::set<Id> counts = counting(events);
  std::map<Id, Id> undone_by;
  for (const IdentityEvent& event : events)
    if (event.type == EventType::kUndo && counts.contains(event.id)) undone_by[event.target] = event.id;
  const Actors actors(looking, events);
  SeenRecords records(looking, own);
  Id oldest = 0;
  std::size_t told = 0;
  bool more = false;
  json.key("log").begin_array();
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (before != 0 && event->id >= before) continue;
    const auto seen = records.of(*event);
    if (!seen) continue;
    if (told == kMostEvents) {
      more = true;
      break;
    }
    ++told;
    oldest = event->id;
    json.begin_object().member_id("id", event->id).member_integer("at_us", event->at_us);
    actors.write(json, *event);
    json.member("type", identities::name_of(event->type)).key("rule");
    if (event->rule.empty() || !grounds_in_view(looking, own, *event))
      json.null();
    else
      json.string(event->rule);
    json.member_integer("records", static_cast<std::int64_t>(seen->size()));
    write_log_parts(json, records, parts_told(*event, records, *seen));
    write_taken(json, looking, events, *event);
    write_shared(json, looking, own, *event);
    json.member_boolean("undoable", is_undoable(*event, counts)).key("undone_by");
    if (const auto undo = undone_by.find(event->id); undo != undone_by.end())
      json.id(undo->second);
    else
      json.null();
    json.end_object();
  }
  json.end_array().key("log_next");
  if (more)
    json.string("e" + std::to_string(oldest));
  else
    json.null();
}

IdentityEvent require_event(const Looking& looking, const IdentityPicture& own, Id log) {
  const std::set<Id> records = records_of(own);
  SeenRecords seen(looking, own);
  auto event = store::find_event(looking.session, log);
  if (event) {
    const std::set<Id> touched = event->records_beside();
    const bool own_one = std::any_of(touched.begin(), touched.end(), [&](Id id) { return records.contains(id); });
    if (own_one && seen.of(*event)) return *std::move(event);
  }
  throw NotFound("no such entry in this identity's log");
}

std::string seen_of(const Looking& looking, const IdentityPicture& own, const store::UndoPlan& plan) {
  SeenRecords records(looking, own);
  std::string text = plan.exact ? "exact" : "anew";
  for (const Move& move : plan.delta.moves) {
    if (records.find(move.record) == nullptr) continue;
    const bool is_new = std::find(plan.delta.made.begin(), plan.delta.made.end(), move.to) != plan.delta.made.end();
    text += fmt::format(" {} {} {}", move.record, move.from, is_new ? 0 : move.to);
  }
  return digest(text);
}

store::UndoPlan plan_of(const Looking& looking, const IdentityPicture& own, Id log) {
  require_event(looking, own, log);
  try {
    return store::Merging::plan_undo(looking.session, log, 0, looking.part.now_us);
  } catch (const store::NotPossible& error) {
    throw Conflict(error.what());
  }
}

void write_undo_preview(JsonWriter& json, const Looking& looking, const IdentityPicture& own, Id log) {
  const store::UndoPlan plan = plan_of(looking, own, log);
  SeenRecords records(looking, own);
  std::set<Id> moved;
  json.member("seen", seen_of(looking, own, plan)).key("undo");
  json.begin_object().member_id("log", log).member_boolean("exact", plan.exact).key("moves").begin_array();
  for (const Move& move : plan.delta.moves) {
    const store::RecordRow* record = records.find(move.record);
    if (record == nullptr) continue;
    moved.insert(move.record);
    json.begin_object()
        .member_id("record", move.record)
        .member("name", record->name)
        .member_id("account", record->account)
        .key("identifiers");
    records.write_identifiers(json, *record);
    json.member_id("identity_from", move.from).key("identity_to");
    const bool is_new = std::find(plan.delta.made.begin(), plan.delta.made.end(), move.to) != plan.delta.made.end();
    if (is_new)
      json.null();
    else
      json.id(move.to);
    json.member_boolean("requester", records.is_requester(*record)).end_object();
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

Id taken_off_from(store::Session& session, const Asking& asking, const ResolvedTicket& ticket, Id log) {
  const std::string& key = ticket.requesters[ticket.selected].key;
  const auto event = key.empty() ? std::nullopt : store::find_event(session, log);
  if (!event || event->type != EventType::kUnlink || !is_by(*event, asking)) return 0;
  return store::detached_from(session, asking.requesters[ticket.selected].kind, key, log);
}

void write_parts(JsonWriter& json, const Looking& looking, const IdentityPicture& own) {
  const auto totals = store::read_record_totals(looking.session, records_of(own), looking.filter);
  json.member("seen", seen_of(own)).key("parts").begin_array();
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
