// Webhook load on a real hdhost while it and its database are killed by SIGKILL at random moments and started again at
// once. Senders do as senders should: what was not acknowledged they send again, with the same id, until it is. Owns
// its threads; used by one thread.
#pragma once

#include <cstdint>
#include <string>

#include "installation.hpp"
#include "mariadb_server.hpp"

namespace fault {

struct KillPlan {
  std::size_t deliveries = 0;
  int host_kills = 0;
  int server_kills = 0;
  unsigned seed = 1;
  std::size_t connections = 16;
};

struct KillReport {
  std::size_t acknowledged = 0;
  std::size_t sent_again = 0;   // because no answer, or another than 200, came
  std::size_t were_stored = 0;  // of those, known to the server already: the answer alone was lost
  double seconds = 0;           // from the first delivery to the last acknowledgement, kills included
  double up_seconds = 0;        // the same without the times from a kill until the server answers again
  std::int64_t lost = 0;
  std::int64_t doubled = 0;
  std::string broken;  // invariants that do not hold; empty when all do
};

/// installation: started, with nothing stored; server: its database, null where that is SQLite.
/// Throws std::runtime_error when a delivery is refused for good or the load does not get on.
KillReport run_kills(integration::Installation& installation, const integration::Account& account,
                     support::MariadbServer* server, const KillPlan& plan);

}  // namespace fault
