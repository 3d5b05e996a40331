// Text in the one form in which it is compared: NFKC and case folded (Unicode's NFKC_Casefold). Pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace identities {

/// Nothing when ICU's data is not there; bytes that are not UTF-8 become U+FFFD. Throws std::bad_alloc.
std::optional<std::string> fold_case(std::string_view text);

}  // namespace identities
