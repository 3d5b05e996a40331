// UTF-8 (RFC 3629): measuring and cutting text without breaking a character. Pure functions.
#pragma once

#include <string_view>

namespace identities {

/// Bytes of the character at the front of text; 0 when it is not valid UTF-8 (overlong forms and surrogates included).
/// REQUIRES: text is not empty.
std::size_t utf8_length(std::string_view text);

/// How many characters; a byte that is not UTF-8 counts as one.
std::size_t utf8_count(std::string_view text);

/// The longest front part of at most `count` characters.
std::string_view utf8_prefix(std::string_view text, std::size_t count);

}  // namespace identities
