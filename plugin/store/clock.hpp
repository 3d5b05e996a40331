// Time as the host gives it, so that tests and hosts decide what "now" is. Thread-safe when its functions are.
#pragma once

#include <functional>

#include "core/timestamp.hpp"

namespace identities {

struct Clock {
  std::function<Microseconds()> now_us;        // since 1970 UTC
  std::function<Microseconds()> monotonic_us;  // deadlines are on this one
};

/// The system's own clocks; for the admin command and for tests that do not care.
Clock system_clock();

}  // namespace identities
