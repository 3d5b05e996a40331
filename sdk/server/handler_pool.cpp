#include "handler_pool.hpp"

#include <algorithm>

namespace hdhost {

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

HandlerPool::HandlerPool(std::size_t threads, std::size_t max_queued)
    : max_queued_(max_queued), max_outside_(std::max<std::size_t>(threads / 2, 1)) {
  const SignalsBlocked blocked;
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

HandlerPool::~HandlerPool() {
  {
    const std::lock_guard lock(queue_.mutex);
    queue_.closed = true;
  }
  queue_.changed.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool HandlerPool::submit(Lane lane, std::function<void()> work) {
  {
    const std::lock_guard lock(queue_.mutex);
    auto& works = lane == Lane::agents ? queue_.agents : queue_.outside;
    if (works.size() >= max_queued_) return false;
    works.push_back(std::move(work));
  }
  queue_.changed.notify_one();
  return true;
}

std::size_t HandlerPool::queued() const {
  const std::lock_guard lock(queue_.mutex);
  return queue_.agents.size() + queue_.outside.size();
}

bool HandlerPool::drain(std::chrono::milliseconds timeout) {
  std::unique_lock lock(queue_.mutex);
  return queue_.emptied.wait_for(lock, timeout, [this] { return queue_.empty() && queue_.running == 0; });
}

// REQUIRES: the queue is locked.
bool HandlerPool::may_take_outside() const {
  return !queue_.outside.empty() && queue_.running_outside < max_outside_;
}

void HandlerPool::run() {
  std::unique_lock lock(queue_.mutex);
  for (;;) {
    queue_.changed.wait(
        lock, [this] { return !queue_.agents.empty() || may_take_outside() || (queue_.closed && queue_.empty()); });
    if (queue_.empty()) return;
    const bool from_outside = queue_.agents.empty();
    auto& works = from_outside ? queue_.outside : queue_.agents;
    std::function<void()> work = std::move(works.front());
    works.pop_front();
    ++queue_.running;
    if (from_outside) ++queue_.running_outside;
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    if (from_outside) --queue_.running_outside;
    if (--queue_.running == 0 && queue_.empty()) queue_.emptied.notify_all();
    // What waited for this lane, and on closing the threads that wait for the last work to be taken.
    if (queue_.closed || may_take_outside()) queue_.changed.notify_all();
  }
}

}  // namespace hdhost
