// report.hpp: how a check's process tells the one that waits for it what it does and what it found: lines of fields
// parted by tabs on one descriptor. Report is the child's side; its static lines are safe in a signal handler.
#pragma once

#include <string>
#include <string_view>

namespace hdcheck {

struct Fault {
  std::string what;
  std::string expected;
  std::string found;
};

inline constexpr int report_descriptor = 3;
inline constexpr std::string_view step_word = "step";
inline constexpr std::string_view passed_word = "passed";
inline constexpr std::string_view fault_word = "fault";

class Report {
 public:
  // What is done from now on; shown when the process does not live to say more.
  void step(std::string_view text);
  void passed();
  void fault(const Fault& fault);
  // "fault\twhat\texpected\tfound\n", already put together. Safe in a signal handler.
  static void write_line(const char* line, std::size_t size);
};

}  // namespace hdcheck
