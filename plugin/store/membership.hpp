// Which records an identity has, and changing that: the only place that moves a record. Everything is locked first, the
// values, then the records, then the identities, each in order, as deliveries do; so any process may write.
// REQUIRES for all that takes a WriteBatch: inside a write transaction.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/identity_event.hpp"
#include "core/link_rules.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

/// A record as merging knows it.
struct Member {
  Id record = 0;
  Id identity = 0;
  Id account = 0;
  std::string name;
};

/// The live identity that an id leads to, in one step; 0 when it was never issued or is erased.
Id live_identity(Session& session, Id identity);

/// The records of those identities, by id.
std::vector<Member> members_of(Session& session, std::span<const Id> identities);

/// The same, with everything locked that a change of them touches: the values' and the identities' versions are raised.
/// Throws Contended when somebody came between.
std::vector<Member> lock_members(WriteBatch& batch, std::span<const Id> identities);

/// Their versions go up and their cards are dropped: what is shown of them changed. REQUIRES: inside a write
/// transaction.
void raise_identities(Session& session, const std::set<Id>& identities);

/// Makes the change. Throws Contended when a record is not where the delta takes it from, or a redirect not as it says.
/// REQUIRES: lock_members of all identities in it.
void apply_delta(WriteBatch& batch, const IdentityDelta& delta, Microseconds now_us);

/// Whom each value of these records leads to is told anew; their values' versions were raised.
void rename_holders(WriteBatch& batch, const std::set<Id>& records);

/// The same of one value, which is locked.
void rename_holder(Session& session, std::string_view kind, std::string_view value);

/// What the retired ids are that lead to those identities: retired id to live one.
std::map<Id, Id> retired_of(Session& session, std::span<const Id> identities);

/// What moves those records out of the identity of which these are the members, who are locked: to the retired id that
/// held just them once, else to a new one. Retired ids follow their records.
IdentityDelta leaving(Session& session, const std::vector<Member>& members, const std::set<Id>& records,
                      Microseconds now_us);

/// What those identities are to the rules.
std::map<Id, Side> read_sides(Session& session, std::span<const Id> identities);

/// Pairs of records, one of each set, that an agent judged to be two people.
std::vector<CannotLink> cannot_links_between(Session& session, const std::set<Id>& left, const std::set<Id>& right);

/// The events by which agents judged those two identities to be two people, and which still keep them apart.
std::set<Id> judgements_between(Session& session, Id left, Id right);

/// What keeps `left` and `right` apart by that event, the smaller id first. All with all where these are few pairs;
/// else each with the oldest of the other side, so that whoever is split off is still apart from where most of the
/// others are, and those of whom it was suggested that they are one.
std::vector<CannotLink> cannot_links(Session& session, const std::set<Id>& left, const std::set<Id>& right, Id log);

/// The delta takes the suggestion to that state; 0: there is none.
void decide(Session& session, IdentityDelta& delta, Id suggestion, int state);

}  // namespace identities::store
