#include "store/match_store.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "core/identifier.hpp"
#include "core/timestamp.hpp"

namespace identities::store {
namespace {

const Statement kQueue{"queue_scoring",
                       "INSERT INTO match_queue (record_id, queued_us) VALUES {?, ?} @or_update queued_us = queued_us"};
const Statement kQueued{"queued_for_scoring",
                        "SELECT record_id FROM match_queue ORDER BY queued_us, record_id LIMIT ?"};
const Statement kCountQueued{"count_queued", "SELECT COUNT(*) FROM match_queue"};
const Statement kUnqueue{"drop_from_queue", "DELETE FROM match_queue WHERE record_id = ?"};
const Statement kRecordsAfter{"records_after", "SELECT id FROM record WHERE id > ? ORDER BY id LIMIT ?"};
const Statement kCountRecords{"count_records", "SELECT COUNT(*) FROM record"};
const Statement kNames{"match_names", "SELECT id, identity_id, name, handle FROM record WHERE id IN @ids"};
const Statement kIdentifiers{
    "match_identifiers",
    "SELECT i.record_id, i.kind, i.value, i.shown FROM identifier i LEFT JOIN identifier_value v ON v.kind = i.kind "
    "AND "
    "v.value = i.value WHERE i.record_id IN @ids AND i.detached_by <= 0 AND COALESCE(v.state, 0) = 0 AND i.kind IN "
    "('email', 'phone', 'raw.phone') ORDER BY i.record_id, i.kind, i.value"};
const Statement kAttributes{
    "match_attributes",
    "SELECT record_id, attribute_key, type, number_value, text_value FROM attribute WHERE record_id IN @ids AND "
    "attribute_key IN ('person.birth_date', 'person.city') AND removed = 0"};
const Statement kDeleteKeys{"delete_match_keys", "DELETE FROM match_key WHERE record_id = ?"};
const Statement kInsertKey{"insert_match_key", "INSERT INTO match_key (match_key, record_id) VALUES {?, ?}"};
const Statement kWritePerson{
    "write_match_record", "INSERT INTO match_record (record_id, person) VALUES {?, ?} @or_update person = @new_person"};
const Statement kNewestModel{"newest_match_model", "SELECT MAX(id) FROM match_model"};
const Statement kReadModel{"read_match_model",
                           "SELECT id, trained_us, records, model FROM match_model ORDER BY id DESC LIMIT 1"};
const Statement kInsertModel{"insert_match_model",
                             "INSERT INTO match_model (id, trained_us, records, model) VALUES {?, ?, ?, ?}"};
const Statement kDeleteModels{"delete_match_models", "DELETE FROM match_model WHERE id <> ?"};

/// A date is stored as the microseconds of its midnight UTC.
std::string date_of(Microseconds time_us) {
  return format_rfc3339(time_us).substr(0, 10);
}

/// So many keys are asked for by one statement; most records have fewer, and few have more.
constexpr std::array<std::size_t, 3> kKeyCounts = {8, 16, 64};

const Statement& candidates_statement(std::size_t keys) {
  static const std::array<Statement, kKeyCounts.size()> kAll = [] {
    std::array<Statement, kKeyCounts.size()> all;
    constexpr std::array<std::string_view, kKeyCounts.size()> kNames8 = {"match_candidates_8", "match_candidates_16",
                                                                         "match_candidates_64"};
    for (std::size_t at = 0; at < all.size(); ++at) {
      std::string found;
      for (std::size_t key = 0; key < kKeyCounts[at]; ++key) {
        if (key > 0) found += " UNION ";
        found += "SELECT * FROM (SELECT record_id FROM match_key WHERE match_key = ? ORDER BY record_id DESC LIMIT " +
                 std::to_string(kMatchCandidates) + ") AS k" + std::to_string(key);
      }
      all[at] = {kNames8[at],
                 "SELECT m.record_id, r.identity_id, m.person FROM (" + found +
                     ") AS found JOIN match_record m ON m.record_id = found.record_id JOIN record r ON r.id = "
                     "m.record_id JOIN identity i ON i.id = r.identity_id WHERE r.identity_id <> ? AND i.kind = 0"};
    }
    return all;
  }();
  std::size_t at = 0;
  while (at + 1 < kKeyCounts.size() && kKeyCounts[at] < keys) ++at;
  return kAll[at];
}

std::string ids_json(std::span<const Id> ids) {
  std::string json = "[";
  for (const Id id : ids) json += (json.size() > 1 ? "," : "") + std::to_string(id);
  return json + "]";
}

}  // namespace

void queue_scoring(WriteBatch& batch, Id record, Microseconds now_us) {
  batch.later(Stage::kRows, kQueue, {record, now_us});
}

Id queue_all_scoring(Session& session, Id after, std::size_t count, Microseconds now_us) {
  const std::vector<Id> ids = records_after(session, after, count);
  if (ids.empty()) return 0;
  Session::Write write{&kQueue, {}};
  write.sets.reserve(ids.size());
  for (const Id id : ids) write.sets.push_back({id, now_us});
  session.execute_all(std::span(&write, 1), false);
  return ids.back();
}

std::vector<Id> queued_for_scoring(Session& session, std::size_t count) {
  std::vector<Id> ids;
  session.query(kQueued, {static_cast<std::int64_t>(count)}, [&](const Row& row) { ids.push_back(row.integer(0)); });
  return ids;
}

std::int64_t count_queued(Session& session) {
  std::int64_t count = 0;
  session.query(kCountQueued, {}, [&](const Row& row) { count = row.integer(0); });
  return count;
}

void drop_from_queue(Session& session, Id record) {
  session.execute(kUnqueue, {record});
}

std::vector<Id> records_after(Session& session, Id after, std::size_t count) {
  std::vector<Id> ids;
  session.query(kRecordsAfter, {after, static_cast<std::int64_t>(count)},
                [&](const Row& row) { ids.push_back(row.integer(0)); });
  return ids;
}

std::int64_t count_records(Session& session) {
  std::int64_t count = 0;
  session.query(kCountRecords, {}, [&](const Row& row) { count = row.integer(0); });
  return count;
}

std::vector<KnownRecord> read_known(Session& session, std::span<const Id> records, const ResolutionRules& rules) {
  std::map<Id, KnownRecord> known;
  const std::string ids = ids_json(records);
  const auto name = [&](const Row& row) {
    KnownRecord& record = known[row.integer(0)];
    record.record = row.integer(0);
    record.identity = row.integer(1);
    record.facts.name = row.text(2);
    record.facts.handle = row.text(3);
  };
  const auto identifier = [&](const Row& row) {
    const auto found = known.find(row.integer(0));
    if (found == known.end()) return;
    const std::string_view kind = row.text(1);
    if (kind == "raw.phone") {
      found->second.facts.phones.emplace_back(row.text(3));
      return;
    }
    const bool is_email = kind == "email";
    const IdentifierKind of = is_email ? IdentifierKind::kEmail : IdentifierKind::kPhone;
    if (blocked_reason(of, row.text(2), rules) != BlockedReason::kNone) return;
    (is_email ? found->second.facts.emails : found->second.facts.phones).emplace_back(row.text(2));
  };
  const auto attribute = [&](const Row& row) {
    const auto found = known.find(row.integer(0));
    if (found == known.end()) return;
    constexpr std::int64_t kDate = 2;  // the column's type
    if (row.text(1) == "person.city")
      found->second.facts.city = row.text(4);
    else if (row.integer(2) == kDate)
      found->second.facts.birth_date = date_of(static_cast<Microseconds>(row.number(3)));
    else
      found->second.facts.birth_date = row.text(4);
  };
  const std::array<Session::Ask, 3> asks = {
      {{&kNames, {ids}, name}, {&kIdentifiers, {ids}, identifier}, {&kAttributes, {ids}, attribute}}};
  session.query_all(asks, false);
  std::vector<KnownRecord> found;
  found.reserve(known.size());
  for (auto& [id, record] : known) found.push_back(std::move(record));
  return found;
}

void write_match_record(Session& session, Id record, const matching::KnownPerson& person,
                        std::span<const std::int64_t> keys) {
  const std::string encoded = encode(person);
  std::vector<Session::Write> writes = {{&kDeleteKeys, {{record}}}, {&kWritePerson, {{record, Blob{encoded}}}}};
  if (!keys.empty()) {
    Session::Write insert{&kInsertKey, {}};
    for (const std::int64_t key : keys) insert.sets.push_back({key, record});
    writes.push_back(std::move(insert));
  }
  session.execute_all(writes, false);
}

std::vector<Candidate> find_candidates(Session& session, std::span<const std::int64_t> keys, Id identity) {
  std::vector<Candidate> found;
  if (keys.empty()) return found;
  keys = keys.first(std::min(keys.size(), kKeyCounts.back()));
  const auto places =
      std::find_if(kKeyCounts.begin(), kKeyCounts.end(), [&](std::size_t count) { return count >= keys.size(); });
  std::vector<Parameter> parameters(keys.begin(), keys.end());
  parameters.resize(*places, Parameter(keys.front()));  // twice is found once
  parameters.emplace_back(identity);
  session.query(candidates_statement(keys.size()), parameters, [&](const Row& row) {
    found.push_back({row.integer(0), row.integer(1), matching::decode(row.text(2))});
  });
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) { return a.record < b.record; });
  return found;
}

Id newest_model(Session& session) {
  Id id = 0;
  session.query(kNewestModel, {}, [&](const Row& row) { id = row.integer(0); });
  return id;
}

std::optional<StoredModel> read_model(Session& session) {
  std::optional<StoredModel> stored;
  std::string text;
  session.query(kReadModel, {}, [&](const Row& row) {
    stored = StoredModel{row.integer(0), row.integer(1), row.integer(2), {}};
    text = row.text(3);
  });
  if (stored) stored->model = matching::model_from_json(text);
  return stored;
}

void write_model(Session& session, Id id, std::int64_t records, const matching::PersonModel& model,
                 Microseconds now_us) {
  const std::string text = to_json(model);
  session.execute(kInsertModel, {id, now_us, records, text});
  session.execute(kDeleteModels, {id});
}

}  // namespace identities::store
