// connection.hpp: one HTTP/1.1 connection on Boost.Beast, keep-alive, one request at a time in the order they came.
// Its socket's executor is a strand over one loop of the pool: all it does happens there, one step after the other, on
// any thread that serves the loop. tick and stop come from the server's thread and only ask the strand. The coroutine
// serve owns its Connection; the Service must outlive all of them.
#pragma once

#include <spdlog/logger.h>

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "deadlines.hpp"
#include "handler_pool.hpp"
#include "metrics.hpp"
#include "routes.hpp"
#include "settings.hpp"

namespace hdhost {

class Connection;

enum class Purpose { caller, status, turned_away };

// All connections there are. Thread-safe.
class Connections {
 public:
  void add(Connection* connection, Purpose purpose);
  void remove(Connection* connection, Purpose purpose);
  std::size_t count(Purpose purpose) const;
  // With each of them, none of which ends meanwhile.
  template <typename F>
  void for_each(F&& f) const {
    const std::lock_guard lock(mutex_);
    for (Connection* const connection : all_) f(*connection);
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_set<Connection*> all_;
  std::array<std::size_t, 3> counts_{};  // by purpose
};

// What all connections share.
struct Service {
  const Settings& settings;
  Routes& routes;
  Metrics& metrics;
  HandlerPool& pool;
  Deadlines& deadlines;
  spdlog::logger& log;
  std::atomic<bool> stopping = false;
  Connections connections{};
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Time = std::chrono::steady_clock::time_point;

  Connection(Socket socket, Service& service, std::string peer, Purpose purpose);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Serves until either side has had enough; a connection to be turned away gets its 503. REQUIRES: spawned on the
  // executor of the socket.
  static boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  // [server's thread] Gives up what has waited too long. Called a few times a second.
  void tick(Time now);
  // [server's thread] Ends it when it waits for a request, else after the one that runs. REQUIRES: the service stops.
  void stop();
  bool on_status_port() const { return purpose_ == Purpose::status; }

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  // Gives the other side so much time for what is waited for.
  void allow(std::int64_t timeout_ms);
  // No limit while the plugin works.
  void allow_all() { give_up_at_ = Time::max(); }
  void give_up();
  bool stops() const { return service_.stopping && !on_status_port(); }
  boost::asio::awaitable<void> turn_away();
  boost::asio::awaitable<bool> wait_for_request();
  boost::asio::awaitable<boost::system::error_code> read_head(Parser& parser);
  boost::asio::awaitable<boost::system::error_code> read_body(Parser& parser);
  boost::asio::awaitable<boost::system::error_code> read_more(std::size_t bytes);
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<HttpReply> answer(Parser& parser, const Route& route, std::shared_ptr<const Head> head,
                                           bool& keep_alive);
  boost::asio::awaitable<HttpReply> call_plugin(const Route& route, const Head& head, std::shared_ptr<PluginCall> call);
  boost::asio::awaitable<bool> write(HttpReply reply, const Route& route, const Head& head, bool keep_alive);
  boost::asio::awaitable<void> close_gently();
  std::optional<HttpReply> head_fault(boost::system::error_code ec, const Head& head) const;
  void account(const Route& route, const Head& head, int status, Time began);

  Socket socket_;
  Service& service_;
  const std::string peer_;
  const Purpose purpose_;
  boost::beast::flat_buffer buffer_;
  std::atomic<Time> give_up_at_ = Time::max();  // the server's thread looks at it
  bool gave_up_ = false;
  bool waits_for_request_ = false;
};

}  // namespace hdhost
