// Base64 (RFC 4648) over OpenSSL's encoder. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace identities {

std::string base64_encode(std::string_view bytes);
/// The URL alphabet, without padding.
std::string base64url_encode(std::string_view bytes);
/// Standard alphabet with padding; nothing when text is not exactly that.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace identities
