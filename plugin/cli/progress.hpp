// The progress bar of a command that takes long. One thread.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <string>

namespace identities::cli {

/// On a terminal only: one line that is written over.
class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown && ::isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void operator()(double share) {
    const int percent = static_cast<int>(std::lround(100 * share));
    if (!shown_ || percent == told_) return;
    told_ = percent;
    fmt::print(stderr, "\r[{:<40}] {} %", std::string(static_cast<std::size_t>(percent * 40 / 100), '#'), percent);
    std::fflush(stderr);
  }

 private:
  const bool shown_;
  int told_ = -1;
};

}  // namespace identities::cli
