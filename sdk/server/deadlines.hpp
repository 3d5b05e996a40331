// deadlines.hpp: tells calls that their time is over, on the thread of the io_context it was given. One timer for all:
// almost every call ends long before its deadline, so that adding and removing must cost next to nothing.
// add and remove are thread-safe. Keeps what it watches alive until it is removed or told.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace hdhost {

class Expiring {
 public:
  virtual ~Expiring() = default;
  virtual void expire() = 0;
};

class Deadlines {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Key = std::pair<Time, std::uint64_t>;

  explicit Deadlines(boost::asio::io_context& io) : io_(io), timer_(io) {}

  // `watched->expire()` is called at that time, unless it is removed before.
  Key add(Time at, std::shared_ptr<Expiring> watched);
  // Nothing happens when it was told already; expire may then still be running.
  void remove(const Key& key);

 private:
  void arm();
  void tell();

  struct Watched {
    std::mutex mutex;
    std::map<Key, std::shared_ptr<Expiring>> entries;
    std::uint64_t count = 0;
    Time armed_at = Time::max();  // when the timer looks next
  };
  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;  // on the thread of io_
  Watched watched_;
};

}  // namespace hdhost
