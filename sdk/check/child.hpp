// child.hpp: runs this program again for one check, with a time limit, and says how it went. Whatever the check's
// process does, its group is gone afterwards. One thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "report.hpp"

namespace hdcheck {

struct ChildOptions {
  std::chrono::milliseconds limit_ms{10'000};
  bool shows_output = false;  // lets what the plugin prints through to standard error
};

// Nothing when the check passed; else its fault, or what became of its process. Throws std::system_error when this
// program cannot be started again.
std::optional<Fault> run_child(const std::vector<std::string>& arguments, const ChildOptions& options);

}  // namespace hdcheck
