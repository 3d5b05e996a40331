// metrics.hpp: what hdhost counts, and the Prometheus text of it. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "loaded_plugin.hpp"

namespace hdhost {

class Metrics {
 public:
  // `route` is a pattern, never a path: paths hold keys.
  void count(std::string_view route, int status, std::int64_t duration_us);
  std::string text(const helpdesk::LoadedPlugin& plugin) const;

  std::atomic<std::int64_t> in_flight = 0;    // calls handed to the plugin and not answered
  std::atomic<std::int64_t> queued = 0;       // calls that waited for a place, when somebody last looked
  std::atomic<std::int64_t> connections = 0;  // open ones of callers

 private:
  static constexpr std::array<std::int64_t, 12> bounds_us_{500,    1'000,   2'500,   5'000,     10'000,    25'000,
                                                           50'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000};
  struct OfRoute {
    std::map<int, std::uint64_t> by_status;
    std::array<std::uint64_t, bounds_us_.size()> buckets{};  // not cumulated
    std::uint64_t count = 0;
    std::int64_t sum_us = 0;
  };
  struct Requests {
    mutable std::mutex mutex;
    std::map<std::string, OfRoute, std::less<>> by_route;
  };
  Requests requests_;
};

}  // namespace hdhost
