#include "store/shared_value.hpp"

#include "store/membership.hpp"

namespace identities::store {
namespace {

const Statement kSince{"value_shared_since", "SELECT log_id FROM shared_value WHERE kind = ? AND value = ?"};
const Statement kShare{"share_value", "INSERT INTO shared_value (kind, value, log_id, standing) VALUES (?, ?, ?, 1)"};
const Statement kSharedBy{"value_shared_by", "SELECT kind, value FROM shared_value WHERE log_id = ?"};
const Statement kHolders{"holders_of_shared",
                         "SELECT record_id FROM identifier WHERE kind = ? AND value = ? AND detached_by <= 0 ORDER BY "
                         "record_id LIMIT ?"};
const Statement kStands{"set_shared_standing", "UPDATE shared_value SET standing = ? WHERE log_id = ?"};
/// What an admin has blocked stays blocked.
const Statement kSetState{"set_shared_state",
                          "UPDATE identifier_value SET state = ?, version = version + 1 WHERE kind = ? AND value = ? "
                          "AND state <> 2"};

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

void apply_shared(WriteBatch& batch, const std::vector<SharedValue>& changes) {
  for (const SharedValue& change : changes) {
    Session& session = batch.forgotten();
    const auto value = shared_by(session, change.log);
    if (!value) throw Contended("a shared value went meanwhile");
    session.execute(kStands, {std::int64_t{change.after}, change.log});
    session.execute(kSetState,
                    {std::int64_t{change.after}, std::string_view(value->kind), std::string_view(value->value)});
    rename_holders(batch, holders_of(session, *value));
  }
}

}  // namespace identities::store
