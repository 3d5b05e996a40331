#include "report.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <fstream>

namespace bench {

namespace json = boost::json;

std::string name_on(std::string_view name, DatabaseKind kind) {
  return std::string(name) + (kind == DatabaseKind::kSqlite ? ".sqlite" : "");
}

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

Result ratio_below(std::string name, double value, double bar, json::object detail) {
  return {std::move(name), value, "x floor", "lower", bar, value <= bar, std::move(detail), {}};
}

json::object spread(const std::vector<double>& samples_us) {
  double sum = 0;
  for (const double sample : samples_us) sum += sample;
  return {{"median_us", rounded(median(samples_us))},
          {"mean_us", rounded(sum / static_cast<double>(samples_us.size()))},
          {"p10_us", rounded(quantile(samples_us, 0.1))},
          {"p90_us", rounded(quantile(samples_us, 0.9))},
          {"p99_us", rounded(quantile(samples_us, 0.99))}};
}

json::object spread(const Pairs& pairs, std::string_view a, std::string_view b) {
  json::object object{{"pairs", pairs.a_us.size()},
                      {"ratio", rounded(pairs.ratio())},
                      {a, spread(pairs.a_us)},
                      {b, spread(pairs.b_us)}};
  if (const std::vector<double> tenths = pairs.ratio_of_tenths(); !tenths.empty())
    object["ratio_of_tenths"] = json::array{rounded(quantile(tenths, 0)), rounded(quantile(tenths, 1))};
  return object;
}

void print_table(const std::vector<Result>& results) {
  fmt::print("{:<24} {:>10} {:<14} {:>10}  {}\n", "name", "value", "unit", "bar", "");
  for (const Result& result : results) {
    if (!result.skipped.empty())
      fmt::print("{:<24} {:>10} {:<14} {:>10}  skipped: {}\n", result.name, "", "", "", result.skipped);
    else
      fmt::print("{:<24} {:>10.3f} {:<14} {:>2} {:>7.2f}  {}\n", result.name, result.value, result.unit,
                 result.better == "lower" ? "<=" : ">=", result.bar, result.pass ? "pass" : "MISSED");
  }
}

void write_json(const std::vector<Result>& results, const std::filesystem::path& file) {
  json::array list;
  for (const Result& result : results) {
    if (!result.skipped.empty()) {
      list.push_back(json::object{{"name", result.name}, {"skipped", result.skipped}});
      continue;
    }
    list.push_back(json::object{{"name", result.name},
                                {"value", rounded(result.value)},
                                {"unit", result.unit},
                                {"better", result.better},
                                {"bar", result.bar},
                                {"pass", result.pass},
                                {"detail", result.detail}});
  }
  std::ofstream out(file);
  out << json::serialize(list) << '\n';
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace bench
