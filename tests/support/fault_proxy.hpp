// A proxy on 127.0.0.1 in front of a server on a Unix socket, which plays a broken network: it can stall, dribble,
// answer rubbish, close, reset, or begin with one of these at a given byte of an answer or at a given text of a
// request. It owns a thread and its descriptors; every function may be called from any thread, and holds for
// connections that stand too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace support {

class FaultProxy {
 public:
  enum class Mode : std::uint8_t {
    kForward,
    kStall,    // takes connections; nothing comes through in either direction any more, as where packets vanish
    kDribble,  // towards the client one byte a millisecond
    kRubbish,  // what is no MySQL at all, to whoever connects
    kClose,    // an orderly end at once
    kReset,    // RST
  };

  /// target: path of the server's socket. Throws std::runtime_error.
  explicit FaultProxy(const std::string& target);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  std::uint16_t port() const { return port_; }
  /// database.url of that database, by way of this proxy.
  std::string url(const std::string& database) const;

  /// From now on, and nothing is left of what set_after and set_at wanted.
  void set(Mode mode);
  /// Once that many more bytes have gone to clients.
  void set_after(std::uint64_t bytes, Mode mode);
  /// Once a client sends the text (within one read). deliver: the server still gets it, and its answer is what is lost.
  void set_at(const std::string& text, Mode mode, bool deliver);
  /// The connections that stand stay silent for ever, as where a firewall has forgotten them; new ones come through.
  void forget();
  /// Has what set_after or set_at waited for come?
  bool came() const;

  /// Connections of clients that stand.
  std::size_t connections() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
  std::uint16_t port_ = 0;
};

/// A listening socket that never accepts and whose queue is full: TCP on 127.0.0.1, or a Unix socket at that path.
class FullQueue {
 public:
  FullQueue();
  explicit FullQueue(const std::string& path);
  ~FullQueue();
  FullQueue(const FullQueue&) = delete;
  FullQueue& operator=(const FullQueue&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  struct Sockets;
  std::unique_ptr<Sockets> sockets_;
  std::uint16_t port_ = 0;
};

}  // namespace support
