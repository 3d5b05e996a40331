// Brings a database to the schema of this version. Off the request path: it goes through SOCI, as jobs and the admin
// command do. Forward only; each file's statements are idempotent and its position is recorded after each, so a run
// that broke continues. A file that changed after it was applied is refused by its checksum.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace identities::store {

constexpr int kSchemaVersion = 1;

struct Migration {
  int number = 0;
  std::string_view name;
  std::string_view sql;  // each statement ends with ';' at the end of a line
};

/// The migrations of that dialect ("sqlite"), oldest first; compiled in from sql/.
const std::vector<Migration>& migrations(std::string_view dialect);

/// The statements of a migration, without comments and blank lines.
std::vector<std::string> statements_of(const Migration& migration);

/// Applies what is missing and returns the names of what it applied. Makes an SQLite file (mode 0600) when there is
/// none. Throws std::runtime_error with what to do.
std::vector<std::string> migrate(const std::string& url);

}  // namespace identities::store
