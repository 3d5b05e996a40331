#include "breaker.hpp"

#include <algorithm>

namespace helpdesk {

Admission Breaker::admit(std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  if (!open_) return Admission::normal;
  if (now_us < open_until_us_ || probing_) return Admission::refused;
  probing_ = true;
  return Admission::probe;
}

void Breaker::settle(Admission admission, Outcome outcome, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  if (outcome == Outcome::overran) ++overruns_;
  if (admission == Admission::probe) {
    probing_ = false;
    if (outcome == Outcome::in_time) {
      open_ = false;
      recent_ = 0;
    } else if (outcome == Outcome::overran) {
      open_until_us_ = now_us + open_us;
    }
    return;
  }
  if (admission == Admission::refused || outcome != Outcome::overran || open_) return;
  if (recent_ == last_us_.size()) {
    std::shift_left(last_us_.begin(), last_us_.end(), 1);
    --recent_;
  }
  last_us_[recent_++] = now_us;
  if (recent_ == last_us_.size() && now_us - last_us_.front() <= window_us) {
    open_ = true;
    open_until_us_ = now_us + open_us;
  }
}

bool Breaker::is_open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::uint64_t Breaker::overruns() const {
  const std::lock_guard lock(mutex_);
  return overruns_;
}

std::int64_t Breaker::retry_after_s(std::int64_t now_us) const {
  const std::lock_guard lock(mutex_);
  return std::max<std::int64_t>(1, (open_until_us_ - now_us + 999'999) / 1'000'000);
}

}  // namespace helpdesk
