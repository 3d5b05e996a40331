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
    "SELECT r.id, r.identity_id, r.name_us, r.name, x.record_id, x.name_us, x.name FROM record r LEFT JOIN record_told "
    "x ON x.record_id = r.id AND x.thread_id = ? AND x.internal = ? WHERE r.account_id = ? AND r.source_key = ? "
    "@for_update"};
const Statement kInsertTold{
    "insert_told", "INSERT INTO record_told (record_id, thread_id, internal, name, name_us) VALUES (?, ?, ?, ?, ?)"};
const Statement kRenameTold{
    "rename_told",
    "UPDATE record_told SET name = ?, name_us = ? WHERE record_id = ? AND thread_id = ? AND internal = ?"};
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
    "SELECT i.verified, i.first_us, i.shown, x.record_id, x.verified, x.first_us, x.shown FROM identifier i LEFT JOIN "
    "identifier_told x ON x.record_id = i.record_id AND x.kind = i.kind AND x.value = i.value AND x.thread_id = ? AND "
    "x.internal = ? WHERE i.kind = ? AND i.value = ? AND i.record_id = ? @for_update"};
const Statement kUpdateIdentifier{
    "update_identifier",
    "UPDATE identifier SET verified = ?, first_us = ?, shown = ? WHERE kind = ? AND value = ? AND record_id = ?"};
const Statement kInsertIdentifierTold{
    "insert_identifier_told",
    "INSERT INTO identifier_told (record_id, kind, value, thread_id, internal, verified, first_us, shown, created_us) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kUpdateIdentifierTold{
    "update_identifier_told",
    "UPDATE identifier_told SET verified = ?, first_us = ?, shown = ? WHERE record_id = ? AND kind = ? AND value = ? "
    "AND thread_id = ? AND internal = ?"};
const Statement kInsertIdentifier{"insert_identifier",
                                  "INSERT INTO identifier (kind, value, record_id, shown, verified, key_version, "
                                  "first_us, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
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
                                       Id thread, bool internal) {
  RecordRef ref;
  Microseconds name_us = 0;
  std::string name;
  bool told = false;
  Microseconds told_us = 0;
  std::string told_name;
  session_.query(kFindRecord, {thread, std::int64_t{internal}, account.id, customer.source_key}, [&](const Row& row) {
    ref.record = row.integer(0);
    ref.identity = row.integer(1);
    name_us = row.integer(2);
    name = row.text(3);
    told = !row.is_null(4);
    told_us = row.integer(5);
    told_name = row.text(6);
  });
  const Microseconds named_us = customer.name.empty() ? kBeforeAll : changed_us;
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
                                     named_us, thread, now_us_});
    if (link.identity == 0)
      log("observe", ref, "{}");
    else
      log("autolink", ref, fmt::format(R"({{"rule":"same identifier","kind":"{}"}})", name_of(link.kind)));
  } else if (!customer.name.empty() && std::tie(changed_us, customer.name) > std::tie(name_us, name)) {
    session_.execute(kRename, {customer.name, changed_us, thread, ref.record});
    ref.changed = true;
  }
  if (!told)
    session_.execute(kInsertTold, {ref.record, thread, std::int64_t{internal}, or_null(customer.name), named_us});
  else if (!customer.name.empty() && std::tie(changed_us, customer.name) > std::tie(told_us, told_name))
    session_.execute(kRenameTold, {customer.name, changed_us, ref.record, thread, std::int64_t{internal}});
  ref.changed |= add_identifiers(customer, {ref.record, thread, internal, changed_us});
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

bool IdentityWriter::add_identifiers(const Customer& customer, const Teller& teller) {
  bool changed = false;
  for (const GivenIdentifier& identifier : customer.identifiers) changed |= add_identifier(identifier, teller);
  return changed;
}

/// The earliest who told it decides how it is written; it is verified when anybody said so.
bool IdentityWriter::add_identifier(const GivenIdentifier& identifier, const Teller& teller) {
  struct Said {
    bool exists = false;
    bool verified = false;
    Microseconds first_us = 0;
    std::string shown;
  };
  const auto [kind, value] = stored(identifier);
  Said all;
  Said own;
  session_.query(kFindIdentifier, {teller.thread, teller.internal, kind, value, teller.record}, [&](const Row& row) {
    all = {true, row.integer(0) != 0, row.integer(1), std::string(row.text(2))};
    own = {!row.is_null(3), row.integer(4) != 0, row.integer(5), std::string(row.text(6))};
  });
  /// Takes in what this teller says; false when it is no news.
  const auto hear = [&](Said& said) {
    const Said before = said;
    said.verified |= identifier.verified;
    if (!said.exists || std::tie(teller.at_us, identifier.shown) < std::tie(said.first_us, said.shown)) {
      said.first_us = teller.at_us;
      said.shown = identifier.shown;
    }
    said.exists = true;
    return std::tie(said.verified, said.first_us, said.shown) !=
           std::tie(before.verified, before.first_us, before.shown);
  };
  const bool fresh = !all.exists;
  bool heard = fresh;
  const bool told = own.exists;
  if (fresh) {
    lock_value(identifier);
    session_.execute(kInsertIdentifier,
                     {kind, value, teller.record, identifier.shown, std::int64_t{identifier.verified},
                      std::int64_t{kIdentifierKeyVersion}, teller.at_us, now_us_});
  } else if (hear(all)) {
    heard = true;
    session_.execute(kUpdateIdentifier,
                     {std::int64_t{all.verified}, all.first_us, all.shown, kind, value, teller.record});
  }
  const bool news = hear(own);
  if (!told)
    session_.execute(kInsertIdentifierTold, {teller.record, kind, value, teller.thread, teller.internal,
                                             std::int64_t{own.verified}, own.first_us, own.shown, now_us_});
  else if (news)
    session_.execute(kUpdateIdentifierTold, {std::int64_t{own.verified}, own.first_us, own.shown, teller.record, kind,
                                             value, teller.thread, teller.internal});
  return heard || !told;
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
