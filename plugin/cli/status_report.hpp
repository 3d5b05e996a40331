// What `identities status` tells: gathered piece by piece, so that what can be known of a broken, half-migrated or
// absent database is told, and the rest is left out. Plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/configuration.hpp"
#include "store/lease.hpp"
#include "store/migrate.hpp"
#include "store/retention.hpp"
#include "store/server_facts.hpp"
#include "store/status_reader.hpp"

namespace identities::cli {

/// Something that needs attention, and what to do about it.
struct Warning {
  std::string what;
  std::string to_do;
};

struct OldestKept {
  store::Kept kept;
  std::int64_t days = 0;  // how long it is kept; 0: for ever
  std::optional<Microseconds> oldest_us;
};

struct StatusReport {
  Microseconds now_us = 0;
  std::string database;  // the URL's path or database
  std::optional<store::ServerFacts> server;
  std::vector<store::MigrationStatus> migrations;
  bool is_migrated = false;  // this version runs on it; what follows is only read then
  std::vector<store::LeaseRow> jobs;
  std::vector<store::AccountFlow> accounts;
  std::vector<OldestKept> kept;
  std::vector<Warning> warnings;
  std::vector<std::string> hints;  // worth knowing; nothing is wrong
};

/// Waits for the database some seconds at most. Never throws for what is wrong with the database: that is a warning.
StatusReport gather_status(const Configuration& configuration, const Clock& clock);

}  // namespace identities::cli
