#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumberutil.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <new>
#include <set>

#include "core/identifier.hpp"
#include "core/plain_text.hpp"

namespace identities {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr std::size_t kMaxBytes = 250;  // libphonenumber takes no longer ones
constexpr int kMaxRounds = 3;
constexpr std::string_view kNoRegion = "ZZ";

/// libphonenumber writes to standard output by default, which is the host's, and with the number. What it calls an
/// error is that a regular expression of its own could not be made, for want of memory.
class Watch : public i18n::phonenumbers::Logger {
 public:
  void WriteMessage(const std::string& /*text*/) override { failed_ = true; }
  static bool take_failure() { return std::exchange(failed_, false); }

 private:
  static thread_local bool failed_;
};
thread_local bool Watch::failed_ = false;

PhoneNumberUtil& library() {
  // It owns the watch, and lives as long as the process.
  static PhoneNumberUtil* const instance = [] {
    PhoneNumberUtil* made = PhoneNumberUtil::GetInstance();
    made->SetLogger(new Watch);
    return made;
  }();
  return *instance;
}

void require_memory() {
  if (Watch::take_failure()) throw std::bad_alloc();
}

/// An international prefix such as "+", a separator, or nothing of a number.
char as_ascii(UChar32 c) {
  if (const int digit = u_charDigitValue(c); digit >= 0) return static_cast<char>('0' + digit);
  if (c == 0xFF0B || c == 0xFE62) return '+';
  if (c == 0x2F || c == 0xFF0F) return '/';
  if (c < 0x80) return static_cast<char>(c);
  switch (u_charType(c)) {
    case U_DASH_PUNCTUATION:
    case U_SPACE_SEPARATOR:
    case U_START_PUNCTUATION:
    case U_END_PUNCTUATION:
      return ' ';
    default:
      return c == 0x2212 || c == 0xB7 || c == 0x30FC ? ' ' : '\0';
  }
}

/// The text in ASCII; nothing when a character of it is none of a number. Marks of the direction of writing, which come
/// along when a number is copied, are left out.
std::optional<std::string> to_ascii(std::string_view text) {
  std::string plain;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < length;) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, length, c);
    if (c < 0) return std::nullopt;
    if (u_charType(c) == U_FORMAT_CHAR) continue;
    const char ascii = as_ascii(c);
    if (ascii == '\0') return std::nullopt;
    plain += ascii;
  }
  return plain;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "ext. 12", "x12", ";ext=12", "#12": the digits; nothing when the text is none of these.
std::optional<std::string_view> extension_of(std::string_view text) {
  while (!text.empty() && std::string_view(" ,;").find(text.front()) != std::string_view::npos) text.remove_prefix(1);
  constexpr std::array<std::string_view, 6> kWords = {"extension", "extn", "ext", "int", "x", "#"};
  if (std::none_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return take_prefix(text, word); }))
    return std::nullopt;
  while (!text.empty() && std::string_view(" .:=").find(text.front()) != std::string_view::npos) text.remove_prefix(1);
  text = trim(text);
  if (text.empty() || text.size() > 9 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  return text;
}

struct Written {
  std::string number;
  std::string extension;
};

/// A number as it is written, in ASCII and apart from its extension; nothing when it is none.
std::optional<Written> take_apart(std::string_view text) {
  constexpr std::array<std::string_view, 6> kSchemes = {"tel:", "sms:", "smsto:", "callto:", "sips:", "sip:"};
  const bool whatsapp = take_prefix(text, "whatsapp:");
  const auto scheme =
      std::find_if(kSchemes.begin(), kSchemes.end(), [&](auto word) { return take_prefix(text, word); });
  if (scheme != kSchemes.end() && scheme->starts_with("sip")) text = text.substr(0, text.find('@'));
  if (scheme != kSchemes.end() && text.starts_with("//")) text.remove_prefix(2);
  const std::string_view plain = trim(text);
  constexpr std::string_view kInNumber = "0123456789+-()./ ";
  const auto end = std::min(plain.find_first_not_of(kInNumber), plain.size());
  Written written{std::string(trim(plain.substr(0, end))), {}};
  if (end < plain.size()) {
    const auto extension = extension_of(plain.substr(end));
    if (!extension) return std::nullopt;
    written.extension = *extension;
  }
  std::string& number = written.number;
  if (number.rfind('+') != std::string::npos && number.rfind('+') != number.find('+')) return std::nullopt;
  const auto plus = number.find('+');
  if (plus != std::string::npos && number.find_first_of("0123456789") < plus) return std::nullopt;
  // WhatsApp's ids are numbers with their country and without its sign.
  if (whatsapp && plus == std::string::npos && !number.empty() && number.front() != '0') number.insert(0, "+");
  return written;
}

std::optional<PhoneNumber> parse(const Written& written, std::string_view region) {
  PhoneNumber number;
  PhoneNumberUtil& numbers = library();
  const bool known = is_phone_region(region);
  const auto error = numbers.Parse(written.number, std::string(known ? region : kNoRegion), &number);
  require_memory();
  if (error != PhoneNumberUtil::NO_PARSING_ERROR) return std::nullopt;
  const bool valid = numbers.IsValidNumber(number);
  require_memory();
  if (!valid) return std::nullopt;
  return number;
}

std::optional<std::string> e164(const Written& written, std::string_view region) {
  const auto number = parse(written, region);
  if (!number) return std::nullopt;
  std::string text;
  library().Format(*number, PhoneNumberUtil::E164, &text);
  require_memory();
  return text;
}

/// The number without its punctuation but a plus sign.
std::string digits_only(std::string_view number) {
  std::string text;
  std::copy_if(number.begin(), number.end(), std::back_inserter(text), [](char c) { return c == '+' || is_digit(c); });
  return text;
}

}  // namespace

std::optional<std::string> normalise_phone(std::string_view text, std::string_view region) {
  if (text.size() > kMaxBytes) return std::nullopt;
  const auto ascii = to_ascii(text);
  if (!ascii) return std::nullopt;
  auto written = take_apart(trim(*ascii));
  if (!written) return std::nullopt;
  auto key = e164(*written, region);
  // Read as international it may lose a digit more, as Mexico's 1 is: the key is the form that stays.
  for (int round = 0; key && *key != digits_only(written->number); ++round) {
    if (round == kMaxRounds) return std::nullopt;
    written->number = *key;
    key = e164(*written, {});
  }
  if (key && !written->extension.empty()) *key += ";ext=" + written->extension;
  return key;
}

PhoneUse phone_use(std::string_view key) {
  const auto number = parse({std::string(key.substr(0, key.find(';'))), {}}, {});
  if (!number) return PhoneUse::kNever;
  const auto type = library().GetNumberType(*number);
  require_memory();
  switch (type) {
    case PhoneNumberUtil::MOBILE:
    case PhoneNumberUtil::FIXED_LINE_OR_MOBILE:
    case PhoneNumberUtil::PERSONAL_NUMBER:
      return PhoneUse::kPersonal;
    case PhoneNumberUtil::FIXED_LINE:
    case PhoneNumberUtil::VOIP:
    case PhoneNumberUtil::PAGER:
      return PhoneUse::kHousehold;
    case PhoneNumberUtil::TOLL_FREE:
    case PhoneNumberUtil::PREMIUM_RATE:
    case PhoneNumberUtil::SHARED_COST:
    case PhoneNumberUtil::UAN:
    case PhoneNumberUtil::VOICEMAIL:
    case PhoneNumberUtil::UNKNOWN:
      return PhoneUse::kNever;
  }
  return PhoneUse::kNever;
}

std::string_view national_number(std::string_view key) {
  // No code begins with another one, so the first that fits is the country's.
  static const std::set<int> codes = [] {
    std::set<int> all;
    library().GetSupportedCallingCodes(&all);
    return all;
  }();
  constexpr std::size_t kLongestCode = 3;
  int code = 0;
  for (std::size_t at = 1; at < key.size() && at <= kLongestCode && is_digit(key[at]); ++at) {
    code = code * 10 + (key[at] - '0');
    if (codes.contains(code) && at + 1 < key.size()) return key.substr(at + 1);
  }
  return key;
}

bool is_phone_region(std::string_view region) {
  if (region.size() != 2) return false;
  return library().GetCountryCodeForRegion(std::string(region)) != 0;
}

std::string phone_suffix(std::string_view text) {
  constexpr std::size_t kDigits = 9;
  constexpr std::size_t kFewest = 7;
  std::string digits;
  if (text.size() > kMaxBytes) return digits;
  const auto ascii = to_ascii(text);
  if (!ascii) return digits;
  const auto written = take_apart(trim(*ascii));
  if (!written) return digits;
  std::copy_if(written->number.begin(), written->number.end(), std::back_inserter(digits), is_digit);
  if (digits.size() < kFewest) return {};
  return digits.size() > kDigits ? digits.substr(digits.size() - kDigits) : digits;
}

}  // namespace identities
