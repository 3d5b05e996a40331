// What the asking agent may see and do; comes with every call. Plain values.
#pragma once

#include <string>
#include <vector>

namespace identities {

/// all: everything. Else: threads and records whose partition is listed ("account" or "account/partition"), internal
/// engagements only in internal_partitions, and beside them the listed threads of the ticket's account.
struct View {
  bool all = false;
  std::vector<std::string> partitions;
  std::vector<std::string> internal_partitions;
  std::vector<std::string> threads;
};

struct Agent {
  std::string id;
  std::string name;
};

}  // namespace identities
