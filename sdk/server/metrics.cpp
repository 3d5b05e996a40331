#include "metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace hdhost {

void Metrics::count(std::string_view route, int status, std::int64_t duration_us) {
  const auto bound = std::lower_bound(bounds_us_.begin(), bounds_us_.end(), duration_us);
  const std::lock_guard lock(requests_.mutex);
  auto found = requests_.by_route.find(route);
  if (found == requests_.by_route.end()) found = requests_.by_route.emplace(std::string(route), OfRoute{}).first;
  OfRoute& counts = found->second;
  ++counts.by_status[status];
  if (bound != bounds_us_.end()) ++counts.buckets[static_cast<std::size_t>(bound - bounds_us_.begin())];
  ++counts.count;
  counts.sum_us += duration_us;
}

std::string Metrics::text(const helpdesk::LoadedPlugin& plugin) const {
  std::string out = "# HELP hdhost_requests_total Requests answered.\n# TYPE hdhost_requests_total counter\n";
  std::string durations =
      "# HELP hdhost_request_duration_seconds From the whole head to the reply.\n"
      "# TYPE hdhost_request_duration_seconds histogram\n";
  const auto add = std::back_inserter(out);
  const auto add_duration = std::back_inserter(durations);
  std::unique_lock lock(requests_.mutex);
  for (const auto& [route, counts] : requests_.by_route) {
    for (const auto& [status, count] : counts.by_status) {
      fmt::format_to(add, "hdhost_requests_total{{route=\"{}\",status=\"{}\"}} {}\n", route, status, count);
    }
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < bounds_us_.size(); ++i) {
      below += counts.buckets[i];
      fmt::format_to(add_duration, "hdhost_request_duration_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n", route,
                     static_cast<double>(bounds_us_[i]) / 1e6, below);
    }
    fmt::format_to(add_duration,
                   "hdhost_request_duration_seconds_bucket{{route=\"{0}\",le=\"+Inf\"}} {1}\n"
                   "hdhost_request_duration_seconds_sum{{route=\"{0}\"}} {2}\n"
                   "hdhost_request_duration_seconds_count{{route=\"{0}\"}} {1}\n",
                   route, counts.count, static_cast<double>(counts.sum_us) / 1e6);
  }
  lock.unlock();
  out += durations;
  const auto gauge = [&](std::string_view name, std::string_view help, auto value) {
    fmt::format_to(add, "# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name, help, value);
  };
  gauge("hdhost_in_flight", "Calls that the plugin has not answered.", in_flight.load());
  gauge("hdhost_queue", "Calls that wait for a thread.", queued.load());
  gauge("hdhost_connections", "Open connections.", connections.load());
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
