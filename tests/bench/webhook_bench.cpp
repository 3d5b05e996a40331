// webhook.accept: how fast a delivery becomes durable. webhook.lag: how soon it then shows in the history.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/array.hpp>
#include <charconv>
#include <ctime>
#include <deque>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "accounts/standard_webhooks.hpp"
#include "database.hpp"
#include "dataset.hpp"
#include "hdhost_process.hpp"
#include "maria.hpp"
#include "mariadb_server.hpp"
#include "report.hpp"
#include "serving.hpp"

namespace bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kConnections = 32;
constexpr std::size_t kDeliveries = 4096;  // in one round
constexpr std::size_t kRounds = 5;
constexpr std::size_t kCustomers = 1000;
constexpr std::size_t kWatchedEach = 8;  // of so many accepted ones, one is looked for in the history
constexpr std::chrono::seconds kPatience{120};
constexpr int kBusyMs = 120'000;  // SQLite queues nobody: one of 32 waits long at times

struct Round {
  double per_second = 0;
  std::vector<double> took_us;
};

/// One connection that is kept, with one request at a time.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("hdhost does not take a connection");
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends a whole request and reads its response; throws unless it is 200.
  void request(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("hdhost closed a connection");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    received_.clear();
    std::size_t head = std::string::npos;
    while ((head = received_.find("\r\n\r\n")) == std::string::npos) receive();
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto length_at = received_.find(kLength);
    std::size_t length = 0;
    if (length_at < head)
      std::from_chars(received_.data() + length_at + kLength.size(), received_.data() + head, length);
    while (received_.size() < head + 4 + length) receive();
    if (!received_.starts_with("HTTP/1.1 200"))
      throw std::runtime_error("hdhost answered " + received_.substr(0, received_.find('\r')));
  }

 private:
  void receive() {
    char buffer[4096];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count <= 0) throw std::runtime_error("hdhost closed a connection");
    received_.append(buffer, static_cast<std::size_t>(count));
  }
  int socket_;
  std::string received_;
};

std::string body_of(std::size_t number) {
  const std::size_t customer = number % kCustomers;
  const std::size_t thread = number / kCustomers / 5;
  return fmt::format(
      R"({{"type":"engagement.created","timestamp":"2026-01-01T10:00:00Z","data":{{"id":"m-{0}","customer":{{"id":"c-{1}",)"
      R"("name":"First{1} Last{1}","identifiers":[{{"kind":"email","value":"user{1}@customer.example"}}]}},"direction":"in",)"
      R"("channel":"mail","occurred_at":"2026-01-01T10:00:00Z","thread":{{"id":"t-{1}-{2}","subject":"Question about )"
      R"(order {1}-{2}","status":"open"}},"text":"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod )"
      R"(tempor incididunt ut labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation."}}}})",
      number, customer, thread);
}

std::vector<std::string> bodies_of(std::size_t first, std::size_t count) {
  std::vector<std::string> bodies;
  for (std::size_t index = 0; index < count; ++index) bodies.push_back(body_of(first + index));
  return bodies;
}

/// first: the number of the first of them, which makes their delivery ids.
std::vector<std::string> requests_of(const std::vector<std::string>& bodies, std::size_t first,
                                     const WebhookAccount& account) {
  const std::string key = *identities::accounts::key_of_secret(account.secret);
  const std::int64_t now_s = std::time(nullptr);
  std::vector<std::string> requests;
  for (std::size_t index = 0; index < bodies.size(); ++index) {
    const std::string id = fmt::format("d-{}", first + index);
    requests.push_back(fmt::format(
        "POST {} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\nwebhook-id: {}\r\n"
        "webhook-timestamp: {}\r\nwebhook-signature: {}\r\n\r\n{}",
        account.address, bodies[index].size(), id, now_s, identities::accounts::sign(key, id, now_s, bodies[index]),
        bodies[index]));
  }
  return requests;
}

/// Work on each of so many threads until all are done. make: called once on each; what it returns does one piece.
template <typename Make>
Round run_round(const std::vector<std::string>& pieces, Make&& make) {
  Round round;
  std::vector<std::vector<double>> took(kConnections);
  std::vector<std::string> faults(kConnections);
  const double all_us = timed_us([&] {
    std::vector<std::jthread> threads;
    for (std::size_t number = 0; number < kConnections; ++number)
      threads.emplace_back([&, number] {
        try {
          auto work = make();
          for (std::size_t at = number; at < pieces.size(); at += kConnections)
            took[number].push_back(timed_us([&] { work(pieces[at]); }));
        } catch (const std::exception& error) {
          faults[number] = error.what();
        }
      });
  });
  for (const std::string& fault : faults)
    if (!fault.empty()) throw std::runtime_error(fault);
  for (const auto& each : took) round.took_us.insert(round.took_us.end(), each.begin(), each.end());
  round.per_second = static_cast<double>(pieces.size()) / all_us * 1e6;
  return round;
}

/// The floor: each thread has its connection and commits one row at a time.
struct RawInsert {
  explicit RawInsert(const std::string& path) : db(std::make_unique<Database>(path)) {
    sqlite3_busy_timeout(db->get(), kBusyMs);
    db->run("PRAGMA synchronous=FULL; PRAGMA cache_size=-16384");
    insert = std::make_unique<Query>(*db, "INSERT INTO raw (body) VALUES (?)");
  }
  void operator()(const std::string& body) const { insert->execute(body); }
  std::unique_ptr<Database> db;
  std::unique_ptr<Query> insert;
};

/// The same on one connection for all threads, which no lock of the file holds up: the fastest that SQLite can do.
struct SharedInsert {
  RawInsert* insert;
  std::mutex* mutex;
  void operator()(const std::string& body) const {
    const std::lock_guard lock(*mutex);
    (*insert)(body);
  }
};

/// The same in MariaDB, which gathers the commits of several connections into one flush.
struct RawInsertIntoMariadb {
  explicit RawInsertIntoMariadb(const std::string& socket)
      : maria(std::make_unique<Maria>(socket, "raw")),
        insert(std::make_unique<MariaStatement>(*maria, "INSERT INTO raw (body) VALUES (?)")) {}
  void operator()(const std::string& body) const { insert->execute(body); }
  std::unique_ptr<Maria> maria;
  std::unique_ptr<MariaStatement> insert;
};

json::object side(const std::vector<Round>& rounds) {
  std::vector<double> rates;
  std::vector<double> took;
  for (const Round& round : rounds) {
    rates.push_back(round.per_second);
    took.insert(took.end(), round.took_us.begin(), round.took_us.end());
  }
  return {{"per_second", rounded(median(rates))},
          {"per_second_worst_and_best", json::array{rounded(quantile(rates, 0)), rounded(quantile(rates, 1))}},
          {"p50_ms", rounded(median(took) / 1000)},
          {"p99_ms", rounded(quantile(took, 0.99) / 1000)}};
}

/// A fresh installation with hdhost in front of it, and a database for the floor beside ours.
class Stand {
 public:
  explicit Stand(DatabaseKind kind) {
    std::string pattern = std::filesystem::temp_directory_path() / "identities-bench-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    const std::filesystem::path etc = folder_ / "etc";
    if (kind == DatabaseKind::kMariadb) {
      server_.emplace(std::vector<std::string>{"innodb_buffer_pool_size=1G", "innodb_log_file_size=512M"}, true);
      server_->make_database("identities");
      server_->make_database("raw");
      Maria(server_->socket(), "raw")
          .run("CREATE TABLE raw (id BIGINT PRIMARY KEY AUTO_INCREMENT, body TEXT NOT NULL) ENGINE=InnoDB");
      init_installation(etc, server_->url("identities"));
    } else {
      init_installation(etc);
      Database(raw_path())
          .run("PRAGMA journal_mode=WAL; CREATE TABLE raw (id INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    }
    const std::filesystem::path config = etc / "identities.json";
    account_ = add_account(config, "support");
    hdhost_.emplace(without_rates(config));
    const std::string& url = hdhost_->url();
    port_ = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  ~Stand() {
    hdhost_.reset();
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Stand(const Stand&) = delete;
  Stand& operator=(const Stand&) = delete;

  const WebhookAccount& account() const { return account_; }
  std::uint16_t port() const { return port_; }
  std::string socket() const { return server_->socket(); }

  Round insert_raw(const std::vector<std::string>& bodies) const {
    if (server_) return run_round(bodies, [&] { return RawInsertIntoMariadb(server_->socket()); });
    return run_round(bodies, [&] { return RawInsert(raw_path()); });
  }
  /// By one connection for all threads. REQUIRES: SQLite.
  Round insert_shared(const std::vector<std::string>& bodies) const {
    RawInsert one(raw_path());
    std::mutex mutex;
    return run_round(bodies, [&] { return SharedInsert{&one, &mutex}; });
  }
  std::int64_t stored() const {
    constexpr const char* kCount = "SELECT COUNT(*) FROM engagement";
    if (server_) return Maria(server_->socket(), "identities").number(kCount);
    Database db(folder_ / "etc/identities.db");
    Query query(db, kCount);
    query.step();
    return query.integer(0);
  }
  /// Throws unless so many are in the history in the end: else something was accepted and lost.
  void expect_stored(std::size_t count) const {
    const auto give_up_at = std::chrono::steady_clock::now() + kPatience;
    std::int64_t found = 0;
    while ((found = stored()) != static_cast<std::int64_t>(count)) {
      if (std::chrono::steady_clock::now() > give_up_at)
        throw std::runtime_error(fmt::format("{} deliveries were accepted, {} are stored", count, found));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  std::string database() const {
    if (!server_) return fmt::format("SQLite {}, WAL, synchronous FULL", sqlite3_libversion());
    std::string version;
    Maria(server_->socket(), "").query("SELECT VERSION()", [&](std::size_t, const MariaRow& row) {
      version = row.text(0);
    });
    return fmt::format("MariaDB {}, flushing at every commit", version);
  }

 private:
  std::string raw_path() const { return folder_ / "raw.db"; }

  std::filesystem::path folder_;
  std::optional<support::MariadbServer> server_;
  WebhookAccount account_;
  std::optional<contract::HdhostProcess> hdhost_;
  std::uint16_t port_ = 0;
};

/// Looks for accepted deliveries in the history, where a panel call would find them, and notes how long each took to
/// come. What it has not found yet, it asks for again in turn.
class Watcher {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Watcher(const std::string& socket) : thread_([this, socket] { watch(socket); }) {}
  /// From any thread, when the delivery's 2xx has come.
  void accepted(std::size_t number) {
    const std::lock_guard lock(mutex_);
    fresh_.emplace_back(number, std::chrono::steady_clock::now());
  }
  /// Waits until all were found. Seconds of each.
  std::vector<double> finish() {
    ending_ = true;
    thread_.join();
    if (!fault_.empty()) throw std::runtime_error(fault_);
    return lags_s_;
  }

 private:
  void watch(const std::string& socket) {
    try {
      Maria maria(socket, "identities");
      MariaStatement look(maria,
                          "SELECT e.id FROM engagement_key k JOIN engagement e ON e.id = k.engagement_id WHERE "
                          "k.account_id = ? AND k.source_key = ?");
      const std::int64_t account = maria.number("SELECT id FROM account");
      std::deque<std::pair<std::size_t, Time>> waiting;
      for (;;) {
        const bool last = ending_;
        {
          const std::lock_guard lock(mutex_);
          waiting.insert(waiting.end(), fresh_.begin(), fresh_.end());
          fresh_.clear();
        }
        std::erase_if(waiting, [&](const auto& each) { return is_there(look, account, each); });
        if (last && waiting.empty()) return;
        if (!waiting.empty() && std::chrono::steady_clock::now() - waiting.front().second > kPatience)
          throw std::runtime_error(fmt::format("delivery {} was accepted and never came", waiting.front().first));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    } catch (const std::exception& error) {
      fault_ = error.what();
    }
  }
  bool is_there(MariaStatement& look, std::int64_t account, const std::pair<std::size_t, Time>& each) {
    look.execute(account, fmt::format("m-{}", each.first));
    const bool found = look.step();
    look.finish();
    if (found) lags_s_.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - each.second).count());
    return found;
  }

  std::mutex mutex_;  // guards fresh_
  std::vector<std::pair<std::size_t, Time>> fresh_;
  std::atomic<bool> ending_ = false;
  std::vector<double> lags_s_;
  std::string fault_;
  std::jthread thread_;
};

/// Sends deliveries first, first + 1, ... at that rate on all connections, whether or not the server keeps up.
Result measure_lag(const Stand& stand, std::size_t first, double per_second, std::size_t seconds) {
  const auto count = static_cast<std::size_t>(per_second * static_cast<double>(seconds));
  const std::vector<std::string> requests = requests_of(bodies_of(first, count), first, stand.account());
  std::vector<std::string> faults(kConnections);
  Watcher watcher(stand.socket());
  const auto begin = std::chrono::steady_clock::now();
  const double all_us = timed_us([&] {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < kConnections; ++thread)
      threads.emplace_back([&, thread] {
        try {
          Connection connection(stand.port());
          for (std::size_t at = thread; at < requests.size(); at += kConnections) {
            std::this_thread::sleep_until(begin + std::chrono::microseconds(static_cast<std::int64_t>(
                                                      static_cast<double>(at) / per_second * 1e6)));
            connection.request(requests[at]);
            if (at % kWatchedEach == 0) watcher.accepted(first + at);
          }
        } catch (const std::exception& error) {
          faults[thread] = error.what();
        }
      });
  });
  const std::vector<double> lags_s = watcher.finish();
  for (const std::string& fault : faults)
    if (!fault.empty()) throw std::runtime_error(fault);
  stand.expect_stored(first + count);
  const double p99_s = quantile(lags_s, 0.99);
  json::object detail{{"database", stand.database()},
                      {"connections", kConnections},
                      {"deliveries", count},
                      {"watched", lags_s.size()},
                      {"offered_per_second", rounded(per_second)},
                      {"accepted_per_second", rounded(static_cast<double>(count) / all_us * 1e6)},
                      {"p50_s", rounded(median(lags_s))},
                      {"worst_s", rounded(quantile(lags_s, 1))}};
  return {"webhook.lag", p99_s, "s p99", "lower", 2, p99_s <= 2, std::move(detail), {}};
}

}  // namespace

// webhook.accept misses its bar when accepting costs a second flush, when each delivery is flushed by itself though
// others wait, when statements wait for a lock longer than they hold it, or when a delivery's look-ups take longer than
// its commit. The bars are for MariaDB; SQLite takes one writer at a time, so what 32 raw connections reach there is
// little, and waiting for each other is most of it. webhook.lag misses its bar when what is accepted first and mapped
// later is mapped more slowly than it comes, or waits for a job's turn.
std::vector<Result> webhook_load(const Options& options, DatabaseKind kind) {
  const Stand stand(kind);
  std::vector<Round> accepted;
  std::vector<Round> raw;
  std::vector<Round> shared;
  std::vector<double> ratios;
  std::size_t sent = 0;
  for (std::size_t number = 0; number <= kRounds; ++number) {
    const std::vector<std::string> bodies = bodies_of(sent, kDeliveries);
    Round by_plugin = run_round(requests_of(bodies, sent, stand.account()), [&] {
      return [connection = std::make_unique<Connection>(stand.port())](const std::string& request) {
        connection->request(request);
      };
    });
    sent += kDeliveries;
    stand.expect_stored(sent);  // so that the floor has the database for itself, too
    Round by_raw = stand.insert_raw(bodies);
    if (kind == DatabaseKind::kSqlite) shared.push_back(stand.insert_shared(bodies));
    if (number == 0) continue;  // customers, threads and caches are made in it
    ratios.push_back(by_plugin.per_second / by_raw.per_second);
    accepted.push_back(std::move(by_plugin));
    raw.push_back(std::move(by_raw));
  }
  json::object detail{{"database", stand.database()},
                      {"bar_is_for", "MariaDB flushing at every commit: >= 0.35 x, >= 5,000/s, p99 <= 50 ms"},
                      {"connections", kConnections},
                      {"deliveries_a_round", kDeliveries},
                      {"rounds", kRounds},
                      {"ratio_worst_and_best", json::array{rounded(quantile(ratios, 0)), rounded(quantile(ratios, 1))}},
                      {"accepted", side(accepted)},
                      {"raw", side(raw)}};
  if (kind == DatabaseKind::kSqlite) detail["raw_on_one_connection"] = side(shared);
  const double rate = detail["accepted"].at("per_second").as_double();
  const double p99_ms = detail["accepted"].at("p99_ms").as_double();
  const double ratio = median(ratios);
  std::vector<Result> results;
  results.push_back({name_on("webhook.accept", kind),
                     ratio,
                     "x raw",
                     "higher",
                     0.35,
                     ratio >= 0.35 && rate >= 5000 && p99_ms <= 50,
                     std::move(detail),
                     {}});
  if (kind == DatabaseKind::kMariadb) results.push_back(measure_lag(stand, sent, rate / 2, options.seconds));
  return results;
}

}  // namespace bench
