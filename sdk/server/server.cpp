#include "server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <utility>

namespace hdhost {
namespace {

namespace net = boost::asio;

constexpr auto as_result = net::as_tuple(net::use_awaitable);
constexpr std::chrono::milliseconds tick_ms{100};
constexpr std::chrono::seconds stop_timeout_s{30};
constexpr std::size_t max_turned_away = 64;
constexpr int exit_broken = 4;
constexpr int exit_at_second_signal = 130;

helpdesk::Refusal cannot_listen(bool status, const std::string& where, const boost::system::error_code& ec) {
  return {fmt::format("/hdhost/{}: expected an address that is free, found at {}: {}",
                      status ? "status_listen" : "listen", where, ec.message())};
}

std::string peer_of(const net::ip::tcp::socket& socket) {
  boost::system::error_code ec;
  const auto endpoint = socket.remote_endpoint(ec);
  return ec ? std::string() : endpoint.address().to_string();
}

std::string peer_of(const net::local::stream_protocol::socket&) {
  return {};
}

void prepare(net::ip::tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(net::ip::tcp::no_delay(true), ignored);
}

void prepare(net::local::stream_protocol::socket&) {}

// A socket file that nobody listens on any more is in the way.
void remove_stale(net::io_context& io, const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  net::local::stream_protocol::socket probe(io);
  boost::system::error_code ec;
  probe.connect(net::local::stream_protocol::endpoint(path), ec);
  if (ec == net::error::connection_refused) ::unlink(path.c_str());
}

}  // namespace

Server::Server(const Settings& settings, helpdesk::LoadedPlugin& plugin, spdlog::logger& log)
    : settings_(settings),
      log_(log),
      routes_(settings, plugin, metrics_),
      service_{settings, routes_, metrics_, pool_, deadlines_, log},
      pool_({static_cast<std::size_t>(settings.threads), static_cast<std::size_t>(settings.webhook_threads),
             static_cast<std::size_t>(settings.queue)}),
      deadlines_(io_),
      signals_(io_, SIGTERM, SIGINT),
      ticker_(io_) {}

Server::~Server() {
  for (const Listener& listener : listeners_) {
    if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
  }
}

helpdesk::result<std::string> Server::bind(const Endpoint& endpoint, bool status) {
  boost::system::error_code ec;
  const auto open = [&](auto acceptor, const auto& address) -> boost::system::error_code {
    acceptor.open(address.protocol(), ec);
    if (!ec && endpoint.unix_path.empty()) acceptor.set_option(net::socket_base::reuse_address(true), ec);
    if (!ec) acceptor.bind(address, ec);
    if (!ec) acceptor.listen(net::socket_base::max_listen_connections, ec);
    if (!ec) listeners_.push_back({std::move(acceptor), status, endpoint.unix_path});
    return ec;
  };
  if (!endpoint.unix_path.empty()) {
    remove_stale(io_, endpoint.unix_path);
    if (open(Local::acceptor(io_), Local::endpoint(endpoint.unix_path)))
      return cannot_listen(status, endpoint.unix_path, ec);
    ::chmod(endpoint.unix_path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
    return {boost::system::in_place_value, "unix:" + endpoint.unix_path};
  }
  const auto address = net::ip::make_address(endpoint.address, ec);
  if (ec || open(Tcp::acceptor(io_), Tcp::endpoint(address, endpoint.port))) {
    return cannot_listen(status, fmt::format("{}:{}", endpoint.address, endpoint.port), ec);
  }
  const auto port = std::get<Tcp::acceptor>(listeners_.back().acceptor).local_endpoint(ec).port();
  return {boost::system::in_place_value, address.is_v6() ? fmt::format("http://[{}]:{}", endpoint.address, port)
                                                         : fmt::format("http://{}:{}", endpoint.address, port)};
}

helpdesk::result<void> Server::listen() {
  const auto main = bind(settings_.listen, false);
  if (!main) return main.error();
  std::string status;
  if (settings_.status_listen) {
    auto bound = bind(*settings_.status_listen, true);
    if (!bound) return bound.error();
    status = std::move(*bound);
  }
  log_.info("listens on {}{}{}", *main, status.empty() ? "" : ", status on ", status);
  return write_ports_file(*main, status);
}

helpdesk::result<void> Server::write_ports_file(const std::string& listen, const std::string& status) const {
  if (settings_.ports_file.empty()) return {};
  boost::json::object ports{{"listen", listen}};
  if (!status.empty()) ports["status"] = status;
  std::filesystem::path unfinished = settings_.ports_file;
  unfinished += fmt::format(".{}", ::getpid());
  std::ofstream file(unfinished);
  file << boost::json::serialize(ports) << '\n';
  file.close();
  std::error_code ec;
  if (file) std::filesystem::rename(unfinished, settings_.ports_file, ec);
  if (!file || ec) {
    return helpdesk::Refusal{fmt::format("{}: expected a place for the ports file, found: it cannot be written",
                                         settings_.ports_file.string())};
  }
  return {};
}

void Server::welcome(Connection::Socket socket, std::string peer, bool status) {
  Purpose purpose = status ? Purpose::status : Purpose::caller;
  const std::size_t callers = service_.connections.count(Purpose::caller);
  if (!status && callers >= static_cast<std::size_t>(settings_.limits.connections)) {
    if (service_.connections.count(Purpose::turned_away) >= max_turned_away) return;
    purpose = Purpose::turned_away;
  }
  const net::any_io_executor strand = socket.get_executor();
  auto connection = std::make_shared<Connection>(std::move(socket), service_, std::move(peer), purpose);
  net::co_spawn(strand, Connection::serve(std::move(connection)), [this](const std::exception_ptr& failure) {
    if (failure) log_.error("a connection ended by an internal error");
  });
}

template <typename Acceptor>
net::awaitable<void> Server::accept(Acceptor& acceptor, bool status) {
  net::steady_timer pause(io_);
  bool fails = false;
  bool told = false;
  while (acceptor.is_open()) {
    try {
      if (fails) {  // no file descriptors or no memory, most likely: some will be free again
        pause.expires_after(tick_ms);
        co_await pause.async_wait(as_result);
        fails = false;
      }
      const net::any_io_executor strand = net::make_strand(pool_.next_loop());
      auto [ec, socket] = co_await acceptor.async_accept(strand, as_result);
      if (ec == net::error::operation_aborted) co_return;
      fails = ec.failed();
      if (fails) continue;
      prepare(socket);
      std::string peer = peer_of(socket);
      welcome(Connection::Socket(std::move(socket)), std::move(peer), status);
      told = false;
    } catch (const std::exception& e) {
      fails = true;
      if (!std::exchange(told, true)) log_.error("cannot accept connections now, tries on: {}", e.what());
    }
  }
}

void Server::close_listeners(bool status) {
  boost::system::error_code ignored;
  for (Listener& listener : listeners_) {
    if (listener.status == status) std::visit([&](auto& acceptor) { acceptor.close(ignored); }, listener.acceptor);
  }
}

net::awaitable<void> Server::watch_signals() {
  const auto [ec, signal] = co_await signals_.async_wait(as_result);
  if (ec) co_return;
  log_.info("stops at signal {}: no new connections, what runs is finished", signal);
  service_.stopping = true;
  routes_.set_stopping();
  close_listeners(false);
  service_.connections.for_each([](Connection& connection) {
    if (!connection.on_status_port()) connection.stop();
  });
  const auto [again_ec, again] = co_await signals_.async_wait(as_result);
  if (again_ec) co_return;
  log_.flush();
  std::_Exit(exit_at_second_signal);
}

void Server::tell_time(Connection::Time now) {
  try {
    service_.connections.for_each([now](Connection& connection) { connection.tick(now); });
  } catch (const std::exception& e) {  // the next tick tells them
    log_.error("cannot keep the time limits of connections now, tries on: {}", e.what());
  }
}

// Ends the process, for its supervisor to start it again, rather than letting it run on without one of its parts.
void Server::end_broken(const char* part, const std::exception_ptr& failure) {
  std::string what = "something else";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  log_.error("{}: expected that it goes on, found {}; the process ends with status {}", part, what, exit_broken);
  log_.flush();
  std::_Exit(exit_broken);
}

// Time limits of the connections, and the end once all of them are closed after a stop.
net::awaitable<void> Server::tick() {
  auto stop_at = std::chrono::steady_clock::time_point::max();
  for (;;) {
    ticker_.expires_after(tick_ms);
    co_await ticker_.async_wait(as_result);
    const auto now = std::chrono::steady_clock::now();
    tell_time(now);
    service_.metrics.connections = static_cast<std::int64_t>(service_.connections.count(Purpose::caller));
    log_.flush();
    if (!service_.stopping) continue;
    if (stop_at == std::chrono::steady_clock::time_point::max()) stop_at = now + stop_timeout_s;
    const std::size_t left =
        service_.connections.count(Purpose::caller) + service_.connections.count(Purpose::turned_away);
    if (left == 0 || now >= stop_at) break;
  }
  close_listeners(true);
  signals_.cancel();
  io_.stop();
}

bool Server::run() {
  const auto spawn = [this](net::awaitable<void> part, const char* name) {
    net::co_spawn(io_, std::move(part), [this, name](const std::exception_ptr& failure) {
      if (failure) end_broken(name, failure);
    });
  };
  for (Listener& listener : listeners_) {
    std::visit([&](auto& acceptor) { spawn(accept(acceptor, listener.status), "accepting"); }, listener.acceptor);
  }
  spawn(watch_signals(), "waiting for signals");
  spawn(tick(), "keeping time");
  try {
    io_.run();
  } catch (...) {
    end_broken("keeping deadlines", std::current_exception());
  }
  signals_.clear();
  if (!pool_.drain(stop_timeout_s)) return false;
  pool_.stop();
  return true;
}

}  // namespace hdhost
