#include "webhook_stand.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>

#include "accounts/standard_webhooks.hpp"
#include "database.hpp"
#include "dataset.hpp"
#include "maria.hpp"

namespace bench {
namespace {

constexpr std::size_t kCustomers = 1000;
constexpr std::chrono::seconds kPatience{120};
constexpr int kBusyMs = 120'000;  // SQLite queues nobody: one of 32 waits long at times

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

/// The floor: each thread has its connection and commits one row at a time.
struct RawInsert {
  explicit RawInsert(const std::string& path) : db(std::make_shared<Database>(path)) {
    sqlite3_busy_timeout(db->get(), kBusyMs);
    db->run("PRAGMA synchronous=FULL; PRAGMA cache_size=-16384");
    insert = std::make_shared<Query>(*db, "INSERT INTO raw (body) VALUES (?)");
  }
  void operator()(const std::string& body) const { insert->execute(body); }
  std::shared_ptr<Database> db;
  std::shared_ptr<Query> insert;
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
      : maria(std::make_shared<Maria>(socket, "raw")),
        insert(std::make_shared<MariaStatement>(*maria, "INSERT INTO raw (body) VALUES (?)")) {}
  void operator()(const std::string& body) const { insert->execute(body); }
  std::shared_ptr<Maria> maria;
  std::shared_ptr<MariaStatement> insert;
};

}  // namespace

Connection::Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("hdhost does not take a connection");
}
Connection::~Connection() {
  ::close(socket_);
}

void Connection::request(std::string_view bytes) {
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
  if (length_at < head) std::from_chars(received_.data() + length_at + kLength.size(), received_.data() + head, length);
  while (received_.size() < head + 4 + length) receive();
  if (!received_.starts_with("HTTP/1.1 200"))
    throw std::runtime_error("hdhost answered " + received_.substr(0, received_.find('\r')));
}

void Connection::receive() {
  char buffer[4096];
  const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
  if (count <= 0) throw std::runtime_error("hdhost closed a connection");
  received_.append(buffer, static_cast<std::size_t>(count));
}

std::vector<std::string> bodies_of(std::size_t first, std::size_t count) {
  std::vector<std::string> bodies;
  for (std::size_t index = 0; index < count; ++index) bodies.push_back(body_of(first + index));
  return bodies;
}

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

Round run_round(const std::vector<std::string>& pieces, const std::function<Work()>& make) {
  Round round;
  std::vector<std::vector<double>> took(kConnections);
  std::vector<std::string> faults(kConnections);
  const double all_us = timed_us([&] {
    std::vector<std::jthread> threads;
    for (std::size_t number = 0; number < kConnections; ++number)
      threads.emplace_back([&, number] {
        try {
          const Work work = make();
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

WebhookStand::WebhookStand(DatabaseKind kind) {
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
    Database(raw_path()).run("PRAGMA journal_mode=WAL; CREATE TABLE raw (id INTEGER PRIMARY KEY, body TEXT NOT NULL)");
  }
  const std::filesystem::path config = etc / "identities.json";
  account_ = add_account(config, "support");
  hdhost_.emplace(for_load(config));
  const std::string& url = hdhost_->url();
  port_ = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}
WebhookStand::~WebhookStand() {
  hdhost_.reset();
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Round WebhookStand::insert_raw(const std::vector<std::string>& bodies) const {
  if (server_) return run_round(bodies, [&] { return RawInsertIntoMariadb(server_->socket()); });
  return run_round(bodies, [&] { return RawInsert(raw_path()); });
}
Round WebhookStand::insert_shared(const std::vector<std::string>& bodies) const {
  RawInsert one(raw_path());
  std::mutex mutex;
  return run_round(bodies, [&] { return SharedInsert{&one, &mutex}; });
}
std::int64_t WebhookStand::stored() const {
  constexpr const char* kCount = "SELECT COUNT(*) FROM engagement";
  if (server_) return Maria(server_->socket(), "identities").number(kCount);
  Database db(folder_ / "etc/identities.db");
  Query query(db, kCount);
  query.step();
  return query.integer(0);
}
void WebhookStand::expect_stored(std::size_t count) const {
  const auto give_up_at = std::chrono::steady_clock::now() + kPatience;
  std::int64_t found = 0;
  while ((found = stored()) != static_cast<std::int64_t>(count)) {
    if (std::chrono::steady_clock::now() > give_up_at)
      throw std::runtime_error(fmt::format("{} deliveries were accepted, {} are stored", count, found));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}
std::string WebhookStand::database() const {
  if (!server_) return fmt::format("SQLite {}, WAL, synchronous FULL", sqlite3_libversion());
  std::string version;
  Maria(server_->socket(), "").query("SELECT VERSION()", [&](std::size_t, const MariaRow& row) {
    version = row.text(0);
  });
  return fmt::format("MariaDB {}, flushing at every commit", version);
}

}  // namespace bench
