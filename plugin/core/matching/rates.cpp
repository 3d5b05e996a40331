#include "core/matching/rates.hpp"

#include <vector>

namespace identities::matching {

Rates assumed_rates(Comparator comparator) {
  switch (comparator) {
    case Comparator::kGiven:
    case Comparator::kSurname:
      return {0.78, 0.10, 0.05, 0.02, 0.05};
    case Comparator::kDate:
      return {0.85, 0.06, 0.03, 0.02, 0.04};
    case Comparator::kEmail:
      return {0.60, 0.03, 0.08, 0.07, 0.08, 0.14};
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

void normalise(Rates& rates, std::size_t outcomes) {
  double sum = 0;
  for (std::size_t at = 0; at < outcomes; ++at) sum += rates[at];
  for (std::size_t at = 0; at < outcomes; ++at) rates[at] /= sum;
}

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

}  // namespace identities::matching
