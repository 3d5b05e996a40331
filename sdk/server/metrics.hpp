// metrics.hpp: what hdhost counts, and the Prometheus text of it. Used on the I/O thread only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "loaded_plugin.hpp"

namespace hdhost {

class Metrics {
 public:
  // `route` is a pattern, never a path: paths hold keys.
  void count(std::string_view route, int status, std::int64_t duration_us);
  std::string text(const helpdesk::LoadedPlugin& plugin, std::size_t queued) const;

  std::int64_t in_flight = 0;    // calls handed to the plugin and not answered
  std::int64_t connections = 0;  // open ones of callers

 private:
  static constexpr std::array<std::int64_t, 12> bounds_us_{500,    1'000,   2'500,   5'000,     10'000,    25'000,
                                                           50'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000};
  struct Durations {
    std::array<std::uint64_t, bounds_us_.size()> buckets{};  // not cumulated
    std::uint64_t count = 0;
    std::int64_t sum_us = 0;
  };
  std::map<std::pair<std::string, int>, std::uint64_t, std::less<>> requests_;
  std::map<std::string, Durations, std::less<>> durations_;
};

}  // namespace hdhost
