// How an identifier stands in the tables identifier, identifier_value and identifier_told. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/engagement.hpp"
#include "store/accounts.hpp"

namespace identities::store {

/// Before the kind of a value that made no key.
inline constexpr std::string_view kRawKind = "raw.";

struct StoredIdentifier {
  std::string kind;
  std::string_view value;  // the identifier's own
};

/// A value without a key keeps its row under "raw.<kind>", which no look-up uses.
inline StoredIdentifier stored_as(const GivenIdentifier& identifier) {
  const std::string kind(name_of(identifier.kind));
  if (identifier.key) return {kind, *identifier.key};
  return {std::string(kRawKind) + kind, identifier.shown};
}

/// What a stored identifier is by those rules, made out of what its source wrote. Nothing for a kind of another
/// version, and for an id without a key: whose it is stood in the key alone.
std::optional<GivenIdentifier> keyed(std::string_view stored_kind, std::string_view stored_value,
                                     std::string_view shown, const Account& account, const ResolutionRules& rules);

}  // namespace identities::store
