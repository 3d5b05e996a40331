#include "store/migrate.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <optional>

#include "store/mysql_connection.hpp"

namespace identities::store {
namespace {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

/// Makes the file with mode 0600 before SQLite opens it: it will hold personal data.
void make_private_file(const std::string& path) {
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);  // NOLINT(cppcoreguidelines-pro-type-vararg): POSIX
  if (file < 0)
    throw std::runtime_error(
        fmt::format("cannot make the database file {}: {}; does its folder exist, and may this user write there?", path,
                    std::generic_category().message(errno)));
  close(file);
}

/// SOCI borrows what it binds until the statement ran, so no temporary is given to soci::use.
void apply(soci::session& sql, const Migration& migration, Dialect dialect) {
  const std::string checksum = sha256_hex(migration.sql);
  const std::vector<std::string> statements = statements_of(migration);
  std::string recorded;
  int position = 0;
  soci::indicator found = soci::i_null;
  sql << "SELECT checksum, position FROM schema_migration WHERE number = :number", soci::use(migration.number),
      soci::into(recorded, found), soci::into(position);
  if (!sql.got_data()) {
    const std::string name(migration.name);
    sql << "INSERT INTO schema_migration (number, name, checksum, position, done) VALUES (:number, :name, :checksum, "
           "0, 0)",
        soci::use(migration.number), soci::use(name), soci::use(checksum);
  } else if (recorded != checksum) {
    throw std::runtime_error(
        fmt::format("migration {} was applied from a file with another content; install the version that made this "
                    "database, or restore it",
                    migration.name));
  }
  for (auto at = static_cast<std::size_t>(position); at < statements.size(); ++at) {
    // On MySQL a statement that changes the schema ends its transaction, so there it must be one that can run again.
    std::optional<soci::transaction> together;
    if (dialect == Dialect::kSqlite) together.emplace(sql);
    sql << statements[at];
    position = static_cast<int>(at + 1);
    sql << "UPDATE schema_migration SET position = :position WHERE number = :number", soci::use(position),
        soci::use(migration.number);
    if (together) together->commit();
  }
  sql << "UPDATE schema_migration SET done = 1 WHERE number = :number", soci::use(migration.number);
}

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL, "
    "checksum VARCHAR(64) NOT NULL, position INTEGER NOT NULL, done INTEGER NOT NULL)";

/// A value of SOCI's connection string, which knows quotes and no way to write one.
std::string quoted(const std::string& value) {
  if (value.find('\'') != std::string::npos)
    throw std::runtime_error("database.url and the database's password: expected no ' in them, found one");
  return "'" + value + "'";
}

void open(soci::session& sql, const DatabaseUrl& url) {
  if (url.dialect == Dialect::kSqlite) {
    sql.open(soci::sqlite3, fmt::format("dbname=\"{}\" timeout=10", url.path));
    return;
  }
  std::string where = url.socket.empty() ? fmt::format("host={} port={}", quoted(url.host), url.port)
                                         : fmt::format("unix_socket={}", quoted(url.socket));
  if (!url.tls_ca.empty()) where += fmt::format(" sslca={}", quoted(url.tls_ca));
  sql.open(soci::mysql, fmt::format("db={} user={} password={} charset='utf8mb4' {}", quoted(url.database),
                                    quoted(url.user), quoted(url.password), where));
  for (const std::string_view setting : kSessionSettings) sql << setting;
}

/// Without the texts that SOCI puts bound values into: no statement here binds one that is a secret.
std::string cannot(std::string_view what, const DatabaseUrl& url, const soci::soci_error& error) {
  return fmt::format("cannot {} {}: {}", what, url.dialect == Dialect::kSqlite ? url.path : url.database,
                     error.get_error_message());
}

bool is_done(soci::session& sql, int number) {
  int done = 0;
  sql << "SELECT COUNT(*) FROM schema_migration WHERE number = :number AND done = 1", soci::use(number),
      soci::into(done);
  return done == 1;
}

}  // namespace

std::vector<std::string> statements_of(const Migration& migration) {
  constexpr std::string_view kProcedure = "CREATE PROCEDURE";
  std::vector<std::string> statements;
  std::string statement;
  std::string_view rest = migration.sql;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.empty() || line.starts_with("--")) continue;
    statement += line;
    statement += '\n';
    const bool ends = statement.starts_with(kProcedure) ? line == "END;" : line.ends_with(';');
    if (ends) {
      statement.resize(statement.size() - 2);
      statements.push_back(std::move(statement));
      statement.clear();
    }
  }
  if (!statement.empty()) throw std::runtime_error(fmt::format("migration {} does not end with ';'", migration.name));
  return statements;
}

std::string checksum_of(const Migration& migration) {
  return sha256_hex(migration.sql);
}

std::string_view version_table() {
  return kVersionTable;
}

std::string_view name_of(MigrationState state) {
  constexpr std::array<std::string_view, 5> kNames = {"pending", "broken off", "applied",
                                                      "applied from another content", "of a newer version"};
  return kNames[static_cast<std::size_t>(state)];
}

std::vector<std::string> migrate(const DatabaseUrl& url) {
  if (url.dialect == Dialect::kSqlite) make_private_file(url.path);
  try {
    soci::session sql;
    open(sql, url);
    if (url.dialect == Dialect::kSqlite) {
      sql << "PRAGMA journal_mode=WAL";
      sql << "PRAGMA synchronous=FULL";
    }
    sql << kVersionTable;
    std::vector<std::string> applied;
    for (const Migration& migration : migrations(url.dialect)) {
      const bool done = is_done(sql, migration.number);
      apply(sql, migration, url.dialect);  // of a done one nothing is run: its checksum is compared
      if (!done) applied.emplace_back(migration.name);
    }
    return applied;
  } catch (const soci::soci_error& error) {
    throw std::runtime_error(cannot("migrate", url, error));
  }
}

std::vector<MigrationStatus> migration_status(const DatabaseUrl& url) {
  std::vector<MigrationStatus> statuses;
  for (const Migration& migration : migrations(url.dialect))
    statuses.push_back(
        {migration.number, std::string(migration.name), MigrationState::kPending, 0, statements_of(migration).size()});
  if (url.dialect == Dialect::kSqlite && access(url.path.c_str(), F_OK) != 0) return statuses;
  try {
    soci::session sql;
    open(sql, url);
    int tables = 0;
    sql << (url.dialect == Dialect::kSqlite
                ? "SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema_migration'"
                : "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = "
                  "'schema_migration'"),
        soci::into(tables);
    if (tables == 0) return statuses;
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT number, name, checksum, position, done FROM schema_migration ORDER BY number");
    for (const soci::row& row : rows) {
      const int number = row.get<int>(0);
      const auto known = std::find_if(statuses.begin(), statuses.end(),
                                      [&](const MigrationStatus& status) { return status.number == number; });
      MigrationStatus& status =
          known == statuses.end()
              ? statuses.emplace_back(MigrationStatus{number, row.get<std::string>(1), MigrationState::kUnknown, 0, 0})
              : *known;
      status.position = static_cast<std::size_t>(row.get<int>(3));
      if (known == statuses.end()) continue;
      const auto& migration = migrations(url.dialect)[static_cast<std::size_t>(known - statuses.begin())];
      status.state = row.get<std::string>(2) != sha256_hex(migration.sql) ? MigrationState::kChanged
                     : row.get<int>(4) == 1                               ? MigrationState::kApplied
                                                                          : MigrationState::kBroken;
    }
    return statuses;
  } catch (const soci::soci_error& error) {
    throw std::runtime_error(cannot("read the schema of", url, error));
  }
}

void require_schema(Session& session) {
  static const Statement kVersion{"schema_version",
                                  "SELECT COALESCE(MAX(number), 0) FROM schema_migration WHERE done = 1"};
  std::int64_t version = 0;
  try {
    session.query(kVersion, {}, [&](const Row& row) { version = row.integer(0); });
  } catch (const BrokenStatement&) {
    version = 0;  // the table is not there yet
  }
  if (version < kSchemaVersion || version > kSchemaVersion + 1)
    throw Unavailable(fmt::format("the database has schema {}, this version needs {} or {}; run 'identities migrate'",
                                  version, kSchemaVersion, kSchemaVersion + 1));
}

}  // namespace identities::store
