// connection.hpp: one HTTP/1.1 connection on Boost.Beast, keep-alive, one request at a time in the order they came.
// Everything here runs on the I/O thread, but for the plugin's handlers, which run in the pool and come back by a post.
// A Connection keeps itself alive while its coroutine runs; the Service must outlive all of them.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <unordered_set>

#include "handler_pool.hpp"
#include "metrics.hpp"
#include "routes.hpp"
#include "settings.hpp"

namespace hdhost {

class Connection;

// What all connections share.
struct Service {
  const Settings& settings;
  Routes& routes;
  Metrics& metrics;
  HandlerPool& pool;
  spdlog::logger& log;
  bool stopping = false;
  std::unordered_set<Connection*> connections;  // of all purposes
  std::size_t callers = 0;                      // those that count against the limit
  std::size_t turned_away = 0;
};

enum class Purpose { caller, status, turned_away };

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Time = std::chrono::steady_clock::time_point;

  Connection(Socket socket, Service& service, std::string peer, Purpose purpose);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Serves until either side has had enough; a connection to be turned away gets its 503.
  boost::asio::awaitable<void> serve();
  // Gives up what has waited too long. Called a few times a second.
  void tick(Time now);
  // Ends it now when it waits for a request, else after the one that runs.
  void stop();
  bool on_status_port() const { return purpose_ == Purpose::status; }

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void allow(std::int64_t timeout_ms);
  boost::asio::awaitable<void> turn_away();
  boost::asio::awaitable<bool> wait_for_request();
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<HttpReply> answer(Parser& parser, const Route& route, std::shared_ptr<const Head> head,
                                           bool& keep_alive);
  boost::asio::awaitable<HttpReply> call_plugin(const Route& route, const Head& head, std::shared_ptr<PluginCall> call);
  boost::asio::awaitable<bool> write(HttpReply reply, const Route& route, const Head& head, bool keep_alive);
  boost::asio::awaitable<void> close_gently();
  std::optional<HttpReply> head_fault(boost::system::error_code ec, const Head& head) const;
  std::size_t* counter() const;
  void account(const Route& route, const Head& head, int status, Time began);

  Socket socket_;
  Service& service_;
  const std::string peer_;
  const Purpose purpose_;
  boost::beast::flat_buffer buffer_;
  Time give_up_at_ = Time::max();
  bool gave_up_ = false;
  bool waiting_ = false;  // for the next request
};

}  // namespace hdhost
