#include "core/matching/blocking.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <unordered_map>

#include "core/matching/parallel.hpp"
#include "core/string_distance.hpp"

namespace identities::matching {
namespace {

std::string sound_of(std::string_view text) {
  return double_metaphone(text).first;
}

/// How many of a text's rarest words make keys.
constexpr std::size_t kWordKeys = 4;
constexpr std::size_t kWordsPart = 100;

std::string half(const std::string& text, std::size_t begin, std::size_t length = std::string::npos) {
  return text.size() >= 6 ? text.substr(begin, length) : std::string{};
}

class Parts {
 public:
  explicit Parts(const Table& table) : table_(table) {
    for (column_ = 0; column_ < table_.columns().size(); ++column_) {
      add_parts();
      if (column().comparator == Comparator::kWords) add_words();
    }
  }
  std::vector<Part> take() { return std::move(parts_); }

 private:
  const Column& column() const { return table_.columns()[column_]; }

  void add_parts() {
    const std::size_t first = parts_.size();
    for (std::size_t value = 1; value < column().values.size(); ++value) {
      const std::vector<std::string> texts = parts_of(column().comparator, column().group, column().values[value]);
      for (std::size_t at = 0; at < texts.size(); ++at) {
        if (first + at == parts_.size()) parts_.push_back({column_, at, {}});
        std::vector<std::vector<std::uint64_t>>& keys = parts_[first + at].keys;
        keys.resize(column().values.size());
        if (!texts[at].empty()) keys[value].push_back(hash_of(texts[at]));
      }
    }
  }

  /// Keys of the rarest words that more than one record has.
  void add_words() {
    std::unordered_map<std::uint32_t, std::size_t> counts;
    for (std::size_t value = 1; value < column().values.size(); ++value) {
      for (const Token& token : column().values[value].tokens) counts[token.id] += column().counts[value];
    }
    Part& part = parts_.emplace_back();
    part.column = column_;
    part.number = kWordsPart;
    part.keys.resize(column().values.size());
    for (std::size_t value = 1; value < column().values.size(); ++value) {
      std::vector<Token> tokens;
      for (const Token& token : column().values[value].tokens) {
        if (counts[token.id] > 1) tokens.push_back(token);
      }
      std::stable_sort(tokens.begin(), tokens.end(),
                       [](const Token& a, const Token& b) { return a.weight > b.weight; });
      tokens.resize(std::min(tokens.size(), kWordKeys));
      for (const Token& token : tokens) part.keys[value].push_back(hash_of(token.id, 17));
    }
  }

  const Table& table_;
  std::size_t column_ = 0;
  std::vector<Part> parts_;
};

}  // namespace

/// FNV-1a with a finish that spreads its bits.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash ^= hash >> 32;
  return text.empty() ? 0 : hash | 1;
}

std::uint64_t hash_of(std::uint64_t one, std::uint64_t other) {
  std::uint64_t hash = one * 0x9e3779b97f4a7c15 ^ (other + 0x7f4a7c15) * 0xff51afd7ed558ccd;
  hash ^= hash >> 29;
  return hash | 1;
}

std::vector<std::string> parts_of(Comparator comparator, Group group, const Value& value) {
  const std::string& text = value.text;
  std::vector<std::string> parts = {value.compact.empty() ? text : value.compact};
  switch (comparator) {
    case Comparator::kGiven:
    case Comparator::kSurname:
      parts.push_back(sound_of(text));
      parts.push_back(text.substr(0, 3));
      break;
    case Comparator::kDate:
      parts.push_back(text.substr(0, 4));
      parts.push_back(text.size() == 8 ? text.substr(4) : "");
      parts.push_back(text.size() == 8 ? text.substr(0, 6) : "");
      break;
    case Comparator::kEmail:
      parts.push_back(text.substr(0, text.find('@')));
      parts.push_back(text.substr(0, 4));
      break;
    case Comparator::kPhone:
    case Comparator::kCode:
      if (group == Group::kAddress) break;  // a number of a house has no telling part
      parts.push_back(half(text, 0, text.size() / 2));
      parts.push_back(half(text, text.size() / 2));
      break;
    case Comparator::kWords:
      parts.push_back(value.compact.substr(0, 5));
      break;
    case Comparator::kPlace:
      parts.push_back(sound_of(value.compact));
      break;
    case Comparator::kNumber:
      break;
  }
  return parts;
}

Blocking::Blocking(const Table& table) : table_(table), parts_(Parts(table).take()), order_(table.size()) {
  std::size_t telling = 0;
  for (std::size_t at = 1; at < table.columns().size(); ++at) {
    if (table.columns()[at].values.size() > table.columns()[telling].values.size()) telling = at;
  }
  if (table.columns().empty()) return;
  const Column& column = table.columns()[telling];
  std::vector<std::uint32_t> by_text(table.size());
  std::iota(by_text.begin(), by_text.end(), 0U);
  std::stable_sort(by_text.begin(), by_text.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return column.of(a).text < column.of(b).text; });
  for (std::uint32_t place = 0; place < by_text.size(); ++place) order_[by_text[place]] = place;
}

template <typename Each>
void Blocking::for_keys(const Pass& pass, Each&& each) const {
  const Part& part = parts_[pass.part];
  const Part& other = parts_[pass.other];
  const Column& column = table_.columns()[part.column];
  const Column& other_column = table_.columns()[other.column];
  for (std::uint32_t record = 0; record < table_.size(); ++record) {
    for (const std::uint64_t key : part.keys[column.records[record]]) {
      if (pass.part == pass.other) {
        each(key, record);
        continue;
      }
      for (const std::uint64_t second : other.keys[other_column.records[record]]) each(hash_of(key, second), record);
    }
  }
}

std::vector<Blocking::Keyed> Blocking::keyed(const Pass& pass) const {
  std::vector<Keyed> all;
  all.reserve(table_.size());
  for_keys(pass, [&](std::uint64_t key, std::uint32_t record) { all.push_back({key, record}); });
  std::sort(all.begin(), all.end(),
            [](const Keyed& a, const Keyed& b) { return a.key != b.key ? a.key < b.key : a.record < b.record; });
  return all;
}

namespace {

/// Calls each(begin, end) for every run of one key of at least two records.
template <typename Keyed, typename Each>
void for_blocks(const std::vector<Keyed>& all, Each&& each) {
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    while (end < all.size() && all[end].key == all[begin].key) ++end;
    if (end - begin > 1) each(begin, end);
    begin = end;
  }
}

}  // namespace

void Blocking::count(Pass& pass) const {
  // Counted in a table of its own: sorting all keys, as for the pairs, costs ten times as much for each of some hundred
  // passes.
  std::size_t keys = 0;
  std::uint32_t last = ~0U;
  for_keys(pass, [&](std::uint64_t, std::uint32_t record) {
    ++keys;
    if (record != last) ++pass.reached;
    last = record;
  });
  std::size_t slots = 64;
  while (slots < 2 * keys) slots *= 2;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> counts(slots);
  for_keys(pass, [&](std::uint64_t key, std::uint32_t) {
    std::size_t at = (key ^ key >> 33) & (slots - 1);
    while (counts[at].second != 0 && counts[at].first != key) at = (at + 1) & (slots - 1);
    counts[at].first = key;
    ++counts[at].second;
  });
  pass.pairs = 0;
  for (const auto& [key, count] : counts) {
    const std::size_t size = count;
    if (size > 1) pass.pairs += size <= kMostInBlock ? size * (size - 1) / 2 : size * kNeighbours;
    if (size > kMostInBlock) pass.large.push_back(key);
  }
  std::sort(pass.large.begin(), pass.large.end());
}

std::vector<Pass> Blocking::passes(std::size_t most_pairs, std::size_t threads) const {
  std::vector<Pass> all;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    for (std::size_t other = part; other < parts_.size(); ++other) {
      if (other != part && parts_[part].column == parts_[other].column) continue;
      const std::uint32_t columns = 1U << parts_[part].column | 1U << parts_[other].column;
      all.push_back({part, other, columns, 0, 0, {}});
    }
  }
  in_parallel(all.size(), threads, [&](std::size_t at) { count(all[at]); });
  std::erase_if(all, [&](const Pass& pass) {
    return pass.pairs == 0 || pass.pairs > most_pairs || pass.reached * 10 < table_.size();
  });
  std::stable_sort(all.begin(), all.end(), [](const Pass& a, const Pass& b) { return a.reached > b.reached; });
  return all;
}

void Blocking::add_block(const std::vector<Keyed>& block, std::size_t sample, std::vector<Pair>& pairs) const {
  const bool is_small = block.size() <= kMostInBlock;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const std::size_t end = is_small ? block.size() : std::min(block.size(), i + 1 + kNeighbours);
    for (std::size_t j = i + 1; j < end; ++j) {
      const std::uint32_t a = block[i].record;
      const std::uint32_t b = block[j].record;
      if (a == b || (sample > 1 && a % sample != 0 && b % sample != 0)) continue;
      pairs.push_back(pair_of(a, b));
    }
  }
}

void Blocking::add_pairs(const Pass& pass, std::size_t sample, std::vector<Pair>& pairs) const {
  const std::vector<Keyed> all = keyed(pass);
  std::vector<Keyed> block;
  for_blocks(all, [&](std::size_t begin, std::size_t end) {
    block.assign(all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end));
    if (block.size() > kMostInBlock) {
      std::sort(block.begin(), block.end(),
                [&](const Keyed& a, const Keyed& b) { return order_[a.record] < order_[b.record]; });
    }
    add_block(block, sample, pairs);
  });
}

bool Blocking::finds(const Pass& pass, Pair pair) const {
  const auto shared = [&](std::size_t at) {
    const Part& part = parts_[at];
    const Column& column = table_.columns()[part.column];
    const auto& left = part.keys[column.records[left_of(pair)]];
    const auto& right = part.keys[column.records[right_of(pair)]];
    std::vector<std::uint64_t> both;
    std::copy_if(left.begin(), left.end(), std::back_inserter(both),
                 [&](std::uint64_t key) { return std::find(right.begin(), right.end(), key) != right.end(); });
    return both;
  };
  const auto is_small = [&](std::uint64_t key) {
    return !std::binary_search(pass.large.begin(), pass.large.end(), key);
  };
  const std::vector<std::uint64_t> first = shared(pass.part);
  if (pass.part == pass.other) return std::any_of(first.begin(), first.end(), is_small);
  if (first.empty()) return false;
  const std::vector<std::uint64_t> second = shared(pass.other);
  return std::any_of(first.begin(), first.end(), [&](std::uint64_t one) {
    return std::any_of(second.begin(), second.end(),
                       [&](std::uint64_t other) { return is_small(hash_of(one, other)); });
  });
}

void sort_pairs(std::vector<Pair>& pairs) {
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
}

}  // namespace identities::matching
