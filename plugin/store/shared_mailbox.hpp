// Identities that are a mailbox which several write from, and no person. Such an identity takes part in no merge; a
// record whose source tells who it is leaves it. Uses the session or batch it is given; one thread.
#pragma once

#include <optional>
#include <string>

#include "core/identity_event.hpp"
#include "core/link_rules.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

/// False for an id that was never issued.
bool is_shared_mailbox(Session& session, Id identity);

/// Has the record a name or an identifier of its own? Then it is a person's.
bool says_who(Session& session, Id record);

/// Whoever comes out of a mailbox without saying who they are is still nobody's: is that what the delta makes `made`
/// of? REQUIRES: it was not applied yet.
bool makes_mailbox(Session& session, const IdentityDelta& delta, Id made);

/// The record has a name or an identifier of its own now: it leaves the mailbox that it is in for an identity of its
/// own, and where it is the only one there, the identity is a person's from now on. So it is what it would be had it
/// come with all that at once. Nothing keeps it apart from those that stay, who may say the same of themselves next.
/// REQUIRES: inside a write transaction that has locked the record's row. Throws Contended when somebody came between.
void leave_mailbox(WriteBatch& batch, Id record, Microseconds now_us, const std::string& actor);

/// The other way round: the record has a role's address now and was told to be nobody. Where it is the only one in its
/// identity, that is the mailbox from now on, and joins the one of `link`, if that still is a mailbox and no agent
/// keeps the record from it. Returns the identity that the record is in then; 0: it says who it is or is not alone, and
/// nothing changed. REQUIRES: as above.
Id enter_mailbox(WriteBatch& batch, Id record, const std::optional<Link>& link, Microseconds now_us,
                 const std::string& actor);

}  // namespace identities::store
