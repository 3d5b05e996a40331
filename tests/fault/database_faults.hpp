// The ways in which a database fails, one a row: the deadline tests assert what is answered to each, the bench
// fault.deadline measures when. Stateless.
#pragma once

#include <string_view>
#include <vector>

#include "database_site.hpp"

namespace fault {

struct Fault {
  std::string_view name;
  bool by_proxy;  // else by the server's own socket
  void (*strike)(Site&);
  void (*heal)(Site&);
};

/// Those that any call meets, whether its session is fresh or was idle in the pool.
const std::vector<Fault>& faults();
/// Those that meet a write at its COMMIT.
const std::vector<Fault>& commit_faults();

}  // namespace fault
