#include "core/matching/model.hpp"

#include <algorithm>
#include <cmath>

namespace identities::matching {

double rate_of_value(const Model& model, const ColumnModel& column, double count) {
  // Not counted: this record, and the copies of its own person that have the value, too.
  const double others = std::max(count - 1 - model.copies * column.m[0], 0.5);
  return others / std::max(model.records, 1.0);
}

double bits_of(const Model& model, std::size_t column, const Outcomes& outcomes, double equal_rate) {
  const ColumnModel& of = model.columns[column];
  const std::uint8_t outcome = outcomes[column];
  if (outcome == kMissing) return 0;
  const bool beside = of.parent >= 0 && outcomes[static_cast<std::size_t>(of.parent)] == 0;
  double u = beside ? of.u_beside_parent[outcome] : of.u[outcome];
  if (outcome == 0) u = beside ? std::max(u, equal_rate) : equal_rate;
  return std::log2(of.m[outcome] / u);
}

Weighed weigh(const Model& model, const Outcomes& outcomes, const std::array<double, kMostColumns>& equal_rates) {
  Weighed weighed{.weight = model.prior};
  std::array<double, 16> by_group{};
  for (std::size_t column = 0; column < model.columns.size(); ++column) {
    const double bits = bits_of(model, column, outcomes, equal_rates[column]);
    weighed.weight += bits;
    const Group group = model.columns[column].group;
    if (group != Group::kOther) {
      by_group[static_cast<std::size_t>(group)] += bits;
    } else if (bits >= kAgreeingBits) {
      ++weighed.agreeing;
    }
  }
  weighed.agreeing += static_cast<std::size_t>(
      std::count_if(by_group.begin(), by_group.end(), [](double bits) { return bits >= kAgreeingBits; }));
  return weighed;
}

Weighed weigh_records(const Model& model, const Table& table, std::size_t left, std::size_t right, Outcomes& outcomes) {
  table.compare_records(left, right, outcomes);
  std::array<double, kMostColumns> rates{};
  for (std::size_t at = 0; at < table.columns().size(); ++at) {
    if (outcomes[at] != 0) continue;
    const Column& column = table.columns()[at];
    rates[at] = rate_of_value(model, model.columns[at], column.counts[column.records[left]]);
  }
  return weigh(model, outcomes, rates);
}

}  // namespace identities::matching
