#include <algorithm>
#include <array>
#include <cmath>

#include "core/matching/learn.hpp"
#include "core/matching/parallel.hpp"
#include "core/matching/rates.hpp"

namespace identities::matching {
namespace {

/// What is assumed of one person's records where a set says little, as if so many pairs had said it.
constexpr double kAssumedPairs = 8;
constexpr std::size_t kMostTrainingPairs = 30'000;  // of one pass; more give the same rates
constexpr int kMostRounds = 40;

/// The compared pairs of one pass, as EM needs them.
struct Training {
  std::vector<Outcomes> outcomes;
  std::vector<double> strangers;  // log2 of how likely the outcomes are between strangers
  std::vector<double> own;        // and those of the columns that strangers and people who share something have alike
};

/// Does r keep to u there? In texts those who share something share some words, too.
bool is_fixed(const ColumnModel& column, std::size_t outcome) {
  return column.own && (column.comparator != Comparator::kWords || outcome < 2);
}

Training compare_all(const Model& model, const Table& table, const std::vector<Pair>& pairs, std::uint32_t left_out) {
  Training training{std::vector<Outcomes>(pairs.size()), std::vector<double>(pairs.size()),
                    std::vector<double>(pairs.size())};
  for (std::size_t at = 0; at < pairs.size(); ++at) {
    Outcomes& outcomes = training.outcomes[at];
    table.compare_records(left_of(pairs[at]), right_of(pairs[at]), outcomes);
    for (std::size_t column = 0; column < model.columns.size(); ++column) {
      if ((left_out >> column & 1) != 0 || outcomes[column] == kMissing) continue;
      const Column& of = table.columns()[column];
      const ColumnModel& learnt = model.columns[column];
      const double rate =
          outcomes[column] == 0 ? rate_of_value(model, learnt, of.counts[of.records[left_of(pairs[at])]]) : 0;
      const double bits = bits_of(model, column, outcomes, rate).strangers;
      training.strangers[at] += bits;
      if (is_fixed(learnt, outcomes[column])) training.own[at] += bits;
    }
  }
  return training;
}

using AllRates = std::vector<Rates>;

struct Learnt {
  AllRates m = AllRates(kMostColumns);  // sums of probabilities
  AllRates r = AllRates(kMostColumns);
  double persons = 0;  // pairs of one person, expected
  double related = 0;  // and of people who share something
};

/// One step of EM: what is expected of the pairs by these rates, which is what the next rates are made of.
Learnt expect(const Model& model, const Training& training, std::uint32_t left_out, const AllRates& m,
              const AllRates& r, double share, double related_share) {
  const std::size_t columns = model.columns.size();
  AllRates person(columns);
  AllRates related(columns);
  for (std::size_t at = 0; at < columns; ++at) {
    if ((left_out >> at & 1) != 0) continue;
    for (std::size_t each = 0; each < outcomes_of(model.columns[at].comparator); ++each) {
      person[at][each] = std::log2(std::max(m[at][each], 1e-9));
      related[at][each] = is_fixed(model.columns[at], each) ? 0 : std::log2(std::max(r[at][each], 1e-9));
    }
  }
  Learnt learnt;
  const double strangers_share = std::log2(std::max(1 - share - related_share, 1e-6));
  for (std::size_t pair = 0; pair < training.outcomes.size(); ++pair) {
    double of_person = std::log2(share);
    double of_related = std::log2(related_share) + training.own[pair];
    const double of_strangers = strangers_share + training.strangers[pair];
    for (std::size_t at = 0; at < columns; ++at) {
      const std::uint8_t outcome = training.outcomes[pair][at];
      if (outcome == kMissing) continue;
      of_person += person[at][outcome];
      of_related += related[at][outcome];
    }
    const double most = std::max({of_person, of_related, of_strangers});
    const double sum = std::exp2(of_person - most) + std::exp2(of_related - most) + std::exp2(of_strangers - most);
    const double is_person = std::exp2(of_person - most) / sum;
    const double is_related = std::exp2(of_related - most) / sum;
    learnt.persons += is_person;
    learnt.related += is_related;
    for (std::size_t at = 0; at < columns; ++at) {
      const std::uint8_t outcome = training.outcomes[pair][at];
      if (outcome == kMissing) continue;
      learnt.m[at][outcome] += is_person;
      learnt.r[at][outcome] += is_related;
    }
  }
  return learnt;
}

void set_persons(Rates& m, const Rates& sums, const ColumnModel& column) {
  const std::size_t outcomes = outcomes_of(column.comparator);
  const Rates usual = assumed_rates(column.comparator);
  for (std::size_t each = 0; each < outcomes; ++each) m[each] = sums[each] + kAssumedPairs * usual[each];
  normalise(m, outcomes);
  keep_order(m, column.u, outcomes);
  normalise(m, outcomes);
}

void set_related(Rates& r, const Rates& sums, const ColumnModel& column) {
  const std::size_t outcomes = outcomes_of(column.comparator);
  for (std::size_t each = 0; each < outcomes; ++each) r[each] = sums[each] + 2 * column.u[each];
  normalise(r, outcomes);
  for (std::size_t each = 0; each < outcomes; ++each) {
    if (is_fixed(column, each)) r[each] = column.u[each];
  }
  if (column.own) normalise(r, outcomes);
}

Learnt expectation_maximisation(const Model& model, const Training& training, std::uint32_t left_out) {
  const std::size_t columns = model.columns.size();
  AllRates m(columns);
  AllRates r(columns);
  for (std::size_t at = 0; at < columns; ++at) {
    m[at] = model.columns[at].m;
    // Whoever shares something is taken to share all that is not his own, so that only what is his own tells the two
    // apart at first. From one person a set with families else would begin with the families.
    for (std::size_t each = 0; each < kMostOutcomes; ++each)
      r[at][each] = 0.9 * m[at][each] + 0.1 * model.columns[at].u[each];
  }
  const double pairs = static_cast<double>(training.outcomes.size());
  double share = 0.2;
  double related_share = 0.2;
  Learnt learnt;
  for (int round = 0; round < kMostRounds; ++round) {
    learnt = expect(model, training, left_out, m, r, share, related_share);
    const double before = share + related_share;
    share = std::clamp(learnt.persons / pairs, 1e-4, 0.999);
    related_share = std::clamp(learnt.related / pairs, 1e-6, 0.9);
    for (std::size_t at = 0; at < columns; ++at) {
      if ((left_out >> at & 1) != 0) continue;
      set_persons(m[at], learnt.m[at], model.columns[at]);
      set_related(r[at], learnt.r[at], model.columns[at]);
    }
    if (std::abs(share + related_share - before) < 1e-4) break;
  }
  return learnt;
}

}  // namespace

void learn_persons(Model& model, const Table& table, const Blocking& blocking, const std::vector<Pass>& passes,
                   std::size_t threads) {
  std::vector<Learnt> learnt(passes.size());
  in_parallel(passes.size(), threads, [&](std::size_t at) {
    const std::size_t sample = passes[at].pairs / kMostTrainingPairs + 1;
    std::vector<Pair> pairs;
    blocking.add_pairs(passes[at], sample, pairs);
    sort_pairs(pairs);
    if (pairs.empty()) return;
    learnt[at] =
        expectation_maximisation(model, compare_all(model, table, pairs, passes[at].columns), passes[at].columns);
  });
  for (std::size_t column = 0; column < model.columns.size(); ++column) {
    Rates m{};
    Rates r{};
    for (std::size_t at = 0; at < passes.size(); ++at) {
      if ((passes[at].columns >> column & 1) != 0) continue;
      // A pass that finds more pairs has no more to say than that many.
      const double limit = std::min(1.0, 2000 / std::max(learnt[at].persons, 1.0));
      const double related_limit = std::min(1.0, 2000 / std::max(learnt[at].related, 1.0));
      for (std::size_t each = 0; each < kMostOutcomes; ++each) {
        m[each] += learnt[at].m[column][each] * limit;
        r[each] += learnt[at].r[column][each] * related_limit;
      }
    }
    set_persons(model.columns[column].m, m, model.columns[column]);
    set_related(model.columns[column].r, r, model.columns[column]);
  }
}

std::vector<Pass> training_passes(const Table& table, const std::vector<Pass>& passes) {
  constexpr std::size_t kMostPasses = 8;
  constexpr std::size_t kMostUses = 3;
  constexpr std::size_t kLeastPairs = 20;
  std::vector<Pass> chosen;
  std::array<std::size_t, kMostColumns> uses{};
  const auto choose = [&](const Pass& pass) {
    chosen.push_back(pass);
    for (std::size_t column = 0; column < kMostColumns; ++column) uses[column] += pass.columns >> column & 1;
  };
  // A selective pass finds few strangers, so that one person, those who share something and strangers come apart.
  for (const Pass& pass : passes) {
    if (chosen.size() >= kMostPasses) break;
    if (pass.pairs > 2 * table.size() || pass.pairs < kLeastPairs) continue;
    const bool known =
        std::any_of(chosen.begin(), chosen.end(), [&](const Pass& each) { return each.columns == pass.columns; });
    bool worn = false;
    for (std::size_t column = 0; column < kMostColumns; ++column)
      worn = worn || ((pass.columns >> column & 1) != 0 && uses[column] >= kMostUses);
    if (!known && !worn) choose(pass);
  }
  // A column is learnt by passes without it: where all look at one, the most selective of the others joins them.
  for (std::size_t column = 0; column < table.columns().size(); ++column) {
    if (uses[column] < chosen.size()) continue;
    const Pass* best = nullptr;
    for (const Pass& pass : passes) {
      if ((pass.columns >> column & 1) != 0 || pass.pairs < kLeastPairs || 3 * pass.reached < table.size()) continue;
      if (best == nullptr || pass.pairs < best->pairs) best = &pass;
    }
    if (best != nullptr) choose(*best);
  }
  return chosen;
}

}  // namespace identities::matching
