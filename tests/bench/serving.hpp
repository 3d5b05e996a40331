// What the benches that need a running hdhost do to an installation before they start it.
#pragma once

#include <filesystem>
#include <string>

namespace bench {

/// Clients of every load by HTTP.
constexpr int kSenders = 32;

/// Makes a configuration that of a server for this load: no rates, which would be measured instead, and as many
/// handlers and sessions as there are clients. Returns the same file.
std::filesystem::path for_load(const std::filesystem::path& config);

/// The same with the handlers and sessions that a server has by default, as agents' panels meet it: more of them than
/// there are cores only wait for each other.
std::filesystem::path for_agents(const std::filesystem::path& config);

/// The secret of the tokens that `identities init` made.
std::string desk_secret(const std::filesystem::path& config);

struct WebhookAccount {
  std::string address;  // path
  std::string secret;   // whsec_...
};
/// An account of the provider "webdesk", as its admin adds it.
WebhookAccount add_account(const std::filesystem::path& config, const std::string& name);

}  // namespace bench
