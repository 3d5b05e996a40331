// The rules by which requesters become identities, as an administrator may set them: what never identifies anybody,
// what providers fold, and where automatic growth stops. Immutable once made, so that threads share it. The letters are
// those of the rules in the design.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/timestamp.hpp"

namespace identities {

/// Mail providers whose addresses have several spellings of one mailbox.
struct ProviderFolding {
  std::vector<std::string> domains;  // A-labels; the first one stands in the key
  bool dots = false;                 // dots in the local part mean nothing
  bool plus_tag = false;             // neither does what follows a "+"
};

struct ResolutionRules {
  std::vector<ProviderFolding> folding;      // N1
  std::vector<std::string> blocked_domains;  // B1: with all that ends in ".<domain>"
  std::vector<std::string>
      blocked_values;  // B1: whole keys of any kind, such as the tenant's own addresses and numbers
  std::vector<std::string> role_local_parts;                      // S1
  std::size_t shared_names = 3;                                   // S2: incompatible names that make a value shared
  std::size_t shared_customer_ids = 3;                            // S2: customer ids of one source that do
  Microseconds recycle_after_us = 180LL * 24 * 3600 * 1'000'000;  // S3
  std::size_t max_emails = 5;                                     // L1, of one identity, as the three below
  std::size_t max_mobiles = 3;
  std::size_t max_landlines = 2;
  std::size_t max_identifiers = 25;  // L3
  std::size_t max_records = 10;      // L3
  std::size_t max_joined = 2;        // L4: identities that one event may join
};

/// As the product ships them.
const ResolutionRules& default_rules();

/// The defaults with what the JSON object names (manifest/schemas/rules.json). Throws std::invalid_argument with a JSON
/// Pointer, what was expected and what was found.
ResolutionRules rules_from_json(std::string_view json);

/// All of it as JSON, as rules_from_json takes it.
std::string rules_to_json(const ResolutionRules& rules);

}  // namespace identities
