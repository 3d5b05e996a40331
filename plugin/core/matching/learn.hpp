// Learns a model from a set's own records, without labels: how often strangers agree, from random pairs; how often one
// person's records do, by EM (Dempster, Laird, Rubin 1977) over the pairs of one blocking pass at a time, without that
// pass's columns: within a pass those agree for everybody. One EM over the union of all passes would degenerate.
#pragma once

#include <cstddef>
#include <vector>

#include "core/matching/blocking.hpp"
#include "core/matching/model.hpp"

namespace identities::matching {

/// Pairs and how they compare, so that they can be weighed again and again.
struct Compared {
  std::vector<Pair> pairs;
  std::vector<Outcomes> outcomes;
};

Compared compare_pairs(const Table& table, std::vector<Pair> pairs, std::size_t threads);

/// A model of the table's columns that has learnt nothing yet.
Model untrained(const Table& table);

/// Pairs at random, the same ones every time; all pairs where they are fewer.
std::vector<Pair> random_pairs(std::size_t records, std::size_t wanted);

/// Sets the rates of strangers by these pairs, each as far as the model takes it for strangers.
void learn_strangers(Model& model, const Table& table, const Compared& random, std::size_t threads);

/// Sets the rates of one person's records by the pairs of these passes.
void learn_persons(Model& model, const Table& table, const Blocking& blocking, const std::vector<Pass>& passes,
                   std::size_t threads);

/// The passes to learn from: selective ones, such that each column is left out of some and looked at by others.
std::vector<Pass> training_passes(const Table& table, const std::vector<Pass>& passes);

/// The probability that has these bits of log odds.
double probability_of(double bits);

}  // namespace identities::matching
