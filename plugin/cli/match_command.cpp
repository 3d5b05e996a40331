#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <set>

#include "cli/commands.hpp"
#include "cli/csv_file.hpp"
#include "cli/progress.hpp"
#include "cli/result_file.hpp"
#include "core/matching/matcher.hpp"

namespace identities::cli {
namespace {

using namespace identities::matching;

struct MappedColumn {
  std::size_t column;
  Field field;
};

struct Mapping {
  std::size_t id = 0;
  std::vector<MappedColumn> fields;
};

std::string names_of_fields() {
  std::string names = "id";
  for (std::size_t at = 0; at <= static_cast<std::size_t>(Field::kOther); ++at)
    names += fmt::format(", {}", name_of(static_cast<Field>(at)));
  return names;
}

std::string names_of_columns(const CsvFile& file) {
  std::string names;
  for (const std::string_view name : file.header()) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  return names;
}

std::size_t column_named(const CsvFile& file, std::string_view name) {
  const auto& header = file.header();
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end())
    throw std::runtime_error(
        fmt::format("--map: there is no column \"{}\"; the file has {}", name, names_of_columns(file)));
  return static_cast<std::size_t>(found - header.begin());
}

Mapping mapping_of(const CsvFile& file, const std::vector<std::string>& map) {
  Mapping mapping;
  bool has_id = false;
  std::set<std::size_t> used;
  for (const std::string& each : map) {
    const auto equals = each.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == each.size())
      throw std::runtime_error(
          fmt::format("--map: \"{}\" is no mapping; expected column=field, such as surname=surname", each));
    const std::size_t column = column_named(file, std::string_view(each).substr(0, equals));
    const std::string_view field = std::string_view(each).substr(equals + 1);
    // Else it would agree with itself, as two kinds of evidence.
    if (!used.insert(column).second)
      throw std::runtime_error(
          fmt::format("--map: the column \"{}\" is mapped twice; map each column to one field", file.header()[column]));
    if (field == "id") {
      if (has_id) throw std::runtime_error("--map: two columns are the id; one column tells the records apart");
      has_id = true;
      mapping.id = column;
      continue;
    }
    const std::optional<Field> known = field_named(field);
    if (!known)
      throw std::runtime_error(
          fmt::format("--map: there is no field \"{}\"; the fields are {}", field, names_of_fields()));
    mapping.fields.push_back({column, *known});
  }
  if (!has_id)
    throw std::runtime_error("--map: no column is the id; add the one that tells the records apart, as COLUMN=id");
  if (mapping.fields.empty())
    throw std::runtime_error(
        "--map: nothing to compare; map at least two columns, such as surname=surname,dob=birth_date");
  return mapping;
}

void check_ids(const CsvFile& file, const Mapping& mapping) {
  std::map<std::string_view, std::size_t> rows;
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const std::string_view id = file.cell(row, mapping.id);
    if (id.empty())
      throw std::runtime_error(
          fmt::format("line {}: the id is empty; give every record an id of its own", file.line_of(row)));
    const auto [found, is_new] = rows.emplace(id, row);
    if (!is_new)
      throw std::runtime_error(
          fmt::format("lines {} and {} have the same id; give every record an id of its own, or map another column",
                      file.line_of(found->second), file.line_of(row)));
  }
}

Table table_of(const CsvFile& file, const Mapping& mapping) {
  Table table(file.rows());
  std::vector<std::string_view> texts(file.rows());
  for (const MappedColumn& each : mapping.fields) {
    for (std::size_t row = 0; row < file.rows(); ++row) texts[row] = file.cell(row, each.column);
    table.add(each.field, std::string(file.header()[each.column]), texts);
  }
  if (table.groups() < kLeastAgreeing)
    throw std::runtime_error(fmt::format(
        "--map: all that is mapped is one kind of evidence; two kinds that agree make a pair, so map another column, "
        "such as an address or a date (the file has {})",
        names_of_columns(file)));
  return table;
}

std::string_view word_for(const Column& column, std::uint8_t outcome) {
  if (outcome == kMissing) return "missing";
  if (outcome == 0) return "same";
  if (outcome + 1U == outcomes_of(column.comparator)) return "different";
  const bool is_name = column.comparator == Comparator::kGiven || column.comparator == Comparator::kSurname;
  return is_name && outcome == 3 ? "crossed" : "similar";
}

/// "surname same; dob similar; email missing": what was compared and how it came out, never a value.
std::string reasons_of(const Table& table, Pair pair) {
  Outcomes outcomes{};
  table.compare_records(left_of(pair), right_of(pair), outcomes);
  std::string reasons;
  const auto& columns = table.columns();
  for (std::size_t at = 0; at < columns.size(); ++at) {
    const bool is_part = columns[at].comparator == Comparator::kGiven && at + 1 < columns.size() &&
                         columns[at + 1].label == columns[at].label;
    const bool is_rest =
        columns[at].comparator == Comparator::kSurname && at > 0 && columns[at - 1].label == columns[at].label;
    reasons += fmt::format("{}{}{} {}", reasons.empty() ? "" : "; ", columns[at].label,
                           is_part   ? " (given)"
                           : is_rest ? " (surname)"
                                     : "",
                           word_for(columns[at], outcomes[at]));
  }
  return reasons;
}

std::string text_of(const MatchOptions& options, const CsvFile& file, const Mapping& mapping, const Table& table,
                    const std::vector<Scored>& pairs) {
  std::string text = options.reasons ? "id_l,id_r,weight,reasons\n" : "id_l,id_r,weight\n";
  for (const Scored& each : pairs) {
    text += csv_field(file.cell(left_of(each.pair), mapping.id)) + ',' +
            csv_field(file.cell(right_of(each.pair), mapping.id)) + fmt::format(",{:.2f}", each.weight);
    if (options.reasons) text += ',' + csv_field(reasons_of(table, each.pair));
    text += '\n';
  }
  return text;
}

}  // namespace

void match(const MatchOptions& options) {
  if (!std::isfinite(options.least_weight))
    throw std::runtime_error("--min: expected a number of bits, such as 3 (odds of 8 to 1)");
  require_writable(options.output, options.input);
  const CsvFile file(options.input);
  const Mapping mapping = mapping_of(file, options.map);
  check_ids(file, mapping);
  const Table table = table_of(file, mapping);
  Found found;
  {
    Progress progress(true);
    found = find_pairs(table, {options.threads, options.least_weight, false, [&](double share) { progress(share); }});
  }
  // The surest first; ties in the order of the file, so that the same file always gives the same bytes.
  std::stable_sort(found.pairs.begin(), found.pairs.end(),
                   [](const Scored& a, const Scored& b) { return a.weight > b.weight; });
  write_result(options.output, text_of(options, file, mapping, table, found.pairs));
  const auto strong = std::count_if(found.pairs.begin(), found.pairs.end(),
                                    [](const Scored& each) { return each.weight >= kStrongWeight; });
  fmt::print(options.output == "-" ? stderr : stdout,
             "{} records, {} pairs compared: {} pairs of weight {:g} or more, {} of them strong (6 or more), in {}\n",
             table.size(), found.compared, found.pairs.size(), options.least_weight, strong, options.output.string());
}

}  // namespace identities::cli
