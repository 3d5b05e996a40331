#include "core/matching/learn.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "core/matching/parallel.hpp"

namespace identities::matching {
namespace {

/// What is assumed of one person's records where a set says little, as if so many pairs had said it.
constexpr double kAssumedPairs = 8;
constexpr std::size_t kMostTrainingPairs = 30'000;  // of one pass; more give the same rates
constexpr int kMostRounds = 40;
constexpr double kSurely = 0.98;

Rates assumed(Comparator comparator) {
  switch (comparator) {
    case Comparator::kGiven:
    case Comparator::kSurname:
      return {0.78, 0.10, 0.05, 0.02, 0.05};
    case Comparator::kDate:
      return {0.85, 0.06, 0.03, 0.02, 0.04};
    case Comparator::kEmail:
      return {0.60, 0.10, 0.07, 0.08, 0.15};
    case Comparator::kPhone:
    case Comparator::kCode:
    case Comparator::kPlace:
      return {0.75, 0.08, 0.04, 0.13};
    case Comparator::kNumber:
      return {0.60, 0.12, 0.08, 0.08, 0.12};
    case Comparator::kWords:
      return {0.40, 0.16, 0.12, 0.10, 0.08, 0.14};
  }
  return {};
}

/// Rates that add up to one; none is 0, because nothing is impossible.
void normalise(Rates& rates, std::size_t outcomes) {
  double sum = 0;
  for (std::size_t at = 0; at < outcomes; ++at) sum += rates[at];
  for (std::size_t at = 0; at < outcomes; ++at) rates[at] /= sum;
}

/// A better outcome never says less than a worse one: where few pairs make it seem so, both are taken together.
void keep_order(Rates& m, const Rates& u, std::size_t outcomes) {
  struct Block {
    double m;
    double u;
    std::size_t end;
  };
  std::vector<Block> blocks;
  for (std::size_t at = 0; at < outcomes; ++at) {
    blocks.push_back({m[at], u[at], at + 1});
    while (blocks.size() > 1) {
      Block& before = blocks[blocks.size() - 2];
      const Block& last = blocks.back();
      if (before.m * last.u >= last.m * before.u) break;
      before = {before.m + last.m, before.u + last.u, last.end};
      blocks.pop_back();
    }
  }
  std::size_t at = 0;
  for (const Block& block : blocks) {
    for (; at < block.end; ++at) m[at] = block.m / block.u * u[at];
  }
}

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

}  // namespace

namespace {

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
    added.m = assumed(column.comparator);
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

namespace {

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
  const Rates usual = assumed(column.comparator);
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
