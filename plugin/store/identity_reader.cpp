#include "store/identity_reader.hpp"

#include <fmt/format.h>

#include "store/visible_told.hpp"

namespace identities::store {
namespace {

const Statement kNamedHolder{"named_holder",
                             fmt::format("SELECT d.id, d.version FROM identifier_value w LEFT JOIN identity d ON {} "
                                         "WHERE w.kind = ? AND w.value = ?",
                                         kIsNamedHolder)};
const Statement kDetachedFrom{"detached_from",
                              "SELECT MIN(r.identity_id) FROM identifier i JOIN record r ON r.id = i.record_id WHERE "
                              "i.kind = ? AND i.value = ? AND i.detached_by = ? HAVING MIN(r.identity_id) IS NOT NULL"};
const Statement kDetachedKind{"detached_kind",
                              "SELECT MIN(kind) FROM identifier WHERE record_id = ? AND detached_by = ? HAVING "
                              "MIN(kind) IS NOT NULL"};
const Statement kResolve{"resolve", fmt::format("SELECT id, version FROM identity WHERE id = {}", kHolderOfKey)};
const Statement kThread{"find_thread_id",
                        "SELECT id FROM thread WHERE account_id = ? AND source_key = ? AND partition_key <> ''"};
constexpr std::string_view kLastWroteSql =
    "SELECT MAX(rt.last_in_us) FROM record_thread rt JOIN record r ON r.id = rt.record_id JOIN thread t ON t.id = "
    "rt.thread_id "
    "WHERE rt.thread_id = ? AND r.identity_id = ?";
const Statement kLastWrote{"last_wrote", std::string(kLastWroteSql)};
const Statement kLastWroteInView{"last_wrote_in_view", fmt::format("{} AND {}", kLastWroteSql, kThreadVisible)};

constexpr std::string_view kRecordColumns =
    "SELECT r.id, r.account_id, r.name, r.name_us, r.handle, r.url, r.bio, r.fetched_us, r.created_us "
    "FROM record r ";
const Statement kRecords{"records", fmt::format("{} WHERE r.identity_id = ? ORDER BY r.id", kRecordColumns)};
/// A record whose account is not in view is seen through a thread that is; one with internal engagements only, if they
/// are.
const Statement kRecordsInView{
    "records_in_view",
    fmt::format(
        "{} JOIN account a ON a.id = r.account_id WHERE r.identity_id = ? AND ({} OR EXISTS (SELECT 1 FROM "
        "record_thread rt "
        "JOIN thread t ON t.id = rt.thread_id WHERE rt.record_id = r.id AND {} AND (rt.in_count + rt.out_count > 0 OR "
        "t.partition_key IN @list))) ORDER BY r.id",
        kRecordColumns, kAccountVisible, kThreadVisible)};
const Statement kThreadInView{"thread_in_view",
                              fmt::format("SELECT 1 FROM thread t WHERE t.id = ? AND {}", kThreadVisible)};

constexpr std::string_view kIdentifierRows =
    "SELECT i.record_id, i.kind, i.value, i.shown, i.verified, i.created_us FROM record r JOIN identifier i ON "
    "i.record_id = r.id ";
constexpr std::string_view kIdentifierOrder = " ORDER BY i.first_us, i.kind, i.value, i.record_id";
const Statement kIdentifiers{"identifiers", fmt::format("{} WHERE r.identity_id = ? AND i.detached_by <= 0 {}",
                                                        kIdentifierRows, kIdentifierOrder)};
/// An identifier is seen as far as something in view told it: a thread, or its account where it came without one.
const Statement kIdentifiersInView{
    "identifiers_in_view",
    fmt::format(
        "SELECT record_id, kind, value, shown, verified, created_us FROM (SELECT x.record_id, x.kind, x.value, "
        "x.shown, x.first_us, MAX(x.verified) OVER (PARTITION BY x.record_id, x.kind, x.value) AS verified, "
        "MIN(x.created_us) OVER (PARTITION BY x.record_id, x.kind, x.value) AS created_us, ROW_NUMBER() OVER "
        "(PARTITION BY x.record_id, x.kind, x.value ORDER BY x.first_us, x.shown) AS place FROM record r JOIN "
        "account a ON a.id = r.account_id JOIN identifier_told x ON x.record_id = r.id JOIN identifier i ON i.kind = "
        "x.kind AND i.value = x.value "
        "AND i.record_id = x.record_id AND i.detached_by <= 0 LEFT JOIN thread t ON "
        "t.id = x.thread_id WHERE r.identity_id = ? AND {}) AS told WHERE place = 1 ORDER BY first_us, kind, value",
        told_visible())};
const Statement kNotes{"notes",
                       fmt::format("SELECT {} FROM record r JOIN note n ON n.record_id = r.id WHERE r.identity_id = ? "
                                   "ORDER BY n.pinned DESC, n.created_us DESC, n.id DESC",
                                   kNoteColumns)};
const Statement kCountNotes{"count_notes",
                            "SELECT COUNT(*) FROM record r JOIN note n ON n.record_id = r.id WHERE r.identity_id = ?"};

/// set_us and evidence stand between.
constexpr std::string_view kInterestColumns = ", c.label AS category, i.name ";
constexpr std::string_view kAttributeTables =
    " FROM record r JOIN attribute b ON b.record_id = r.id LEFT JOIN interest i ON i.id = b.interest_id "
    "LEFT JOIN interest_category c ON c.id = i.category_id ";
constexpr std::string_view kAttributeRows =
    " WHERE r.identity_id = ? AND b.removed = 0 AND (b.expires_us IS NULL OR b.expires_us > ?)";
const Statement kAttributes{
    "attributes", fmt::format("SELECT {}, b.set_us, b.evidence_count {} {} {}", kAttributeColumns, kInterestColumns,
                              kAttributeTables, kAttributeRows)};

/// A trigger is seen when its thread is, and its message; one without a thread when its account is.
std::string visible_triggers() {
  return fmt::format(
      "FROM interest_trigger g LEFT JOIN thread t ON t.id = g.thread_id LEFT JOIN engagement e ON e.id = "
      "g.engagement_id "
      "WHERE g.attribute_id = b.id AND ((g.thread_id IS NULL AND {}) OR (g.thread_id IS NOT NULL AND {} AND (e.id IS "
      "NULL OR {})))",
      kAccountVisible, kThreadVisible, kInternalVisible);
}
const Statement kAttributesInView{
    "attributes_in_view",
    fmt::format(
        "SELECT * FROM (SELECT {0}, CASE WHEN b.interest_id IS NULL THEN b.set_us ELSE (SELECT MAX(g.occurred_us) {1}) "
        "END, CASE WHEN b.interest_id IS NULL THEN {2} ELSE (SELECT COUNT(*) {1}) END AS evidence {3} {4} "
        "JOIN account a ON a.id = r.account_id {5}) AS seen WHERE evidence > 0",
        kAttributeColumns, visible_triggers(), kAccountVisible, kInterestColumns, kAttributeTables, kAttributeRows)};

constexpr std::string_view kTotalColumns =
    "SELECT COUNT(DISTINCT t.id), COUNT(DISTINCT CASE WHEN t.status <> 2 THEN t.id END), SUM(rt.in_count), "
    "SUM(rt.out_count), "
    "MIN(rt.first_us), MAX(rt.last_us), MIN(CASE WHEN t.status <> 2 THEN rt.waiting_since_us END), "
    "COUNT(DISTINCT CASE WHEN t.status <> 2 AND t.id <> ? THEN t.id END), "
    "MIN(CASE WHEN t.status <> 2 AND t.id <> ? THEN rt.waiting_since_us END), ";
constexpr std::string_view kTotalTables =
    " FROM record r JOIN record_thread rt ON rt.record_id = r.id JOIN thread t ON t.id = rt.thread_id WHERE "
    "r.identity_id = ?";
const Statement kTotals{"totals", fmt::format("{} SUM(rt.internal_count) {}", kTotalColumns, kTotalTables)};
const Statement kTotalsInView{"totals_in_view",
                              fmt::format("{0} SUM(CASE WHEN t.partition_key IN @list THEN rt.internal_count ELSE 0 "
                                          "END) {1} AND {2} "
                                          "AND (rt.in_count + rt.out_count > 0 OR t.partition_key IN @list)",
                                          kTotalColumns, kTotalTables, kThreadVisible)};

constexpr std::string_view kEvidenceColumns =
    "SELECT g.occurred_us, g.words, g.engagement_id, g.thread_id, r.account_id FROM attribute b JOIN record r ON r.id "
    "= b.record_id "
    "JOIN interest_trigger g ON g.attribute_id = b.id ";
constexpr std::string_view kEvidenceOrder = " ORDER BY g.occurred_us DESC, g.id DESC LIMIT 200";
const Statement kEvidence{"evidence",
                          fmt::format("{} WHERE b.id = ? AND r.identity_id = ? {}", kEvidenceColumns, kEvidenceOrder)};
const Statement kEvidenceInView{
    "evidence_in_view",
    fmt::format(
        "{} JOIN account a ON a.id = r.account_id LEFT JOIN thread t ON t.id = g.thread_id LEFT JOIN engagement e ON "
        "e.id = g.engagement_id WHERE b.id = ? AND r.identity_id = ? AND ((g.thread_id IS NULL AND {}) OR (g.thread_id "
        "IS NOT NULL "
        "AND {} AND (e.id IS NULL OR {}))) {}",
        kEvidenceColumns, kAccountVisible, kThreadVisible, kInternalVisible, kEvidenceOrder)};
const Statement kLooked{"looked", "SELECT at_us, before_us FROM looked WHERE agent_id = ? AND identity_id = ?"};

}  // namespace

Id detached_from(Session& session, IdentifierKind kind, std::string_view key, Id event) {
  Id identity = 0;
  session.query(kDetachedFrom, {name_of(kind), key, event}, [&](const Row& row) { identity = row.integer(0); });
  return identity;
}

std::string detached_kind(Session& session, Id record, Id mark) {
  std::string kind;
  session.query(kDetachedKind, {record, mark}, [&](const Row& row) { kind = row.text(0); });
  return kind;
}

std::optional<IdentityRef> resolve(Session& session, IdentifierKind kind, std::string_view key, Id account) {
  std::optional<IdentityRef> found;
  bool searched = false;
  session.query(kNamedHolder, {name_of(kind), key}, [&](const Row& row) {
    searched = row.is_null(0);
    if (!searched) found = IdentityRef{row.integer(0), row.integer(1)};
  });
  if (searched)
    session.query(kResolve, {account, name_of(kind), key}, [&](const Row& row) {
      found = IdentityRef{row.integer(0), row.integer(1)};
    });
  return found;
}

TicketHead read_ticket_head(Session& session, Id account, std::string_view thread_key, std::span<const Wanted> wanted) {
  TicketHead head;
  head.refs.resize(wanted.size());
  std::vector<Session::Ask> asks;
  asks.push_back(ask_settings(head.settings));
  asks.push_back({&kThread, {account, thread_key}, [&](const Row& row) { head.thread = row.integer(0); }});
  for (std::size_t index = 0; index < wanted.size(); ++index) {
    if (wanted[index].key.empty()) continue;
    asks.push_back(
        {&kResolve, {account, name_of(wanted[index].kind), wanted[index].key}, [&head, index](const Row& row) {
           head.refs[index] = {row.integer(0), row.integer(1)};
         }});
  }
  session.query_all(asks, false);
  return head;
}

Id find_thread(Session& session, Id account, std::string_view source_key) {
  Id found = 0;
  session.query(kThread, {account, source_key}, [&](const Row& row) { found = row.integer(0); });
  return found;
}

std::optional<Microseconds> last_wrote(Session& session, Id identity, Id thread, const ViewFilter& filter) {
  std::vector<Parameter> parameters = {thread, identity};
  if (!filter.all()) filter.add_thread(parameters);
  std::optional<Microseconds> at;
  session.query(filter.all() ? kLastWrote : kLastWroteInView, parameters,
                [&](const Row& row) { at = optional_integer(row, 0); });
  return at;
}

bool thread_visible(Session& session, Id thread, const ViewFilter& filter) {
  if (filter.all()) return true;
  std::vector<Parameter> parameters = {thread};
  filter.add_thread(parameters);
  bool visible = false;
  session.query(kThreadInView, parameters, [&](const Row&) { visible = true; });
  return visible;
}

std::vector<RecordRow> read_records(Session& session, Id identity, const ViewFilter& filter) {
  std::vector<Parameter> parameters = {identity};
  if (!filter.all()) {
    filter.add_account(parameters);
    filter.add_thread(parameters);
    filter.add_internal(parameters);
  }
  std::vector<RecordRow> records;
  session.query(filter.all() ? kRecords : kRecordsInView, parameters, [&](const Row& row) {
    records.push_back({row.integer(0), row.integer(1), std::string(row.text(2)), row.integer(3),
                       std::string(row.text(4)), std::string(row.text(5)), std::string(row.text(6)),
                       optional_integer(row, 7), row.integer(8)});
  });
  if (!filter.all()) restrict_told(session, identity, filter, records);
  return records;
}

std::vector<IdentifierRow> read_identifiers(Session& session, Id identity, const ViewFilter& filter) {
  constexpr std::string_view kRaw = "raw.";
  std::vector<Parameter> parameters = {identity};
  if (!filter.all()) add_told(filter, parameters);
  std::vector<IdentifierRow> identifiers;
  session.query(filter.all() ? kIdentifiers : kIdentifiersInView, parameters, [&](const Row& row) {
    std::string_view kind = row.text(1);
    if (kind.starts_with(kRaw)) kind.remove_prefix(kRaw.size());
    identifiers.push_back({row.integer(0), std::string(kind), std::string(row.text(2)), std::string(row.text(3)),
                           row.integer(4) != 0, row.integer(5)});
  });
  return identifiers;
}

std::vector<Note> read_notes(Session& session, Id identity) {
  std::vector<Note> notes;
  session.query(kNotes, {identity}, [&](const Row& row) { notes.push_back(note_of(row, identity)); });
  return notes;
}

std::int64_t count_notes(Session& session, Id identity) {
  std::int64_t count = 0;
  session.query(kCountNotes, {identity}, [&](const Row& row) { count = row.integer(0); });
  return count;
}

AttributeRow attribute_of(const Row& row) {
  AttributeRow attribute;
  attribute.id = row.integer(0);
  attribute.record = row.integer(1);
  attribute.key = row.text(2);
  attribute.interest = !row.is_null(3);
  if (!attribute.interest) attribute.category = attribute.key.substr(0, attribute.key.find('.'));
  attribute.name = row.text(4);
  attribute.type = static_cast<AttributeType>(row.integer(5));
  attribute.number = row.number(6);
  attribute.text = row.text(7);
  attribute.unit = row.text(8);
  attribute.party = static_cast<Party>(row.integer(9));
  attribute.sensitive = row.integer(10) != 0;
  attribute.expires_us = optional_integer(row, 11);
  attribute.created_us = row.integer(12);
  attribute.set_us = row.integer(13);
  attribute.evidence = attribute.interest ? row.integer(14) : 0;
  return attribute;
}

std::vector<AttributeRow> read_attributes(Session& session, Id identity, const ViewFilter& filter,
                                          Microseconds now_us) {
  std::vector<Parameter> parameters;
  if (!filter.all()) {
    const auto add_triggers = [&] {
      filter.add_account(parameters);
      filter.add_thread(parameters);
      filter.add_internal(parameters);
    };
    add_triggers();
    filter.add_account(parameters);
    add_triggers();
  }
  parameters.emplace_back(identity);
  parameters.emplace_back(now_us);
  std::vector<AttributeRow> attributes;
  session.query(filter.all() ? kAttributes : kAttributesInView, parameters, [&](const Row& row) {
    AttributeRow& attribute = attributes.emplace_back(attribute_of(row));
    if (!attribute.interest) return;
    attribute.category = row.text(15);
    attribute.name = row.text(16);
  });
  return attributes;
}

ThreadTotals read_totals(Session& session, Id identity, Id present_thread, const ViewFilter& filter) {
  std::vector<Parameter> parameters = {present_thread, present_thread};
  if (!filter.all()) filter.add_internal(parameters);
  parameters.emplace_back(identity);
  if (!filter.all()) {
    filter.add_thread(parameters);
    filter.add_internal(parameters);
  }
  ThreadTotals totals;
  session.query(filter.all() ? kTotals : kTotalsInView, parameters, [&](const Row& row) {
    totals.threads = row.integer(0);
    totals.open = row.integer(1);
    totals.in = row.integer(2);
    totals.out = row.integer(3);
    totals.first_us = optional_integer(row, 4);
    totals.last_us = optional_integer(row, 5);
    totals.waiting_since_us = optional_integer(row, 6);
    totals.other_open = row.integer(7);
    totals.other_waiting_since_us = optional_integer(row, 8);
    totals.internal = row.integer(9);
  });
  return totals;
}

std::vector<Evidence> read_evidence(Session& session, Id identity, Id attribute, const ViewFilter& filter) {
  std::vector<Parameter> parameters = {attribute, identity};
  if (!filter.all()) {
    filter.add_account(parameters);
    filter.add_thread(parameters);
    filter.add_internal(parameters);
  }
  std::vector<Evidence> evidence;
  session.query(filter.all() ? kEvidence : kEvidenceInView, parameters, [&](const Row& row) {
    evidence.push_back({row.integer(0), std::string(row.text(1)), row.integer(2), row.integer(3), row.integer(4)});
  });
  return evidence;
}

std::optional<Looked> read_looked(Session& session, std::string_view agent, Id identity) {
  std::optional<Looked> found;
  session.query(kLooked, {agent, identity}, [&](const Row& row) {
    found = Looked{row.integer(0), optional_integer(row, 1)};
  });
  return found;
}

}  // namespace identities::store
