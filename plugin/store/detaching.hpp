// Identifiers that are taken off their records, and given back. The row stays, with the event that took it off, so that
// it does not come back with the next message; it links nobody, is not shown, and founds no weak key. An identifier
// that was taken off before is told in the log by record and event, for the log holds no value. REQUIRES for what takes
// a WriteBatch: inside a write transaction, with the values' rows locked.
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "core/identity_event.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

/// Those of the records that have the identifier lose it by that event, which is told so. REQUIRES: the event has its
/// id; append it after this.
void detach(WriteBatch& batch, IdentityEvent& event, std::string_view kind, std::string_view value,
            const std::set<Id>& records);

/// What an undo told: identifiers that were taken off by one event are so by another, or not any more.
void apply_detached(WriteBatch& batch, const std::vector<Detached>& changes);

/// The weak keys of these records that no identifier of theirs founds any more go.
void drop_unfounded_weak_keys(Session& session, const std::set<Id>& records);

}  // namespace identities::store
