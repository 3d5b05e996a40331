#include "core/mail_provider.hpp"

#include <algorithm>
#include <array>

#include "core/string_distance.hpp"

namespace identities {
namespace {

constexpr std::array<std::string_view, 34> kProviders = {
    "aol.com",    "bigpond.com", "btinternet.com",  "comcast.net", "fastmail.com", "free.fr",     "gmail.com",
    "gmx.at",     "gmx.ch",      "gmx.com",         "gmx.de",      "gmx.net",      "hotmail.com", "hotmail.co.uk",
    "hotmail.fr", "icloud.com",  "libero.it",       "live.com",    "mac.com",      "mail.com",    "mail.ru",
    "me.com",     "msn.com",     "optusnet.com.au", "orange.fr",   "outlook.com",  "proton.me",   "protonmail.com",
    "qq.com",     "t-online.de", "web.de",          "yahoo.co.uk", "yahoo.com",    "yandex.ru"};

/// One letter off a shorter one is as likely another company.
constexpr std::size_t kShortestMisspelt = 8;

}  // namespace

bool is_mail_provider(std::string_view domain) {
  return std::find(kProviders.begin(), kProviders.end(), domain) != kProviders.end();
}

bool is_misspelt_provider(std::string_view domain) {
  if (is_mail_provider(domain)) return false;
  return std::any_of(kProviders.begin(), kProviders.end(), [&](std::string_view provider) {
    return provider.size() >= kShortestMisspelt && alignment_distance(domain, provider, 1) <= 1;
  });
}

}  // namespace identities
