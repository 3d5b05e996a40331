// What the benches that need a running hdhost do to an installation before they start it.
#pragma once

#include <filesystem>
#include <string>

namespace bench {

/// The one place that lifts hdhost's limits of requests per sender, in a version that has them: 32 connections of one
/// sender are what is measured. Returns the same configuration.
std::filesystem::path without_rates(const std::filesystem::path& config);

/// The secret of the tokens that `identities init` made.
std::string desk_secret(const std::filesystem::path& config);

struct WebhookAccount {
  std::string address;  // path
  std::string secret;   // whsec_...
};
/// An account of the provider "webdesk", as its admin adds it.
WebhookAccount add_account(const std::filesystem::path& config, const std::string& name);

}  // namespace bench
