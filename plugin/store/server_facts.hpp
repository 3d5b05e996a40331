// What a database server is and how it is set up, as far as it matters to us: durability, clock, the user's rights,
// size. It needs no schema of ours, so it also looks at a database before it is migrated. Plain values; each function
// throws as session.hpp says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/clock.hpp"
#include "store/database_url.hpp"
#include "store/session.hpp"

namespace identities::store {

/// A setting that decides whether what was committed outlives a power failure.
struct FlushSetting {
  std::string name;
  std::string value;
  std::string wanted;  // empty: the value is as it should be
};

/// What a server's clock says beside ours.
struct ClockOffset {
  Microseconds ahead_us = 0;       // negative: it is behind
  Microseconds round_trip_us = 0;  // the offset is known to half of that
};

struct ServerFacts {
  std::string version;
  std::vector<FlushSetting> flush;
  std::optional<ClockOffset> clock;          // nothing for SQLite: it has our clock
  std::vector<std::string> missing_rights;   // of those that service needs
  std::vector<std::string> needless_rights;  // of those that only `identities migrate` needs, or nobody
  std::int64_t size_bytes = 0;
};

ServerFacts read_server_facts(const DatabaseUrl& url, const Clock& clock, Microseconds deadline_us);

/// The flush settings that an open session's server has.
std::vector<FlushSetting> flush_settings(Session& session);

/// The rights that lines of SHOW GRANTS give on a database, in capitals; "ALL PRIVILEGES" is one.
std::vector<std::string> rights_on(const std::vector<std::string>& grants, std::string_view database);

}  // namespace identities::store
