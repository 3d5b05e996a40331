// Method: a text as rules. They are refused by std::invalid_argument with a pointer, or read, and then they are the
// same when they are written and read again, and addresses have one key by them.
#include <stdexcept>

#include "core/identifier.hpp"
#include "core/resolution_rules.hpp"
#include "properties.hpp"

namespace {

using namespace identities;

void check_keys(const ResolutionRules& rules) {
  for (const ProviderFolding& provider : rules.folding) {
    for (const std::string& domain : provider.domains) {
      const auto key = normalise_email("a.b+c@" + domain, rules);
      if (!key) continue;
      fuzz::require(normalise_email(*key, rules) == key, "a key is its own key by any rules", *key);
      blocked_reason(IdentifierKind::kEmail, *key, rules);
    }
  }
  for (const std::string& domain : rules.blocked_domains) {
    const auto key = normalise_email("somebody@below." + domain, rules);
    if (!key || !key->ends_with(domain)) continue;
    fuzz::require(blocked_reason(IdentifierKind::kEmail, *key, rules) != BlockedReason::kNone,
                  "what is below a blocked domain is blocked", *key);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  try {
    const ResolutionRules rules = rules_from_json(text);
    const std::string written = rules_to_json(rules);
    fuzz::require(rules_to_json(rules_from_json(written)) == written, "rules that are written again are the same",
                  text);
    check_keys(rules);
  } catch (const std::invalid_argument& error) {
    fuzz::require(std::string_view(error.what()).starts_with("/"), "a fault begins with its pointer", text);
  }
  return 0;
}
