#include "store/thread_sums.hpp"

#include <algorithm>

namespace identities::store {
namespace {

void earliest(std::optional<Microseconds>& time, const std::optional<Microseconds>& other) {
  if (other) time = std::min(time.value_or(*other), *other);
}
void latest(std::optional<Microseconds>& time, const std::optional<Microseconds>& other) {
  if (other) time = std::max(time.value_or(*other), *other);
}

}  // namespace

ThreadTotals totals_of(const std::vector<ThreadOfRecord>& threads, Id present_thread) {
  ThreadTotals totals;
  std::vector<Id> seen;
  std::vector<Id> open;
  for (const ThreadOfRecord& each : threads) {
    const Id id = each.thread.id;
    seen.push_back(id);
    totals.in += each.in;
    totals.out += each.out;
    totals.internal += each.internal;
    earliest(totals.first_us, each.first_us);
    latest(totals.last_us, each.last_us);
    if (each.thread.status == ThreadStatus::kClosed) continue;
    open.push_back(id);
    earliest(totals.waiting_since_us, each.waiting_since_us);
    if (id != present_thread) earliest(totals.other_waiting_since_us, each.waiting_since_us);
  }
  const auto distinct = [](std::vector<Id>& ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return static_cast<std::int64_t>(ids.size());
  };
  totals.threads = distinct(seen);
  totals.open = distinct(open);
  totals.other_open = totals.open - std::count(open.begin(), open.end(), present_thread);
  return totals;
}

std::vector<ThreadRow> threads_among(const std::vector<ThreadOfRecord>& threads, std::span<const Id> wanted) {
  std::vector<ThreadRow> rows;
  rows.reserve(wanted.size());
  for (const Id id : wanted) {
    ThreadRow row;
    std::optional<Microseconds> first_us;
    std::optional<Microseconds> last_us;
    for (const ThreadOfRecord& each : threads) {
      if (each.thread.id != id) continue;
      if (row.id == 0) {
        row = each.thread;
        row.messages = 0;
      }
      row.messages += each.in + each.out + each.internal;
      earliest(first_us, each.first_us);
      earliest(first_us, each.internal_first_us);
      latest(last_us, each.last_us);
      latest(last_us, each.internal_last_us);
    }
    if (row.id == 0) continue;
    row.first_us = first_us.value_or(0);
    row.last_us = last_us.value_or(0);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace identities::store
