#include "core/matching/matcher.hpp"

#include <algorithm>
#include <cmath>

#include "core/matching/learn.hpp"
#include "core/matching/parallel.hpp"

namespace identities::matching {
namespace {

constexpr std::size_t kRandomPairs = 300'000;
constexpr std::size_t kAllPairs = 4'000'000;  // so many are compared without choosing any
constexpr std::size_t kPairsOfRecord = 40;    // that blocking may make, on average
constexpr std::size_t kPairsOfStored =
    10;  // the same where passes serve a database that grows beyond what was learnt from
constexpr std::size_t kSampleRecords = 2'500;  // that passes are tried on
constexpr std::size_t kMostTriedPasses = 40;
constexpr std::size_t kMostPasses = 7;

class Run {
 public:
  Run(const Table& table, const Search& search) : table_(table), search_(search), blocking_(table) {}

  Found run() {
    found_.model = untrained(table_);
    if (table_.size() < 2 || table_.columns().empty()) return std::move(found_);
    const Compared random = compare_pairs(table_, random_pairs(table_.size(), kRandomPairs), search_.threads);
    learn_strangers(found_.model, table_, random, search_.threads);
    tell(0.1);
    const std::size_t most = (search_.only_learn ? kPairsOfStored : kPairsOfRecord) * table_.size();
    // What would take more than two shares of all that may be compared is never chosen, so it is not tried either.
    const std::vector<Pass> passes = blocking_.passes(2 * most / kMostPasses, search_.threads);
    tell(0.2);
    const std::vector<Pass> training = training_passes(table_, passes);
    learn_persons(found_.model, table_, blocking_, training, search_.threads);
    tell(0.3);
    const std::vector<Pair> likely = try_passes(passes);
    learn_strangers(found_.model, table_, random, search_.threads);
    learn_persons(found_.model, table_, blocking_, training, search_.threads);
    tell(0.4);
    try_passes(passes);
    if (search_.only_learn) {
      found_.passes = choose_passes(blocking_, passes, likely, most, search_.threads);
    } else {
      weigh_all(pairs_to_compare(passes, likely, most));
    }
    tell(1);
    return std::move(found_);
  }

 private:
  void tell(double share) const {
    if (search_.progress) search_.progress(share);
  }

  /// What a part of the pairs came to.
  struct Sums {
    std::vector<Scored> scored;
    double persons = 0;
    double related = 0;
  };

  void weigh_pair(Pair pair, const Outcomes& outcomes, double least, Sums& sums) const {
    const std::uint32_t left = left_of(pair);
    const std::uint32_t right = right_of(pair);
    if (table_.generations_differ(left, right)) return;
    const Weighed weighed = weigh_records(found_.model, table_, left, outcomes);
    const double persons = probability_of(weighed.weight);
    sums.related += std::max(0.0, 1 - persons - weighed.strangers);
    if (weighed.agreeing < kLeastAgreeing) return;
    sums.persons += persons;
    if (weighed.weight >= least) sums.scored.push_back({pair, weighed.weight, weighed.agreeing});
  }

  /// Weighs them piece by piece: work(piece, begin, end, sums) weighs some.
  template <typename Work>
  Sums in_pieces(std::size_t pairs, double from, double to, Work&& work) {
    constexpr std::size_t kPiece = 16'384;
    constexpr std::size_t kRound = 32;  // pieces between two words about the progress
    const std::size_t pieces = (pairs + kPiece - 1) / kPiece;
    std::vector<Sums> found(pieces);
    for (std::size_t first = 0; first < pieces; first += kRound) {
      in_parallel(std::min(kRound, pieces - first), search_.threads, [&](std::size_t at) {
        const std::size_t begin = (first + at) * kPiece;
        work(begin, std::min(pairs, begin + kPiece), found[first + at]);
      });
      tell(from + (to - from) * static_cast<double>(first) / static_cast<double>(pieces));
    }
    Sums all;
    for (Sums& each : found) {
      all.scored.insert(all.scored.end(), each.scored.begin(), each.scored.end());
      all.persons += each.persons;
      all.related += each.related;
      each = {};
    }
    return all;
  }

  /// Compares what any of many passes brings together with a sample of the records. Sets how many pairs are expected
  /// to be one person's; returns those that probably are.
  std::vector<Pair> try_passes(const std::vector<Pass>& passes) {
    const std::size_t sample = (table_.size() + kSampleRecords - 1) / kSampleRecords;
    if (tried_.pairs.empty()) {
      std::vector<std::vector<Pair>> found(std::min(passes.size(), kMostTriedPasses));
      in_parallel(found.size(), search_.threads, [&](std::size_t at) {
        blocking_.add_pairs(passes[at], sample, found[at]);
        sort_pairs(found[at]);
      });
      std::vector<Pair> pairs;
      for (const std::vector<Pair>& each : found) pairs.insert(pairs.end(), each.begin(), each.end());
      sort_pairs(pairs);
      tried_ = compare_pairs(table_, std::move(pairs), search_.threads);
    }
    // Each pair of one person is met if one of its records is in the sample.
    const double met = 1 - std::pow(1 - 1.0 / static_cast<double>(sample), 2);
    const double all = static_cast<double>(table_.size()) * (static_cast<double>(table_.size()) - 1) / 2;
    Sums sums;
    if (found_.model.related < -30) found_.model.related = found_.model.prior;
    for (int round = 0; round < 3; ++round) {
      sums = in_pieces(tried_.pairs.size(), 0.4, 0.4, [&](std::size_t begin, std::size_t end, Sums& into) {
        for (std::size_t at = begin; at < end; ++at) weigh_pair(tried_.pairs[at], tried_.outcomes[at], 0, into);
      });
      const double persons = std::max(sums.persons / met, 1.0);
      const double strangers = std::max(all - persons, 1.0);
      found_.model.prior = std::log2(persons / strangers);
      found_.model.related = std::log2(std::max(sums.related / met, 0.01) / strangers);
      found_.model.copies = 2 * sums.persons / met / static_cast<double>(table_.size());
    }
    const std::vector<Scored>& scored = sums.scored;
    std::vector<Pair> likely;
    likely.reserve(scored.size());
    for (const Scored& each : scored) likely.push_back(each.pair);
    return likely;
  }

  std::vector<Pair> pairs_to_compare(const std::vector<Pass>& passes, const std::vector<Pair>& likely,
                                     std::size_t most) {
    const std::size_t all = table_.size() * (table_.size() - 1) / 2;
    if (all <= kAllPairs) return random_pairs(table_.size(), all);
    found_.passes = choose_passes(blocking_, passes, likely, most, search_.threads);
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
    Sums sums = in_pieces(pairs.size(), 0.5, 1, [&](std::size_t begin, std::size_t end, Sums& into) {
      Outcomes outcomes{};
      for (std::size_t at = begin; at < end; ++at) {
        table_.compare_records(left_of(pairs[at]), right_of(pairs[at]), outcomes);
        weigh_pair(pairs[at], outcomes, search_.least_weight, into);
      }
    });
    found_.compared = pairs.size();
    found_.pairs = std::move(sums.scored);
    found_.expected_persons = sums.persons;
  }

  const Table& table_;
  const Search& search_;
  const Blocking blocking_;
  Compared tried_;
  Found found_;
};

}  // namespace

std::vector<Pass> choose_passes(const Blocking& blocking, std::vector<Pass> passes, const std::vector<Pair>& pairs,
                                std::size_t most_pairs, std::size_t threads) {
  passes.resize(std::min(passes.size(), kMostTriedPasses));
  // Which pairs each pass finds is asked once; the rest is counting.
  std::vector<std::vector<std::size_t>> finds(passes.size());
  in_parallel(passes.size(), threads, [&](std::size_t pass) {
    for (std::size_t at = 0; at < pairs.size(); ++at) {
      if (blocking.finds(passes[pass], pairs[at])) finds[pass].push_back(at);
    }
  });
  std::vector<bool> covered(pairs.size());
  std::vector<Pass> chosen;
  std::size_t left = most_pairs;
  while (chosen.size() < kMostPasses) {
    std::size_t best = passes.size();
    double best_worth = 0;
    for (std::size_t at = 0; at < passes.size(); ++at) {
      // The last passes must not find that the first ones took all.
      if (passes[at].pairs > 2 * left / (kMostPasses - chosen.size())) continue;
      const auto gain = static_cast<std::size_t>(
          std::count_if(finds[at].begin(), finds[at].end(), [&](std::size_t pair) { return !covered[pair]; }));
      const std::size_t cost = passes[at].pairs + most_pairs / 40;
      const double worth = static_cast<double>(gain) / std::sqrt(static_cast<double>(cost));
      if (gain * 1000 < pairs.size() || gain == 0 || worth <= best_worth) continue;
      best = at;
      best_worth = worth;
    }
    if (best == passes.size()) break;
    chosen.push_back(passes[best]);
    left -= std::min(left, passes[best].pairs);
    for (const std::size_t pair : finds[best]) covered[pair] = true;
  }
  return chosen;
}

Found find_pairs(const Table& table, const Search& search) {
  return Run(table, search).run();
}

}  // namespace identities::matching
