// process_state.hpp: what of this process belongs to the host and must be as it was after a plugin ran in it. One
// thread at a time.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "report.hpp"

namespace hdcheck {

class ProcessState {
 public:
  static ProcessState now();
  // The first thing of the process that `later` has otherwise: signal handlers, the thread's signal mask, locale,
  // working directory, umask, environment.
  std::optional<Fault> difference(const ProcessState& later) const;

 private:
  std::map<std::string, std::string> parts_;
};

// How many threads and open descriptors this process has.
struct Resources {
  std::size_t threads = 0;
  std::size_t descriptors = 0;
  static Resources now();
};

}  // namespace hdcheck
