// Lease rows: which process runs a job. Any number of processes may try; one has it at a time, and one that died is
// replaced when its time is over. A row is changed only by a statement that names what was read of it, so two takers
// never both succeed (no GET_LOCK and no SKIP LOCKED, which a Galera cluster does not share between its nodes).
//
// Times are of the clock that all takers of a database share: the server's on MySQL, because the machines' own clocks
// differ; this machine's on SQLite, which serves one machine. A time further ahead than any lease can be was written by
// a clock that has been set back since, and counts as over. Should two processes still run one job, nothing breaks:
// renew locks the row in the transaction that does the work, so their steps follow each other, and who lost the lease
// finds out before it changes anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/clock.hpp"
#include "store/session.hpp"

namespace identities::store {

/// How long a runner may be silent before another takes over: many times the longest step (1 s), so that a slow disk
/// does not look like a death.
constexpr Microseconds kLeaseUs = 30 * kSecondUs;

struct LeaseRow {
  std::string name;
  std::string holder;         // empty: nobody; the job was given back
  Microseconds until_us = 0;  // held: when it ends; given back: when that was
};

/// The time of the clock that leases of this database are measured by.
Microseconds lease_clock_us(Session& session, const Clock& clock);

/// May somebody take it at that time? A lease given back rests for interval_us.
bool is_free(const LeaseRow& row, Microseconds now_us, Microseconds interval_us);

std::optional<LeaseRow> find_lease(Session& session, std::string_view name);
std::vector<LeaseRow> read_leases(Session& session);

/// Takes the lease as it was read (nothing: there was no row). False when somebody else was faster.
bool take_lease(Session& session, std::string_view name, const std::optional<LeaseRow>& seen, std::string_view holder,
                Microseconds now_us);

/// Moves the end on and locks the row until the transaction ends. False when it is not the holder's any more.
/// REQUIRES: inside a write transaction.
bool renew_lease(Session& session, std::string_view name, std::string_view holder, Microseconds now_us);

/// Nothing happens when it is not the holder's any more.
void give_lease_back(Session& session, std::string_view name, std::string_view holder, Microseconds now_us);

}  // namespace identities::store
