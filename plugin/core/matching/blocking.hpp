// Which pairs are compared at all: those that share a key of a pass. A pass is one part of a field or two together,
// such as the sound of a surname with a year of birth. Which passes a set needs is chosen by its own values
// (choose.hpp). Immutable once built; threads share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/matching/table.hpp"

namespace identities::matching {

/// Two records, the smaller number above the other.
using Pair = std::uint64_t;
constexpr Pair pair_of(std::uint32_t one, std::uint32_t other) {
  return one < other ? std::uint64_t{one} << 32 | other : std::uint64_t{other} << 32 | one;
}
constexpr std::uint32_t left_of(Pair pair) {
  return static_cast<std::uint32_t>(pair >> 32);
}
constexpr std::uint32_t right_of(Pair pair) {
  return static_cast<std::uint32_t>(pair);
}

/// The records of a larger block are compared with their neighbours only, in the order of their most telling column.
constexpr std::size_t kMostInBlock = 100;
constexpr std::size_t kNeighbours = 5;

/// The parts of a value that make keys, in an order that is the same for all values of a comparator; empty where the
/// value has no such part. The first one is the whole value.
std::vector<std::string> parts_of(Comparator comparator, Group group, const Value& value);

/// Of a text; 0 of none. The same on every machine, so that keys may be stored.
std::uint64_t hash_of(std::string_view text);
/// Of two, in that order.
std::uint64_t hash_of(std::uint64_t one, std::uint64_t other);

/// A part of a column's values that makes keys.
struct Part {
  std::size_t column = 0;
  std::size_t number = 0;  // in parts_of; beyond it: the rarest words of a text
  /// Of each value; a text has one for each of its rarest words, all else one or none.
  std::vector<std::vector<std::uint64_t>> keys;
};

struct Pass {
  std::size_t part = 0;
  std::size_t other = 0;             // the same as part: it is alone
  std::uint32_t columns = 0;         // a bit for each that it looks at
  std::size_t pairs = 0;             // that it makes
  std::size_t reached = 0;           // records that have a key
  std::vector<std::uint64_t> large;  // keys of blocks that are larger than kMostInBlock, ascending
};

class Blocking {
 public:
  explicit Blocking(const Table& table);

  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  /// Every pass that reaches a tenth of the records and makes at most that many pairs, the one that reaches most
  /// first.
  [[nodiscard]] std::vector<Pass> passes(std::size_t most_pairs, std::size_t threads) const;
  /// Adds the pairs of a pass to a list, some perhaps twice. sample: only those of which one record's number is a
  /// multiple of it.
  void add_pairs(const Pass& pass, std::size_t sample, std::vector<Pair>& pairs) const;
  /// Does the pass find this pair for sure? In large blocks it may or may not.
  [[nodiscard]] bool finds(const Pass& pass, Pair pair) const;

 private:
  struct Keyed {
    std::uint64_t key;
    std::uint32_t record;
  };
  [[nodiscard]] std::vector<Keyed> keyed(const Pass& pass) const;
  /// Calls each(key, record).
  template <typename Each>
  void for_keys(const Pass& pass, Each&& each) const;
  void count(Pass& pass) const;
  void add_block(const std::vector<Keyed>& block, std::size_t sample, std::vector<Pair>& pairs) const;

  const Table& table_;
  std::vector<Part> parts_;
  std::vector<std::uint32_t> order_;  // of each record, its place by the most telling column
};

/// Sorts and drops what is there twice.
void sort_pairs(std::vector<Pair>& pairs);

}  // namespace identities::matching
