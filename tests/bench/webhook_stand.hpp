// An installation under a load of webhooks: a fresh database, hdhost in front of it, 32 connections. What
// webhook.accept and webhook.lag share. A stand is used by one thread; a connection, too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hdhost_process.hpp"
#include "mariadb_server.hpp"
#include "report.hpp"
#include "serving.hpp"

namespace bench {

constexpr std::size_t kConnections = 32;

/// One connection that is kept, with one request at a time.
class Connection {
 public:
  explicit Connection(std::uint16_t port);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends a whole request and reads its response; throws unless it is 200.
  void request(std::string_view bytes);

 private:
  void receive();
  int socket_;
  std::string received_;
};

/// The bodies of the deliveries first, first + 1, ...; number n holds the message m-n.
std::vector<std::string> bodies_of(std::size_t first, std::size_t count);
/// Whole requests with their signatures, good for some minutes. first: the number of the first of them.
std::vector<std::string> requests_of(const std::vector<std::string>& bodies, std::size_t first,
                                     const WebhookAccount& account);

struct Round {
  double per_second = 0;
  std::vector<double> took_us;
};

/// Does all pieces, every 32nd on one of 32 threads. make: called once on each; what it returns does one piece.
using Work = std::function<void(const std::string& piece)>;
Round run_round(const std::vector<std::string>& pieces, const std::function<Work()>& make);

/// A fresh installation with hdhost in front of it, and a database for the floor beside ours.
class WebhookStand {
 public:
  explicit WebhookStand(DatabaseKind kind);
  ~WebhookStand();
  WebhookStand(const WebhookStand&) = delete;
  WebhookStand& operator=(const WebhookStand&) = delete;

  const WebhookAccount& account() const { return account_; }
  std::uint16_t port() const { return port_; }
  /// Of MariaDB. REQUIRES: it is the database.
  std::string socket() const { return server_->socket(); }
  std::string database() const;  // its name and version

  /// The floor: each thread has its connection and commits one row at a time.
  Round insert_raw(const std::vector<std::string>& bodies) const;
  /// The same on one connection for all threads, which no lock of the file holds up: the fastest that SQLite can do.
  /// REQUIRES: SQLite.
  Round insert_shared(const std::vector<std::string>& bodies) const;
  /// Throws unless so many engagements are stored in the end: else something was accepted and lost.
  void expect_stored(std::size_t count) const;

 private:
  std::int64_t stored() const;
  std::string raw_path() const { return folder_ / "raw.db"; }

  std::filesystem::path folder_;
  std::optional<support::MariadbServer> server_;
  WebhookAccount account_;
  std::optional<contract::HdhostProcess> hdhost_;
  std::uint16_t port_ = 0;
};

/// webhook.lag: sends deliveries first, first + 1, ... at that rate for so long, whether or not the server keeps up.
/// REQUIRES: MariaDB.
Result webhook_lag(const WebhookStand& stand, std::size_t first, double per_second, std::size_t seconds);

}  // namespace bench
