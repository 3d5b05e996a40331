#include "store/migrate.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>
#include <array>

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
void apply(soci::session& sql, const Migration& migration) {
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
    sql << statements[at];
    position = static_cast<int>(at + 1);
    sql << "UPDATE schema_migration SET position = :position WHERE number = :number", soci::use(position),
        soci::use(migration.number);
  }
  sql << "UPDATE schema_migration SET done = 1 WHERE number = :number", soci::use(migration.number);
}

bool is_done(soci::session& sql, int number) {
  int done = 0;
  sql << "SELECT COUNT(*) FROM schema_migration WHERE number = :number AND done = 1", soci::use(number),
      soci::into(done);
  return done == 1;
}

}  // namespace

std::vector<std::string> statements_of(const Migration& migration) {
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
    if (line.ends_with(';')) {
      statement.resize(statement.size() - 2);
      statements.push_back(std::move(statement));
      statement.clear();
    }
  }
  if (!statement.empty()) throw std::runtime_error(fmt::format("migration {} does not end with ';'", migration.name));
  return statements;
}

std::vector<std::string> migrate(const std::string& url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite)) throw std::runtime_error("database.url must begin with sqlite:");
  const std::string path = url.substr(kSqlite.size());
  make_private_file(path);
  try {
    soci::session sql(soci::sqlite3, fmt::format("dbname=\"{}\" timeout=10", path));
    sql << "PRAGMA journal_mode=WAL";
    sql << "PRAGMA synchronous=FULL";
    sql << "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT "
           "NULL, "
           "checksum VARCHAR(64) NOT NULL, position INTEGER NOT NULL, done SMALLINT NOT NULL)";
    std::vector<std::string> applied;
    for (const Migration& migration : migrations("sqlite")) {
      if (is_done(sql, migration.number)) {
        apply(sql, migration);  // nothing to run; checks the checksum
        continue;
      }
      apply(sql, migration);
      applied.emplace_back(migration.name);
    }
    return applied;
  } catch (const soci::soci_error& error) {
    throw std::runtime_error(fmt::format("cannot migrate {}: {}", path, error.get_error_message()));
  }
}

}  // namespace identities::store
