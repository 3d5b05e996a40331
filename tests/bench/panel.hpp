// The plugin as a helpdesk calls it in process: through host.h. One thread.
#pragma once

#include <helpdesk/host.h>

#include <memory>
#include <string>
#include <string_view>

#include "customer.hpp"
#include "dataset.hpp"

namespace bench {

class Panel {
 public:
  /// config: the installation's configuration file.
  explicit Panel(const std::string& config);

  /// Microseconds of the call itself. The reply is kept for reply(); anything but HD_OK throws.
  double open(const std::string& request) { return call(HD_PANEL, "sidebar", request); }
  double deliver(const std::string& event) { return call(HD_EVENT, "engagement", event); }
  std::string_view reply() const { return {reply_.get(), size_}; }

 private:
  double call(std::int32_t kind, std::string_view id, const std::string& request);

  struct Close {
    void operator()(hd_host_handle* host) const { hd_host_close(host); }
  };
  struct Free {
    void operator()(char* reply) const { hd_host_free(reply); }
  };
  std::unique_ptr<hd_host_handle, Close> host_;
  std::unique_ptr<char, Free> reply_;
  std::size_t size_ = 0;
};

/// The panel request of an agent who sees everything and has that customer's newest ticket before him.
std::string open_request(const Customer& customer);
/// The same for the page of the history before that time.
std::string history_request(const Customer& customer, std::int64_t before_us);

}  // namespace bench
