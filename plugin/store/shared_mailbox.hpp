// Identities that are a mailbox which several write from, and no person. Such an identity takes part in no merge; a
// record whose source tells who it is leaves it. Uses the batch it is given; one thread.
#pragma once

#include <string>

#include "store/write_batch.hpp"

namespace identities::store {

/// The record has a name or an identifier of its own now: it leaves the mailbox that it is in for an identity of its
/// own, and where it is the only one there, the identity is a person's from now on. So it is what it would be had it
/// come with all that at once. Nothing keeps it apart from those that stay, who may say the same of themselves next.
/// REQUIRES: inside a write transaction that has locked the record's row. Throws Contended when somebody came between.
void leave_mailbox(WriteBatch& batch, Id record, Microseconds now_us, const std::string& actor);

}  // namespace identities::store
