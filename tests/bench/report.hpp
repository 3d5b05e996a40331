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

enum class DatabaseKind : std::uint8_t { kMariadb, kSqlite };

struct Options {
  std::vector<std::string> only;  // empty: all
  std::filesystem::path json;     // empty: none
  std::filesystem::path data = ".build/bench-data";
  std::filesystem::path mariadb_data = "mariadb";  // below data
  std::size_t engagements = 2'000'000;
  std::size_t pairs = 5'000;
  std::size_t seconds = 10;  // of load in each round of hdhost.* and of webhook.lag
  std::size_t buffer_pool_mb = 4'096;
};

/// The bars are MariaDB's: a row of SQLite says so.
std::string name_on(std::string_view name, DatabaseKind kind);

/// Each runs a bench, or several that one load shows. Throws when the run broke.
std::vector<Result> panel_open(const Options& options, DatabaseKind kind);
std::vector<Result> panel_open_growth(const Options& options, DatabaseKind kind);
std::vector<Result> panel_history(const Options& options, DatabaseKind kind);
std::vector<Result> resolve_known(const Options& options, DatabaseKind kind);
std::vector<Result> hdhost_load(const Options& options, DatabaseKind kind);
std::vector<Result> webhook_load(const Options& options, DatabaseKind kind);
std::vector<Result> webhook_kill9(const Options& options, DatabaseKind kind);
std::vector<Result> fault_deadline(const Options& options, DatabaseKind kind);
std::vector<Result> match_labelled(const Options& options, DatabaseKind kind);
std::vector<Result> match_50k(const Options& options, DatabaseKind kind);
std::vector<Result> merge_and_undo(const Options& options, DatabaseKind kind);
std::vector<Result> match_one(const Options& options, DatabaseKind kind);

/// Prints where the time of one opening on MariaDB goes.
void print_parts(const Options& options);

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
