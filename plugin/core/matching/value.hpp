// What is compared: a record's fields as values that are normalised once, and how alike two of them are. Pure and
// thread-safe; values own their text.
//
// A comparison gives an outcome, a small number, best first: 0 is equal, the last one is different. What a missing
// value says is nothing. How much each outcome says is not known here: the model learns it (model.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace identities::matching {

/// The fields that a column of a file may be mapped to.
enum class Field : std::uint8_t {
  kName,
  kGivenName,
  kSurname,
  kBirthDate,
  kEmail,
  kPhone,
  kStreetNumber,
  kStreet,
  kAddress2,
  kCity,
  kPostcode,
  kState,
  kNationalId,
  kCompany,
  kHandle,
  kOther,
};

std::string_view name_of(Field field);
/// "birth_date" and so on; "id_number" is another name of national_id. Nothing when there is no such field.
std::optional<Field> field_named(std::string_view name);

/// How values of a column are compared.
enum class Comparator : std::uint8_t { kGiven, kSurname, kDate, kEmail, kPhone, kCode, kWords, kPlace, kNumber };

/// Evidence of one kind: what is told twice by two fields of a group is one fact about a person.
enum class Group : std::uint8_t { kName, kBirth, kEmail, kPhone, kAddress, kPlace, kId, kCompany, kHandle, kOther };

std::string_view name_of(Group group);

constexpr std::size_t kMostOutcomes = 6;
/// One of the two is missing.
constexpr std::uint8_t kMissing = 0xFF;

/// How many outcomes a comparator has; the last one is "different".
std::size_t outcomes_of(Comparator comparator);

struct Token {
  std::uint32_t id = 0;
  float weight = 0;  // rarer words weigh more; the squares of a text's weights add up to 1
};

struct Value {
  std::string text;            // normalised; empty: missing
  std::string compact;         // words and places: without blanks
  double number = 0;           // numbers
  bool has_nicknames = false;  // given names
  std::vector<Token> tokens;   // words: ascending ids; filled by the table that the value is in

  [[nodiscard]] bool missing() const { return text.empty(); }
};

/// Lower case Latin letters without marks, digits, and single blanks for all else.
std::string fold_text(std::string_view text);

/// The words of a folded text.
std::vector<std::string_view> words_of(std::string_view folded);

struct SplitName {
  std::string given;    // the first word of several
  std::string surname;  // the last one
  int generation = 0;   // 1 senior, 2 junior or "ii", 3 "iii", 4 "iv"; 0: it does not say
};
/// The parts of a name as people write it, "García, Dr José jr." too.
SplitName split_name(std::string_view text);

/// In which order a column's dates with "/" have day and month.
enum class DateOrder : std::uint8_t { kDayFirst, kMonthFirst };
DateOrder date_order_of(const std::vector<std::string_view>& column);

/// "yyyymmdd", or "yyyy" where only the year is given; empty for what is no date.
std::string normalise_date(std::string_view text, DateOrder order);

/// The value of a field as it is compared; missing where the text says nothing, such as "n/a" or "0000".
Value value_of(Comparator comparator, std::string_view text, DateOrder order = DateOrder::kDayFirst);

/// The outcome of two values of one column. Symmetric. REQUIRES: neither is missing.
std::uint8_t compare(Comparator comparator, const Value& left, const Value& right);

/// Whether two texts are as good as equal: equal, or one slip of the hand apart.
bool nearly_equal(std::string_view left, std::string_view right);

}  // namespace identities::matching
