// Work that several threads bring at once and one of them does for all: while it is being done, the next to come gather
// behind it. Whoever comes when nothing is being done waits for nobody. Owns no thread. Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "store/clock.hpp"
#include "store/session.hpp"

namespace identities::accounts {

template <typename Job>
class Gathering {
 public:
  struct Limits {
    std::size_t jobs;     // that one thread does together
    std::size_t weight;   // of them together, when they are more than one
    std::size_t at_once;  // threads that do some
  };
  Gathering(Clock clock, Limits limits) : clock_(std::move(clock)), limits_(limits) {}

  /// How many wait to be done.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    std::size_t jobs = 0;
    for (const auto& round : waiting_) jobs += round->jobs.size();
    return jobs;
  }

  /// Returns when do_all(std::span<Job* const>) was called with the job among others, on this thread or on another's.
  /// Passes on what it threw. Throws store::DeadlineExceeded when its turn does not come before the deadline; do_all
  /// itself is to end by the earliest deadline of its jobs.
  template <typename DoAll>
  void run(Job& job, std::size_t weight, Microseconds deadline_us, DoAll&& do_all) {
    std::unique_lock lock(mutex_);
    const std::shared_ptr<Round> round = join(job, weight);
    if (!wait_for_turn(lock, *round, job, deadline_us)) {
      if (round->error) std::rethrow_exception(round->error);
      return;
    }
    round->started = true;
    waiting_.pop_front();
    ++running_;
    wake_next();
    lock.unlock();
    std::exception_ptr error;
    try {
      do_all(std::span<Job* const>(round->jobs));
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    --running_;
    round->error = error;
    round->done = true;
    round->followers.notify_all();
    wake_next();
    lock.unlock();
    if (error) std::rethrow_exception(error);
  }

 private:
  /// Jobs that are done together; the first one's thread does them.
  struct Round {
    std::vector<Job*> jobs;
    std::size_t weight = 0;
    bool started = false;
    bool done = false;
    std::exception_ptr error;
    std::condition_variable first;
    std::condition_variable followers;
  };

  std::shared_ptr<Round> join(Job& job, std::size_t weight) {
    const auto fits = [&](const Round& round) {
      return round.jobs.size() < limits_.jobs && round.weight + weight <= limits_.weight;
    };
    if (waiting_.empty() || !fits(*waiting_.back())) {
      auto round = std::make_shared<Round>();
      round->jobs.reserve(limits_.jobs);
      waiting_.push_back(std::move(round));
    }
    waiting_.back()->jobs.push_back(&job);
    waiting_.back()->weight += weight;
    return waiting_.back();
  }

  /// True when the caller is to do the round's jobs, false when they are done.
  bool wait_for_turn(std::unique_lock<std::mutex>& lock, Round& round, Job& job, Microseconds deadline_us) {
    for (;;) {
      if (round.done) return false;
      const bool first = !round.started && round.jobs.front() == &job;
      if (first && waiting_.front().get() == &round && running_ < limits_.at_once) return true;
      if (round.started) {
        round.followers.wait(lock);
        continue;
      }
      const Microseconds left_us = deadline_us - clock_.monotonic_us();
      if (left_us <= 0) leave(round, job);
      (first ? round.first : round.followers).wait_for(lock, std::chrono::microseconds(left_us));
    }
  }

  [[noreturn]] void leave(Round& round, Job& job) {
    std::erase(round.jobs, &job);
    if (round.jobs.empty())
      std::erase_if(waiting_, [&](const auto& each) { return each.get() == &round; });
    else
      round.followers.notify_all();  // one of them is the first now
    wake_next();
    throw store::DeadlineExceeded("the deliveries before it took until its deadline");
  }

  void wake_next() {
    if (!waiting_.empty() && running_ < limits_.at_once) waiting_.front()->first.notify_one();
  }

  const Clock clock_;
  const Limits limits_;
  mutable std::mutex mutex_;  // guards what follows, and every round but its jobs once it has started
  std::deque<std::shared_ptr<Round>> waiting_;
  std::size_t running_ = 0;
};

}  // namespace identities::accounts
