// Problem details (RFC 9457) for whoever posts webhooks: what is wrong, where (JSON Pointer), found, expected, and what
// to do. Never a value of the delivery. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json_reader.hpp"

namespace identities::accounts {

/// An answer other than success; becomes application/problem+json.
struct Problem {
  int status = 500;
  std::string_view type;  // "unsigned", "stale-timestamp" ...: the last part of the problem's type URI
  std::string_view title;
  std::string detail;
  Faults faults;
  std::optional<Microseconds> server_time_us;  // when a timestamp is the fault
  std::optional<int> retry_after_s;
};

std::string problem_json(const Problem& problem, std::string_view request_id);

/// The faults as a JSON array of {pointer, expected, found}.
std::string faults_json(const Faults& faults);

}  // namespace identities::accounts
