#include "core/matching/matcher.hpp"

#include <algorithm>
#include <cmath>

#include "core/matching/learn.hpp"
#include "core/matching/parallel.hpp"

namespace identities::matching {
namespace {

constexpr std::size_t kRandomPairs = 500'000;
constexpr std::size_t kAllPairs = 4'000'000;   // so many are compared without choosing any
constexpr std::size_t kPairsOfRecord = 40;     // that blocking may make, on average
constexpr std::size_t kSampleRecords = 3'000;  // that passes are tried on
constexpr std::size_t kMostTriedPasses = 48;
constexpr std::size_t kMostPasses = 7;

class Run {
 public:
  Run(const Table& table, const Search& search) : table_(table), search_(search), blocking_(table) {}

  Found run() {
    found_.model = untrained(table_);
    if (table_.size() < 2 || table_.columns().empty()) return std::move(found_);
    const std::vector<Pair> random = random_pairs(table_.size(), kRandomPairs);
    learn_strangers(found_.model, table_, random, search_.threads);
    tell(0.1);
    const std::size_t most = kPairsOfRecord * table_.size();
    std::vector<Pass> passes = blocking_.passes(most, search_.threads);
    tell(0.2);
    const std::vector<Pass> training = training_passes(table_, passes);
    learn_persons(found_.model, table_, blocking_, training, search_.threads);
    tell(0.3);
    const std::vector<Pair> likely = try_passes(passes);
    learn_strangers(found_.model, table_, random, search_.threads);
    learn_persons(found_.model, table_, blocking_, training, search_.threads);
    tell(0.4);
    try_passes(passes);
    weigh_all(pairs_to_compare(passes, likely, most));
    tell(1);
    return std::move(found_);
  }

 private:
  void tell(double share) const {
    if (search_.progress) search_.progress(share);
  }

  std::vector<Scored> weigh_pairs(const std::vector<Pair>& pairs, double least, double from, double to) {
    constexpr std::size_t kPiece = 16'384;
    const std::size_t pieces = (pairs.size() + kPiece - 1) / kPiece;
    std::vector<std::vector<Scored>> found(pieces);
    std::vector<double> expected(pieces);
    std::vector<double> related(pieces);
    constexpr std::size_t kRound = 32;  // between two words about the progress
    for (std::size_t first = 0; first < pieces; first += kRound) {
      in_parallel(std::min(kRound, pieces - first), search_.threads, [&](std::size_t at) {
        const std::size_t piece = first + at;
        const std::size_t end = std::min(pairs.size(), (piece + 1) * kPiece);
        Outcomes outcomes{};
        for (std::size_t each = piece * kPiece; each < end; ++each) {
          const std::uint32_t left = left_of(pairs[each]);
          const std::uint32_t right = right_of(pairs[each]);
          if (table_.generations_differ(left, right)) continue;
          const Weighed weighed = weigh_records(found_.model, table_, left, right, outcomes);
          const double persons = probability_of(weighed.weight);
          related[piece] += std::max(0.0, 1 - persons - weighed.strangers);
          if (weighed.agreeing >= kLeastAgreeing) expected[piece] += persons;
          if (weighed.weight < least || weighed.agreeing < kLeastAgreeing) continue;
          found[piece].push_back({pairs[each], weighed.weight, weighed.agreeing});
        }
      });
      tell(from + (to - from) * static_cast<double>(first) / static_cast<double>(pieces));
    }
    found_.expected_persons = 0;
    expected_related_ = 0;
    std::vector<Scored> all;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      all.insert(all.end(), found[piece].begin(), found[piece].end());
      found_.expected_persons += expected[piece];
      expected_related_ += related[piece];
    }
    return all;
  }

  /// Compares what any of many passes brings together with a sample of the records. Sets how many pairs are expected
  /// to be one person's; returns those that probably are.
  std::vector<Pair> try_passes(const std::vector<Pass>& passes) {
    const std::size_t sample = (table_.size() + kSampleRecords - 1) / kSampleRecords;
    if (tried_.empty()) {
      std::vector<std::vector<Pair>> found(std::min(passes.size(), kMostTriedPasses));
      in_parallel(found.size(), search_.threads, [&](std::size_t at) {
        blocking_.add_pairs(passes[at], sample, found[at]);
        sort_pairs(found[at]);
      });
      for (const std::vector<Pair>& each : found) tried_.insert(tried_.end(), each.begin(), each.end());
      sort_pairs(tried_);
    }
    std::vector<Scored> scored;
    if (found_.model.related < -30) found_.model.related = found_.model.prior;
    for (int round = 0; round < 3; ++round) {
      scored = weigh_pairs(tried_, 0, 0.4, 0.4);
      // Each pair of one person counts for both of its records, and is met if one of them is in the sample.
      const double met = 1 - std::pow(1 - 1.0 / static_cast<double>(sample), 2);
      const double pairs = found_.expected_persons / met;
      const double persons = std::max(pairs, 1.0);
      const double all = static_cast<double>(table_.size()) * (static_cast<double>(table_.size()) - 1) / 2;
      found_.model.prior = std::log2(persons / std::max(all - persons, 1.0));
      found_.model.related = std::log2(std::max(expected_related_ / met, 0.01) / std::max(all - persons, 1.0));
      found_.model.copies = 2 * pairs / static_cast<double>(table_.size());
    }
    std::vector<Pair> likely;
    for (const Scored& each : scored) likely.push_back(each.pair);
    return likely;
  }

  std::vector<Pair> pairs_to_compare(const std::vector<Pass>& passes, const std::vector<Pair>& likely,
                                     std::size_t most) {
    const std::size_t all = table_.size() * (table_.size() - 1) / 2;
    if (all <= kAllPairs) return random_pairs(table_.size(), all);
    found_.passes = choose_passes(blocking_, passes, likely, most);
    std::vector<std::vector<Pair>> found(found_.passes.size());
    in_parallel(found.size(), search_.threads, [&](std::size_t at) {
      blocking_.add_pairs(found_.passes[at], 1, found[at]);
      sort_pairs(found[at]);
    });
    std::vector<Pair> pairs;
    for (std::vector<Pair>& each : found) {
      const auto middle = static_cast<std::ptrdiff_t>(pairs.size());
      pairs.insert(pairs.end(), each.begin(), each.end());
      std::inplace_merge(pairs.begin(), pairs.begin() + middle, pairs.end());
      each = {};
    }
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    return pairs;
  }

  void weigh_all(const std::vector<Pair>& pairs) {
    found_.compared = pairs.size();
    found_.pairs = weigh_pairs(pairs, search_.least_weight, 0.5, 1);
  }

  const Table& table_;
  const Search& search_;
  const Blocking blocking_;
  std::vector<Pair> tried_;
  double expected_related_ = 0;
  Found found_;
};

}  // namespace

std::vector<Pass> choose_passes(const Blocking& blocking, std::vector<Pass> passes, const std::vector<Pair>& pairs,
                                std::size_t most_pairs) {
  passes.resize(std::min(passes.size(), kMostTriedPasses));
  std::vector<bool> covered(pairs.size());
  std::vector<Pass> chosen;
  std::size_t left = most_pairs;
  while (chosen.size() < kMostPasses) {
    const Pass* best = nullptr;
    double best_worth = 0;
    for (const Pass& pass : passes) {
      // The last passes must not find that the first ones took all.
      if (pass.pairs > 2 * left / (kMostPasses - chosen.size())) continue;
      std::size_t gain = 0;
      for (std::size_t at = 0; at < pairs.size(); ++at)
        gain += !covered[at] && blocking.shares_key(pass, pairs[at]) ? 1 : 0;
      const double worth = static_cast<double>(gain) / std::sqrt(static_cast<double>(pass.pairs + most_pairs / 20));
      if (gain * 2000 < pairs.size() || gain == 0 || worth <= best_worth) continue;
      best = &pass;
      best_worth = worth;
    }
    if (best == nullptr) break;
    chosen.push_back(*best);
    left -= std::min(left, best->pairs);
    for (std::size_t at = 0; at < pairs.size(); ++at) {
      if (!covered[at] && blocking.shares_key(*best, pairs[at])) covered[at] = true;
    }
  }
  return chosen;
}

Found find_pairs(const Table& table, const Search& search) {
  return Run(table, search).run();
}

}  // namespace identities::matching
