#include "rate_limits.hpp"

#include <algorithm>
#include <functional>

namespace hdhost {
namespace {

// Keys are what senders make of them, up to a whole request head.
class BoundedKey {
 public:
  explicit BoundedKey(std::string_view key) : key_(key) {
    if (key.size() <= RateLimits::max_key_bytes) return;
    const std::string hash = std::to_string(std::hash<std::string_view>{}(key));
    shortened_.assign(key.substr(0, RateLimits::max_key_bytes - hash.size() - 1)).append("#").append(hash);
    key_ = shortened_;
  }
  BoundedKey(const BoundedKey&) = delete;
  BoundedKey& operator=(const BoundedKey&) = delete;
  std::string_view view() const { return key_; }

 private:
  std::string shortened_;
  std::string_view key_;
};

}  // namespace

// A bucket is kept as the time at which it will be full: each token taken moves that on by what one takes to come back.
std::int64_t RateLimits::take(std::string_view whole_key, std::int64_t now_us) {
  if (cost_us_ == 0) return 0;
  const BoundedKey bounded(whole_key);
  const std::string_view key = bounded.view();
  const std::lock_guard lock(known_.mutex);
  const auto found = known_.by_key.find(key);
  const std::int64_t full_at_us =
      std::max(found == known_.by_key.end() ? now_us : found->second->full_at_us, now_us) + cost_us_;
  if (full_at_us - now_us > most_us_) {
    ++known_.refused;
    return std::max<std::int64_t>(1, (full_at_us - now_us - most_us_ + 999'999) / 1'000'000);
  }
  if (found != known_.by_key.end()) {
    Order& order = known_.order_of(found->second->confirmed);
    found->second->full_at_us = full_at_us;
    order.splice(order.begin(), order, found->second);
    return 0;
  }
  Order& strangers = known_.strangers;
  while (!strangers.empty() && (strangers.back().full_at_us <= now_us || strangers.size() >= max_buckets_)) {
    forget_last(strangers);
  }
  Order& confirmed = known_.confirmed;
  while (!confirmed.empty() && confirmed.back().full_at_us <= now_us) forget_last(confirmed);
  strangers.push_front({std::string(key), full_at_us, false});
  known_.by_key.emplace(strangers.front().key, strangers.begin());
  return 0;
}

void RateLimits::confirm(std::string_view whole_key) {
  const BoundedKey key(whole_key);
  const std::lock_guard lock(known_.mutex);
  const auto found = known_.by_key.find(key.view());
  if (found == known_.by_key.end() || found->second->confirmed) return;
  if (known_.confirmed.size() >= max_buckets_) forget_last(known_.confirmed);
  found->second->confirmed = true;
  known_.confirmed.splice(known_.confirmed.begin(), known_.strangers, found->second);
}

// REQUIRES: locked, and the order is not empty.
void RateLimits::forget_last(Order& order) {
  known_.by_key.erase(order.back().key);
  order.pop_back();
}

std::size_t RateLimits::buckets() const {
  const std::lock_guard lock(known_.mutex);
  return known_.by_key.size();
}

std::uint64_t RateLimits::refused() const {
  const std::lock_guard lock(known_.mutex);
  return known_.refused;
}

}  // namespace hdhost
