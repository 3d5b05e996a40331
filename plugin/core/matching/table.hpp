// The records of a set, column by column: each distinct value is normalised once and counted, a record holds the number
// of its value. Immutable once built, so that threads share it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/matching/value.hpp"

namespace identities::matching {

/// Given names and surnames are two columns, so a set of sixteen fields fits with room for more of the kind "other".
constexpr std::size_t kMostColumns = 24;

/// One for each column.
using Outcomes = std::array<std::uint8_t, kMostColumns>;

struct Column {
  std::string label;  // what the file calls it
  Comparator comparator = Comparator::kPlace;
  Group group = Group::kOther;
  std::vector<Value> values;           // the distinct ones; number 0 is "missing"
  std::vector<std::uint32_t> counts;   // how many records have it
  std::vector<std::uint32_t> records;  // of each record, the number of its value
  std::size_t filled = 0;              // records that have a value

  [[nodiscard]] const Value& of(std::size_t record) const { return values[records[record]]; }
};

class Table {
 public:
  explicit Table(std::size_t size) : size_(size), generations_(size) {}

  /// Adds a column, or the two of a whole name. texts: one a record, borrowed for the call. Throws std::length_error
  /// beyond kMostColumns.
  void add(Field field, std::string label, const std::vector<std::string_view>& texts);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  /// How many kinds of evidence there are.
  [[nodiscard]] std::size_t groups() const;

  /// How all columns of two records compare.
  void compare_records(std::size_t left, std::size_t right, Outcomes& outcomes) const;
  /// A father and his son: what else is alike does not matter.
  [[nodiscard]] bool generations_differ(std::size_t left, std::size_t right) const {
    return generations_[left] != 0 && generations_[right] != 0 && generations_[left] != generations_[right];
  }

 private:
  void add_column(Comparator comparator, Group group, std::string label, const std::vector<std::string_view>& texts);
  void compare_crossed(std::size_t left, std::size_t right, Outcomes& outcomes) const;

  std::size_t size_;
  std::vector<Column> columns_;
  std::vector<std::uint8_t> generations_;
  std::size_t given_ = kMostColumns;  // the place of that column
  std::size_t surname_ = kMostColumns;
};

/// Of a given name and a surname: how they compare crosswise where they do not compare straight, as outcome 3. Both
/// crossed are one outcome of the given name; the surname then says nothing more.
void compare_crossed_names(const Value& left_given, const Value& left_surname, const Value& right_given,
                           const Value& right_surname, std::uint8_t& given, std::uint8_t& surname);

}  // namespace identities::matching
