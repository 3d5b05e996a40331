// The identity log: what happened to whom and by which rule, append-only, in ids. Uses the session it is given.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/identity_event.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

/// Adds it with the records that it touched and those beside them, so that it is in the log of each of their
/// identities. REQUIRES: inside a write transaction.
void append_event(WriteBatch& batch, const IdentityEvent& event);

/// An id for an event of these records, above those of all events that touched them: the log is read in the order of
/// ids, and another process that came before may have drawn its own later, or by another clock. REQUIRES: they are
/// locked.
Id next_event_id(Session& session, const std::set<Id>& records, Microseconds now_us);

/// Nothing when there is none of that id. Throws std::runtime_error when its row is damaged.
std::optional<IdentityEvent> find_event(Session& session, Id id);

/// The events that touched any of these records, by id, with those that undo them.
std::vector<IdentityEvent> events_of(Session& session, const std::set<Id>& records);

/// The same, and those of the records that they touched, and so on, as far as they bear on who is one person, until
/// nothing is added; `records` grows to all of them. Nothing when there are more than `at_most`.
std::optional<std::vector<IdentityEvent>> connected_events(Session& session, std::set<Id>& records,
                                                           std::size_t at_most);

}  // namespace identities::store
