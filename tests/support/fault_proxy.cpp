#include "fault_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace support {
namespace {

constexpr std::size_t kPieceBytes = 16'384;
constexpr std::size_t kMostWaitingBytes = 1 << 20;  // for one side; then the other is not read

class Socket {
 public:
  Socket() = default;
  explicit Socket(int number) : number_(number) {}
  Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("a socket's path is too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

template <typename Address>
Socket listen_on(const Address& address, int backlog) {
  Socket made(
      ::socket(reinterpret_cast<const sockaddr*>(&address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(made.get(), backlog) != 0)
    throw std::runtime_error(fmt::format("cannot listen: {}", std::strerror(errno)));
  return made;
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

/// Neither side is read while much waits for the other.
struct Pair {
  Socket client;
  Socket server;  // not open before the first forwarding
  std::string to_client;
  std::string to_server;
  bool forgotten = false;
  bool over = false;
};

}  // namespace

class FaultProxy::Loop {
 public:
  explicit Loop(const std::string& target)
      : target_(target), listener_(listen_on(loopback(0), 128)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    thread_ = std::thread([this] { run(); });
  }
  ~Loop() {
    change([](Wanted& wanted) { wanted.stop = true; });
    thread_.join();
  }

  std::uint16_t port() const { return port_of(listener_); }

  struct Trigger {
    std::uint64_t bytes = 0;
    std::string text;  // empty: the bytes count
    Mode mode = Mode::kForward;
    bool deliver = false;
  };
  struct Wanted {
    Mode mode = Mode::kForward;
    std::optional<Trigger> trigger;
    std::size_t connections = 0;
    bool forget = false;
    bool stop = false;
  };

  template <typename Change>
  void change(Change&& change) {
    {
      const std::lock_guard lock(mutex_);
      change(wanted_);
    }
    const std::uint64_t one = 1;
    if (::write(wake_.get(), &one, sizeof one) < 0) throw std::runtime_error("cannot wake the proxy");
  }
  Wanted wanted() const {
    const std::lock_guard lock(mutex_);
    return wanted_;
  }

 private:
  void run() {
    for (;;) {
      const Wanted now = taken();
      if (now.stop) return;
      if (now.forget)
        for (Pair& pair : pairs_) pair.forgotten = true;
      mode_ = now.mode;
      if (mode_ == Mode::kClose || mode_ == Mode::kReset || mode_ == Mode::kRubbish) end_all();
      look();
    }
  }

  Wanted taken() {
    const std::lock_guard lock(mutex_);
    Wanted now = wanted_;
    wanted_.forget = false;
    return now;
  }

  void end_all() {
    for (Pair& pair : pairs_) end(pair);
    pairs_.clear();
    count();
  }

  void end(Pair& pair) const {
    if (mode_ != Mode::kReset) return;
    const linger at_once{1, 0};
    ::setsockopt(pair.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  /// Waits for one event and serves all that came.
  void look() {
    std::vector<pollfd> polled = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    bool dribbles = false;
    for (Pair& pair : pairs_) {
      const bool moves = (mode_ == Mode::kForward || mode_ == Mode::kDribble) && !pair.forgotten;
      pollfd client{moves ? pair.client.get() : -1, 0, 0};
      pollfd server{moves && pair.server.is_open() ? pair.server.get() : -1, 0, 0};
      if (pair.to_server.size() < kMostWaitingBytes) client.events |= POLLIN;
      if (pair.to_client.size() < kMostWaitingBytes) server.events |= POLLIN;
      if (!pair.to_client.empty() && mode_ == Mode::kForward) client.events |= POLLOUT;
      if (!pair.to_server.empty()) server.events |= POLLOUT;
      dribbles |= mode_ == Mode::kDribble && !pair.to_client.empty();
      polled.push_back(client);
      polled.push_back(server);
    }
    ::poll(polled.data(), polled.size(), dribbles ? 1 : -1);
    std::uint64_t woken = 0;
    if (::read(wake_.get(), &woken, sizeof woken) > 0) return;  // the mode may be another now
    std::size_t index = 2;
    for (Pair& pair : pairs_) {
      const bool from_client = (polled[index].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
      const bool from_server = (polled[index + 1].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
      index += 2;
      serve(pair, from_client, from_server);
      if (changed_) break;
    }
    changed_ = false;
    pairs_.remove_if([](const Pair& pair) { return pair.over; });
    if ((polled[1].revents & POLLIN) != 0) accept();
    count();
  }

  void accept() {
    Socket client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client.is_open()) return;
    Pair& pair = pairs_.emplace_back();
    pair.client = std::move(client);
    if (mode_ == Mode::kRubbish) {
      const std::string rubbish(kPieceBytes, '\x2e');
      ::send(pair.client.get(), rubbish.data(), rubbish.size(), MSG_NOSIGNAL);
    }
    if (mode_ == Mode::kClose || mode_ == Mode::kReset) {
      end(pair);
      pairs_.pop_back();
    } else if (mode_ == Mode::kForward || mode_ == Mode::kDribble) {
      connect(pair);
    }
  }

  void connect(Pair& pair) {
    pair.server = Socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = unix_address(target_);
    if (::connect(pair.server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      pair.over = true;
    else
      ::fcntl(pair.server.get(), F_SETFL, O_NONBLOCK);
  }

  void serve(Pair& pair, bool from_client, bool from_server) {
    if ((mode_ != Mode::kForward && mode_ != Mode::kDribble) || pair.forgotten) return;
    if (!pair.server.is_open()) connect(pair);
    if (!pair.over && from_client) read(pair, pair.client, pair.to_server, true);
    if (!pair.over && !changed_ && from_server) read(pair, pair.server, pair.to_client, false);
    if (pair.over) return;
    // What a trigger let through goes out even though the mode has changed.
    if (!pair.to_server.empty()) write(pair, pair.server, pair.to_server, pair.to_server.size());
    if (!pair.to_client.empty())
      write(pair, pair.client, pair.to_client, mode_ == Mode::kDribble ? 1 : pair.to_client.size());
  }

  void read(Pair& pair, const Socket& from, std::string& to, bool asks) {
    std::array<char, kPieceBytes> piece;
    const ssize_t size = ::recv(from.get(), piece.data(), piece.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
      pair.over = true;
      return;
    }
    to.append(piece.data(), admitted({piece.data(), static_cast<std::size_t>(size)}, asks));
  }

  /// How many of the bytes go on. Changes the mode where they are what was waited for.
  std::size_t admitted(std::string_view piece, bool asks) {
    const std::lock_guard lock(mutex_);
    if (!wanted_.trigger) return piece.size();
    Trigger& trigger = *wanted_.trigger;
    std::size_t go = piece.size();
    if (asks && !trigger.text.empty()) {
      if (piece.find(trigger.text) == std::string_view::npos) return go;
      if (!trigger.deliver) go = 0;
    } else if (!asks && trigger.text.empty()) {
      if (piece.size() < trigger.bytes) {
        trigger.bytes -= piece.size();
        return go;
      }
      go = trigger.bytes;
    } else {
      return go;
    }
    wanted_.mode = trigger.mode;
    wanted_.trigger.reset();
    changed_ = true;
    return go;
  }

  static void write(Pair& pair, const Socket& to, std::string& waiting, std::size_t most) {
    const ssize_t size = ::send(to.get(), waiting.data(), most, MSG_NOSIGNAL);
    if (size > 0) waiting.erase(0, static_cast<std::size_t>(size));
    if (size < 0 && errno != EAGAIN && errno != EINTR) pair.over = true;
  }

  void count() {
    const std::lock_guard lock(mutex_);
    wanted_.connections = pairs_.size();
  }

  const std::string target_;
  const Socket listener_;
  const Socket wake_;
  mutable std::mutex mutex_;  // guards wanted_
  Wanted wanted_;
  std::list<Pair> pairs_;  // of the thread, as all below
  Mode mode_ = Mode::kForward;
  bool changed_ = false;
  std::thread thread_;
};

FaultProxy::FaultProxy(const std::string& target) : loop_(std::make_unique<Loop>(target)), port_(loop_->port()) {}
FaultProxy::~FaultProxy() = default;

std::string FaultProxy::url(const std::string& database) const {
  return fmt::format("mysql://root@127.0.0.1:{}/{}", port_, database);
}

void FaultProxy::set(Mode mode) {
  loop_->change([&](Loop::Wanted& wanted) {
    wanted.mode = mode;
    wanted.trigger.reset();
  });
}

void FaultProxy::set_after(std::uint64_t bytes, Mode mode) {
  loop_->change([&](Loop::Wanted& wanted) { wanted.trigger = Loop::Trigger{bytes, {}, mode, false}; });
}

void FaultProxy::set_at(const std::string& text, Mode mode, bool deliver) {
  loop_->change([&](Loop::Wanted& wanted) { wanted.trigger = Loop::Trigger{0, text, mode, deliver}; });
}

void FaultProxy::forget() {
  loop_->change([](Loop::Wanted& wanted) { wanted.forget = true; });
}

bool FaultProxy::came() const {
  return !loop_->wanted().trigger;
}

std::size_t FaultProxy::connections() const {
  return loop_->wanted().connections;
}

struct FullQueue::Sockets {
  Socket listener;
  std::vector<Socket> waiting;

  template <typename Address>
  void fill(const Address& address) {
    constexpr int kEnough = 16;  // the kernel takes one or two beyond the backlog
    for (int number = 0; number < kEnough; ++number) {
      Socket& client = waiting.emplace_back(::socket(reinterpret_cast<const sockaddr*>(&address)->sa_family,
                                                     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }
};

FullQueue::FullQueue() : sockets_(std::make_unique<Sockets>()) {
  sockets_->listener = listen_on(loopback(0), 0);
  port_ = port_of(sockets_->listener);
  sockets_->fill(loopback(port_));
}

FullQueue::FullQueue(const std::string& path) : sockets_(std::make_unique<Sockets>()) {
  sockets_->listener = listen_on(unix_address(path), 0);
  sockets_->fill(unix_address(path));
}

FullQueue::~FullQueue() = default;

}  // namespace support
