#include "core/matching/model.hpp"

#include <algorithm>
#include <cmath>

namespace identities::matching {

double rate_of_value(const Model& model, const ColumnModel& column, double count) {
  // Not counted: this record, and the copies of its own person that have the value, too.
  const double others = std::max(count - 1 - model.copies * column.m[0], 0.5);
  return others / std::max(model.records, 1.0);
}

Bits bits_of(const Model& model, std::size_t column, const Outcomes& outcomes, double equal_rate) {
  const ColumnModel& of = model.columns[column];
  const std::uint8_t outcome = outcomes[column];
  if (outcome == kMissing) return {};
  const bool beside = of.parent >= 0 && outcomes[static_cast<std::size_t>(of.parent)] == 0;
  double u = beside ? of.u_beside_parent[outcome] : of.u[outcome];
  double r = of.r[outcome];
  if (outcome == 0) {
    u = beside ? std::max(u, equal_rate) : equal_rate;
    // What people who share something do not share by nature is as rare between them as its value is.
    if (of.own) r = equal_rate;
  }
  return {std::log2(of.m[outcome]), std::log2(u), std::log2(r)};
}

Weighed weigh(const Model& model, const Outcomes& outcomes, const std::array<double, kMostColumns>& equal_rates) {
  double person = model.prior;  // against strangers
  double related = model.related;
  std::array<double, 16> by_group{};
  Weighed weighed;
  for (std::size_t column = 0; column < model.columns.size(); ++column) {
    if (outcomes[column] == kMissing) continue;
    const Bits bits = bits_of(model, column, outcomes, equal_rates[column]);
    const double speaks = bits.person - bits.strangers;
    person += speaks;
    related += bits.related - bits.strangers;
    const Group group = model.columns[column].group;
    if (group != Group::kOther) {
      by_group[static_cast<std::size_t>(group)] += speaks;
    } else if (speaks >= kAgreeingBits) {
      ++weighed.agreeing;
    }
  }
  weighed.agreeing += static_cast<std::size_t>(
      std::count_if(by_group.begin(), by_group.end(), [](double bits) { return bits >= kAgreeingBits; }));
  const double others = 1 + std::exp2(std::min(related, 500.0));
  weighed.weight = person - std::log2(others);
  weighed.strangers = 1 / (others + std::exp2(std::min(person, 500.0)));
  return weighed;
}

Weighed weigh_records(const Model& model, const Table& table, std::size_t left, const Outcomes& outcomes) {
  std::array<double, kMostColumns> rates{};
  for (std::size_t at = 0; at < table.columns().size(); ++at) {
    if (outcomes[at] != 0) continue;
    const Column& column = table.columns()[at];
    rates[at] = rate_of_value(model, model.columns[at], column.counts[column.records[left]]);
  }
  return weigh(model, outcomes, rates);
}

}  // namespace identities::matching
