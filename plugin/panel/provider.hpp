// What the sidebar needs to know of a provider. Pure functions.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace identities::panel {

/// Is it a social network, whose profile is shown before the other sources?
inline bool is_social(std::string_view provider) {
  constexpr std::array<std::string_view, 13> kSocial = {"bluesky",   "facebook", "instagram", "linkedin", "mastodon",
                                                        "pinterest", "reddit",   "snapchat",  "threads",  "tiktok",
                                                        "twitch",    "x",        "youtube"};
  return std::find(kSocial.begin(), kSocial.end(), provider) != kSocial.end();
}

}  // namespace identities::panel
