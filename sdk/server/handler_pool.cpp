#include "handler_pool.hpp"

#include <algorithm>
#include <boost/asio/defer.hpp>
#include <boost/asio/post.hpp>

#include "crash_line.hpp"

namespace hdhost {
namespace {

namespace net = boost::asio;

constexpr std::chrono::milliseconds look_ms{2};
constexpr int idle_looks_before_sleep = 2;
constexpr std::size_t usual_loops = 4;

}  // namespace

thread_local HandlerPool::Loop* HandlerPool::current_ = nullptr;

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  ::sigfillset(&all);
  // A thread's own faults stay with it: blocked, they would end the process without a word.
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigdelset(&all, fault);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

// One thread for each loop and one for each place: with all places taken, each loop still has a thread that is free.
HandlerPool::HandlerPool(Places places) : places_(places) {
  const std::size_t cores = std::thread::hardware_concurrency();
  const std::size_t loops = std::min(places.agents, std::max(usual_loops, cores));
  const std::size_t threads = loops + places.agents + places.outside;
  for (std::size_t i = 0; i < loops; ++i) {
    loops_.push_back(std::make_unique<Loop>());
    loops_.back()->threads = 1;
    state_.to_serve.push_back(loops_.back().get());
  }
  const SignalsBlocked blocked;
  threads_.reserve(threads + 1);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  threads_.emplace_back([this] { watch(); });
}

HandlerPool::~HandlerPool() {
  stop();
}

void HandlerPool::stop() {
  {
    std::unique_lock lock(state_.mutex);
    state_.emptied.wait(lock, [this] { return state_.idle(); });
    state_.closed = true;
  }
  for (const auto& loop : loops_) loop->io.stop();
  state_.help.notify_all();
  state_.watch.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

net::io_context& HandlerPool::next_loop() {
  return loops_[turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size()]->io;
}

// REQUIRES: the state is locked.
bool HandlerPool::has_place(Lane lane) const {
  return lane == Lane::agents ? state_.running_agents < places_.agents : state_.running_outside < places_.outside;
}

bool HandlerPool::submit(Lane lane, Function handler, Function done) {
  Work work{lane, std::move(handler), std::move(done)};
  {
    const std::lock_guard lock(state_.mutex);
    auto& queue = lane == Lane::agents ? state_.agents : state_.outside;
    if (!queue.empty() || !has_place(lane)) {
      if (queue.size() >= places_.queue) return false;
      queue.push_back(std::move(work));
      return true;
    }
    ++taken(lane);
  }
  try {
    start(current_ != nullptr ? *current_ : *loops_[turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size()],
          std::move(work));
  } catch (...) {  // no memory
    const std::lock_guard lock(state_.mutex);
    --taken(lane);
    if (state_.idle()) state_.emptied.notify_all();
    throw;
  }
  return true;
}

// The work has its place already.
void HandlerPool::start(Loop& loop, Work work) {
  net::defer(loop.io, [this, &loop, work = std::move(work)]() mutable { run(loop, work); });
}

// The next that waits and now has a place, which it takes. REQUIRES: the state is locked.
std::optional<HandlerPool::Work> HandlerPool::next_work() {
  for (const Lane lane : {Lane::agents, Lane::outside}) {
    auto& queue = lane == Lane::agents ? state_.agents : state_.outside;
    if (queue.empty() || !has_place(lane)) continue;
    ++taken(lane);
    std::optional<Work> work = std::move(queue.front());
    queue.pop_front();
    return work;
  }
  return std::nullopt;
}

void HandlerPool::enter(Loop& loop, Lane lane) {
  const std::lock_guard lock(state_.mutex);
  ++loop.in_handlers;
  loop.last_entered = Clock::now();
  // It stores something, so it waits for a disk: others of the loop are not to wait along.
  if (lane == Lane::outside && loop.free() == 0) add_thread(loop);
  if (std::exchange(state_.watcher_sleeps, false)) state_.watch.notify_one();
}

void HandlerPool::run(Loop& loop, Work& work) {
  enter(loop, work.lane);
  work.handler();
  work.handler = nullptr;
  std::optional<Work> next;
  {
    const std::lock_guard lock(state_.mutex);
    --loop.in_handlers;
    --taken(work.lane);
    next = next_work();
    if (state_.idle()) state_.emptied.notify_all();
  }
  if (next) start(loop, std::move(*next));
  if (work.done) work.done();
}

// A thread's life: it serves a loop that wants one, until that has one too many.
void HandlerPool::serve() {
  const helpdesk::CrashStack crash_stack;
  for (;;) {
    {
      std::unique_lock lock(state_.mutex);
      state_.help.wait(lock, [this] { return state_.closed || !state_.to_serve.empty(); });
      if (state_.closed) return;
      current_ = state_.to_serve.front();
      state_.to_serve.pop_front();
    }
    Loop& loop = *current_;
    while (loop.io.run_one() > 0) {
      if (loop.has_surplus.load(std::memory_order_relaxed) && leaves(loop)) break;
    }
  }
}

bool HandlerPool::leaves(Loop& loop) {
  const std::lock_guard lock(state_.mutex);
  loop.has_surplus = false;
  if (loop.free() <= 1) return false;
  --loop.threads;
  return true;
}

// REQUIRES: the state is locked.
void HandlerPool::add_thread(Loop& loop) {
  ++loop.threads;
  state_.to_serve.push_back(&loop);
  state_.help.notify_one();
}

// True while there is something to look after. REQUIRES: the state is locked.
bool HandlerPool::look_after(Loop& loop, Clock::time_point now) {
  if (loop.free() == 0 && now - loop.last_entered >= look_ms) {
    add_thread(loop);
  } else if (loop.free() > 1) {
    loop.has_surplus = true;
    net::post(loop.io, [] {});  // so that one of them notices
  }
  return loop.in_handlers > 0 || loop.free() > 1;
}

void HandlerPool::watch() {
  std::unique_lock lock(state_.mutex);
  int idle_looks = 0;
  while (!state_.closed) {
    if (idle_looks >= idle_looks_before_sleep) {
      state_.watcher_sleeps = true;
      state_.watch.wait(lock, [this] { return state_.closed || !state_.watcher_sleeps; });
      idle_looks = 0;
    }
    state_.watch.wait_for(lock, look_ms, [this] { return state_.closed; });
    const Clock::time_point now = Clock::now();
    bool busy = false;
    for (const auto& loop : loops_) busy = look_after(*loop, now) || busy;
    idle_looks = busy ? 0 : idle_looks + 1;
  }
}

std::size_t HandlerPool::queued() const {
  const std::lock_guard lock(state_.mutex);
  return state_.agents.size() + state_.outside.size();
}

bool HandlerPool::drain(std::chrono::milliseconds timeout) {
  std::unique_lock lock(state_.mutex);
  return state_.emptied.wait_for(lock, timeout, [this] { return state_.idle(); });
}

}  // namespace hdhost
