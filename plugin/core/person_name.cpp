#include "core/person_name.hpp"

#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <unordered_map>

#include "core/identifier.hpp"
#include "core/nicknames.hpp"
#include "core/plain_text.hpp"
#include "core/string_distance.hpp"
#include "core/utf8.hpp"

namespace identities {
namespace {

constexpr std::size_t kMaxCharacters = 200;  // of a name, as manifest/schemas/engagement.json has it
constexpr std::size_t kMaxTokens = 16;
constexpr double kSurnamesAlike = 0.88;
constexpr double kFirstNamesAlike = 0.90;

// Before a name. "Sr." is there a señor, and behind it a senior.
constexpr std::array<std::string_view, 37> kTitles = {
    "mr",  "mrs",  "ms",   "miss", "mx",   "dr",  "prof", "professor", "sir",   "dame",     "lord", "lady", "rev",
    "hon", "capt", "herr", "hr",   "frau", "fr",  "mme",  "mlle",      "sig",   "monsieur", "sra",  "srta", "senor",
    "ing", "dipl", "mag",  "med",  "univ", "pan", "pani", "signor",    "madam", "madame",   "sr"};
// Behind a name.
constexpr std::array<std::string_view, 14> kDegrees = {"phd", "md",   "msc", "bsc", "mba", "esq",  "dds",
                                                       "cpa", "dipl", "bed", "llb", "llm", "frcs", "obe"};
// Who nobody is, though the text looks like a name.
constexpr std::array<std::string_view, 14> kNobodies = {
    "unknown caller", "unknown user",  "anonymous user", "guest user",     "test user",
    "no name",        "no name given", "not provided",   "customer",       "client",
    "visitor",        "whatsapp user", "facebook user",  "wireless caller"};

struct Suffix {
  std::string_view written;
  std::string_view means;
};
constexpr std::array<Suffix, 9> kSuffixes = {{{"jr", "jr"},
                                              {"junior", "jr"},
                                              {"sr", "sr"},
                                              {"senior", "sr"},
                                              {"ii", "ii"},
                                              {"2nd", "ii"},
                                              {"iii", "iii"},
                                              {"3rd", "iii"},
                                              {"iv", "iv"}}};

bool is_one_of(std::string_view text, std::span<const std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

const icu::Transliterator& to_latin() {
  static const std::unique_ptr<icu::Transliterator> made = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::Transliterator> latin(icu::Transliterator::createInstance(
        "NFKC; Any-Latin; NFD; [:M:] Remove; Latin-ASCII; NFKC; [:M:] Remove", UTRANS_FORWARD, status));
    if (status == U_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
    if (U_FAILURE(status) || latin == nullptr)
      throw std::runtime_error("ICU's transliteration to Latin cannot be loaded; is its data (libicu72) whole?");
    return latin;
  }();
  return *made;
}

/// Lower-case Latin letters without marks, and what is none of a name as it was.
std::string latin(std::string_view text) {
  std::string plain;
  if (is_ascii(text)) {
    plain = text;
  } else {
    icu::UnicodeString wide =
        icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
    to_latin().transliterate(wide);
    if (wide.isBogus()) throw std::bad_alloc();
    wide.toUTF8String(plain);
  }
  std::transform(plain.begin(), plain.end(), plain.begin(), ascii_lower);
  return plain;
}

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_of_name(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

/// The words of a text; an apostrophe is within one, whatever else is no letter parts two. Those without a letter are
/// none.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end = [&] {
    if (std::any_of(word.begin(), word.end(), is_letter)) words.push_back(word);
    word.clear();
  };
  for (const char c : text) {
    if (is_of_name(c))
      word += c;
    else if (c != '\'' && c != '`')
      end();
  }
  end();
  return words;
}

std::string_view suffix_of(std::string_view word) {
  const auto found =
      std::find_if(kSuffixes.begin(), kSuffixes.end(), [&](const Suffix& s) { return s.written == word; });
  return found == kSuffixes.end() ? std::string_view{} : found->means;
}

using Parts = std::vector<std::vector<std::string>>;  // the words between commas

/// Takes titles, degrees and the suffix out, as long as a whole name stays; returns the suffix.
std::string strip(Parts& parts) {
  std::size_t left = 0;
  for (const auto& part : parts) left += part.size();
  for (auto& part : parts)
    for (; left > 1 && !part.empty() && is_one_of(part.front(), kTitles); --left) part.erase(part.begin());
  std::string suffix;
  for (auto& part : parts) {
    for (; left > 2 && !part.empty(); --left) {
      const std::string_view means = suffix_of(part.back());
      if (means.empty() && !is_one_of(part.back(), kDegrees)) break;
      if (!means.empty()) suffix = means;
      part.pop_back();
    }
  }
  return suffix;
}

bool is_nobody(std::string_view text) {
  return is_placeholder(text) || is_one_of(text, kNobodies);
}

/// The first so many words, by the commas between them.
Parts parts_of(std::string_view text) {
  Parts parts;
  std::size_t left = kMaxTokens;
  for (std::string_view rest = text;;) {
    const auto comma = rest.find(',');
    auto words = words_of(rest.substr(0, comma));
    words.resize(std::min(words.size(), left));
    left -= words.size();
    if (!words.empty()) parts.push_back(std::move(words));
    if (comma == std::string_view::npos) return parts;
    rest.remove_prefix(comma + 1);
  }
}

using Groups = std::unordered_map<std::string_view, std::vector<std::size_t>>;

const Groups& groups_by_name() {
  static const Groups groups = [] {
    Groups made;
    const auto all = nickname_groups();
    for (std::size_t index = 0; index < all.size(); ++index) {
      std::string_view rest = all[index];
      while (!rest.empty()) {
        const std::string_view name = rest.substr(0, rest.find(' '));
        made[name].push_back(index);
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      }
    }
    return made;
  }();
  return groups;
}

bool is_initial_of(std::string_view initial, std::string_view name) {
  return initial.size() == 1 && initial.front() == name.front();
}

bool same_given_name(std::string_view left, std::string_view right) {
  return left == right || is_initial_of(left, right) || is_initial_of(right, left) || is_nickname(left, right) ||
         jaro_winkler(left, right) >= kFirstNamesAlike;
}

/// One word may be either end of a name; an initial alone says too little.
bool agrees_with_word(const std::string& word, const PersonName& name) {
  if (word.size() == 1) return word == name.tokens.front() && name.tokens.size() == 1;
  const std::string& first = name.tokens.front();
  return word == first || is_nickname(word, first) ||
         (first.size() > 1 && jaro_winkler(word, first) >= kFirstNamesAlike) ||
         jaro_winkler(word, name.tokens.back()) >= kSurnamesAlike;
}

/// "jr" and "ii" are the second of the name.
int generation(std::string_view suffix) {
  if (suffix.empty()) return 0;
  return suffix == "sr" ? 1 : suffix == "jr" || suffix == "ii" ? 2 : suffix == "iii" ? 3 : 4;
}

bool same_tokens(const PersonName& left, const PersonName& right) {
  return left.tokens.size() == right.tokens.size() &&
         std::is_permutation(left.tokens.begin(), left.tokens.end(), right.tokens.begin());
}

}  // namespace

PersonName parse_name(std::string_view text) {
  std::string plain = latin(utf8_prefix(text, kMaxCharacters));
  plain.resize(std::min(plain.size(), kMaxCharacters));  // a character may have become several letters
  PersonName name;
  if (is_nobody(trim(plain)) || plain.find('@') != std::string::npos) return name;
  Parts parts = parts_of(plain);
  name.suffix = strip(parts);
  std::erase_if(parts, [](const auto& part) { return part.empty(); });
  // What stands before a comma is the surname.
  if (parts.size() > 1) std::rotate(parts.begin(), parts.begin() + 1, parts.end());
  std::string whole;
  for (auto& part : parts) {
    for (std::string& word : part) {
      whole += (whole.empty() ? "" : " ") + word;
      name.tokens.push_back(std::move(word));
    }
  }
  return is_nobody(whole) ? PersonName{} : name;
}

NameAgreement compare_names(const PersonName& left, const PersonName& right, bool same_personal_address) {
  if (left.tokens.empty() || right.tokens.empty()) return NameAgreement::kMissing;
  const int one = generation(left.suffix);
  const int other = generation(right.suffix);
  if (one != 0 && other != 0 && one != other) return NameAgreement::kIncompatible;
  const auto agreement = [](bool agrees) { return agrees ? NameAgreement::kCompatible : NameAgreement::kIncompatible; };
  if (same_tokens(left, right)) return NameAgreement::kCompatible;
  if (left.tokens.size() == 1) return agreement(agrees_with_word(left.tokens.front(), right));
  if (right.tokens.size() == 1) return agreement(agrees_with_word(right.tokens.front(), left));
  const std::string& given = left.tokens.front();
  const std::string& other_given = right.tokens.front();
  if (same_personal_address && given == other_given && given.size() > 1) return NameAgreement::kCompatible;
  return agreement(jaro_winkler(left.tokens.back(), right.tokens.back()) >= kSurnamesAlike &&
                   same_given_name(given, other_given));
}

bool is_nickname(std::string_view left, std::string_view right) {
  if (left == right) return false;
  const Groups& groups = groups_by_name();
  const auto one = groups.find(left);
  const auto other = groups.find(right);
  if (one == groups.end() || other == groups.end()) return false;
  return std::find_first_of(one->second.begin(), one->second.end(), other->second.begin(), other->second.end()) !=
         one->second.end();
}

bool is_common_given_name(std::string_view name) {
  return groups_by_name().contains(name);
}

}  // namespace identities
