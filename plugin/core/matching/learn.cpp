#include "core/matching/learn.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "core/matching/parallel.hpp"
#include "core/matching/rates.hpp"

namespace identities::matching {
namespace {

constexpr double kSurely = 0.98;  // of strangers

/// What some pairs say of one column.
struct Tally {
  std::array<Rates, kMostColumns> outcomes{};
  std::array<std::array<Rates, kMostColumns>, kMostColumns> beside{};  // [column][an equal other column]
  void add(const Tally& other) {
    for (std::size_t column = 0; column < kMostColumns; ++column) {
      for (std::size_t at = 0; at < kMostOutcomes; ++at) {
        outcomes[column][at] += other.outcomes[column][at];
        for (std::size_t parent = 0; parent < kMostColumns; ++parent)
          beside[column][parent][at] += other.beside[column][parent][at];
      }
    }
  }
};

Tally tally(const Model& model, const Table& table, const Compared& random, std::size_t threads) {
  constexpr std::size_t kPiece = 16'384;
  const std::size_t columns = table.columns().size();
  const std::vector<Pair>& pairs = random.pairs;
  std::vector<Tally> pieces((pairs.size() + kPiece - 1) / kPiece);
  in_parallel(pieces.size(), threads, [&](std::size_t piece) {
    Tally& own = pieces[piece];
    const std::size_t end = std::min(pairs.size(), (piece + 1) * kPiece);
    for (std::size_t at = piece * kPiece; at < end; ++at) {
      const Outcomes& outcomes = random.outcomes[at];
      const Weighed weighed = weigh_records(model, table, left_of(pairs[at]), outcomes);
      const double strangers = weighed.strangers;
      for (std::size_t column = 0; column < columns; ++column) {
        if (outcomes[column] == kMissing) continue;
        own.outcomes[column][outcomes[column]] += strangers;
        // Only what is surely of strangers tells which columns go together by nature; a person's own records agree in
        // all.
        if (outcomes[column] != 0 || strangers < kSurely) continue;
        for (std::size_t other = 0; other < columns; ++other) {
          if (other != column && outcomes[other] != kMissing) own.beside[other][column][outcomes[other]] += strangers;
        }
      }
    }
  });
  Tally all;
  for (const Tally& each : pieces) all.add(each);
  return all;
}

double sum_of(const Rates& rates) {
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
}

/// How often two records at random have the same value, by the counts of all values.
double equal_by_counts(const Column& column) {
  double pairs = 0;
  for (std::size_t value = 1; value < column.counts.size(); ++value) {
    const double count = column.counts[value];
    pairs += count * (count - 1);
  }
  const double filled = static_cast<double>(column.filled);
  return filled < 2 ? 0 : pairs / (filled * (filled - 1));
}

/// May a column's agreement come of another one's? What is rarer explains what is more frequent, and addresses are made
/// out of names.
bool may_explain(const Model& model, std::size_t other, std::size_t at) {
  const ColumnModel& by = model.columns[other];
  const ColumnModel& column = model.columns[at];
  if (other == at || by.comparator == Comparator::kEmail) return false;
  if (column.comparator == Comparator::kEmail) return by.group == Group::kName;
  return by.u[0] < column.u[0] || (by.u[0] == column.u[0] && other < at);
}

/// Of these rates, those that agree: of addresses also the similar ones, since most are similar by their names.
double agreeing(const ColumnModel& column, const Rates& rates) {
  if (column.comparator != Comparator::kEmail) return rates[0];
  double sum = 0;
  for (std::size_t at = 0; at + 1 < outcomes_of(column.comparator); ++at) sum += rates[at];
  return sum;
}

/// Finds a column that this one depends on: the one that explains most agreements.
void choose_parent(Model& model, std::size_t at, const Tally& all) {
  constexpr double kLeastAgreements = 25;
  constexpr double kLeastLift = 1.5;
  ColumnModel& column = model.columns[at];
  column.parent = -1;
  double best = 0;
  for (std::size_t other = 0; other < model.columns.size(); ++other) {
    const Rates& beside = all.beside[at][other];
    const double agreements = agreeing(column, beside);
    if (!may_explain(model, other, at) || agreements < kLeastAgreements) continue;
    const double lift = agreements / sum_of(beside) / agreeing(column, column.u);
    const double gain = agreements * std::log2(std::max(lift, 1.0));
    if (lift < kLeastLift || gain <= best) continue;
    best = gain;
    column.parent = static_cast<int>(other);
    const std::size_t outcomes = outcomes_of(column.comparator);
    for (std::size_t each = 0; each < outcomes; ++each)
      column.u_beside_parent[each] = beside[each] + 2 * column.u[each];
    normalise(column.u_beside_parent, outcomes);
  }
}

/// What people who share something have each for themselves: their given names, birth dates and numbers. A set that has
/// none of those is told apart by its most telling column.
void choose_own(Model& model, const Table& table) {
  bool any = false;
  std::size_t telling = 0;
  double least = 2;
  for (std::size_t at = 0; at < model.columns.size(); ++at) {
    ColumnModel& column = model.columns[at];
    const double filled = static_cast<double>(table.columns()[at].filled) / std::max(model.records, 1.0);
    column.own = column.comparator == Comparator::kGiven || column.group == Group::kBirth ||
                 column.group == Group::kId || column.group == Group::kHandle;
    any = any || (column.own && filled >= 0.1);
    const double score = column.u[0] + (1 - filled);
    if (score < least) {
      least = score;
      telling = at;
    }
  }
  if (!any && !model.columns.empty()) model.columns[telling].own = true;
}

}  // namespace

Compared compare_pairs(const Table& table, std::vector<Pair> pairs, std::size_t threads) {
  constexpr std::size_t kPiece = 8'192;
  Compared compared{std::move(pairs), {}};
  compared.outcomes.resize(compared.pairs.size());
  in_parallel((compared.pairs.size() + kPiece - 1) / kPiece, threads, [&](std::size_t piece) {
    const std::size_t end = std::min(compared.pairs.size(), (piece + 1) * kPiece);
    for (std::size_t at = piece * kPiece; at < end; ++at)
      table.compare_records(left_of(compared.pairs[at]), right_of(compared.pairs[at]), compared.outcomes[at]);
  });
  return compared;
}

double probability_of(double bits) {
  return 1 / (1 + std::exp2(-bits));
}

Model untrained(const Table& table) {
  Model model;
  model.records = static_cast<double>(table.size());
  model.prior = -std::log2(std::max(2.0, model.records));
  for (const Column& column : table.columns()) {
    ColumnModel& added = model.columns.emplace_back();
    added.comparator = column.comparator;
    added.group = column.group;
    added.m = assumed_rates(column.comparator);
    const std::size_t outcomes = outcomes_of(column.comparator);
    added.u[0] = std::max(equal_by_counts(column), 0.5 / std::max(model.records, 1.0));
    for (std::size_t at = 1; at < outcomes; ++at) added.u[at] = at + 1 < outcomes ? 0.02 : 1;
    normalise(added.u, outcomes);
    added.r = added.u;
  }
  choose_own(model, table);
  return model;
}

std::vector<Pair> random_pairs(std::size_t records, std::size_t wanted) {
  std::vector<Pair> pairs;
  if (records < 2) return pairs;
  if (records * (records - 1) / 2 <= wanted) {
    for (std::uint32_t left = 0; left < records; ++left) {
      for (std::uint32_t right = left + 1; right < records; ++right) pairs.push_back(pair_of(left, right));
    }
    return pairs;
  }
  std::mt19937_64 random(20261125);  // NOLINT(cert-msc51-cpp,cert-msc32-c): the same pairs every time
  while (pairs.size() < wanted) {
    const auto left = static_cast<std::uint32_t>(random() % records);
    const auto right = static_cast<std::uint32_t>(random() % records);
    if (left != right) pairs.push_back(pair_of(left, right));
  }
  return pairs;
}

void learn_strangers(Model& model, const Table& table, const Compared& random, std::size_t threads) {
  const Tally all = tally(model, table, random, threads);
  for (std::size_t at = 0; at < model.columns.size(); ++at) {
    ColumnModel& column = model.columns[at];
    const std::size_t outcomes = outcomes_of(column.comparator);
    const double met = sum_of(all.outcomes[at]);
    // What was never met by chance is as rare as the number of pairs allows to say.
    for (std::size_t each = 0; each < outcomes; ++each) column.u[each] = (all.outcomes[at][each] + 0.5) / (met + 2);
    normalise(column.u, outcomes);
  }
  for (std::size_t at = 0; at < model.columns.size(); ++at) choose_parent(model, at, all);
}

}  // namespace identities::matching
