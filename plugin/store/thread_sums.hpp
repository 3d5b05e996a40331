// Threads of an identity: what each of its records did in them, and the sums over that. Pure functions over plain
// values; the readers fill them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/engagement.hpp"
#include "core/ids.hpp"

namespace identities::store {

struct ThreadRow {
  Id id = 0;
  std::string source_key;
  std::string partition_key;
  std::string subject;
  ThreadStatus status = ThreadStatus::kOpen;
  Id account = 0;
  Microseconds first_us = 0;
  Microseconds last_us = 0;
  std::int64_t messages = 0;
};

/// What one record did in one thread, with the thread.
struct ThreadOfRecord {
  ThreadRow thread;  // first_us, last_us and messages: of what was written to each other
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t internal = 0;
  std::optional<Microseconds> first_us;
  std::optional<Microseconds> last_us;
  std::optional<Microseconds> internal_first_us;
  std::optional<Microseconds> internal_last_us;
  std::optional<Microseconds> waiting_since_us;
};

struct ThreadTotals {
  std::int64_t threads = 0;
  std::int64_t open = 0;
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t internal = 0;
  std::optional<Microseconds> first_us;
  std::optional<Microseconds> last_us;
  std::optional<Microseconds> waiting_since_us;  // the oldest unanswered message of any open thread
  std::int64_t other_open = 0;                   // without the present thread
  std::optional<Microseconds> other_waiting_since_us;
};

/// The sums over all threads. present_thread: the one that `other_open` leaves out; 0: none.
ThreadTotals totals_of(const std::vector<ThreadOfRecord>& threads, Id present_thread);

/// Those threads, with what all records together did in them, internal engagements included.
std::vector<ThreadRow> threads_among(const std::vector<ThreadOfRecord>& threads, std::span<const Id> wanted);

}  // namespace identities::store
