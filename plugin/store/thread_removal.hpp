// Taking out what was deleted: one engagement, or a whole thread in steps of bounded size, so that a thread of any
// length neither holds locks for long nor exceeds a deadline. A deleted thread is hidden at once by its own row, for
// good; its rows go in the same transaction as far as they fit, and the rest by the job, which finds what is left in
// thread_removal also after a crash. Uses the session or batch it is given.
// REQUIRES for every function: inside a write transaction.
#pragma once

#include <set>

#include "core/ids.hpp"
#include "store/session.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

/// Rows that one transaction removes of deleted threads.
constexpr std::int64_t kRemovedAtOnce = 500;

struct StoredEngagement {
  Id record = 0;
  Microseconds occurred_us = 0;
  Id id = 0;
  Id thread = 0;
  Id identity = 0;
};

/// Deletes the engagement with its body and its evidence; adds the interests that it spoke for to `interests`, which
/// are to be counted again.
void take_out(Session& session, const StoredEngagement& stored, std::set<Id>& interests);

/// Counts the evidence of an interest again.
void count_evidence(Session& session, Id interest);

/// The same for these interests again. One that only deleted engagements spoke for goes.
void recount_interests(Session& session, const std::set<Id>& interests);

/// Hides the thread from everybody for good, and has its rows removed. Touches its identities.
void mark_deleted(WriteBatch& batch, Id thread);

/// Removes rows of a deleted thread while `budget` lasts: engagements, then what the thread told of each record. True
/// when nothing is left of it but its own row, which remembers that it was deleted.
bool remove_rows(WriteBatch& batch, Id thread, std::int64_t& budget);

/// One step of the job, for the oldest deleted thread that has rows. False when there is none.
bool remove_next(Session& session);

}  // namespace identities::store
