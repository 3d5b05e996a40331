// Names of people, normalised so that they can be compared, and whether two of them can be one person's (rule N5). Pure
// and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace identities {

/// NFKC, to Latin, lower case, without marks; titles and suffixes split out. "García, Dr José jr." becomes
/// {jose, garcia}, suffix jr.
struct PersonName {
  std::vector<std::string> tokens;  // in the order given names, surname; empty when there is no name
  std::string suffix;               // "sr", "jr", "ii", "iii", "iv", or empty
  bool operator==(const PersonName&) const = default;
};

PersonName parse_name(std::string_view text);

enum class NameAgreement : std::uint8_t { kMissing, kCompatible, kIncompatible };

/// kMissing when either has no name. Compatible: the same tokens in any order; or surnames of Jaro-Winkler 0.88 and
/// first names that are equal, an initial, a nickname's, or of 0.90; or, with the same personal address, the same first
/// name. Sr and Jr are never one person. Symmetric.
NameAgreement compare_names(const PersonName& left, const PersonName& right, bool same_personal_address);

/// Are these two given names one name, such as bob and robert? Symmetric; false for equal ones that are no nicknames.
bool is_nickname(std::string_view left, std::string_view right);

/// Is it a given name that many have, as parse_name gives it?
bool is_common_given_name(std::string_view name);

}  // namespace identities
