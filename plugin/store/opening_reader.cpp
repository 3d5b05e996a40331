#include "store/opening_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "store/opening_card.hpp"

namespace identities::store {
namespace {

// Beyond these the rest is asked for when it is needed.
constexpr std::int64_t kMostThreads = 256;
constexpr std::int64_t kMostTriggers = 200;
constexpr std::size_t kMostRecords = 32;

const Statement kCall{"open_identity", "CALL open_identity_v1(?, ?, ?, ?, ?, ?, ?, ?, ?)"};

/// All that an opening needs of an identity that has its card. The setting's row is always there; the rest may not be.
std::string head_sql(std::string_view value_column, std::string_view identity) {
  return fmt::format(
      "SELECT s.value, c.value, d.id, d.version, l.at_us, l.before_us, g.value, o.body, t.id{} FROM setting s "
      "JOIN setting c ON c.name = 'interest_count' LEFT JOIN setting g ON g.name = 'threads_going' {} "
      "LEFT JOIN looked l ON l.agent_id = ? AND l.identity_id = d.id "
      "LEFT JOIN opening_card o ON o.identity_id = d.id AND o.version = d.version AND o.format = ? "
      "LEFT JOIN thread t ON t.account_id = ? AND t.source_key = ? AND t.partition_key <> '' "
      "WHERE s.name = 'settings_version'",
      value_column, identity);
}
const Statement kHeadById{"opening_head_by_id", head_sql({}, "LEFT JOIN identity d ON d.id = ?")};
const Statement kHeadByKey{
    "opening_head_by_key",
    head_sql(", w.version", fmt::format("LEFT JOIN identifier_value w ON w.kind = ? AND w.value = ? LEFT JOIN identity "
                                        "d ON {}",
                                        kIsNamedHolder))};
const Statement kHeadBySearch{"opening_head_by_search",
                              head_sql({}, fmt::format("LEFT JOIN identity d ON d.id = {}", kHolderOfKey))};

// What the procedure gives besides; columns and order are those of its result sets (sql/mysql/0002_opening.sql).
const Statement kRecords{
    "opening_records",
    "SELECT r.id, r.account_id, r.name, r.name_us, r.handle, r.url, r.bio, r.fetched_us, r.created_us, i.kind, "
    "i.value, i.shown, i.verified, i.created_us, i.first_us FROM record r LEFT JOIN identifier i ON i.record_id = r.id "
    "AND i.detached_by <= 0 WHERE "
    "r.identity_id = ?"};
const Statement kNotes{
    "opening_notes",
    fmt::format("SELECT {} FROM record r JOIN note n ON n.record_id = r.id WHERE r.identity_id = ?", kNoteColumns)};
const Statement kAttributes{"opening_attributes",
                            fmt::format("SELECT {}, b.set_us, b.evidence_count FROM record r JOIN attribute b ON "
                                        "b.record_id = r.id WHERE r.identity_id = ? AND b.removed = 0",
                                        kAttributeColumns)};
const Statement kThreads{
    "opening_threads",
    "SELECT t.id, t.source_key, t.partition_key, t.subject, t.status, t.account_id, rt.first_us, rt.last_us, "
    "rt.in_count, rt.out_count, rt.internal_count, rt.internal_first_us, rt.internal_last_us, rt.waiting_since_us FROM "
    "record r JOIN record_thread rt ON rt.record_id = r.id JOIN thread t ON t.id = rt.thread_id WHERE r.identity_id = "
    "? "
    "LIMIT ?"};
const Statement kTriggers{
    "opening_triggers",
    "SELECT g.id, g.occurred_us, g.record_id, g.attribute_id, g.engagement_id, g.thread_id, g.words FROM record r JOIN "
    "interest_trigger g ON g.record_id = r.id WHERE r.identity_id = ? AND g.words <> '' LIMIT ?"};

enum Set : std::size_t { kHeadSet, kRecordSet, kNoteSet, kAttributeSet, kThreadSet, kTriggerSet, kPageSet };

void take_head(Opening& opening, const Row& row) {
  opening.settings = {integer_of(row.text(0)), integer_of(row.text(1)), integer_of(row.text(6))};
  opening.ref = {row.integer(2), row.integer(3)};
  if (!row.is_null(4)) opening.looked = Looked{row.integer(4), optional_integer(row, 5)};
}

/// One row for each identifier of a record, or one for a record without any. raw.<kind> is a value that makes no key.
void take_record(Opening& opening, std::vector<Microseconds>& first_us, const Row& row) {
  constexpr std::string_view kRaw = "raw.";
  const Id id = row.integer(0);
  const auto known = std::find_if(opening.records.begin(), opening.records.end(),
                                  [&](const RecordRow& record) { return record.id == id; });
  if (known == opening.records.end())
    opening.records.push_back({id, row.integer(1), std::string(row.text(2)), row.integer(3), std::string(row.text(4)),
                               std::string(row.text(5)), std::string(row.text(6)), optional_integer(row, 7),
                               row.integer(8)});
  if (row.is_null(9)) return;
  std::string_view kind = row.text(9);
  if (kind.starts_with(kRaw)) kind.remove_prefix(kRaw.size());
  opening.identifiers.push_back({id, std::string(kind), std::string(row.text(10)), std::string(row.text(11)),
                                 row.integer(12) != 0, row.integer(13)});
  first_us.push_back(row.integer(14));
}

void take_attribute(Opening& opening, const Row& row) {
  opening.attributes.push_back({attribute_of(row), row.integer(3)});
}

void take_thread(Opening& opening, const Row& row) {
  ThreadOfRecord& thread = opening.threads.emplace_back();
  thread.thread = {row.integer(0),
                   std::string(row.text(1)),
                   std::string(row.text(2)),
                   std::string(row.text(3)),
                   static_cast<ThreadStatus>(row.integer(4)),
                   row.integer(5),
                   row.integer(6),
                   row.integer(7),
                   row.integer(8) + row.integer(9)};
  thread.in = row.integer(8);
  thread.out = row.integer(9);
  thread.internal = row.integer(10);
  thread.first_us = optional_integer(row, 6);
  thread.last_us = optional_integer(row, 7);
  thread.internal_first_us = optional_integer(row, 11);
  thread.internal_last_us = optional_integer(row, 12);
  thread.waiting_since_us = optional_integer(row, 13);
}

void take_trigger(Opening& opening, const Row& row) {
  TriggerRow& trigger = opening.triggers.emplace_back();
  trigger.id = row.integer(0);
  trigger.occurred_us = row.integer(1);
  trigger.record = row.integer(2);
  trigger.attribute = row.integer(3);
  trigger.engagement = row.integer(4);
  trigger.thread = row.integer(5);
  trigger.words = row.text(6);
}

/// Puts into order what the database gives in any: sorting a few rows there costs more than here.
void arrange(Opening& opening, const std::vector<Microseconds>& first_us, std::size_t rows) {
  std::sort(opening.records.begin(), opening.records.end(),
            [](const RecordRow& a, const RecordRow& b) { return a.id < b.id; });
  std::vector<std::size_t> order(opening.identifiers.size());
  for (std::size_t index = 0; index < order.size(); ++index) order[index] = index;
  const auto& given = opening.identifiers;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(first_us[a], given[a].kind, given[a].value, given[a].record) <
           std::tie(first_us[b], given[b].kind, given[b].value, given[b].record);
  });
  std::vector<IdentifierRow> identifiers;
  identifiers.reserve(order.size());
  for (const std::size_t index : order) identifiers.push_back(std::move(opening.identifiers[index]));
  opening.identifiers = std::move(identifiers);
  std::sort(opening.notes.begin(), opening.notes.end(), [](const Note& a, const Note& b) {
    return std::tie(a.pinned, a.created_us, a.id) > std::tie(b.pinned, b.created_us, b.id);
  });
  std::sort(opening.triggers.begin(), opening.triggers.end(), [](const TriggerRow& a, const TriggerRow& b) {
    return std::tie(a.occurred_us, a.id) < std::tie(b.occurred_us, b.id);
  });
  opening.all_threads = opening.threads.size() <= static_cast<std::size_t>(kMostThreads);
  opening.all_triggers = opening.triggers.size() <= static_cast<std::size_t>(kMostTriggers);
  opening.has_page = opening.records.size() <= kMostRecords;
  HistoryQuery newest;
  newest.limit = rows;
  merge(opening.page, newest, false);
}

void read_by_call(Session& session, const OpeningQuery& query, Opening& opening, std::vector<Microseconds>& first_us) {
  constexpr std::int64_t kNoCard = 0;  // a format that no card has
  const std::array<Parameter, 9> parameters = {
      opening.ref.id,   name_of(query.kind), query.key,
      query.account,    query.agent,         kNoCard,
      kMostThreads + 1, kMostTriggers + 1,   static_cast<std::int64_t>(query.rows + 1)};
  session.call(kCall, parameters, [&](std::size_t set, const Row& row) {
    switch (set) {
      case kHeadSet:
        return take_head(opening, row);
      case kRecordSet:
        return take_record(opening, first_us, row);
      case kNoteSet:
        opening.notes.push_back(note_of(row, opening.ref.id));
        return;
      case kAttributeSet:
        return take_attribute(opening, row);
      case kThreadSet:
        return take_thread(opening, row);
      case kTriggerSet:
        return take_trigger(opening, row);
      default:
        opening.page.rows.push_back(history_row_of(row));
    }
  });
}

void read_by_table(Session& session, const OpeningQuery& query, Opening& opening, std::vector<Microseconds>& first_us) {
  const Transaction transaction(session, Transaction::Kind::kRead);
  const Id identity = opening.ref.id;
  session.query(kHeadById, {identity, query.agent, std::int64_t{0}, query.account, query.thread},
                [&](const Row& row) { take_head(opening, row); });
  if (opening.ref.id == 0) return;
  session.query(kRecords, {identity}, [&](const Row& row) { take_record(opening, first_us, row); });
  session.query(kNotes, {identity}, [&](const Row& row) { opening.notes.push_back(note_of(row, identity)); });
  session.query(kAttributes, {identity}, [&](const Row& row) { take_attribute(opening, row); });
  session.query(kThreads, {identity, kMostThreads + 1}, [&](const Row& row) { take_thread(opening, row); });
  session.query(kTriggers, {identity, kMostTriggers + 1}, [&](const Row& row) { take_trigger(opening, row); });
  if (opening.records.size() > kMostRecords) return;
  HistoryQuery newest;
  for (const RecordRow& record : opening.records) newest.records.push_back(record.id);
  newest.limit = query.rows;
  opening.page = read_history(session, newest, ViewFilter({true, {}, {}, {}}, 0));
}

}  // namespace

namespace {

void take_whole_head(Opening& opening, const Row& row) {
  take_head(opening, row);
  opening.thread = row.integer(8);
  if (!row.is_null(7)) opening.from_card = decode_card(row.text(7), opening);
}

Opening read_head_by_key(Session& session, const OpeningQuery& query, std::int64_t format) {
  const std::string_view kind = name_of(query.kind);
  Opening opening;
  bool is_value = false;
  session.query(kHeadByKey, {kind, query.key, query.agent, format, query.account, query.thread}, [&](const Row& row) {
    take_whole_head(opening, row);
    is_value = !row.is_null(9);
  });
  if (opening.ref.id != 0 || !is_value) return opening;
  opening = {};
  opening.searched = true;
  session.query(kHeadBySearch, {query.account, kind, query.key, query.agent, format, query.account, query.thread},
                [&](const Row& row) { take_whole_head(opening, row); });
  return opening;
}

}  // namespace

Opening read_head(Session& session, const OpeningQuery& query) {
  const std::int64_t format = query.use_card ? kCardFormat : 0;
  if (query.identity == 0) return read_head_by_key(session, query, format);
  Opening opening;
  session.query(kHeadById, {query.identity, query.agent, format, query.account, query.thread},
                [&](const Row& row) { take_whole_head(opening, row); });
  return opening;
}

Opening read_opening(Session& session, const OpeningQuery& query) {
  Opening opening = read_head(session, query);
  if (opening.ref.id == 0 || opening.from_card) return opening;
  std::vector<Microseconds> first_us;  // of each identifier
  const bool calls = session.dialect() == Dialect::kMysql;
  (calls ? read_by_call : read_by_table)(session, query, opening, first_us);
  if (opening.ref.id == 0) return opening;
  const bool more_before = opening.page.more_before;
  arrange(opening, first_us, query.rows);
  if (!calls) opening.page.more_before = more_before;
  return opening;
}

}  // namespace identities::store
