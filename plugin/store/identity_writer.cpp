#include "store/identity_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include "store/identity_log.hpp"
#include "store/match_store.hpp"
#include "store/membership.hpp"
#include "store/shared_mailbox.hpp"
#include "store/stored_identifier.hpp"

namespace identities::store {
namespace {

const Statement kInsertTold{
    "insert_told", "INSERT INTO record_told (record_id, thread_id, internal, name, name_us) VALUES {?, ?, ?, ?, ?}"};
const Statement kRenameTold{
    "rename_told",
    "UPDATE record_told SET name = ?, name_us = ? WHERE record_id = ? AND thread_id = ? AND internal = ?"};
const Statement kInsertIdentity{"insert_identity",
                                "INSERT INTO identity (id, version, created_us, kind) VALUES {?, 1, ?, ?}"};
const Statement kInsertRecord{"insert_record",
                              "INSERT INTO record (id, account_id, source_key, identity_id, name, name_us, "
                              "name_thread_id, created_us) VALUES {?, ?, ?, ?, ?, ?, ?, ?}"};
const Statement kBeside{"records_beside",
                        "SELECT r.id, d.kind FROM record r JOIN identity d ON d.id = r.identity_id WHERE "
                        "r.identity_id = ? ORDER BY r.id"};
const Statement kRename{"rename_record", "UPDATE record SET name = ?, name_us = ?, name_thread_id = ? WHERE id = ?"};
const Statement kUpdateIdentifier{
    "update_identifier",
    "UPDATE identifier SET verified = ?, first_us = ?, shown = ? WHERE kind = ? AND value = ? AND record_id = ?"};
const Statement kInsertIdentifierTold{
    "insert_identifier_told",
    "INSERT INTO identifier_told (record_id, kind, value, thread_id, internal, verified, first_us, shown, created_us) "
    "VALUES {?, ?, ?, ?, ?, ?, ?, ?, ?}"};
const Statement kUpdateIdentifierTold{
    "update_identifier_told",
    "UPDATE identifier_told SET verified = ?, first_us = ?, shown = ? WHERE record_id = ? AND kind = ? AND value = ? "
    "AND thread_id = ? AND internal = ?"};
const Statement kInsertIdentifier{"insert_identifier",
                                  "INSERT INTO identifier (kind, value, record_id, shown, verified, key_version, "
                                  "first_us, created_us) VALUES {?, ?, ?, ?, ?, ?, ?, ?}"};
const Statement kValueVersion{"raise_value_version",
                              "UPDATE identifier_value SET version = version + 1 WHERE kind = ? AND value = ?"};
/// A record of that identity has the value now. The last condition: whoever named its holder did so in this
/// transaction, or the version was as it is told before this transaction raised it.
const Statement kNameHolder{
    "name_holder",
    "UPDATE identifier_value SET holder_version = CASE WHEN COALESCE(holder_id, CASE WHEN version = 1 THEN ? END) = ? "
    "AND holder_version >= version - 1 THEN version ELSE -1 END, holder_id = COALESCE(holder_id, ?) WHERE kind = ? AND "
    "value = ?"};
const Statement kInsertValue{"insert_value", "INSERT INTO identifier_value (kind, value, state) VALUES {?, ?, ?}"};
constexpr Microseconds kBeforeAll = std::numeric_limits<Microseconds>::min();
constexpr std::int64_t kStateNormal = 0;
constexpr std::int64_t kStateShared = 1;

}  // namespace

RecordRef IdentityWriter::find_or_make(const Account& account, const Customer& customer, Microseconds changed_us,
                                       Id thread, bool internal) {
  const WriteBatch::Place place{thread, std::int64_t{internal}};
  leave_mailbox(account, customer);
  WriteBatch::RecordRow& record = batch_.record(account.id, customer.source_key);
  const Microseconds named_us = customer.name.empty() ? kBeforeAll : changed_us;
  const auto is_newer = [&](const auto& row) {
    return !customer.name.empty() && std::tie(changed_us, customer.name) > std::tie(row.name_us, row.name);
  };
  RecordRef ref{record.id, record.identity, false};
  const bool is_new = record.id == 0;
  const bool is_renamed = !is_new && is_newer(record) && record.name != customer.name;
  Linker::Brought brought{ref.record, changed_us, {}, {}};
  LinkDecision decision;
  if (is_new) {
    ref = make(customer, brought, decision);
    record = {ref.record, ref.identity, named_us, customer.name,
              is_shared_mailbox(customer.name, customer.identifiers)};
    batch_.later(
        Stage::kRecords, kInsertRecord,
        {ref.record, account.id, customer.source_key, ref.identity, or_null(customer.name), named_us, thread, now_us_});
  } else if (is_newer(record)) {
    record.name_us = changed_us;
    record.name = customer.name;
    batch_.later(Stage::kUpdates, kRename, {customer.name, changed_us, thread, ref.record});
    ref.changed = true;
  }
  WriteBatch::ToldRow& told = batch_.told(ref.record, place);
  if (!told.exists) {
    told = {true, named_us, customer.name};
    batch_.later(Stage::kRows, kInsertTold, {ref.record, thread, place.internal, or_null(customer.name), named_us});
  } else if (is_newer(told)) {
    told = {true, changed_us, customer.name};
    batch_.later(Stage::kUpdates, kRenameTold, {customer.name, changed_us, ref.record, thread, place.internal});
  }
  for (const GivenIdentifier& identifier : customer.identifiers) {
    const Added added = add_identifier(identifier, {ref.record, ref.identity, place, changed_us});
    ref.changed |= added.heard;
    if (added.fresh && !is_new) brought.identifiers.push_back(identifier);
  }
  if (is_new || ref.changed) queue_scoring(batch_, ref.record, now_us_);
  if (brought.identifiers.empty()) {
    if (is_renamed) linker_.doubt_values_of(ref.record);
    return ref;
  }
  if (!is_new) {
    const std::array own = {ref.identity};
    Side side = read_sides(batch_.written(), own).at(ref.identity);
    add_birth_date(side, customer.birth_date);
    if (record.name.empty() && !record.in_mailbox && is_shared_mailbox({}, brought.identifiers))
      if (const Id mailbox = enter_mailbox(brought, side); mailbox != 0) return {ref.record, mailbox, true};
    decision = linker_.decide(brought, side);
  }
  ref.identity = link(ref, brought, decision);
  if (is_renamed) linker_.doubt_values_of(ref.record);
  return ref;
}

void IdentityWriter::leave_mailbox(const Account& account, const Customer& customer) {
  const WriteBatch::RecordRow& known = batch_.record(account.id, customer.source_key);
  if (known.in_mailbox && says_who(customer.name, customer.identifiers))
    store::leave_mailbox(batch_, known.id, now_us_, actor_);
}

Id IdentityWriter::enter_mailbox(const Linker::Brought& brought, Side side) {
  if (side.records != 1) return 0;
  side.identity = 0;
  side.is_shared_mailbox = true;
  const LinkDecision decision = linker_.decide(brought, side);
  const auto link = decision.links.empty() ? std::nullopt : std::optional(decision.links.front());
  const Id mailbox = store::enter_mailbox(batch_, brought.record, link, now_us_, actor_);
  if (mailbox != 0) linker_.remember(brought);
  return mailbox;
}

Id IdentityWriter::link(RecordRef ref, const Linker::Brought& brought, const LinkDecision& decision) {
  linker_.remember(brought);
  const Id identity = linker_.carry_out(brought, ref.identity, decision, ref.identity);
  linker_.doubt_values(brought);
  return identity;
}

void IdentityWriter::bring_profile(RecordRef ref, GivenProfile profile, Microseconds at_us) {
  const Linker::Brought brought{ref.record, at_us, {}, std::move(profile)};
  const std::array own = {ref.identity};
  link(ref, brought, linker_.decide(brought, read_sides(batch_.written(), own).at(ref.identity)));
}

RecordRef IdentityWriter::make(const Customer& customer, Linker::Brought& brought, LinkDecision& decision) {
  lock_values(customer);
  RecordRef ref{next_id(now_us_), 0, true};
  brought.record = ref.record;
  brought.identifiers = customer.identifiers;
  Side side = side_of(ref.record, customer.name, customer.identifiers);
  add_birth_date(side, customer.birth_date);
  side.is_shared_mailbox = is_shared_mailbox(customer.name, customer.identifiers);
  decision = linker_.decide(brought, side);
  batch_.made(ref.record);
  IdentityEvent event;
  event.id = next_id(now_us_);
  event.at_us = now_us_;
  event.actor = actor_;
  event.record = ref.record;
  read_beside(side, decision, event);
  if (decision.links.empty()) {
    event.identity = ref.identity = next_id(now_us_);
    batch_.later(Stage::kIdentities, kInsertIdentity, {ref.identity, now_us_, std::int64_t{side.is_shared_mailbox}});
  } else {
    const Link& first = decision.links.front();
    event.type = EventType::kAutolink;
    event.identity = ref.identity = first.identity;
    event.rule = code_of(first.rule);
    event.pair = {first.record, first.other_record};
    event.delta.moves.push_back({ref.record, 0, ref.identity});
    event.id = next_event_id(batch_.written(), {event.beside.begin(), event.beside.end()}, now_us_);
  }
  append_event(batch_, event);
  return ref;
}

/// A person is put into no mailbox and a mailbox into no person, whatever was decided: here nothing else looks.
void IdentityWriter::read_beside(const Side& side, LinkDecision& decision, IdentityEvent& event) {
  while (!decision.links.empty()) {
    bool is_mailbox = false;
    event.beside.clear();
    batch_.written().query(kBeside, {decision.links.front().identity}, [&](const Row& row) {
      event.beside.push_back(row.integer(0));
      is_mailbox = row.integer(1) == 1;
    });
    if (!event.beside.empty() && is_mailbox == side.is_shared_mailbox) return;
    decision.links.erase(decision.links.begin());
  }
  event.beside.clear();
}

/// Whoever links by a value holds its row, so that two who meet there do so one after the other; in order, so that they
/// do not wait for each other.
void IdentityWriter::lock_values(const Customer& customer) {
  std::vector<const GivenIdentifier*> identifiers;
  for (const GivenIdentifier& identifier : customer.identifiers) identifiers.push_back(&identifier);
  const auto before = [](const GivenIdentifier* a, const GivenIdentifier* b) {
    const StoredIdentifier left = stored_as(*a);
    const StoredIdentifier right = stored_as(*b);
    return std::tie(left.kind, left.value) < std::tie(right.kind, right.value);
  };
  std::sort(identifiers.begin(), identifiers.end(), before);
  for (const GivenIdentifier* identifier : identifiers) lock_value(*identifier);
}

void IdentityWriter::lock_value(const GivenIdentifier& identifier) {
  const auto [kind, value] = stored_as(identifier);
  if (!batch_.lock(kind, value) || batch_.written().execute(kValueVersion, {kind, value}) != 0) return;
  batch_.written().execute(kInsertValue, {kind, value, identifier.is_sound() ? kStateNormal : kStateShared});
}

/// The earliest who told it decides how it is written; it is verified when anybody said so.
IdentityWriter::Added IdentityWriter::add_identifier(const GivenIdentifier& identifier, const Teller& teller) {
  const auto [kind, shown_value] = stored_as(identifier);
  const std::string value(shown_value);
  const auto [all, own] = batch_.identifier(teller.record, kind, value, teller.place);
  /// Takes in what this teller says; false when it is no news.
  const auto hear = [&](WriteBatch::IdentifierRow& said) {
    const WriteBatch::IdentifierRow before = said;
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
  const bool told = own.exists;
  bool heard = fresh;
  if (fresh) {
    lock_value(identifier);
    all = {true, identifier.verified, teller.at_us, identifier.shown};
    batch_.later(Stage::kRows, kInsertIdentifier,
                 {kind, value, teller.record, identifier.shown, std::int64_t{identifier.verified},
                  std::int64_t{kIdentifierKeyVersion}, teller.at_us, now_us_});
    batch_.later(Stage::kUpdates, kNameHolder, {teller.identity, teller.identity, teller.identity, kind, value});
  } else if (hear(all)) {
    heard = true;
    batch_.later(Stage::kUpdates, kUpdateIdentifier,
                 {std::int64_t{all.verified}, all.first_us, all.shown, kind, value, teller.record});
  }
  const bool news = hear(own);
  if (!told)
    batch_.later(Stage::kRows, kInsertIdentifierTold,
                 {teller.record, kind, value, teller.place.thread, teller.place.internal, std::int64_t{own.verified},
                  own.first_us, own.shown, now_us_});
  else if (news)
    batch_.later(Stage::kUpdates, kUpdateIdentifierTold,
                 {std::int64_t{own.verified}, own.first_us, own.shown, teller.record, kind, value, teller.place.thread,
                  teller.place.internal});
  return {fresh, heard || !told};
}

}  // namespace identities::store
