#include "core/matching/value.hpp"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "core/identifier.hpp"
#include "core/nicknames.hpp"
#include "core/person_name.hpp"
#include "core/string_distance.hpp"

namespace identities::matching {
namespace {

constexpr std::array<std::string_view, 16> kFieldNames = {
    "name",     "given_name", "surname",  "birth_date", "email",       "phone",   "street_number", "street",
    "address2", "city",       "postcode", "state",      "national_id", "company", "handle",        "other"};

constexpr std::array<std::string_view, 10> kGroupNames = {"name", "birth_date", "email",   "phone",  "address",
                                                          "city", "id",         "company", "handle", "other"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Any script to Latin without marks; takes microseconds, so texts of ASCII letters never come here.
std::string to_latin(std::string_view text) {
  static std::mutex mutex;
  static const std::unique_ptr<icu::Transliterator> transliterator = [] {
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<icu::Transliterator>(icu::Transliterator::createInstance(
        "NFKC; Any-Latin; NFKD; [:Mark:] Remove; Latin-ASCII; Lower", UTRANS_FORWARD, status));
  }();
  icu::UnicodeString unicode = icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
  if (transliterator != nullptr) {
    const std::lock_guard lock(mutex);
    transliterator->transliterate(unicode);
  }
  std::string latin;
  unicode.toUTF8String(latin);
  return latin;
}

int generation_of(std::string_view suffix) {
  if (suffix.empty()) return 0;
  return suffix == "sr" ? 1 : suffix == "jr" || suffix == "ii" ? 2 : suffix == "iii" ? 3 : 4;
}

std::string digits_of(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), is_digit);
  return digits;
}

bool one_repeated(std::string_view text) {
  return !text.empty() && text.find_first_not_of(text.front()) == std::string_view::npos;
}

std::string without_blanks(std::string_view text) {
  std::string compact;
  std::copy_if(text.begin(), text.end(), std::back_inserter(compact), [](char c) { return c != ' '; });
  return compact;
}

std::string fold_email(std::string_view text) {
  if (const auto open = text.rfind('<'); open != std::string_view::npos) {
    text = text.substr(open + 1);
    text = text.substr(0, text.find('>'));
  }
  std::string folded;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ') continue;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (folded.starts_with("mailto:")) folded.erase(0, 7);
  const auto sign = folded.find('@');
  return sign == std::string::npos || sign == 0 ? std::string{} : folded;
}

/// The digits behind country code and trunk prefix, which people write or leave out.
std::string national_suffix(std::string_view text) {
  std::string digits = digits_of(text.substr(0, text.find_first_of("xX#;")));
  if (digits.size() < 5 || one_repeated(digits)) return {};
  if (digits.size() > 9) digits.erase(0, digits.size() - 9);
  return digits;
}

/// Few names have nicknames, and only those need to be looked up.
bool has_nicknames(std::string_view name) {
  static const std::unordered_set<std::string_view> names = [] {
    std::unordered_set<std::string_view> all;
    for (const std::string_view group : nickname_groups()) {
      for (const std::string_view each : words_of(group)) all.insert(each);
    }
    return all;
  }();
  return names.contains(name);
}

std::uint8_t compare_part(const Value& left, const Value& right) {
  const std::string& a = left.text;
  const std::string& b = right.text;
  if (a == b) return 0;
  if (a.size() == 1 || b.size() == 1) return a.front() == b.front() ? 2 : 4;
  const double alike = jaro_winkler(a, b);
  if (alike >= 0.92) return 1;
  const std::string_view shorter = a.size() < b.size() ? a : b;
  const bool prefix = shorter.size() >= 3 && a.compare(0, shorter.size(), b, 0, shorter.size()) == 0;
  if (prefix || alike >= 0.84) return 2;
  if (left.has_nicknames && right.has_nicknames && is_nickname(a, b)) return 2;
  if (alike >= 0.7 && double_metaphone(a).first == double_metaphone(b).first) return 2;
  return 4;
}

std::uint8_t compare_date(const Value& left, const Value& right) {
  const std::string& a = left.text;
  const std::string& b = right.text;
  if (a == b) return 0;
  const bool same_year = a.compare(0, 4, b, 0, 4) == 0;
  if (a.size() != 8 || b.size() != 8) return same_year ? 3 : 4;
  const bool day_and_month_swapped = same_year && a.compare(4, 2, b, 6, 2) == 0 && a.compare(6, 2, b, 4, 2) == 0;
  if (day_and_month_swapped) return 1;
  const int edits = alignment_distance(a, b, 2);
  if (edits == 1) return 1;
  const int same_parts =
      (same_year ? 1 : 0) + (a.compare(4, 2, b, 4, 2) == 0 ? 1 : 0) + (a.compare(6, 2, b, 6, 2) == 0 ? 1 : 0);
  if (edits == 2 && same_parts >= 1) return 2;
  if (same_parts == 2) return 2;
  return same_year ? 3 : 4;
}

std::string without_digits(std::string_view text) {
  std::string letters;
  std::copy_if(text.begin(), text.end(), std::back_inserter(letters), [](char c) { return !is_digit(c); });
  return letters;
}

std::uint8_t compare_email(const Value& left, const Value& right) {
  if (left.text == right.text) return 0;
  const std::string_view a = left.text;
  const std::string_view b = right.text;
  const std::string_view local_a = a.substr(0, a.find('@'));
  const std::string_view local_b = b.substr(0, b.find('@'));
  const double alike = jaro_winkler(local_a, local_b);
  const bool same_local = local_a == local_b;
  const bool close = alike >= 0.8 && local_a.size() >= 3 && local_b.size() >= 3;
  // Providers number their John Smiths, so two numbers are two people more often than a slip.
  const bool numbered = !same_local && close && without_digits(local_a) == without_digits(local_b);
  const bool near_equal = alignment_distance(a, b, 2) <= 2;
  if (same_local) return near_equal ? 1 : 3;  // the slip is in the domain
  if (close && !numbered && near_equal) return 2;
  const bool same_domain = a.substr(local_a.size()) == b.substr(local_b.size());
  return alike >= (same_domain ? 0.88 : 0.92) ? 4 : 5;
}

std::uint8_t compare_code(const Value& left, const Value& right) {
  if (left.text == right.text) return 0;
  const std::size_t shorter = std::min(left.text.size(), right.text.size());
  const int edits = alignment_distance(left.text, right.text, 2);
  if (edits == 1 && shorter >= 2) return 1;
  if (edits == 2 && shorter >= 5) return 2;
  return 3;
}

double cosine(const std::vector<Token>& left, const std::vector<Token>& right) {
  double sum = 0;
  for (auto a = left.begin(), b = right.begin(); a != left.end() && b != right.end();) {
    if (a->id == b->id)
      sum += double{a++->weight} * double{b++->weight};
    else if (a->id < b->id)
      ++a;
    else
      ++b;
  }
  return sum;
}

std::uint8_t compare_words(const Value& left, const Value& right) {
  if (left.compact == right.compact) return 0;
  const double shared = cosine(left.tokens, right.tokens);
  // Spelling tells little of long texts, where most letters are in most of them.
  const bool is_short = left.compact.size() <= 40 && right.compact.size() <= 40;
  const double alike = is_short ? jaro_winkler(left.compact, right.compact) : 0;
  if (shared >= 0.85 || alike >= 0.94) return 1;
  if (shared >= 0.65 || alike >= 0.88) return 2;
  if (shared >= 0.45 || alike >= 0.82) return 3;
  if (shared >= 0.25) return 4;
  return 5;
}

std::uint8_t compare_place(const Value& left, const Value& right) {
  if (left.compact == right.compact) return 0;
  const double alike = jaro_winkler(left.compact, right.compact);
  if (alike >= 0.92) return 1;
  return alike >= 0.84 ? 2 : 3;
}

bool is_year(const Value& value) {
  return value.text.size() == 4 && value.number >= 1500 && value.number < 2200;
}

std::uint8_t compare_number(const Value& left, const Value& right) {
  if (left.number == right.number) return 0;
  const double difference = std::abs(left.number - right.number);
  // Of years a difference of one is much, though it is little of their value.
  if (is_year(left) && is_year(right)) return difference <= 1 ? 2 : difference <= 5 ? 3 : 4;
  const double apart = difference / std::max(std::abs(left.number), std::abs(right.number));
  if (apart <= 0.001 || alignment_distance(left.text, right.text, 1) == 1) return 1;
  if (apart <= 0.03) return 2;
  return apart <= 0.15 ? 3 : 4;
}

}  // namespace

std::string_view name_of(Field field) {
  return kFieldNames[static_cast<std::size_t>(field)];
}

std::optional<Field> field_named(std::string_view name) {
  if (name == "id_number") return Field::kNationalId;
  const auto found = std::find(kFieldNames.begin(), kFieldNames.end(), name);
  if (found == kFieldNames.end()) return std::nullopt;
  return static_cast<Field>(found - kFieldNames.begin());
}

std::string_view name_of(Group group) {
  return kGroupNames[static_cast<std::size_t>(group)];
}

std::size_t outcomes_of(Comparator comparator) {
  switch (comparator) {
    case Comparator::kGiven:
    case Comparator::kSurname:
    case Comparator::kDate:
    case Comparator::kNumber:
      return 5;
    case Comparator::kPhone:
    case Comparator::kCode:
    case Comparator::kPlace:
      return 4;
    case Comparator::kEmail:
    case Comparator::kWords:
      return 6;
  }
  return 0;
}

std::string fold_text(std::string_view text) {
  std::string latin;
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) {
    latin = to_latin(text);
    text = latin;
  }
  std::string folded;
  folded.reserve(text.size());
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || is_digit(c)) {
      folded += c;
    } else if (c >= 'A' && c <= 'Z') {
      folded += static_cast<char>(c - 'A' + 'a');
    } else if (c != '\'' && !folded.empty() && folded.back() != ' ') {
      folded += ' ';
    }
  }
  while (folded.ends_with(' ')) folded.pop_back();
  return folded;
}

std::vector<std::string_view> words_of(std::string_view folded) {
  std::vector<std::string_view> words;
  while (!folded.empty()) {
    const std::size_t end = std::min(folded.find(' '), folded.size());
    if (end > 0) words.push_back(folded.substr(0, end));
    folded.remove_prefix(std::min(end + 1, folded.size()));
  }
  return words;
}

SplitName split_name(std::string_view text) {
  const PersonName name = parse_name(text);
  SplitName split;
  if (name.tokens.empty()) return split;
  split.generation = generation_of(name.suffix);
  if (name.tokens.size() > 1) split.given = name.tokens.front();
  split.surname = name.tokens.back();
  return split;
}

DateOrder date_order_of(const std::vector<std::string_view>& column) {
  std::size_t day_first = 0;
  std::size_t month_first = 0;
  for (const std::string_view text : column) {
    int first = 0;
    int second = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, first);
    if (error != std::errc{} || at == end || *at != '/') continue;
    if (std::from_chars(at + 1, end, second).ec != std::errc{}) continue;
    if (first > 12 && first <= 31 && second <= 12) ++day_first;
    if (second > 12 && second <= 31 && first <= 12) ++month_first;
  }
  return month_first > day_first ? DateOrder::kMonthFirst : DateOrder::kDayFirst;
}

std::string normalise_date(std::string_view text, DateOrder order) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (is_digit(c)) {
      parts.back() += c;
    } else if (c == 'T' || (c == ' ' && parts.size() >= 3)) {
      break;  // the time of day
    } else if (!parts.back().empty()) {
      parts.emplace_back();
    }
  }
  if (parts.back().empty()) parts.pop_back();
  if (parts.size() == 1 && (parts[0].size() == 8 || parts[0].size() == 4))
    return one_repeated(parts[0]) ? "" : parts[0];
  if (parts.size() < 3) return {};
  const auto two = [](const std::string& part) { return part.size() == 1 ? "0" + part : part; };
  std::string date;
  if (parts[0].size() == 4) {
    date = parts[0] + two(parts[1]) + two(parts[2]);
  } else if (parts[2].size() == 4) {
    const bool month_first = order == DateOrder::kMonthFirst && text.find('/') != std::string_view::npos;
    date = parts[2] + two(parts[month_first ? 0 : 1]) + two(parts[month_first ? 1 : 0]);
  }
  return date.size() == 8 && !one_repeated(date) ? date : std::string{};
}

Value value_of(Comparator comparator, std::string_view text, DateOrder order) {
  Value value;
  switch (comparator) {
    case Comparator::kDate:
      value.text = normalise_date(text, order);
      return value;
    case Comparator::kEmail:
      value.text = fold_email(text);
      return value;
    case Comparator::kPhone:
      value.text = national_suffix(text);
      return value;
    case Comparator::kNumber: {
      const std::string folded = fold_text(text);
      const auto start = text.find_first_of("0123456789");
      if (start == std::string_view::npos) return value;
      const auto end = std::min(text.find_first_not_of("0123456789.", start), text.size());
      value.text = std::string(text.substr(start, end - start));
      std::from_chars(value.text.data(), value.text.data() + value.text.size(), value.number);
      return value;
    }
    default:
      break;
  }
  value.text = fold_text(text);
  if (is_placeholder(text)) value.text.clear();  // rule B1
  if (comparator == Comparator::kCode) value.text = without_blanks(value.text);
  value.compact = without_blanks(value.text);
  if (comparator == Comparator::kGiven || comparator == Comparator::kSurname) value.text = value.compact;
  if (comparator == Comparator::kGiven) value.has_nicknames = has_nicknames(value.text);
  return value;
}

std::uint8_t compare(Comparator comparator, const Value& left, const Value& right) {
  switch (comparator) {
    case Comparator::kGiven:
    case Comparator::kSurname:
      return compare_part(left, right);
    case Comparator::kDate:
      return compare_date(left, right);
    case Comparator::kEmail:
      return compare_email(left, right);
    case Comparator::kPhone:
    case Comparator::kCode:
      return compare_code(left, right);
    case Comparator::kWords:
      return compare_words(left, right);
    case Comparator::kPlace:
      return compare_place(left, right);
    case Comparator::kNumber:
      return compare_number(left, right);
  }
  return kMissing;
}

bool nearly_equal(std::string_view left, std::string_view right) {
  return left == right || (left.size() >= 4 && right.size() >= 4 && alignment_distance(left, right, 1) <= 1);
}

}  // namespace identities::matching
