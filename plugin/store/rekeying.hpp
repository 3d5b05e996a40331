// Gives the identifiers that are stored the keys of today's rules, some at a time, in the order of their primary key:
// after a change of the rules or of an account's country, and after an upgrade whose normalisers give other keys. It
// joins and parts nobody; what shares a key now is found when the next message brings it. Of the spellings that the
// former rules took for one, the earliest alone is stored: rules that tell them apart know that one. Uses the session
// it is given.
#pragma once

#include <cstdint>

#include "store/accounts.hpp"
#include "store/session.hpp"

namespace identities::store {

/// So many identifiers in one transaction, which keeps it short.
constexpr std::int64_t kRekeyBatch = 200;

/// Has a walk over all identifiers been asked for, or begun, and not ended? Reads only.
bool rekey_wanted(Session& session);

/// Asks for one. REQUIRES: inside a write transaction.
void want_rekey(Session& session);

struct Rekeyed {
  bool done = false;             // the walk is at its end
  std::int64_t identifiers = 0;  // that have another key now
  std::int64_t values = 0;       // that join somebody now and did not before, or the other way round
};

/// The next so many identifiers. accounts: as of now. A walk that another wish came into begins anew.
/// REQUIRES: inside a write transaction.
Rekeyed rekey_some(Session& session, const Accounts& accounts, std::int64_t limit = kRekeyBatch);

}  // namespace identities::store
