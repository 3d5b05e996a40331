// How alike two short texts are. Over bytes; callers pass normalised text. Pure and thread-safe; no allocation for
// texts of up to 64 bytes but for double_metaphone.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace identities {

/// Jaro-Winkler, 0 to 1; prefix scale 0.1, at most four bytes of prefix (Winkler 1990).
double jaro_winkler(std::string_view left, std::string_view right);

/// Insertions, deletions, substitutions and transpositions of neighbours, no part edited twice (optimal string
/// alignment); at_most + 1 when there are more.
int alignment_distance(std::string_view left, std::string_view right, int at_most);

/// Primary and alternative code of a word of ASCII letters (Philips 2000), at most `length` letters each.
std::pair<std::string, std::string> double_metaphone(std::string_view word, std::size_t length = 4);

}  // namespace identities
