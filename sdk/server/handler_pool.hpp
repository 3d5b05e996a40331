// handler_pool.hpp: the threads on which handlers run, behind one bounded queue a lane. Calls from outside take at most
// half of the threads, so that an agent's call always finds one, whatever comes in by webhooks. Thread-safe. The
// destructor runs what is queued and waits for it. All signals are blocked in its threads.
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

enum class Lane { agents, outside };

class HandlerPool {
 public:
  // max_queued: in each lane.
  HandlerPool(std::size_t threads, std::size_t max_queued);
  ~HandlerPool();
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;

  // False when the lane's queue is full; then `work` is dropped. `work` must not throw.
  bool submit(Lane lane, std::function<void()> work);
  std::size_t queued() const;
  // Waits until nothing is queued and nothing runs; false when that took longer.
  bool drain(std::chrono::milliseconds timeout);

 private:
  struct Queue {
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::condition_variable emptied;
    std::deque<std::function<void()>> agents;
    std::deque<std::function<void()>> outside;
    std::size_t running = 0;
    std::size_t running_outside = 0;
    bool closed = false;
    bool empty() const { return agents.empty() && outside.empty(); }
  };
  bool may_take_outside() const;
  void run();

  const std::size_t max_queued_;
  const std::size_t max_outside_;
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
