// Short digests of what was told or asked, to tell whether it is still the same. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace identities::panel {

/// 24 hexadecimal digits of its SHA-256. Throws std::bad_alloc.
std::string digest(std::string_view bytes);

}  // namespace identities::panel
