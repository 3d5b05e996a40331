// Steps of learning on the rates of one column's outcomes. Pure and thread-safe.
#pragma once

#include "core/matching/model.hpp"

namespace identities::matching {

/// How one person's records compare in most sets: where learning begins, and what stays where a set says little.
Rates assumed_rates(Comparator comparator);

/// Makes the first so many add up to one. REQUIRES: one of them is more than 0.
void normalise(Rates& rates, std::size_t outcomes);

/// Changes m so that a better outcome never says less than a worse one: where few pairs make it seem so, both are taken
/// together (pool adjacent violators). REQUIRES: no u of them is 0.
void keep_order(Rates& m, const Rates& u, std::size_t outcomes);

}  // namespace identities::matching
