// What the sidebar needs to know of a provider. Pure functions.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "core/identifier.hpp"

namespace identities {

/// Is it a social network, whose profile is shown before the other sources?
inline bool is_social(std::string_view provider) {
  constexpr std::array<std::string_view, 13> kSocial = {"bluesky",   "facebook", "instagram", "linkedin", "mastodon",
                                                        "pinterest", "reddit",   "snapchat",  "threads",  "tiktok",
                                                        "twitch",    "x",        "youtube"};
  return std::find(kSocial.begin(), kSocial.end(), provider) != kSocial.end();
}

/// Whose user ids are these? Those of a public network mean the same person in every account; any other platform's mean
/// somebody only within the account that gave them, as do Facebook's, which
/// gives each page ids of its own.
inline std::string_view platform_scope(std::string_view provider, std::string_view account) {
  const bool global =
      (is_social(provider) && provider != "facebook") || provider == "discord" || provider == "telegram";
  return global ? provider : account;
}

/// Whose a customer's id or a platform's user id is, where it does not say.
inline std::string_view key_scope(IdentifierKind kind, std::string_view provider, std::string_view account) {
  return kind == IdentifierKind::kPlatform ? platform_scope(provider, account) : account;
}

}  // namespace identities
