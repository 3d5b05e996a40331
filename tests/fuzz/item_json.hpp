// An item of a delivery written as JSON again, for round trips. Pure.
#pragma once

#include <string>

#include "core/engagement.hpp"

namespace fuzz {

/// JSON from which the decoder makes the same item.
std::string to_json(const identities::Item& item);

}  // namespace fuzz
