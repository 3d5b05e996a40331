// Time zones by IANA name, over ICU. Pure and thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "core/timestamp.hpp"

namespace identities {

/// Microseconds east of UTC in that zone at that time; nothing when there is no such zone.
std::optional<Microseconds> offset_east(std::string_view zone, Microseconds time);

}  // namespace identities
