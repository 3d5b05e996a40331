// What identities the log makes of records, and what they would be had an event not happened: how an undo is worked out
// when later events touched the same records. Pure.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "core/identity_event.hpp"

namespace identities {

/// The events that count: those that no counting undo names. events: by id.
std::set<Id> counting(const std::vector<IdentityEvent>& events);
/// The same, were there an undo of `without` after them all.
std::set<Id> counting_without(const std::vector<IdentityEvent>& events, Id without);

/// The records in groups, each a person, as the counting events but `without` say: who was found to be one is together,
/// through the pair by which it was found, also where one of that pair is gone since; who was split off is apart. A
/// record of which no event tells stays with the oldest of its identity. now: where each record is.
std::vector<std::set<Id>> groups_without(const std::vector<IdentityEvent>& events, const std::set<Id>& records,
                                         const std::map<Id, Id>& now, Id without);

/// Which records ids held, as the deltas of the events tell.
struct Held {
  std::map<std::set<Id>, Id> left;    // sets of records that left an id as a whole, with the last such id
  std::map<Id, std::set<Id>> last;    // by id: what it held when it was last retired
  std::map<Id, std::set<Id>> before;  // by id: all that it is known to have held
};
Held held_by(const std::vector<IdentityEvent>& events);

/// What identifier.detached_by says now of the identifier that `unlink` took off that record, as far as the events
/// tell: a later one may have taken it over.
Id mark_of(const std::vector<IdentityEvent>& events, Id record, Id unlink);

/// Where a retired id leads: to the identity that has most of the records that it held last, or where none of these is
/// left, of all that it held; of equals to that of the oldest record. places: where records are. 0 when it held none of
/// them.
Id home_of(Id retired, const Held& held, const std::map<Id, Id>& places);

/// Where records are after it. now: where they are before.
std::map<Id, Id> applied(std::map<Id, Id> now, const IdentityDelta& delta);

/// The retired ids that the delta does not speak of follow the records that it moves, and go where those go that led on
/// so far. retired: where each retired id of those concerned leads. now: where records are before it.
void follow(IdentityDelta& delta, const std::map<Id, Id>& retired, const Held& held, const std::map<Id, Id>& now);

/// What has to change so that these groups are the identities. now: where each record is. A group that is an identity
/// stays it; then one takes the id that, as the events tell, last held exactly that group; then it keeps the id that
/// holds most of its records, of equals the oldest; what is left over takes one that `draw` gives. retired: where each
/// retired id of those concerned leads.
IdentityDelta regroup(const std::vector<std::set<Id>>& groups, const std::map<Id, Id>& now,
                      const std::map<Id, Id>& retired, const std::vector<IdentityEvent>& events,
                      const std::function<Id()>& draw);

}  // namespace identities
