#include "store/identity_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

namespace identities::store {
namespace {

const Statement kFindRecord{
    "find_record",
    "SELECT id, identity_id, name_us, name FROM record WHERE account_id = ? AND source_key = ? @for_update"};
const Statement kInsertIdentity{"insert_identity", "INSERT INTO identity (id, version, created_us) VALUES (?, 1, ?)"};
const Statement kInsertRecord{"insert_record",
                              "INSERT INTO record (id, account_id, source_key, identity_id, name, name_us, "
                              "name_thread_id, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kRename{"rename_record", "UPDATE record SET name = ?, name_us = ?, name_thread_id = ? WHERE id = ?"};
const Statement kTouch{"touch_identity", "UPDATE identity SET version = version + 1 WHERE id = ?"};
const Statement kDropCard{"drop_card", "DELETE FROM opening_card WHERE identity_id = ?"};
const Statement kIdentityOfValue{
    "identity_of_value",
    "SELECT r.identity_id FROM identifier_value v JOIN identifier i ON i.kind = v.kind AND i.value = v.value "
    "JOIN record r ON r.id = i.record_id WHERE v.kind = ? AND v.value = ? AND v.state = 0 ORDER BY r.identity_id LIMIT "
    "1"};
const Statement kFindIdentifier{
    "find_identifier",
    "SELECT verified, first_us FROM identifier WHERE kind = ? AND value = ? AND record_id = ? @for_update"};
const Statement kFirstSeen{
    "identifier_first_seen",
    "UPDATE identifier SET first_us = ?, shown = ? WHERE kind = ? AND value = ? AND record_id = ?"};
const Statement kFindIdentifierThread{
    "find_identifier_thread",
    "SELECT 1 FROM identifier_thread WHERE record_id = ? AND kind = ? AND value = ? AND thread_id = ?"};
const Statement kInsertIdentifierThread{
    "insert_identifier_thread",
    "INSERT INTO identifier_thread (record_id, kind, value, thread_id) VALUES (?, ?, ?, ?)"};
const Statement kInsertIdentifier{"insert_identifier",
                                  "INSERT INTO identifier (kind, value, record_id, shown, verified, key_version, "
                                  "first_us, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kVerify{"verify_identifier",
                        "UPDATE identifier SET verified = 1 WHERE kind = ? AND value = ? AND record_id = ?"};
const Statement kValueVersion{"raise_value_version",
                              "UPDATE identifier_value SET version = version + 1 WHERE kind = ? AND value = ?"};
const Statement kInsertValue{"insert_value", "INSERT INTO identifier_value (kind, value, state) VALUES (?, ?, ?)"};
const Statement kLog{
    "log_identity",
    "INSERT INTO identity_log (id, at_us, actor, type, identity_id, record_id, payload) VALUES (?, ?, ?, ?, ?, ?, ?)"};

constexpr std::array kLinkOrder = {IdentifierKind::kCustomer, IdentifierKind::kPlatform, IdentifierKind::kEmail,
                                   IdentifierKind::kPhone};
constexpr Microseconds kBeforeAll = std::numeric_limits<Microseconds>::min();
constexpr std::int64_t kStateNormal = 0;
constexpr std::int64_t kStateShared = 1;

struct StoredIdentifier {
  std::string kind;
  std::string_view value;
};

/// A value without a key keeps its row under "raw.<kind>", which no look-up uses.
StoredIdentifier stored(const GivenIdentifier& identifier) {
  const std::string kind(name_of(identifier.kind));
  if (identifier.key) return {kind, *identifier.key};
  return {"raw." + kind, identifier.shown};
}

}  // namespace

IdentityWriter::Link IdentityWriter::link_for(const Customer& customer) {
  for (const IdentifierKind kind : kLinkOrder) {
    for (const GivenIdentifier& identifier : customer.identifiers) {
      if (identifier.kind != kind || !identifier.key || !identifies_one_person(kind, *identifier.key)) continue;
      Link link{0, kind};
      session_.query(kIdentityOfValue, {name_of(kind), *identifier.key},
                     [&](const Row& row) { link.identity = row.integer(0); });
      if (link.identity != 0) return link;
    }
  }
  return {};
}

RecordRef IdentityWriter::find_or_make(const Account& account, const Customer& customer, Microseconds changed_us,
                                       Id thread) {
  RecordRef ref;
  Microseconds name_us = 0;
  std::string name;
  session_.query(kFindRecord, {account.id, customer.source_key}, [&](const Row& row) {
    ref.record = row.integer(0);
    ref.identity = row.integer(1);
    name_us = row.integer(2);
    name = row.text(3);
  });
  if (ref.record == 0) {
    lock_values(customer);
    const Link link = link_for(customer);
    ref.identity = link.identity;
    if (link.identity == 0) {
      ref.identity = next_id(now_us_);
      session_.execute(kInsertIdentity, {ref.identity, now_us_});
    }
    ref.record = next_id(now_us_);
    ref.changed = true;
    session_.execute(kInsertRecord, {ref.record, account.id, customer.source_key, ref.identity, or_null(customer.name),
                                     customer.name.empty() ? kBeforeAll : changed_us, thread, now_us_});
    if (link.identity == 0)
      log("observe", ref, "{}");
    else
      log("autolink", ref, fmt::format(R"({{"rule":"same identifier","kind":"{}"}})", name_of(link.kind)));
  } else if (!customer.name.empty() && std::tie(changed_us, customer.name) > std::tie(name_us, name)) {
    session_.execute(kRename, {customer.name, changed_us, thread, ref.record});
    ref.changed = true;
  }
  ref.changed |= add_identifiers(ref.record, customer, changed_us, thread);
  return ref;
}

/// Whoever links by a value holds its row, so that two who meet there do so one after the other; in order, so that they
/// do not wait for each other.
void IdentityWriter::lock_values(const Customer& customer) {
  std::vector<const GivenIdentifier*> identifiers;
  for (const GivenIdentifier& identifier : customer.identifiers) identifiers.push_back(&identifier);
  const auto before = [](const GivenIdentifier* a, const GivenIdentifier* b) {
    const StoredIdentifier left = stored(*a);
    const StoredIdentifier right = stored(*b);
    return std::tie(left.kind, left.value) < std::tie(right.kind, right.value);
  };
  std::sort(identifiers.begin(), identifiers.end(), before);
  for (const GivenIdentifier* identifier : identifiers) lock_value(*identifier);
}

void IdentityWriter::lock_value(const GivenIdentifier& identifier) {
  const auto [kind, value] = stored(identifier);
  if (!locked_.emplace(kind, value).second || session_.execute(kValueVersion, {kind, value}) != 0) return;
  const bool sound = identifier.key && identifies_one_person(identifier.kind, *identifier.key);
  session_.execute(kInsertValue, {kind, value, sound ? kStateNormal : kStateShared});
}

bool IdentityWriter::add_identifiers(Id record, const Customer& customer, Microseconds changed_us, Id thread) {
  bool changed = false;
  for (const GivenIdentifier& identifier : customer.identifiers) {
    const auto [kind, value] = stored(identifier);
    bool exists = false;
    bool verified = false;
    Microseconds first_us = 0;
    session_.query(kFindIdentifier, {kind, value, record}, [&](const Row& row) {
      exists = true;
      verified = row.integer(0) != 0;
      first_us = row.integer(1);
    });
    if (!exists) {
      lock_value(identifier);
      session_.execute(kInsertIdentifier, {kind, value, record, identifier.shown, std::int64_t{identifier.verified},
                                           std::int64_t{kIdentifierKeyVersion}, changed_us, now_us_});
      changed = true;
    } else if (changed_us < first_us) {
      session_.execute(kFirstSeen, {changed_us, identifier.shown, kind, value, record});
    }
    if (exists && identifier.verified && !verified) {
      session_.execute(kVerify, {kind, value, record});
      changed = true;
    }
    bool told = false;
    session_.query(kFindIdentifierThread, {record, kind, value, thread}, [&](const Row&) { told = true; });
    if (told) continue;
    session_.execute(kInsertIdentifierThread, {record, kind, value, thread});
    changed = true;
  }
  return changed;
}

void IdentityWriter::touch(Id identity) {
  if (std::find(touched_.begin(), touched_.end(), identity) != touched_.end()) return;
  touched_.push_back(identity);
  session_.execute(kTouch, {identity});
  session_.execute(kDropCard, {identity});
}

void IdentityWriter::log(std::string_view type, RecordRef ref, std::string_view payload) {
  session_.execute(kLog, {next_id(now_us_), now_us_, actor_, type, ref.identity, ref.record, payload});
}

}  // namespace identities::store
