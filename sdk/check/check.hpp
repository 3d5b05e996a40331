// check.hpp: one question about a plugin, asked in a process of its own. Plain values; one thread unless a check makes
// more itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "report.hpp"

namespace hdcheck {

// What a check is about and may use.
struct Asked {
  std::filesystem::path manifest;
  std::filesystem::path config;  // empty: the plugin gets {}
  std::int32_t kind = 0;         // checks of one handler
  std::string id;
  std::int64_t slack_ms = 100;  // how late an answer may be before it counts as late
};

// Thrown by a check that fails.
struct Failed {
  Fault fault;
};

struct Check {
  const char* name;
  bool per_handler;
  std::vector<const char*> needs;  // skipped where one of these failed; of the same handler when both are per handler
  void (*run)(const Asked& asked, Report& report);
};

// All, in the order in which they run.
const std::vector<Check>& all_checks();

// Of life_checks.cpp: manifest, library, create, start, ready, process, stop.
std::vector<Check> first_life_checks();
std::vector<Check> last_life_checks();
// Of handler_checks.cpp.
std::vector<Check> handler_checks();

}  // namespace hdcheck
