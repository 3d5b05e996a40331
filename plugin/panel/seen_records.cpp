#include "panel/seen_records.hpp"

#include <algorithm>

#include "store/agents.hpp"
#include "store/suggestions.hpp"

namespace identities::panel {
namespace {

constexpr std::string_view kAgent = "agent:";

}  // namespace

bool is_by_agent(const IdentityEvent& event) {
  return event.actor.starts_with(kAgent);
}

std::string_view agent_of(const IdentityEvent& event) {
  return std::string_view(event.actor).substr(kAgent.size());
}

bool is_by(const IdentityEvent& event, const Asking& asking) {
  return is_by_agent(event) && agent_of(event) == asking.agent.id;
}

Actors::Actors(const Looking& looking, std::span<const IdentityEvent> events) {
  std::set<std::string> ids;
  for (const IdentityEvent& event : events)
    if (is_by_agent(event)) ids.emplace(agent_of(event));
  names_ = store::agents_by_id(looking.session, ids);
  const Agent& asking = looking.part.asking.agent;
  names_[asking.id] = asking.name;
}

void Actors::write(JsonWriter& json, const IdentityEvent& event) const {
  json.key("actor");
  if (!is_by_agent(event)) {
    json.null();
    return;
  }
  json.begin_object().member("id", agent_of(event));
  if (const auto name = names_.find(std::string(agent_of(event))); name != names_.end())
    json.member_if("name", name->second);
  json.end_object();
}

const store::RecordRow* SeenRecords::find(Id id) {
  if (const store::RecordRow* record = record_of(own_.records, id)) return record;
  return record_of(read(id).records, id);
}

bool SeenRecords::is_gone(Id id) {
  return record_of(own_.records, id) == nullptr && read(id).identity == 0;
}

std::vector<store::IdentifierRow> SeenRecords::identifiers(const store::RecordRow& record) {
  const bool is_own = record_of(own_.records, record.id) != nullptr;
  Other* other = is_own ? nullptr : &read(record.id);
  if (other != nullptr && !other->identifiers)
    other->identifiers = store::read_identifiers(looking_.session, other->identity, looking_.filter);
  std::vector<store::IdentifierRow> of_record;
  for (const store::IdentifierRow& each : is_own ? own_.identifiers : *other->identifiers)
    if (each.record == record.id) of_record.push_back(each);
  return of_record;
}

std::optional<std::vector<const store::RecordRow*>> SeenRecords::of(const IdentityEvent& event) {
  // That several people use a value tells of all who use it, also of those who came to it since.
  if (!event.delta.shared.empty() && !looking_.filter.all()) return std::nullopt;
  std::vector<const store::RecordRow*> seen;
  for (const Id id : event.records()) {
    if (const store::RecordRow* record = find(id))
      seen.push_back(record);
    else if (!is_gone(id) && !is_by(event, looking_.part.asking))
      return std::nullopt;
  }
  return seen;
}

bool SeenRecords::is_requester(const store::RecordRow& record) {
  const ResolvedTicket& ticket = looking_.part.ticket;
  const std::string& key = ticket.requesters[ticket.selected].key;
  const std::string_view kind = name_of(looking_.part.asking.requesters[ticket.selected].kind);
  const std::vector<store::IdentifierRow> all = identifiers(record);
  return !key.empty() && std::any_of(all.begin(), all.end(), [&](const store::IdentifierRow& each) {
    return each.kind == kind && each.value == key;
  });
}

void SeenRecords::write_identifiers(JsonWriter& json, const store::RecordRow& record) {
  write_identifier_list(json, looking_.part.accounts, {record}, identifiers(record));
}

SeenRecords::Other& SeenRecords::read(Id record) {
  const auto known = identity_of_.find(record);
  if (known != identity_of_.end()) return others_[known->second];
  const auto found = store::identities_of(looking_.session, {record});
  const Id identity = found.empty() ? 0 : found.begin()->second;
  identity_of_[record] = identity;
  Other& other = others_[identity];
  if (identity != 0 && other.identity == 0) {
    other.identity = identity;
    other.records = store::read_records(looking_.session, identity, looking_.filter);
  }
  return other;
}

}  // namespace identities::panel
