// What a change of the master key does in the database: reads and replaces the sealed secrets of all accounts, and
// records which key seals. It knows nothing of keys but their fingerprints. Uses the session it is given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "store/session.hpp"

namespace identities::store {

struct StoredSecret {
  Id id = 0;
  Id account = 0;
  std::string account_name;
  std::string sealed;
};

/// All of them, those that are no longer good included.
std::vector<StoredSecret> read_secrets(Session& session);

/// The fingerprint of the key that seals; empty when none was recorded. In a write transaction it locks the row, where
/// there is one.
std::string recorded_master_key(Session& session);

/// Keeps everybody who adds or replaces a secret out until the transaction ends, and tells all processes to read the
/// accounts again. REQUIRES: inside a write transaction, before anything else.
void lock_secrets(Session& session);

void replace_secret(Session& session, Id id, std::string_view sealed);

/// REQUIRES: inside a write transaction.
void record_master_key(Session& session, std::string_view fingerprint);

}  // namespace identities::store
