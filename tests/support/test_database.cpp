#include "test_database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "store/migrate.hpp"
#include "store/mysql_connection.hpp"

namespace support {
namespace {

using identities::store::DatabaseUrl;
using identities::store::Dialect;
using identities::store::MysqlConnection;
using identities::store::Row;

constexpr identities::Microseconds kPatienceUs = 30 * identities::kSecondUs;
constexpr int kBusyMs = 30'000;

std::int64_t count_sqlite(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  sqlite3_open(path.c_str(), &opened);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)> db(opened, &sqlite3_close_v2);
  sqlite3_busy_timeout(opened, kBusyMs);
  sqlite3_stmt* prepared = nullptr;
  sqlite3_prepare_v2(opened, sql.c_str(), -1, &prepared, nullptr);
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(prepared, &sqlite3_finalize);
  const int code = prepared == nullptr ? SQLITE_ERROR : sqlite3_step(prepared);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    throw std::runtime_error(fmt::format("{}: {}", sql, sqlite3_errmsg(opened)));
  return code == SQLITE_ROW ? sqlite3_column_int64(prepared, 0) : -1;
}

std::int64_t count_mysql(const DatabaseUrl& url, const std::string& sql) {
  const identities::Clock clock = identities::system_clock();
  MysqlConnection connection(url, clock, clock.monotonic_us() + kPatienceUs);
  std::int64_t value = -1;
  bool first = true;
  connection.run(sql, sql, [&](std::size_t, const Row& row) {
    if (first) value = row.integer(0);
    first = false;
  });
  return value;
}

}  // namespace

std::int64_t count(const DatabaseUrl& url, const std::string& sql) {
  return url.dialect == Dialect::kSqlite ? count_sqlite(url.path, sql) : count_mysql(url, sql);
}

TestDatabase::TestDatabase() {
  std::string pattern = std::filesystem::temp_directory_path() / "identities-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  if (const char* const file = std::getenv("IDENTITIES_TEST_MARIADB")) {
    std::string server;
    if (!(std::ifstream(file) >> server)) throw std::runtime_error(fmt::format("no MariaDB runs by {}", file));
    static int made = 0;
    const std::string name = fmt::format("test_{}_{}", ::getpid(), ++made);
    DatabaseUrl outside = identities::store::parse_database_url(
        fmt::format("mysql://root@localhost/information_schema?socket={}/s", server));
    count_mysql(outside, fmt::format("CREATE DATABASE `{}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", name));
    text_ = fmt::format("mysql://root@localhost/{}?socket={}/s", name, server);
  } else {
    text_ = "sqlite:" + (folder_ / "db").string();
  }
  url_ = identities::store::parse_database_url(text_);
  identities::store::migrate(url_);
  // The tests' addresses are of domains that nobody has, which the product's own rules block.
  std::ifstream file(SAMPLE_RULES);
  const std::string rules(std::istreambuf_iterator<char>(file), {});
  support::count(url_, fmt::format("INSERT INTO rule_set (name, value) VALUES ('resolution', '{}')", rules));
}

TestDatabase::~TestDatabase() {
  if (url_.dialect == Dialect::kMysql) {
    try {
      count_mysql(url_, fmt::format("DROP DATABASE `{}`", url_.database));
    } catch (const std::exception&) {
      // The server goes with its folder at the end of the run.
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::int64_t TestDatabase::count(const std::string& sql) const {
  return support::count(url_, sql);
}

}  // namespace support
