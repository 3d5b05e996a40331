#include "core/lookalike.hpp"

#include <idn2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include "core/plain_text.hpp"

namespace identities {
namespace {

constexpr std::size_t kMaxDomainBytes = 253;

// The top-level domains бг, срб, орг and рус. They would read as ASCII ones ("pyc") that do not exist, so below them
// nothing imitates anybody.
constexpr std::array<std::string_view, 4> kHonestTops = {"xn--90ae", "xn--90a3ac", "xn--c1avg", "xn--p1acf"};

// Where the dotless i is a letter as any other: Turkey and Azerbaijan.
constexpr std::array<std::string_view, 2> kDotlessTops = {"tr", "az"};
constexpr UChar32 kDotlessI = 0x131;

// ICU takes it for an i, but in print it is an l.
constexpr UChar32 kPalochka = 0x4CF;

// ae, oe, the Ossetian ae and the Yiddish double vav: whole letters of languages that are written, which UTS 39 has for
// two. In Danish one word of ten would imitate another.
constexpr std::array<UChar32, 4> kWholeLetters = {0xE6, 0x153, 0x4D5, 0x5F0};

template <typename List, typename Value>
bool is_one_of(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_of_a_label(UChar32 c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_of_a_domain(UChar32 c) {
  return is_of_a_label(c) || c == '.';
}

/// nullptr when ICU's data is not there, or memory was short at the first use, which ICU never tries again: then nobody
/// is warned, but everybody is shown. It lives as long as the process, whose threads may outlive its statics.
const USpoofChecker* spoof_checker() {
  static const USpoofChecker* const checker = [] {
    UErrorCode status = U_ZERO_ERROR;
    USpoofChecker* const opened = uspoof_open(&status);
    return U_FAILURE(status) ? nullptr : opened;
  }();
  return checker;
}

/// The domain as people see it; nothing for labels that are no Punycode.
std::optional<icu::UnicodeString> in_unicode(std::string_view domain) {
  char* output = nullptr;
  const int result = idn2_to_unicode_8z8z(std::string(domain).c_str(), &output, 0);
  const std::unique_ptr<char, decltype(&std::free)> owned(output, &std::free);
  if (result == IDN2_MALLOC) throw std::bad_alloc();
  if (result != IDN2_OK) return std::nullopt;
  auto text = icu::UnicodeString::fromUTF8(output);
  if (text.isBogus()) throw std::bad_alloc();
  return text;
}

/// What a character is taken for, in letters, digits and hyphens of ASCII; empty where it reads as itself.
std::string taken_for(UChar32 c, const USpoofChecker& checker) {
  if (c == kPalochka) return "l";
  if (is_one_of(kWholeLetters, c)) return {};
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString skeleton;
  uspoof_getSkeletonUnicodeString(&checker, 0, icu::UnicodeString(c), skeleton, &status);
  if (status == U_MEMORY_ALLOCATION_ERROR || skeleton.isBogus()) throw std::bad_alloc();
  if (U_FAILURE(status)) return {};
  std::string text;
  skeleton.toUTF8String(text);
  for (char& letter : text) letter = ascii_lower(letter);  // capitals are the same domain
  if (text == "rn") return "m";                            // the skeleton of an m
  return std::all_of(text.begin(), text.end(), is_of_a_label) ? text : std::string{};
}

struct Label {
  std::string text;      // as it is read in ASCII
  bool differs = false;  // it is not that
};

/// Nothing where a letter reads as itself.
std::optional<Label> read_label(const icu::UnicodeString& seen, std::string_view top, const USpoofChecker& checker) {
  Label label;
  for (int32_t at = 0; at < seen.length(); at = seen.moveIndex32(at, 1)) {
    const UChar32 c = seen.char32At(at);
    if (is_of_a_label(c)) {
      label.text += static_cast<char>(c);
      continue;
    }
    label.differs = true;
    if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) continue;  // nobody sees it
    if (c == kDotlessI && is_one_of(kDotlessTops, top)) return std::nullopt;
    const std::string read = taken_for(c, checker);
    if (read.empty()) return std::nullopt;
    label.text += read;
  }
  return label;
}

}  // namespace

std::optional<std::string> imitated_domain(std::string_view domain) {
  if (!domain.starts_with("xn--") && domain.find(".xn--") == std::string_view::npos) return std::nullopt;
  if (domain.size() > kMaxDomainBytes || !std::all_of(domain.begin(), domain.end(), is_of_a_domain))
    return std::nullopt;
  const std::string_view top = domain.substr(domain.rfind('.') + 1);
  const USpoofChecker* const checker = is_one_of(kHonestTops, top) ? nullptr : spoof_checker();
  const auto seen = checker == nullptr ? std::nullopt : in_unicode(domain);
  if (!seen) return std::nullopt;
  // From the top down, as far as it reads as ASCII: a label of other letters in front makes no domain honest.
  std::string imitated;
  bool differs = false;
  for (int32_t end = seen->length(); end > 0;) {
    const int32_t dot = seen->lastIndexOf(u'.', 0, end);
    const auto label = read_label(seen->tempSubStringBetween(dot + 1, end), top, *checker);
    if (!label || label->text.empty()) break;
    if (!imitated.empty()) imitated.insert(0, 1, '.');
    imitated.insert(0, label->text);
    differs = differs || label->differs;
    end = dot;
  }
  if (!differs || imitated.size() > kMaxDomainBytes || imitated.find('.') == std::string::npos) return std::nullopt;
  return imitated;
}

}  // namespace identities
