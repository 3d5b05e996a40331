// The addresses of a host name, by /etc/hosts and the name servers of /etc/resolv.conf, within a deadline: getaddrinfo,
// which libmariadb calls, waits as long as the resolver does. Without a thread, on c-ares. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "store/clock.hpp"

namespace identities::store {

/// Numeric addresses, the one to try first first; at least one. A numeric address is its own. servers: instead of those
/// of /etc/resolv.conf, as "ADDRESS:PORT". Throws Unavailable, when the name is unknown or the deadline passes.
std::vector<std::string> addresses_of(const std::string& host, const Clock& clock, Microseconds deadline_us,
                                      const std::string& servers = {});

}  // namespace identities::store
