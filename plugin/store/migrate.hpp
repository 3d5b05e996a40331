// Brings a database to the schema of this version. Off the request path: it goes through SOCI, as jobs and the admin
// command do. Forward only; each file's statements are idempotent and its position is recorded after each (on SQLite in
// one transaction), so a run that broke continues. A file that changed after it was applied is refused by its checksum.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/database_url.hpp"
#include "store/session.hpp"

namespace identities::store {

constexpr int kSchemaVersion = 8;

struct Migration {
  int number = 0;
  std::string_view name;
  std::string_view sql;  // a statement ends with ';' at the end of a line, a procedure with a line "END;"
};

/// The migrations of that dialect, oldest first; compiled in from sql/.
const std::vector<Migration>& migrations(Dialect dialect);

/// The statements of a migration, without comments and blank lines.
std::vector<std::string> statements_of(const Migration& migration);

/// What the row of an applied migration records, and the statement that makes the table of these rows.
std::string checksum_of(const Migration& migration);
std::string_view version_table();

/// Applies what is missing and returns the names of what it applied. Makes an SQLite file (mode 0600) when there is
/// none; a MySQL database must be there. Throws std::runtime_error with what to do.
std::vector<std::string> migrate(const DatabaseUrl& url);

enum class MigrationState : std::uint8_t { kPending, kBroken, kApplied, kChanged, kUnknown };

/// "pending", "broken off", "applied", "applied from another content" or "of a newer version".
std::string_view name_of(MigrationState state);

struct MigrationStatus {
  int number = 0;
  std::string name;
  MigrationState state = MigrationState::kPending;
  std::size_t position = 0;  // statements that were run
  std::size_t statements = 0;
};

/// What stands in the database beside what this version has. Changes nothing; everything is pending where no database
/// of ours is. Throws std::runtime_error when it cannot be reached.
std::vector<MigrationStatus> migration_status(const DatabaseUrl& url);

/// Throws Unavailable, with what to do, unless this version can run on the session's schema: its own, or the next.
void require_schema(Session& session);

}  // namespace identities::store
