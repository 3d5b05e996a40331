#include "handler_pool.hpp"

namespace hdhost {

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

HandlerPool::HandlerPool(std::size_t threads, std::size_t max_queued) : max_queued_(max_queued) {
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

bool HandlerPool::submit(std::function<void()> work) {
  {
    const std::lock_guard lock(queue_.mutex);
    if (queue_.works.size() >= max_queued_) return false;
    queue_.works.push_back(std::move(work));
  }
  queue_.changed.notify_one();
  return true;
}

std::size_t HandlerPool::queued() const {
  const std::lock_guard lock(queue_.mutex);
  return queue_.works.size();
}

bool HandlerPool::drain(std::chrono::milliseconds timeout) {
  std::unique_lock lock(queue_.mutex);
  return queue_.emptied.wait_for(lock, timeout, [this] { return queue_.works.empty() && queue_.running == 0; });
}

void HandlerPool::run() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(queue_.mutex);
      queue_.changed.wait(lock, [this] { return queue_.closed || !queue_.works.empty(); });
      if (queue_.works.empty()) return;
      work = std::move(queue_.works.front());
      queue_.works.pop_front();
      ++queue_.running;
    }
    work();
    work = nullptr;
    const std::lock_guard lock(queue_.mutex);
    if (--queue_.running == 0 && queue_.works.empty()) queue_.emptied.notify_all();
  }
}

}  // namespace hdhost
