#include <algorithm>
#include <array>

#include "core/case_folding.hpp"
#include "core/identifier.hpp"
#include "core/plain_text.hpp"

namespace identities {
namespace {

struct Site {
  std::string_view domain;
  std::string_view platform;
  std::string_view folder;  // what stands before the handle in a profile's address
};

constexpr std::array<Site, 17> kSites = {{{"x.com", "x", ""},
                                          {"twitter.com", "x", ""},
                                          {"instagram.com", "instagram", ""},
                                          {"instagr.am", "instagram", ""},
                                          {"facebook.com", "facebook", ""},
                                          {"fb.com", "facebook", ""},
                                          {"linkedin.com", "linkedin", "in/"},
                                          {"tiktok.com", "tiktok", ""},
                                          {"youtube.com", "youtube", ""},
                                          {"threads.net", "threads", ""},
                                          {"reddit.com", "reddit", "user/"},
                                          {"pinterest.com", "pinterest", ""},
                                          {"snapchat.com", "snapchat", "add/"},
                                          {"twitch.tv", "twitch", ""},
                                          {"bsky.app", "bluesky", "profile/"},
                                          {"github.com", "github", ""},
                                          {"t.me", "telegram", ""}}};

/// One network, two names.
std::string_view known_as(std::string_view platform) {
  return ascii_equal(platform, "twitter") ? "x" : platform;
}

std::string lower(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), ascii_lower);
  return folded;
}

/// The site of an address, which is cut to what follows the site's folder; nullptr when it is none that is known.
const Site* take_site(std::string_view& text) {
  std::string_view rest = text;
  if (!take_prefix(rest, "https://")) take_prefix(rest, "http://");
  for (const std::string_view host : {"www.", "m.", "mobile."})
    if (take_prefix(rest, host)) break;
  const std::string_view domain = rest.substr(0, rest.find('/'));
  if (domain.size() == rest.size()) return nullptr;
  for (const Site& site : kSites) {
    if (!ascii_equal(domain, site.domain)) continue;
    rest.remove_prefix(domain.size() + 1);
    if (!take_prefix(rest, site.folder)) return nullptr;
    text = rest.substr(0, rest.find_first_of("/?#"));
    return &site;
  }
  return nullptr;
}

bool is_handle(std::string_view text) {
  constexpr std::size_t kMaxHandle = 100;
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_' || c == '.' || c == '-' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  return !text.empty() && text.size() <= kMaxHandle && std::all_of(text.begin(), text.end(), fits);
}

bool is_platform(std::string_view text) {
  const auto fits = [](char c) {
    return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

std::optional<std::string> normalise_handle(std::string_view platform, std::string_view text) {
  text = trim(text);
  if (const Site* site = take_site(text); site != nullptr) {
    platform = site->platform;
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    platform = text.substr(0, colon);
    text = trim(text.substr(colon + 1));
  }
  take_prefix(text, "@");
  auto handle = fold_case(text);
  if (!handle || !is_handle(*handle) || !is_platform(platform)) return std::nullopt;
  return lower(known_as(platform)) + ":" + *handle;
}

}  // namespace identities
