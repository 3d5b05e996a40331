#include "store/server_facts.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string_view>

#include "store/mysql_connection.hpp"

namespace identities::store {
namespace {

constexpr std::array<std::string_view, 5> kNeeded = {"SELECT", "INSERT", "UPDATE", "DELETE", "EXECUTE"};

constexpr std::string_view kFlushVariables =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog')";
constexpr std::string_view kServerTime = "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))";
constexpr std::string_view kSize =
    "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = "
    "DATABASE()";
constexpr int kMeasurements = 5;

std::vector<FlushSetting> judge_mysql(const std::map<std::string, std::string>& variables) {
  std::vector<FlushSetting> settings;
  for (const auto& [name, value] : variables) {
    if (name == "log_bin") continue;
    const auto binlog = variables.find("log_bin");
    if (name == "sync_binlog" && (binlog == variables.end() || binlog->second != "ON")) continue;
    settings.push_back({name, value, value == "1" ? "" : "1"});
  }
  return settings;
}

FlushSetting judge_journal(std::string value) {
  const bool well = value == "wal";
  return {"journal_mode", std::move(value), well ? "" : "wal"};
}

/// 0 off, 1 normal, 2 full, 3 extra: a property of each connection, which our sessions set.
FlushSetting judge_synchronous(std::int64_t value) {
  return {"synchronous", std::to_string(value), value >= 2 ? "" : "2 (full)"};
}

/// The best of some measurements: the one with the shortest round trip says most.
ClockOffset measure(MysqlConnection& connection, const Clock& clock) {
  std::optional<ClockOffset> best;
  for (int i = 0; i < kMeasurements; ++i) {
    const Microseconds sent_us = clock.monotonic_us();
    const Microseconds now_us = clock.now_us();
    Microseconds server_us = 0;
    connection.run(kServerTime, "server_time", [&](std::size_t, const Row& row) { server_us = row.integer(0); });
    const Microseconds trip_us = clock.monotonic_us() - sent_us;
    if (!best || trip_us < best->round_trip_us) best = ClockOffset{server_us - (now_us + trip_us / 2), trip_us};
  }
  return *best;
}

ServerFacts mysql_facts(const DatabaseUrl& url, const Clock& clock, Microseconds deadline_us) {
  MysqlConnection connection(url, clock, deadline_us);
  ServerFacts facts;
  connection.run("SELECT VERSION()", "version", [&](std::size_t, const Row& row) { facts.version = row.text(0); });
  std::map<std::string, std::string> variables;
  connection.run(kFlushVariables, "flush_variables",
                 [&](std::size_t, const Row& row) { variables.emplace(row.text(0), row.text(1)); });
  facts.flush = judge_mysql(variables);
  facts.clock = measure(connection, clock);
  std::vector<std::string> grants;
  connection.run("SHOW GRANTS", "grants", [&](std::size_t, const Row& row) { grants.emplace_back(row.text(0)); });
  const std::vector<std::string> rights = rights_on(grants, url.database);
  const auto has = [&](std::string_view right) {
    return std::find(rights.begin(), rights.end(), right) != rights.end();
  };
  for (const std::string_view right : kNeeded)
    if (!has(right) && !has("ALL PRIVILEGES")) facts.missing_rights.emplace_back(right);
  for (const std::string& right : rights)
    if (std::find(kNeeded.begin(), kNeeded.end(), right) == kNeeded.end() && right != "USAGE")
      facts.needless_rights.push_back(right);
  connection.run(kSize, "size", [&](std::size_t, const Row& row) { facts.size_bytes = row.integer(0); });
  return facts;
}

ServerFacts sqlite_facts(const DatabaseUrl& url) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(url.path.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)> db(opened, &sqlite3_close_v2);
  if (code != SQLITE_OK)
    throw Unavailable(fmt::format("cannot open the database file of database.url: {}", sqlite3_errstr(code)));
  const auto ask = [&](const char* pragma) {
    sqlite3_stmt* made = nullptr;
    int step = sqlite3_prepare_v2(opened, pragma, -1, &made, nullptr);
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(made, &sqlite3_finalize);
    if (step == SQLITE_OK) step = sqlite3_step(made);
    if (step != SQLITE_ROW)
      throw Unavailable(fmt::format("cannot read the database file of database.url: {}", sqlite3_errstr(step)));
    return std::string(reinterpret_cast<const char*>(sqlite3_column_text(made, 0)));
  };
  ServerFacts facts;
  facts.version = fmt::format("SQLite {}", sqlite3_libversion());
  facts.flush = {judge_journal(ask("PRAGMA journal_mode"))};
  facts.size_bytes = std::stoll(ask("PRAGMA page_count")) * std::stoll(ask("PRAGMA page_size"));
  return facts;
}

/// `name` or name, with \_ and \% for themselves, as GRANT writes a database's name.
bool names_database(std::string_view pattern, std::string_view database) {
  if (pattern.size() >= 2 && pattern.front() == '`' && pattern.back() == '`')
    pattern = pattern.substr(1, pattern.size() - 2);
  std::string name;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    name += pattern[at];
  }
  return name == database;
}

}  // namespace

ServerFacts read_server_facts(const DatabaseUrl& url, const Clock& clock, Microseconds deadline_us) {
  return url.dialect == Dialect::kSqlite ? sqlite_facts(url) : mysql_facts(url, clock, deadline_us);
}

std::vector<FlushSetting> flush_settings(Session& session) {
  if (session.dialect() == Dialect::kSqlite) {
    static const Statement kJournal{"journal_mode", "PRAGMA journal_mode"};
    static const Statement kSynchronous{"synchronous", "PRAGMA synchronous"};
    std::vector<FlushSetting> settings;
    session.query(kJournal, {}, [&](const Row& row) { settings.push_back(judge_journal(std::string(row.text(0)))); });
    session.query(kSynchronous, {}, [&](const Row& row) { settings.push_back(judge_synchronous(row.integer(0))); });
    return settings;
  }
  static const Statement kVariables{"flush_variables", std::string(kFlushVariables)};
  std::map<std::string, std::string> variables;
  session.query(kVariables, {}, [&](const Row& row) { variables.emplace(row.text(0), row.text(1)); });
  return judge_mysql(variables);
}

std::vector<std::string> rights_on(const std::vector<std::string>& grants, std::string_view database) {
  constexpr std::string_view kGrant = "GRANT ";
  constexpr std::string_view kOn = " ON ";
  std::vector<std::string> rights;
  for (const std::string_view line : grants) {
    const auto on = line.find(kOn);
    if (!line.starts_with(kGrant) || on == std::string_view::npos) continue;  // a role, whose grants follow
    const std::string_view object = line.substr(on + kOn.size(), line.find(" TO ", on) - on - kOn.size());
    if (!object.ends_with(".*")) continue;
    const std::string_view pattern = object.substr(0, object.size() - 2);
    if (pattern != "*" && !names_database(pattern, database)) continue;
    std::string_view list = line.substr(kGrant.size(), on - kGrant.size());
    while (!list.empty()) {
      const auto comma = list.find(", ");
      std::string right(list.substr(0, comma));
      if (std::find(rights.begin(), rights.end(), right) == rights.end()) rights.push_back(std::move(right));
      list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 2);
    }
  }
  return rights;
}

}  // namespace identities::store
