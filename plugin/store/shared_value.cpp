#include "store/shared_value.hpp"

#include "core/value_evidence.hpp"
#include "store/accounts.hpp"
#include "store/membership.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

const Statement kSince{"value_shared_since", "SELECT log_id FROM shared_value WHERE kind = ? AND value = ?"};
const Statement kShare{"share_value", "INSERT INTO shared_value (kind, value, log_id, standing) VALUES (?, ?, ?, 1)"};
const Statement kSharedBy{"value_shared_by", "SELECT kind, value FROM shared_value WHERE log_id = ?"};
const Statement kHolders{"holders_of_shared",
                         "SELECT record_id FROM identifier WHERE kind = ? AND value = ? AND detached_by <= 0 ORDER BY "
                         "record_id LIMIT ?"};
const Statement kStands{"set_shared_standing", "UPDATE shared_value SET standing = ? WHERE log_id = ?"};
const Statement kSetState{"set_shared_state",
                          "UPDATE identifier_value SET state = ?, version = version + 1 WHERE kind = ? AND value = ?"};
const Statement kMove{"rekey_shared", "UPDATE shared_value SET kind = ?, value = ? WHERE kind = ? AND value = ?"};
const Statement kStandsAlready{
    "rekeyed_stands",
    "UPDATE identifier_value SET state = 1, version = version + 1 WHERE kind = ? AND value = ? AND state = 0 AND "
    "EXISTS "
    "(SELECT 1 FROM shared_value s WHERE s.kind = identifier_value.kind AND s.value = identifier_value.value AND "
    "s.standing = 1)"};

}  // namespace

Id shared_since(Session& session, const NamedValue& value) {
  Id log = 0;
  session.query(kSince, {std::string_view(value.kind), std::string_view(value.value)},
                [&](const Row& row) { log = row.integer(0); });
  return log;
}

void share(WriteBatch& batch, IdentityEvent& event, const NamedValue& value) {
  batch.forgotten().execute(kShare, {std::string_view(value.kind), std::string_view(value.value), event.id});
  event.delta.shared.push_back({event.id, false, true});
  apply_shared(batch, event.delta.shared);
}

std::optional<NamedValue> shared_by(Session& session, Id log) {
  std::optional<NamedValue> found;
  session.query(kSharedBy, {log}, [&](const Row& row) {
    found = {std::string(row.text(0)), std::string(row.text(1))};
  });
  return found;
}

std::set<Id> holders_of(Session& session, const NamedValue& value) {
  std::set<Id> records;
  session.query(
      kHolders,
      {std::string_view(value.kind), std::string_view(value.value), static_cast<std::int64_t>(kMostHolders + 1)},
      [&](const Row& row) { records.insert(row.integer(0)); });
  return records;
}

void rekey_shared(Session& session, const NamedValue& from, const NamedValue& to) {
  if (shared_since(session, to) != 0) return;
  if (session.execute(kMove, {std::string_view(to.kind), std::string_view(to.value), std::string_view(from.kind),
                              std::string_view(from.value)}) != 0)
    session.execute(kStandsAlready, {std::string_view(to.kind), std::string_view(to.value)});
}

void apply_shared(WriteBatch& batch, const std::vector<SharedValue>& changes) {
  for (const SharedValue& change : changes) {
    Session& session = batch.forgotten();
    const auto value = shared_by(session, change.log);
    if (!value) throw Contended("a shared value went meanwhile");
    const std::string_view kind = value->kind;
    const std::string_view key = value->value;
    session.execute(kStands, {std::int64_t{change.after}, change.log});
    // What the rules call nobody's own stays so.
    const auto of = identifier_kind(kind);
    const bool shared = change.after || (of && blocked_reason(*of, key, read_rules(session)) != BlockedReason::kNone);
    session.execute(kSetState, {std::int64_t{shared}, kind, key});
    rename_holder(session, kind, key);
    set_doubts(session, kind, key, change.after);
  }
}

}  // namespace identities::store
