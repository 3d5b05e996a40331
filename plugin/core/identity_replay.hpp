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

/// What has to change so that these groups are the identities. now: where each record is. A group keeps the id that
/// holds most of its records, of equals the oldest; what is left over takes the retired id that once held exactly that
/// group, else one that `draw` gives. retired: where each retired id of those concerned leads.
IdentityDelta regroup(const std::vector<std::set<Id>>& groups, const std::map<Id, Id>& now,
                      const std::map<Id, Id>& retired, const std::map<std::set<Id>, Id>& held_once,
                      const std::function<Id()>& draw);

/// The sets of records that left an identity as a whole, with its id.
std::map<std::set<Id>, Id> sets_held_once(const std::vector<IdentityEvent>& events);

}  // namespace identities
