// handler_pool.hpp: the threads that serve connections and run handlers. A handler runs on the loop that asked for it,
// so that a quick call costs no switch to another thread. A watcher looks every two milliseconds while handlers run: a
// loop whose threads all are in handlers gets one more, so that nobody waits for another's slow call. Calls from
// outside wait for a disk, so a loop gets one more at once; they have places of their own, so that an agent's call
// always finds one. Thread-safe. The destructor runs what is queued and waits for it. All signals are blocked in its
// threads.
#pragma once

#include <csignal>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace hdhost {

enum class Lane { agents, outside };

class HandlerPool {
 public:
  using Function = std::function<void()>;

  // Handlers that run at once in each lane, and calls of each that wait for a place.
  struct Places {
    std::size_t agents;
    std::size_t outside;
    std::size_t queue;
  };
  explicit HandlerPool(Places places);
  ~HandlerPool();
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;

  // Where the next connection is to live: one loop after the other. Nothing that runs there may block but a handler.
  boost::asio::io_context& next_loop();
  // Runs `handler` on the loop of this thread, or on the next one when this thread is none of the pool's; then `done`
  // on the same thread, once the place is free again. False when the lane's queue is full; then both are dropped.
  // Neither may throw.
  bool submit(Lane lane, Function handler, Function done = {});
  std::size_t queued() const;
  // Waits until nothing is queued and nothing runs; false when that took longer.
  bool drain(std::chrono::milliseconds timeout);
  // Runs what is queued and ends the threads; what hangs on the loops goes with the pool. Once is enough.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Work {
    Lane lane;
    Function handler;
    Function done;
  };
  // The counts belong to the state's mutex. "free": a thread that serves the loop and is in no handler.
  struct Loop {
    boost::asio::io_context io;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open{io.get_executor()};
    std::atomic<bool> has_surplus = false;
    std::size_t threads = 0;
    std::size_t in_handlers = 0;
    Clock::time_point last_entered;
    std::size_t free() const { return threads - in_handlers; }
  };
  struct State {
    mutable std::mutex mutex;
    std::condition_variable emptied;
    std::condition_variable watch;
    std::condition_variable help;
    std::deque<Work> agents;
    std::deque<Work> outside;
    std::deque<Loop*> to_serve;      // wait for a thread
    std::size_t running_agents = 0;  // places taken
    std::size_t running_outside = 0;
    bool watcher_sleeps = false;
    bool closed = false;
    bool empty() const { return agents.empty() && outside.empty(); }
    bool idle() const { return empty() && running_agents == 0 && running_outside == 0; }
  };

  bool has_place(Lane lane) const;
  // How many places of the lane are taken. REQUIRES: the state is locked.
  std::size_t& taken(Lane lane) { return lane == Lane::agents ? state_.running_agents : state_.running_outside; }
  std::optional<Work> next_work();
  void run(Loop& loop, Work& work);
  void start(Loop& loop, Work work);
  void enter(Loop& loop, Lane lane);
  void add_thread(Loop& loop);
  void serve();
  bool leaves(Loop& loop);
  void watch();
  bool look_after(Loop& loop, Clock::time_point now);

  const Places places_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<std::size_t> turn_ = 0;
  State state_;
  std::vector<std::thread> threads_;

  static thread_local Loop* current_;
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
