// Method: the configuration file with that content, as hdhost reads it. What is accepted keeps the promises of the
// settings; a refusal is one line that says what was expected and what was found.
#include "config.hpp"

#include <arpa/inet.h>

#include "scratch_file.hpp"
#include "settings.hpp"

namespace {

bool is_loopback(const std::string& address) {
  in6_addr v6{};
  return address.starts_with("127.") ||
         (::inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6) != 0);
}

void check_settings(const hdhost::Settings& settings) {
  const hdhost::Endpoint& listen = settings.listen;
  fuzz::require(!listen.unix_path.empty() || is_loopback(listen.address), "plain HTTP listens on loopback only",
                listen.address);
  for (const hdhost::TokenKey& key : settings.keys)
    fuzz::require(key.secret.size() >= 32, "a key for tokens has at least 32 bytes", key.kid);
  fuzz::require(settings.threads > 0 && settings.queue > 0 && settings.limits.body_bytes >= 1024, "limits are sound");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::ScratchFile file;
  file.write(data, size);
  const auto config = helpdesk::read_config(file.path());
  if (!config) {
    fuzz::require_refusal(config.error().message);
    return 0;
  }
  const auto settings = hdhost::read_settings(*config);
  if (settings)
    check_settings(*settings);
  else
    fuzz::require_refusal(settings.error().message);
  return 0;
}
