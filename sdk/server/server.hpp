// server.hpp: listens, accepts, watches the time, and stops gracefully, on the thread that calls run; connections and
// handlers live on the pool's. Borrows settings and plugin; owns sockets, connections and the pool.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "connection.hpp"

namespace hdhost {

class Server {
 public:
  Server(const Settings& settings, helpdesk::LoadedPlugin& plugin, spdlog::logger& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds all addresses and writes the ports file.
  helpdesk::result<void> listen();
  // Serves until SIGTERM or SIGINT and the last running request; a second signal ends the process at once. False when
  // a handler did not return in time: then the plugin must not be stopped.
  bool run();

 private:
  using Tcp = boost::asio::ip::tcp;
  using Local = boost::asio::local::stream_protocol;
  struct Listener {
    std::variant<Tcp::acceptor, Local::acceptor> acceptor;
    bool status;
    std::string unix_path;
  };
  helpdesk::result<std::string> bind(const Endpoint& endpoint, bool status);
  helpdesk::result<void> write_ports_file(const std::string& listen, const std::string& status) const;
  template <typename Acceptor>
  boost::asio::awaitable<void> accept(Acceptor& acceptor, bool status);
  boost::asio::awaitable<void> watch_signals();
  boost::asio::awaitable<void> tick();
  void tell_time(Connection::Time now);
  [[noreturn]] void end_broken(const char* part, const std::exception_ptr& failure);
  void welcome(Connection::Socket socket, std::string peer, bool status);
  void close_listeners(bool status);

  const Settings& settings_;
  spdlog::logger& log_;
  Metrics metrics_;
  Routes routes_;
  Service service_;
  HandlerPool pool_;  // with it go the connections, which use what is above
  boost::asio::io_context io_;
  Deadlines deadlines_;
  std::vector<Listener> listeners_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer ticker_;
};

}  // namespace hdhost
