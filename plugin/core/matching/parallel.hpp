// Work on numbered pieces by a few threads, which end with the call. What a piece gives depends on its number alone, so
// the outcome is the same whatever the number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace identities::matching {

/// Calls work(piece) for 0 to pieces - 1, in any order, on at most that many threads. Passes on the first exception.
template <typename Work>
void in_parallel(std::size_t pieces, std::size_t threads, Work&& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr fault;
  std::atomic<bool> failed{false};
  const auto run = [&] {
    try {
      for (std::size_t piece = next++; piece < pieces && !failed; piece = next++) work(piece);
    } catch (...) {
      if (!failed.exchange(true)) fault = std::current_exception();
    }
  };
  std::vector<std::jthread> others;
  for (std::size_t thread = 1; thread < std::min(threads, pieces); ++thread) others.emplace_back(run);
  run();
  others.clear();
  if (fault != nullptr) std::rethrow_exception(fault);
}

}  // namespace identities::matching
