// handler_pool.hpp: the threads on which handlers run, behind one bounded queue. Thread-safe. The destructor runs what
// is queued and waits for it. All signals are blocked in its threads.
#pragma once

#include <csignal>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hdhost {

class HandlerPool {
 public:
  HandlerPool(std::size_t threads, std::size_t max_queued);
  ~HandlerPool();
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;

  // False when the queue is full; then `work` is dropped. `work` must not throw.
  bool submit(std::function<void()> work);
  std::size_t queued() const;
  // Waits until nothing is queued and nothing runs; false when that took longer.
  bool drain(std::chrono::milliseconds timeout);

 private:
  struct Queue {
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::condition_variable emptied;
    std::deque<std::function<void()>> works;
    std::size_t running = 0;
    bool closed = false;
  };
  void run();

  const std::size_t max_queued_;
  Queue queue_;
  std::vector<std::thread> threads_;
};

// Blocks all signals in this thread while it lives, so that threads made meanwhile never handle one.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace hdhost
