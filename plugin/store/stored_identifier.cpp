#include "store/stored_identifier.hpp"

namespace identities::store {

std::optional<GivenIdentifier> keyed(std::string_view stored_kind, std::string_view stored_value,
                                     std::string_view shown, const Account& account, const ResolutionRules& rules) {
  const bool raw = stored_kind.starts_with("raw.");
  if (raw) stored_kind.remove_prefix(4);
  const auto kind = identifier_kind(stored_kind);
  if (!kind) return std::nullopt;
  std::string_view text = shown;
  std::string_view scope;
  if (*kind == IdentifierKind::kPlatform || *kind == IdentifierKind::kCustomer) {
    // Whose id it is stands in its key alone.
    const auto colon = stored_value.find(':');
    if (raw || colon == std::string_view::npos) return std::nullopt;
    scope = stored_value.substr(0, colon);
    text = stored_value.substr(colon + 1);
  }
  GivenIdentifier identifier{*kind, std::string(shown), {}, false};
  IdentifierKey made = make_key(*kind, text, {scope, account.region, rules, account.provider});
  identifier.key = std::move(made.key);
  identifier.blocked = made.blocked;
  identifier.phone_use = made.phone_use;
  return identifier;
}

}  // namespace identities::store
