// Finds the pairs of a set that are one person's, without labels and without knowing the set: learns its model, chooses
// its blocking passes, and weighs what they bring together. The same records give the same pairs, whatever the number
// of threads. Pairs only: nothing is chained.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/matching/blocking.hpp"
#include "core/matching/model.hpp"

namespace identities::matching {

struct Scored {
  Pair pair = 0;
  double weight = 0;
  std::size_t agreeing = 0;
};

struct Search {
  std::size_t threads = 2;
  double least_weight = 0;  // what is below is not told
  bool only_learn = false;  // a model and passes, no pairs
  /// Gets the share that is done, from this thread.
  std::function<void(double)> progress;
};

struct Found {
  Model model;
  std::vector<Pass> passes;  // empty: all pairs were compared
  std::size_t compared = 0;
  std::vector<Scored> pairs;    // by their records' numbers
  double expected_persons = 0;  // pairs of one person among all that were compared
};

/// REQUIRES: the table outlives nothing of what is found.
Found find_pairs(const Table& table, const Search& search);

/// Chooses at most seven passes that together find what is worth finding in about that many pairs. pairs: some that are
/// probably one person's.
std::vector<Pass> choose_passes(const Blocking& blocking, std::vector<Pass> passes, const std::vector<Pair>& pairs,
                                std::size_t most_pairs, std::size_t threads);

}  // namespace identities::matching
