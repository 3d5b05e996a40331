#include "mariadb_data.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "maria.hpp"

namespace bench {
namespace {

/// The flat schema with the types of the peers' gen.py; times are microseconds, as in ours.
constexpr std::string_view kFlatSchema =
    "CREATE TABLE identity (id BIGINT PRIMARY KEY, name VARCHAR(190) NOT NULL, company VARCHAR(190), title "
    "VARCHAR(190), locale VARCHAR(16), spent BIGINT, engagements BIGINT, first_at BIGINT, waiting_since BIGINT) "
    "ENGINE=InnoDB CHARSET=utf8mb4 COLLATE=utf8mb4_bin;"
    "CREATE TABLE identifier (kind VARCHAR(16) NOT NULL, value VARCHAR(190) NOT NULL, identity_id BIGINT NOT NULL, "
    "UNIQUE KEY (kind, value), KEY (identity_id)) ENGINE=InnoDB CHARSET=utf8mb4 COLLATE=utf8mb4_bin;"
    "CREATE TABLE note (id BIGINT PRIMARY KEY, identity_id BIGINT NOT NULL, author VARCHAR(190) NOT NULL, body TEXT "
    "NOT NULL, created_at BIGINT NOT NULL, KEY (identity_id, created_at)) ENGINE=InnoDB CHARSET=utf8mb4;"
    "CREATE TABLE interest (identity_id BIGINT NOT NULL, interest_id INT NOT NULL, category VARCHAR(100) NOT NULL, "
    "name VARCHAR(190) NOT NULL, score BIGINT NOT NULL, triggered_at BIGINT NOT NULL, words VARCHAR(280) NOT NULL, "
    "PRIMARY KEY (identity_id, interest_id)) ENGINE=InnoDB CHARSET=utf8mb4;"
    "CREATE TABLE engagement (identity_id BIGINT NOT NULL, occurred_at BIGINT NOT NULL, id BIGINT NOT NULL, channel "
    "VARCHAR(16) NOT NULL, account VARCHAR(64) NOT NULL, direction TINYINT NOT NULL, author VARCHAR(190) NOT NULL, "
    "thread VARCHAR(190) NOT NULL, subject VARCHAR(255) NOT NULL, closed TINYINT NOT NULL, body TEXT NOT NULL, "
    "PRIMARY KEY (identity_id, occurred_at, id)) ENGINE=InnoDB CHARSET=utf8mb4";

/// The rows of one SQLite table as the bytes of LOAD DATA, made while the client library asks for them.
struct Source {
  Query* rows = nullptr;
  int columns = 0;
  std::string bytes = {};
  std::size_t at = 0;
  std::size_t count = 0;
  bool ended = false;  // SQLite begins anew when stepped beyond its end

  void fill() {
    bytes.clear();
    at = 0;
    while (!ended && bytes.size() < 256 * 1024) {
      ended = !rows->step();
      if (ended) break;
      for (int column = 0; column < columns; ++column) {
        if (column > 0) bytes += '\t';
        if (rows->is_null(column))
          bytes += "\\N";
        else
          escape(rows->text(column));
      }
      bytes += '\n';
      ++count;
    }
  }
  void escape(std::string_view text) {
    for (const char c : text) {
      if (c == '\0') {
        bytes += "\\0";
        continue;
      }
      if (c == '\\' || c == '\t' || c == '\n') bytes += '\\';
      bytes += c;
    }
  }
};

int begin_source(void** state, const char*, void* source) {
  *state = source;
  return 0;
}
int read_source(void* state, char* buffer, unsigned size) {
  auto& source = *static_cast<Source*>(state);
  if (source.at == source.bytes.size()) source.fill();
  const std::size_t count = std::min<std::size_t>(size, source.bytes.size() - source.at);
  std::memcpy(buffer, source.bytes.data() + source.at, count);
  source.at += count;
  return static_cast<int>(count);
}
void end_source(void*) {}
int source_error(void*, char* message, unsigned size) {
  if (size > 0) *message = '\0';
  return 0;
}

/// Copies the rows of every table that both databases have; throws unless each arrived as it was.
void copy_tables(const std::string& path, const std::string& socket, const std::string& database) {
  Database from(path);
  Maria to(socket, database);
  to.run("SET unique_checks=0, foreign_key_checks=0");
  std::vector<std::string> tables;
  to.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> "
      "'schema_migration' ORDER BY table_name",
      [&](std::size_t, const MariaRow& row) { tables.emplace_back(row.text(0)); });
  for (const std::string& table : tables) {
    std::string columns;
    int count = 0;
    to.query(fmt::format("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND "
                         "table_name = '{}' ORDER BY ordinal_position",
                         table),
             [&](std::size_t, const MariaRow& row) {
               columns += fmt::format("{}`{}`", count++ == 0 ? "" : ", ", row.text(0));
             });
    Query rows(from, fmt::format("SELECT {} FROM {}", columns, table));
    Source source{.rows = &rows, .columns = count};
    mysql_set_local_infile_handler(to.get(), begin_source, read_source, end_source, source_error, &source);
    to.run("DELETE FROM " + table);
    to.run(fmt::format("LOAD DATA LOCAL INFILE '{0}' INTO TABLE {0} CHARACTER SET utf8mb4 ({1})", table, columns));
    // A value that does not fit is cut, with a warning.
    const unsigned warnings = mysql_warning_count(to.get());
    const std::int64_t arrived = to.number("SELECT COUNT(*) FROM " + table);
    if (warnings != 0 || arrived != static_cast<std::int64_t>(source.count))
      throw std::runtime_error(
          fmt::format("copying {}: {} rows sent, {} arrived, {} warnings", table, source.count, arrived, warnings));
    to.run("ANALYZE TABLE " + table);
  }
}

std::int64_t megabytes(Maria& maria, const std::string& database) {
  return maria.number(fmt::format(
      "SELECT CAST(SUM(data_length + index_length) / 1048576 AS INTEGER) FROM information_schema.tables WHERE "
      "table_schema = '{}'",
      database));
}

}  // namespace

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool found = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!found) throw std::runtime_error("no free TCP port");
  return ntohs(address.sin_port);
}

MariadbData& MariadbData::of(const Options& options) {
  static MariadbData data(options);
  return data;
}

MariadbData::MariadbData(const Options& options)
    : port_(free_port()),
      buffer_pool_mb_(options.buffer_pool_mb),
      server_(support::MariadbServer::Kept{options.data / options.mariadb_data}, options_for(false)) {}

std::vector<std::string> MariadbData::options_for(bool loading) const {
  std::vector<std::string> options = {"skip_networking=0",
                                      "bind-address=127.0.0.1",
                                      fmt::format("port={}", port_),
                                      fmt::format("innodb_buffer_pool_size={}M", buffer_pool_mb_),
                                      "innodb_log_file_size=1G",
                                      "local_infile=1",
                                      fmt::format("innodb_flush_log_at_trx_commit={}", loading ? 0 : 1)};
  if (loading) options.insert(options.end(), {"innodb_doublewrite=0", "innodb_adaptive_hash_index=0"});
  return options;
}

void MariadbData::keep(const std::filesystem::path& mark) {
  std::ofstream(mark) << "whole\n";
}

Twin MariadbData::twin(const Dataset& dataset) {
  Twin twin{{}, fmt::format("ours_{}", dataset.others), fmt::format("flat_{}", dataset.others)};
  once(fmt::format("twin_{}", dataset.others), [&] { copy(dataset, twin); });
  twin.config = install(twin.ours);
  return twin;
}

Twin MariadbData::fresh_twin(const Dataset& dataset, const std::string& name) {
  Twin twin{{}, "ours_" + name, {}};
  copy(dataset, twin);
  twin.config = install(twin.ours);
  return twin;
}

std::filesystem::path MariadbData::install(const std::string& database) const {
  const std::filesystem::path folder = server_.folder() / ("etc_" + database);
  std::filesystem::remove_all(folder);
  init_installation(folder, server_.url(database));
  return folder / "identities.json";
}

void MariadbData::copy(const Dataset& dataset, const Twin& twin) const {
  fmt::print(stderr, "copying {} into MariaDB ...\n", dataset.folder.filename().string());
  server_.run("DROP DATABASE IF EXISTS " + twin.ours);
  server_.make_database(twin.ours);
  install(twin.ours);
  copy_tables(dataset.ours(), server_.socket(), twin.ours);
  if (twin.flat.empty()) return;
  server_.run("DROP DATABASE IF EXISTS " + twin.flat);
  server_.make_database(twin.flat);
  Maria(server_.socket(), twin.flat).run(kFlatSchema);
  copy_tables(dataset.flat(), server_.socket(), twin.flat);
}

boost::json::object MariadbData::about() const {
  Maria maria(server_.socket(), "");
  std::string version;
  maria.query("SELECT VERSION()", [&](std::size_t, const MariaRow& row) { version = row.text(0); });
  return {{"database", "MariaDB " + version}, {"flush_at_commit", 1}, {"buffer_pool_mb", buffer_pool_mb_}};
}

boost::json::object MariadbData::about(const Twin& twin) const {
  boost::json::object object = about();
  Maria maria(server_.socket(), "");
  object["database_mb"] = megabytes(maria, twin.ours);
  if (!twin.flat.empty()) object["flat_mb"] = megabytes(maria, twin.flat);
  return object;
}

}  // namespace bench
