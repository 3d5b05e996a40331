#include "clock.hpp"

#include <chrono>

namespace helpdesk {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t now_us() const override { return microseconds_of(std::chrono::system_clock::now()); }
  std::int64_t monotonic_us() const override { return microseconds_of(std::chrono::steady_clock::now()); }

 private:
  template <typename Time>
  static std::int64_t microseconds_of(Time time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace helpdesk
