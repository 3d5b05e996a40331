// Values that became several people's (S2), and the events that made them so: an event names no value, so that a table
// tells which it was, as long as anybody has it. What an agent took back is not doubted again.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/identity_event.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

/// What more records have says nothing of anybody, whatever is said of it.
constexpr std::size_t kMostHolders = 200;

struct NamedValue {
  std::string kind;
  std::string value;
};

/// The event that made it several people's, also where an agent took that back; 0: none did.
Id shared_since(Session& session, const NamedValue& value);

/// The value is several people's by that event, which is told so. REQUIRES: inside a write transaction, with the
/// value's row locked; the event has its id; append it after this.
void share(WriteBatch& batch, IdentityEvent& event, const NamedValue& value);

/// Which value the event `log` was about; nothing where nobody has it any more.
std::optional<NamedValue> shared_by(Session& session, Id log);

/// The records that have the value now, one more than kMostHolders at most.
std::set<Id> holders_of(Session& session, const NamedValue& value);

/// The value has another key now, and what was said of it stays said. REQUIRES: as share.
void rekey_shared(Session& session, const NamedValue& from, const NamedValue& to);

/// What an event or its undo told, with the doubts that it raised. REQUIRES: inside a write transaction, with the
/// values' rows locked.
void apply_shared(WriteBatch& batch, const std::vector<SharedValue>& changes);

}  // namespace identities::store
