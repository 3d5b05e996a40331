#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "store/migrate.hpp"

namespace identities::cli {
namespace {

std::string line_of(const store::MigrationStatus& status) {
  std::string line = fmt::format("{:<32} {}", status.name, store::name_of(status.state));
  if (status.state == store::MigrationState::kBroken)
    line += fmt::format(" after {} of {} statements", status.position, status.statements);
  return line;
}

/// The file's statements and the row that records them, as a client of that database reads them.
void print_sql(const store::Migration& migration, store::Dialect dialect) {
  const std::string_view end = dialect == store::Dialect::kMysql ? "\n//\n" : ";\n";
  fmt::print("-- {}\n", migration.name);
  for (const std::string& statement : store::statements_of(migration)) fmt::print("{}{}", statement, end);
  fmt::print("DELETE FROM schema_migration WHERE number = {}{}", migration.number, end);
  fmt::print("INSERT INTO schema_migration (number, name, checksum, position, done) VALUES ({}, '{}', '{}', {}, 1){}",
             migration.number, migration.name, store::checksum_of(migration), store::statements_of(migration).size(),
             end);
}

}  // namespace

std::string_view advice_on(const store::MigrationStatus& status) {
  switch (status.state) {
    case store::MigrationState::kPending:
      return "run 'identities migrate'";
    case store::MigrationState::kBroken:
      return "run 'identities migrate': it continues where it broke off";
    case store::MigrationState::kChanged:
      return "install the version that made this database, or restore it";
    case store::MigrationState::kUnknown:
      if (status.number > store::kSchemaVersion + 1) return "install a version that knows it";
      break;  // this version runs on the next one's schema
    case store::MigrationState::kApplied:
      break;
  }
  return {};
}

void migrate_apply(const std::filesystem::path& config) {
  const std::vector<std::string> applied = store::migrate(read_configuration(config).database);
  for (const std::string& name : applied) fmt::print("applied {}\n", name);
  fmt::print("The database has schema {}.\n", store::kSchemaVersion);
}

void migrate_status(const std::filesystem::path& config) {
  for (const store::MigrationStatus& status : store::migration_status(read_configuration(config).database))
    fmt::print("{}\n", line_of(status));
}

void migrate_verify(const std::filesystem::path& config) {
  const auto statuses = store::migration_status(read_configuration(config).database);
  std::size_t wrong = 0;
  for (const store::MigrationStatus& status : statuses) {
    if (advice_on(status).empty()) continue;
    ++wrong;
    fmt::print("{}; {}\n", line_of(status), advice_on(status));
  }
  if (wrong > 0)
    throw std::runtime_error(
        fmt::format("{} of {} migrations are not as this version has them", wrong, statuses.size()));
  fmt::print("All {} migrations are applied, each from the content that this version has.\n", statuses.size());
}

void migrate_show(const std::filesystem::path& config, bool all) {
  const store::DatabaseUrl url = read_configuration(config).database;
  std::vector<store::MigrationStatus> statuses;
  if (!all) statuses = store::migration_status(url);
  const auto is_wanted = [&](int number) {
    return all || std::any_of(statuses.begin(), statuses.end(), [&](const store::MigrationStatus& status) {
             return status.number == number &&
                    (status.state == store::MigrationState::kPending || status.state == store::MigrationState::kBroken);
           });
  };
  bool first = true;
  for (const store::Migration& migration : store::migrations(url.dialect)) {
    if (!is_wanted(migration.number)) continue;
    const bool mysql = url.dialect == store::Dialect::kMysql;
    if (first)
      fmt::print("{}{}{}", mysql ? "DELIMITER //\n" : "PRAGMA journal_mode=WAL;\n", store::version_table(),
                 mysql ? "\n//\n" : ";\n");
    first = false;
    print_sql(migration, url.dialect);
  }
  if (first) fmt::print("-- nothing is pending\n");
}

}  // namespace identities::cli
