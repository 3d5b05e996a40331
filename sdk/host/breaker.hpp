// breaker.hpp: keeps a registration that misses its deadlines from being called. Three overruns within 30 s open it for
// 10 s; then exactly one call is let through as a probe, whose outcome closes it or opens it again.
// Thread-safe. Times are microseconds of a monotonic clock, passed in.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

namespace helpdesk {

enum class Admission { refused, normal, probe };
enum class Outcome { in_time, overran, never_ran };

class Breaker {
 public:
  static constexpr std::int64_t window_us = 30'000'000;
  static constexpr std::int64_t open_us = 10'000'000;

  // Each admission that is not `refused` must be settled once.
  Admission admit(std::int64_t now_us);
  void settle(Admission admission, Outcome outcome, std::int64_t now_us);
  bool is_open() const;
  std::uint64_t overruns() const;
  // How long a refused caller should wait, at least one second.
  std::int64_t retry_after_s(std::int64_t now_us) const;

 private:
  mutable std::mutex mutex_;
  bool open_ = false;
  bool probing_ = false;
  std::int64_t open_until_us_ = 0;
  std::uint64_t overruns_ = 0;
  std::size_t recent_ = 0;                 // how many of last_us_ count
  std::array<std::int64_t, 3> last_us_{};  // when the last overruns were, oldest first
};

}  // namespace helpdesk
