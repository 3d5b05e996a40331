#include "store/detaching.hpp"

#include <string>
#include <tuple>
#include <utility>

#include "core/value_evidence.hpp"
#include "store/membership.hpp"
#include "store/stored_identifier.hpp"

namespace identities::store {
namespace {

const Statement kHaving{"records_having",
                        "SELECT record_id, detached_by FROM identifier WHERE {kind = ? AND value = ? AND record_id = "
                        "?} AND detached_by <= 0"};
const Statement kDetach{"detach_identifier",
                        "UPDATE identifier SET detached_by = ? WHERE kind = ? AND value = ? AND record_id = ?"};
/// By the record, which has few: an index of the events would serve nothing else.
const Statement kChange{"change_detached",
                        "UPDATE identifier SET detached_by = ? WHERE record_id = ? AND detached_by = ?"};
const Statement kGivenBack{"given_back",
                           "SELECT record_id, kind, value, shown FROM identifier WHERE {record_id = ? AND detached_by "
                           "= ?}"};
const Statement kAttached{"attached_identifiers",
                          "SELECT record_id, kind, value, shown FROM identifier WHERE {record_id = ?} AND detached_by "
                          "<= 0"};
/// But for those of a profile, which no identifier founds.
const Statement kWeakKeys{"weak_keys_of_records",
                          "SELECT record_id, kind, value FROM weak_key WHERE {record_id = ?} AND kind NOT LIKE "
                          "'handle%'"};
const Statement kDropWeak{"drop_weak_key", "DELETE FROM weak_key WHERE {kind = ? AND value = ? AND record_id = ?}"};
const Statement kAddWeak{"add_weak_key",
                         "INSERT INTO weak_key (kind, value, record_id) VALUES {?, ?, ?} @or_update record_id = "
                         "@new_record_id"};

struct Founded {
  std::string kind;
  std::string value;
  Id record;
  bool operator<(const Founded& than) const {
    return std::tie(kind, value, record) < std::tie(than.kind, than.value, than.record);
  }
};
using WeakKeys = std::set<Founded>;

/// The weak keys of a stored identifier: record, kind, value, shown.
void add_weak_keys(WeakKeys& to, const Row& row) {
  const std::string_view stored = row.text(1);
  const bool raw = stored.starts_with(kRawKind);
  const auto kind = identifier_kind(raw ? stored.substr(kRawKind.size()) : stored);
  if (!kind) return;
  GivenIdentifier identifier;
  identifier.kind = *kind;
  identifier.shown = row.text(3);
  if (!raw) {
    identifier.key = row.text(2);
    identifier.blocked = blocked_reason(*kind, *identifier.key, default_rules());
  }
  for (WeakKey& key : weak_keys(identifier)) to.insert({std::move(key.kind), std::move(key.value), row.integer(0)});
}

std::vector<std::vector<Parameter>> sets_of(const WeakKeys& keys) {
  std::vector<std::vector<Parameter>> sets;
  sets.reserve(keys.size());
  for (const Founded& key : keys) sets.push_back({std::string_view(key.kind), std::string_view(key.value), key.record});
  return sets;
}

void run(Session& session, const Statement& statement, std::vector<std::vector<Parameter>> sets) {
  const Session::Write write{&statement, std::move(sets)};
  if (!write.sets.empty()) session.execute_all(std::span(&write, 1), false);
}

void ask(Session& session, const Statement& statement, std::vector<std::vector<Parameter>> sets,
         Session::RowFunction each) {
  const Session::AskEach ask_each{&statement, std::move(sets), std::move(each)};
  if (!ask_each.sets.empty()) session.query_each(std::span(&ask_each, 1));
}

}  // namespace

void detach(WriteBatch& batch, IdentityEvent& event, std::string_view kind, std::string_view value,
            const std::set<Id>& records) {
  Session& session = batch.written();
  std::vector<std::vector<Parameter>> sets;
  sets.reserve(records.size());
  for (const Id record : records) sets.push_back({kind, value, record});
  std::vector<std::vector<Parameter>> writes;
  std::set<Id> lost;
  ask(session, kHaving, std::move(sets), [&](const Row& row) {
    event.delta.detached.push_back({row.integer(0), row.integer(1), event.id});
    writes.push_back({event.id, kind, value, row.integer(0)});
    lost.insert(row.integer(0));
  });
  run(session, kDetach, std::move(writes));
  drop_unfounded_weak_keys(session, lost);
  rename_holders(batch, lost);
}

void apply_detached(WriteBatch& batch, const std::vector<Detached>& changes) {
  if (changes.empty()) return;
  Session& session = batch.written();
  std::vector<std::vector<Parameter>> writes;
  std::vector<std::vector<Parameter>> given_back;
  std::set<Id> records;
  for (const Detached& change : changes) {
    writes.push_back({change.after, change.record, change.before});
    if (change.after <= 0) given_back.push_back({change.record, change.after});
    records.insert(change.record);
  }
  run(session, kChange, std::move(writes));
  drop_unfounded_weak_keys(session, records);
  WeakKeys founded;
  ask(session, kGivenBack, std::move(given_back), [&](const Row& row) { add_weak_keys(founded, row); });
  run(session, kAddWeak, sets_of(founded));
  rename_holders(batch, records);
}

void drop_unfounded_weak_keys(Session& session, const std::set<Id>& records) {
  std::vector<std::vector<Parameter>> sets;
  sets.reserve(records.size());
  for (const Id record : records) sets.push_back({record});
  WeakKeys founded;
  ask(session, kAttached, sets, [&](const Row& row) { add_weak_keys(founded, row); });
  WeakKeys unfounded;
  ask(session, kWeakKeys, std::move(sets), [&](const Row& row) {
    Founded key{std::string(row.text(1)), std::string(row.text(2)), row.integer(0)};
    if (!founded.contains(key)) unfounded.insert(std::move(key));
  });
  run(session, kDropWeak, sets_of(unfounded));
}

}  // namespace identities::store
