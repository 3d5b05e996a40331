// Text in the one form in which it is compared: NFKC and case folded (Unicode's NFKC_Casefold). Pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace identities {

/// Nothing when it is not UTF-8, or ICU's data is not there. Throws std::bad_alloc.
std::optional<std::string> fold_case(std::string_view text);

}  // namespace identities
