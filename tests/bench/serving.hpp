// What the benches that need a running hdhost do to an installation before they start it.
#pragma once

#include <filesystem>
#include <string>

namespace bench {

/// Makes a configuration that of a server for this load: without rates, which would be measured instead; all else is as
/// a server has it by default. Returns the same file.
std::filesystem::path for_load(const std::filesystem::path& config);

/// The secret of the tokens that `identities init` made.
std::string desk_secret(const std::filesystem::path& config);

struct WebhookAccount {
  std::string address;  // path
  std::string secret;   // whsec_...
};
/// An account of the provider "webdesk", as its admin adds it.
WebhookAccount add_account(const std::filesystem::path& config, const std::string& name);

}  // namespace bench
