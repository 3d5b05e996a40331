#include "metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace hdhost {

void Metrics::count(std::string_view route, int status, std::int64_t duration_us) {
  ++requests_[{std::string(route), status}];
  auto found = durations_.find(route);
  if (found == durations_.end()) found = durations_.emplace(std::string(route), Durations{}).first;
  Durations& durations = found->second;
  const auto bound = std::lower_bound(bounds_us_.begin(), bounds_us_.end(), duration_us);
  if (bound != bounds_us_.end()) ++durations.buckets[static_cast<std::size_t>(bound - bounds_us_.begin())];
  ++durations.count;
  durations.sum_us += duration_us;
}

std::string Metrics::text(const helpdesk::LoadedPlugin& plugin, std::size_t queued) const {
  std::string out;
  const auto add = std::back_inserter(out);
  fmt::format_to(add, "# HELP hdhost_requests_total Requests answered.\n# TYPE hdhost_requests_total counter\n");
  for (const auto& [key, count] : requests_) {
    fmt::format_to(add, "hdhost_requests_total{{route=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, count);
  }
  fmt::format_to(add,
                 "# HELP hdhost_request_duration_seconds From the whole head to the reply.\n"
                 "# TYPE hdhost_request_duration_seconds histogram\n");
  for (const auto& [route, durations] : durations_) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < bounds_us_.size(); ++i) {
      below += durations.buckets[i];
      fmt::format_to(add, "hdhost_request_duration_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n", route,
                     static_cast<double>(bounds_us_[i]) / 1e6, below);
    }
    fmt::format_to(add,
                   "hdhost_request_duration_seconds_bucket{{route=\"{0}\",le=\"+Inf\"}} {1}\n"
                   "hdhost_request_duration_seconds_sum{{route=\"{0}\"}} {2}\n"
                   "hdhost_request_duration_seconds_count{{route=\"{0}\"}} {1}\n",
                   route, durations.count, static_cast<double>(durations.sum_us) / 1e6);
  }
  const auto gauge = [&](std::string_view name, std::string_view help, auto value) {
    fmt::format_to(add, "# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name, help, value);
  };
  gauge("hdhost_in_flight", "Calls that the plugin has not answered.", in_flight);
  gauge("hdhost_queue", "Calls that wait for a thread.", queued);
  gauge("hdhost_connections", "Open connections.", connections);
  std::string overruns =
      "# HELP hdhost_overruns_total Calls past their deadline.\n# TYPE hdhost_overruns_total counter\n";
  fmt::format_to(add, "# HELP hdhost_breaker_open 1 while calls are refused.\n# TYPE hdhost_breaker_open gauge\n");
  for (const helpdesk::Registration& registration : plugin.registrations()) {
    const std::string labels = fmt::format(
        "{{kind=\"{}\",id=\"{}\"}}", helpdesk::kind_name(registration.declaration->kind), registration.declaration->id);
    fmt::format_to(add, "hdhost_breaker_open{} {}\n", labels, registration.breaker.is_open() ? 1 : 0);
    overruns += fmt::format("hdhost_overruns_total{} {}\n", labels, registration.breaker.overruns());
  }
  return out + overruns;
}

}  // namespace hdhost
