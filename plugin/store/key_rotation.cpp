#include "store/key_rotation.hpp"

namespace identities::store {
namespace {

const Statement kSecrets{"stored_secrets",
                         "SELECT s.id, s.account_id, a.name, s.sealed FROM account_secret s JOIN account a ON a.id = "
                         "s.account_id ORDER BY s.id"};
const Statement kRecorded{"recorded_master_key", "SELECT value FROM setting WHERE name = 'master_key' @for_update"};
const Statement kLock{"lock_secrets", "UPDATE setting SET value = value + 1 WHERE name = 'settings_version'"};
const Statement kReplace{"replace_secret", "UPDATE account_secret SET sealed = ? WHERE id = ?"};
const Statement kRecord{"record_master_key", "UPDATE setting SET value = ? WHERE name = 'master_key'"};
const Statement kRecordFirst{"record_first_master_key", "INSERT INTO setting (name, value) VALUES ('master_key', ?)"};

}  // namespace

std::vector<StoredSecret> read_secrets(Session& session) {
  std::vector<StoredSecret> secrets;
  session.query(kSecrets, {}, [&](const Row& row) {
    secrets.push_back({row.integer(0), row.integer(1), std::string(row.text(2)), std::string(row.text(3))});
  });
  return secrets;
}

std::string recorded_master_key(Session& session) {
  std::string fingerprint;
  session.query(kRecorded, {}, [&](const Row& row) { fingerprint = row.text(0); });
  return fingerprint;
}

void lock_secrets(Session& session) {
  session.execute(kLock, {});
}

void replace_secret(Session& session, Id id, std::string_view sealed) {
  session.execute(kReplace, {Blob{sealed}, id});
}

void record_master_key(Session& session, std::string_view fingerprint) {
  if (session.execute(kRecord, {fingerprint}) == 0) session.execute(kRecordFirst, {fingerprint});
}

}  // namespace identities::store
