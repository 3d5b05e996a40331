// rate_limits.hpp: a token bucket for each key, so that one runaway sender does not take the database from all others.
// Memory is bounded: a bucket that is full again is forgotten, and at the bound the least recently used goes. Keys that
// were confirmed have a list of their own, so that a flood of invented keys pushes out only each other; of a long key
// the beginning and a hash are kept. Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hdhost {

struct Rate {
  std::int64_t per_s = 0;  // 0: no limit
  std::int64_t burst = 1;  // how many may come at once after a pause
};

class RateLimits {
 public:
  static constexpr std::size_t usual_max_buckets = 10'000;  // at most 7 MB, in each of the two lists
  static constexpr std::size_t max_key_bytes = 512;

  explicit RateLimits(Rate rate, std::size_t max_buckets = usual_max_buckets)
      : cost_us_(rate.per_s > 0 ? (1'000'000 + rate.per_s - 1) / rate.per_s : 0),
        most_us_(cost_us_ * rate.burst),
        max_buckets_(max_buckets) {}

  // 0 when the key had a token, which is taken; else the whole seconds until it has one. now_us: a monotonic clock.
  std::int64_t take(std::string_view key, std::int64_t now_us);
  // The key turned out to be somebody's: strangers no longer push it out.
  void confirm(std::string_view key);
  std::size_t buckets() const;
  std::uint64_t refused() const;

 private:
  struct Bucket {
    std::string key;
    std::int64_t full_at_us;
    bool confirmed;
  };
  using Order = std::list<Bucket>;  // the least recently used last
  struct Known {
    mutable std::mutex mutex;
    Order strangers;
    Order confirmed;
    std::unordered_map<std::string_view, Order::iterator> by_key;  // views into the buckets
    std::uint64_t refused = 0;
    Order& order_of(bool is_confirmed) { return is_confirmed ? confirmed : strangers; }
  };
  void forget_last(Order& order);

  const std::int64_t cost_us_;
  const std::int64_t most_us_;
  const std::size_t max_buckets_;
  Known known_;
};

}  // namespace hdhost
