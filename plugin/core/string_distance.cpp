#include "core/string_distance.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace identities {
namespace {

constexpr std::size_t kShort = 64;

/// Which places of a text are taken, one bit a byte. Texts of up to 64 bytes need no memory of their own.
class Places {
 public:
  explicit Places(std::size_t size) : more_(size > kShort ? (size + 63) / 64 : 0) {}
  [[nodiscard]] bool has(std::size_t at) const { return ((word(at) >> (at % 64)) & 1) != 0; }
  void take(std::size_t at) { (more_.empty() ? one_ : more_[at / 64]) |= std::uint64_t{1} << (at % 64); }

 private:
  [[nodiscard]] std::uint64_t word(std::size_t at) const { return more_.empty() ? one_ : more_[at / 64]; }

  std::uint64_t one_ = 0;
  std::vector<std::uint64_t> more_;
};

struct Common {
  std::size_t matching = 0;
  std::size_t out_of_order = 0;  // twice the number of transpositions
};

/// Of two texts of at most 64 bytes, by one word of bits each and no branch that depends on the letters.
/// REQUIRES: window >= 1.
Common common_short(std::string_view left, std::string_view right, std::size_t window) {
  std::array<std::uint64_t, 256> places;  // where each letter stands in right; filled for the letters of both alone
  for (const char c : left) places[static_cast<unsigned char>(c)] = 0;
  for (const char c : right) places[static_cast<unsigned char>(c)] = 0;
  for (std::size_t j = 0; j < right.size(); ++j) places[static_cast<unsigned char>(right[j])] |= std::uint64_t{1} << j;
  std::uint64_t left_taken = 0;
  std::uint64_t right_taken = 0;
  std::uint64_t reach = (std::uint64_t{1} << window) - 1;  // window is at most 32
  for (std::size_t i = 0; i < left.size(); ++i) {
    const std::uint64_t found = places[static_cast<unsigned char>(left[i])] & reach & ~right_taken;
    right_taken |= found & (~found + 1);
    left_taken |= std::uint64_t{found != 0} << i;
    reach = i + 1 < window ? (reach << 1) | 1 : reach << 1;
  }
  Common common{.matching = static_cast<std::size_t>(std::popcount(left_taken))};
  for (; left_taken != 0; left_taken &= left_taken - 1, right_taken &= right_taken - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left_taken));
    const auto j = static_cast<std::size_t>(std::countr_zero(right_taken));
    common.out_of_order += left[i] != right[j] ? 1U : 0U;
  }
  return common;
}

/// The same of texts of any length.
Common common_long(std::string_view left, std::string_view right, std::size_t window) {
  Places left_taken(left.size());
  Places right_taken(right.size());
  Common common;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const std::size_t from = i >= window ? i - window + 1 : 0;
    const std::size_t to = std::min(right.size(), i + window);
    for (std::size_t j = from; j < to; ++j) {
      if (left[i] != right[j] || right_taken.has(j)) continue;
      left_taken.take(i);
      right_taken.take(j);
      ++common.matching;
      break;
    }
  }
  std::size_t j = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!left_taken.has(i)) continue;
    while (!right_taken.has(j)) ++j;
    common.out_of_order += left[i] != right[j++] ? 1U : 0U;
  }
  return common;
}

}  // namespace

double jaro_winkler(std::string_view left, std::string_view right) {
  if (left.empty() || right.empty()) return left.empty() && right.empty() ? 1 : 0;
  if (left == right) return 1;
  // Jaro lets equal bytes match that stand less than half the longer length apart.
  const std::size_t window = std::max<std::size_t>(1, std::max(left.size(), right.size()) / 2);
  const bool is_short = left.size() <= kShort && right.size() <= kShort;
  const Common common = is_short ? common_short(left, right, window) : common_long(left, right, window);
  if (common.matching == 0) return 0;
  const auto matching = static_cast<double>(common.matching);
  const std::size_t transposed = common.out_of_order / 2;
  const double jaro = (matching / static_cast<double>(left.size()) + matching / static_cast<double>(right.size()) +
                       (matching - static_cast<double>(transposed)) / matching) /
                      3;
  // Winkler gives the prefix its weight only where the rest is somewhat alike.
  if (jaro <= 0.7) return jaro;
  const std::size_t most = std::min({left.size(), right.size(), std::size_t{4}});
  std::size_t prefix = 0;
  while (prefix < most && left[prefix] == right[prefix]) ++prefix;
  return jaro + static_cast<double>(prefix) * 0.1 * (1 - jaro);
}

int alignment_distance(std::string_view left, std::string_view right, int at_most) {
  at_most = std::max(at_most, 0);
  // What both begin and end with costs nothing.
  while (!left.empty() && !right.empty() && left.front() == right.front())
    left.remove_prefix(1), right.remove_prefix(1);
  while (!left.empty() && !right.empty() && left.back() == right.back()) left.remove_suffix(1), right.remove_suffix(1);
  if (left.size() > right.size()) std::swap(left, right);
  if (right.size() - left.size() > static_cast<std::size_t>(at_most)) return at_most + 1;
  if (left.empty()) return static_cast<int>(right.size());
  const std::size_t width = left.size() + 1;
  std::array<int, 3 * (kShort + 1)> room;  // written before it is read
  std::vector<int> more(width > kShort + 1 ? 3 * width : 0);
  int* before = more.empty() ? room.data() : more.data();  // two rows up
  int* above = before + width;
  int* row = above + width;
  // Cells further from the diagonal than the limit hold more than the limit, whatever they hold.
  const auto reach = std::min(static_cast<std::size_t>(at_most), right.size());
  const int beyond = at_most + 1;
  for (std::size_t i = 0; i < width; ++i) above[i] = i <= reach ? static_cast<int>(i) : beyond;
  std::fill(before, before + width, beyond);
  int least_above = 0;
  for (std::size_t j = 1; j <= right.size(); ++j) {
    const std::size_t begin = j > reach ? j - reach : 1;
    const std::size_t end = std::min(width - 1, j + reach);
    row[begin - 1] = begin == 1 && j <= reach ? static_cast<int>(j) : beyond;
    int least = row[begin - 1];
    for (std::size_t i = begin; i <= end; ++i) {
      row[i] = std::min({above[i] + 1, row[i - 1] + 1, above[i - 1] + (left[i - 1] != right[j - 1] ? 1 : 0)});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        row[i] = std::min(row[i], before[i - 2] + 1);
      }
      least = std::min(least, row[i]);
    }
    if (end + 1 < width) row[end + 1] = beyond;
    // A transposition can still start from the row above, so only two rows over the limit end it.
    if (least > at_most && least_above > at_most) return beyond;
    least_above = least;
    int* const spare = before;
    before = above;
    above = row;
    row = spare;
  }
  return std::min(above[width - 1], at_most + 1);
}

}  // namespace identities
