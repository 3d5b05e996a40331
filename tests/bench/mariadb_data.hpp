// The MariaDB that the benches run on: a server of our own on a folder that is kept, with the settings of production,
// and copies of the SQLite databases in it. Started at the first use, stopped when the program ends. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "dataset.hpp"
#include "mariadb_server.hpp"
#include "report.hpp"

namespace bench {

/// A dataset in MariaDB.
struct Twin {
  std::filesystem::path config;  // of an installation whose database it is
  std::string ours;              // names of its databases
  std::string flat;              // empty: it has none
};

class MariadbData {
 public:
  /// The one of this run.
  static MariadbData& of(const Options& options);

  const support::MariadbServer& server() const { return server_; }
  std::uint16_t port() const { return port_; }  // on 127.0.0.1

  /// The copy of that dataset, made when it is not there.
  Twin twin(const Dataset& dataset);
  /// A copy that is made afresh whatever is there.
  Twin fresh_twin(const Dataset& dataset, const std::string& name);
  /// An installation's files for that database of ours, made afresh.
  std::filesystem::path install(const std::string& database) const;

  /// Is that part there, whole? Else run load with a server that flushes nothing, and keep it from then on.
  template <typename Load>
  void once(const std::string& part, Load&& load) {
    const std::filesystem::path mark = server_.folder() / (part + ".complete");
    if (std::filesystem::exists(mark)) return;
    server_.restart(options_for(true));
    load();
    server_.restart(options_for(false));
    keep(mark);
  }

  /// Versions and settings, for `detail`.
  boost::json::object about(const Twin& twin) const;
  boost::json::object about() const;

 private:
  explicit MariadbData(const Options& options);
  std::vector<std::string> options_for(bool loading) const;
  static void keep(const std::filesystem::path& mark);
  void copy(const Dataset& dataset, const Twin& twin) const;

  std::uint16_t port_;
  std::size_t buffer_pool_mb_;
  support::MariadbServer server_;
};

/// A TCP port that nobody listens on now.
std::uint16_t free_port();

}  // namespace bench
