// What a bench found: one line of the table and one object of the JSON file.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "measure.hpp"

namespace bench {

struct Result {
  std::string name;
  double value = 0;
  std::string unit;
  std::string better = "lower";
  double bar = 0;
  bool pass = false;
  boost::json::object detail;
  std::string skipped;  // why it did not run; empty when it ran
};

struct Options {
  std::vector<std::string> only;  // empty: all
  std::filesystem::path json;     // empty: none
  std::filesystem::path data = ".build/bench-data";
  std::size_t engagements = 2'000'000;
};

/// Each runs one bench. Throws when the run broke.
Result panel_open(const Options& options);
Result panel_open_growth(const Options& options);
Result panel_history(const Options& options);
Result webhook_accept(const Options& options);
Result webhook_kill9(const Options& options);
Result fault_deadline(const Options& options);

/// value is a ratio whose bar is from above.
Result ratio_below(std::string name, double value, double bar, boost::json::object detail);

/// Median and spread of one side, in microseconds.
boost::json::object spread(const std::vector<double>& samples_us);
/// Both sides of a pair with the spread of their ratio.
boost::json::object spread(const Pairs& pairs, std::string_view a, std::string_view b);
double rounded(double value);

void print_table(const std::vector<Result>& results);
void write_json(const std::vector<Result>& results, const std::filesystem::path& file);

}  // namespace bench
