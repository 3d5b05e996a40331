#include "core/matching/table.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <unordered_map>

namespace identities::matching {
namespace {

constexpr std::uint8_t kCrossed = 3;

struct Kind {
  Comparator comparator;
  Group group;
};

Kind kind_of(Field field) {
  switch (field) {
    case Field::kName:
    case Field::kSurname:
      return {Comparator::kSurname, Group::kName};
    case Field::kGivenName:
      return {Comparator::kGiven, Group::kName};
    case Field::kBirthDate:
      return {Comparator::kDate, Group::kBirth};
    case Field::kEmail:
      return {Comparator::kEmail, Group::kEmail};
    case Field::kPhone:
      return {Comparator::kPhone, Group::kPhone};
    case Field::kStreetNumber:
      return {Comparator::kCode, Group::kAddress};
    case Field::kStreet:
    case Field::kAddress2:
      return {Comparator::kWords, Group::kAddress};
    case Field::kCity:
    case Field::kState:
      return {Comparator::kPlace, Group::kPlace};
    case Field::kPostcode:
      return {Comparator::kCode, Group::kPlace};
    case Field::kNationalId:
      return {Comparator::kCode, Group::kId};
    case Field::kCompany:
      return {Comparator::kWords, Group::kCompany};
    case Field::kHandle:
      return {Comparator::kCode, Group::kHandle};
    case Field::kOther:
      break;
  }
  return {Comparator::kPlace, Group::kOther};
}

/// What a column without a meaning of its own holds, by its own values.
Comparator comparator_for(const std::vector<std::string_view>& texts) {
  std::size_t filled = 0;
  std::size_t numbers = 0;
  std::size_t words = 0;
  for (const std::string_view text : texts) {
    const auto start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) continue;
    ++filled;
    const bool is_number = text.find_first_not_of("0123456789.,$ +-") == std::string_view::npos &&
                           text.find_first_of("0123456789") != std::string_view::npos;
    if (is_number) ++numbers;
    words += words_of(fold_text(text)).size();
  }
  if (filled > 0 && numbers * 10 >= filled * 9) return Comparator::kNumber;
  return words * 2 > filled * 3 ? Comparator::kWords : Comparator::kPlace;
}

/// Gives the words of each value their weights: a word that few records have says more.
void weigh_words(Column& column) {
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  std::vector<std::uint32_t> counts;
  std::vector<std::vector<std::uint32_t>> words(column.values.size());
  for (std::size_t value = 1; value < column.values.size(); ++value) {
    for (const std::string_view word : words_of(column.values[value].text)) {
      const auto [found, is_new] = numbers.emplace(word, static_cast<std::uint32_t>(counts.size()));
      if (is_new) counts.push_back(0);
      words[value].push_back(found->second);
    }
    std::sort(words[value].begin(), words[value].end());
    words[value].erase(std::unique(words[value].begin(), words[value].end()), words[value].end());
    for (const std::uint32_t word : words[value]) counts[word] += column.counts[value];
  }
  const double filled = static_cast<double>(std::max<std::size_t>(column.filled, 1));
  for (std::size_t value = 1; value < column.values.size(); ++value) {
    double sum = 0;
    std::vector<double> weights;
    for (const std::uint32_t word : words[value]) {
      weights.push_back(std::log(1 + filled / counts[word]));
      sum += weights.back() * weights.back();
    }
    std::vector<Token>& tokens = column.values[value].tokens;
    for (std::size_t at = 0; at < words[value].size(); ++at)
      tokens.push_back({words[value][at], static_cast<float>(weights[at] / std::sqrt(sum))});
  }
}

}  // namespace

void Table::add(Field field, std::string label, const std::vector<std::string_view>& texts) {
  const Kind kind = kind_of(field);
  if (field == Field::kName) {
    std::vector<SplitName> names(size_);
    std::vector<std::string_view> given(size_);
    std::vector<std::string_view> surname(size_);
    for (std::size_t record = 0; record < size_; ++record) {
      names[record] = split_name(texts[record]);
      given[record] = names[record].given;
      surname[record] = names[record].surname;
      generations_[record] = static_cast<std::uint8_t>(names[record].generation);
    }
    add_column(Comparator::kGiven, Group::kName, label, given);
    add_column(Comparator::kSurname, Group::kName, std::move(label), surname);
    return;
  }
  add_column(field == Field::kOther ? comparator_for(texts) : kind.comparator, kind.group, std::move(label), texts);
}

void Table::add_column(Comparator comparator, Group group, std::string label,
                       const std::vector<std::string_view>& texts) {
  if (columns_.size() == kMostColumns)
    throw std::length_error("a set has at most 24 fields, a whole name counts as two");
  if (comparator == Comparator::kGiven && given_ == kMostColumns) given_ = columns_.size();
  if (comparator == Comparator::kSurname && surname_ == kMostColumns) surname_ = columns_.size();
  Column& column = columns_.emplace_back();
  column.label = std::move(label);
  column.comparator = comparator;
  column.group = group;
  column.values.emplace_back();
  column.counts.push_back(0);
  column.records.resize(size_);
  const DateOrder order = comparator == Comparator::kDate ? date_order_of(texts) : DateOrder::kDayFirst;
  std::unordered_map<std::string_view, std::uint32_t> by_text;  // as it was written
  std::unordered_map<std::string, std::uint32_t> by_value;
  for (std::size_t record = 0; record < size_; ++record) {
    auto [written, is_new] = by_text.emplace(texts[record], 0);
    if (is_new) {
      Value value = value_of(comparator, texts[record], order);
      if (!value.missing()) {
        const std::string& key = value.compact.empty() ? value.text : value.compact;
        const auto [found, first] = by_value.emplace(key, static_cast<std::uint32_t>(column.values.size()));
        if (first) {
          column.values.push_back(std::move(value));
          column.counts.push_back(0);
        }
        written->second = found->second;
      }
    }
    column.records[record] = written->second;
    ++column.counts[written->second];
    if (written->second != 0) ++column.filled;
  }
  if (comparator == Comparator::kWords) weigh_words(column);
}

std::size_t Table::groups() const {
  std::set<std::size_t> all;
  for (std::size_t at = 0; at < columns_.size(); ++at) {
    const Group group = columns_[at].group;
    all.insert(group == Group::kOther ? 100 + at : static_cast<std::size_t>(group));
  }
  return all.size();
}

void compare_crossed_names(const Value& left_given, const Value& left_surname, const Value& right_given,
                           const Value& right_surname, std::uint8_t& given, std::uint8_t& surname) {
  const bool straight = given < kCrossed || surname < kCrossed;  // kMissing is above all outcomes
  if (straight) return;
  const auto alike = [](const Value& left, const Value& right) {
    return !left.missing() && !right.missing() && nearly_equal(left.text, right.text);
  };
  const bool first = alike(left_given, right_surname);
  const bool second = alike(left_surname, right_given);
  if (first && second) {
    given = kCrossed;
    surname = kMissing;
    return;
  }
  if (!first && !second) return;
  // One name alone was put into the other field, and nothing speaks against it.
  const bool rest_missing =
      first ? left_surname.missing() || right_given.missing() : left_given.missing() || right_surname.missing();
  if (!rest_missing) return;
  given = kMissing;
  surname = kCrossed;
}

void Table::compare_records(std::size_t left, std::size_t right, Outcomes& outcomes) const {
  for (std::size_t at = 0; at < columns_.size(); ++at) {
    const Column& column = columns_[at];
    const std::uint32_t a = column.records[left];
    const std::uint32_t b = column.records[right];
    if (a == 0 || b == 0) {
      outcomes[at] = kMissing;
    } else {
      outcomes[at] = a == b ? 0 : compare(column.comparator, column.values[a], column.values[b]);
    }
  }
  if (given_ != kMostColumns && surname_ != kMostColumns) compare_crossed(left, right, outcomes);
}

void Table::compare_crossed(std::size_t left, std::size_t right, Outcomes& outcomes) const {
  const Column& given = columns_[given_];
  const Column& surname = columns_[surname_];
  compare_crossed_names(given.of(left), surname.of(left), given.of(right), surname.of(right), outcomes[given_],
                        outcomes[surname_]);
}

}  // namespace identities::matching
