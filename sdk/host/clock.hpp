// clock.hpp: the two times that a host hands out. Any thread may call; whoever makes a Clock keeps it until the last
// plugin that got it is destroyed. Tests bring their own.
#pragma once

#include <cstdint>

namespace helpdesk {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_us() const = 0;        // since 1970 UTC
  virtual std::int64_t monotonic_us() const = 0;  // never steps
};

// The machine's own clocks.
const Clock& system_clock();

}  // namespace helpdesk
