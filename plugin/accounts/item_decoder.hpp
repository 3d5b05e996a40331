// Decodes the items of a generic delivery, as manifest/schemas/engagement.json says. Pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "core/engagement.hpp"
#include "core/json_reader.hpp"
#include "core/resolution_rules.hpp"

namespace identities::accounts {

/// Whose words an item uses where it leaves them out, and by what rules its identifiers become keys.
struct Source {
  std::string_view account;   // the scope of customer ids
  std::string_view provider;  // the scope of platform ids, where it is a public network
  Microseconds now_us = 0;    // what changed later than a day from now cannot be true
  std::string_view region = {};
  const ResolutionRules& rules = default_rules();
};

/// The item at `pointer`; nothing, and at least one fault, when it breaks the schema.
std::optional<Item> decode_item(const boost::json::value& value, const std::string& pointer, const Source& source,
                                Faults& faults);

}  // namespace identities::accounts
