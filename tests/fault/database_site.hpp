// A MariaDB with our schema, reached directly, by way of a proxy that plays faults, or not at all; and the plugin on it
// in process, as a helpdesk has it. A Site is used by one thread; a Host's calls may come from several.
#pragma once

#include <helpdesk/host.h>
#include <poll.h>

#include <filesystem>
#include <memory>
#include <string>

#include "fault_proxy.hpp"
#include "installation.hpp"
#include "mariadb_server.hpp"

namespace fault {

struct Answer {
  hd_status status = HD_OK;
  std::string message;
  std::string reply;
  double took_ms = 0;
};

/// libhelpdesk_host with the plugin.
class Host {
 public:
  explicit Host(const std::filesystem::path& config);

  Answer panel(std::int64_t budget_ms) const;
  /// An event with one message of that id.
  Answer event(const std::string& message_id, std::int64_t budget_ms) const;
  Answer note(const std::string& key, std::int64_t budget_ms) const;

 private:
  Answer call(std::int32_t kind, std::string_view id, const std::string& request, std::int64_t budget_ms) const;
  struct Close {
    void operator()(hd_host_handle* host) const { hd_host_close(host); }
  };
  std::unique_ptr<hd_host_handle, Close> host_;
};

struct Site {
  Site();

  /// A configuration beside the installation's with another database.url.
  std::filesystem::path config_for(const std::string& database_url) const;
  /// Gives hdhost the same plugin with webhooks of 3 s instead of 10, so that a test need not wait so long.
  void shorten_webhooks() const;
  /// Our sessions on the server, idle or not. REQUIRES: it runs.
  std::int64_t sessions() const;
  /// What else the server tells as a number; asked outside of the database of ours.
  std::int64_t ask(const std::string& sql) const;

  support::MariadbServer server;
  support::FaultProxy proxy;
  std::unique_ptr<integration::Installation> installation;
  integration::Account account;
};

/// Looks again and again until it is true, for ten seconds; what cannot be waited for otherwise.
template <typename Condition>
bool comes_true(Condition&& condition) {
  for (int look = 0; look < 2000; ++look) {
    if (condition()) return true;
    ::poll(nullptr, 0, 5);
  }
  return condition();
}

std::size_t open_files();
std::size_t running_threads();

}  // namespace fault
