// Reads one identity: who a requester is, and what is known of them. Everything but the notes passes the view's filter
// in SQL. Uses the session it is given; for one consistent picture call inside one read transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/engagement.hpp"
#include "store/accounts.hpp"
#include "store/note_writer.hpp"
#include "store/thread_sums.hpp"
#include "store/view_filter.hpp"

namespace identities::store {

struct IdentityRef {
  Id id = 0;
  std::int64_t version = 0;
  bool operator==(const IdentityRef&) const = default;
};

struct RecordRow {
  Id id = 0;
  Id account = 0;
  std::string name;
  Microseconds name_us = 0;
  std::string handle;
  std::string url;
  std::string bio;
  std::optional<Microseconds> fetched_us;
  Microseconds created_us = 0;
};

struct IdentifierRow {
  Id record = 0;
  std::string kind;  // without "raw."
  std::string value;
  std::string shown;
  bool verified = false;
  Microseconds created_us = 0;
};

struct AttributeRow {
  Id id = 0;
  Id record = 0;
  std::string key;
  bool interest = false;
  std::string category;  // of an interest: its category's label; else the part of key before the dot
  std::string name;      // of an interest: its name; else the label, which may be empty
  AttributeType type = AttributeType::kString;
  double number = 0;
  std::string text;
  std::string unit;
  Party party = Party::kFirst;
  bool sensitive = false;
  std::int64_t evidence = 0;
  Microseconds set_us = 0;
  std::optional<Microseconds> expires_us;
  Microseconds created_us = 0;
};

/// An attribute's columns of `attribute b`; set_us and evidence follow them.
inline constexpr std::string_view kAttributeColumns =
    "b.id, b.record_id, b.attribute_key, b.interest_id, b.label, b.type, b.number_value, b.text_value, b.unit, "
    "b.party, b.`sensitive`, b.expires_us, b.created_us";
/// Of a row that begins with them. An interest has neither category nor name of its own yet.
AttributeRow attribute_of(const Row& row);

struct Evidence {
  Microseconds at_us = 0;
  std::string words;
  Id engagement = 0;  // 0: none
  Id thread = 0;      // 0: none
  Id account = 0;
};

struct Looked {
  Microseconds at_us = 0;
  std::optional<Microseconds> before_us;
};

/// Condition on `identity d` and `identifier_value w`: d is the one identity that has the value, and that is known.
inline constexpr std::string_view kIsNamedHolder =
    "d.id = w.holder_id AND w.holder_version = w.version AND w.state = 0";

/// The id of the identity that holds a key, searched for among all who have it, as a subquery; parameters: the asking
/// account, kind, value. An aggregate, because sorting the rows to take the first costs a temporary table.
inline constexpr std::string_view kHolderOfKey =
    "(SELECT COALESCE(MIN(CASE WHEN r.account_id = ? THEN r.identity_id END), "
    "MIN(CASE WHEN v.state = 0 THEN r.identity_id END)) FROM identifier_value v JOIN identifier i ON i.kind = v.kind "
    "AND i.value = v.value AND i.detached_by <= 0 JOIN record r ON r.id = i.record_id WHERE v.kind = ? AND v.value = "
    "?)";

/// The identity that holds this key. A shared value names only the identity of the asking account's own record.
std::optional<IdentityRef> resolve(Session& session, IdentifierKind kind, std::string_view key, Id account);

/// The identity from whose records that event took this key off; 0: none.
Id detached_from(Session& session, IdentifierKind kind, std::string_view key, Id event);
/// The kind of the record's identifier with that mark; empty: there is none.
std::string detached_kind(Session& session, Id record, Id mark);

struct Wanted {
  IdentifierKind kind = IdentifierKind::kEmail;
  std::string_view key;  // empty: identifies nobody
};

/// What a ticket begins with, asked in one round trip.
struct TicketHead {
  Settings settings;
  Id thread = 0;                  // 0: nothing of it is stored
  std::vector<IdentityRef> refs;  // as `wanted`; id 0: unknown
};
TicketHead read_ticket_head(Session& session, Id account, std::string_view thread_key, std::span<const Wanted> wanted);

/// The thread of that account, or 0.
Id find_thread(Session& session, Id account, std::string_view source_key);

/// When the identity last wrote in that thread.
std::optional<Microseconds> last_wrote(Session& session, Id identity, Id thread, const ViewFilter& filter);

bool thread_visible(Session& session, Id thread, const ViewFilter& filter);

std::vector<RecordRow> read_records(Session& session, Id identity, const ViewFilter& filter);
/// By the time when they were first seen.
std::vector<IdentifierRow> read_identifiers(Session& session, Id identity, const ViewFilter& filter);
/// Pinned first, then newest.
std::vector<Note> read_notes(Session& session, Id identity);
std::int64_t count_notes(Session& session, Id identity);
/// Without removed and expired ones. now_us: decides what has expired.
std::vector<AttributeRow> read_attributes(Session& session, Id identity, const ViewFilter& filter, Microseconds now_us);
ThreadTotals read_totals(Session& session, Id identity, Id present_thread, const ViewFilter& filter);
/// Newest first, at most 200; empty when the attribute is not one of that identity.
std::vector<Evidence> read_evidence(Session& session, Id identity, Id attribute, const ViewFilter& filter);
std::optional<Looked> read_looked(Session& session, std::string_view agent, Id identity);

}  // namespace identities::store
