// Runs jobs in this process, each while it holds the job's lease. Thread-safe; one step of a job runs at a time, and no
// lock is held while it does. It owns the jobs and borrows the pool.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "jobs/job.hpp"
#include "store/pool.hpp"

namespace identities::jobs {

/// "host:process id:random", at most 64 characters: who runs a job, for the lease row and `identities status`.
std::string holder_name();

enum class Outcome : std::uint8_t {
  kResting,    // it is not due, or there is nothing to do
  kElsewhere,  // another process has it
  kGoesOn,     // a step was done, there is more
  kFinished,
  kLost,  // another process took it over meanwhile
};

struct StepReport {
  Outcome outcome = Outcome::kResting;
  Changes changes;     // of the whole run, when kFinished
  std::string former;  // who had the lease and died, when it was taken over
};

class Runner {
 public:
  /// How long one step may take.
  static constexpr Microseconds kStepUs = kSecondUs;

  Runner(store::Pool& pool, std::string holder, std::vector<std::unique_ptr<Job>> jobs);

  std::vector<std::string_view> names() const;
  const std::string& holder() const { return holder_; }

  /// One step of the job of that name, if it is due. deadline_us: at most kStepUs from now. rested: though it rested
  /// too short. kElsewhere at once when another thread is at it. Throws what the store throws; the next step goes on
  /// then. REQUIRES: there is such a job.
  StepReport step(std::string_view name, Microseconds deadline_us, bool rested = false);

  /// Gives back what is held, so that others need not wait for the end of the lease; waits for steps that run, until
  /// the deadline. What was not finished does not rest.
  void release(Microseconds deadline_us);

 private:
  struct Entry {
    std::unique_ptr<Job> job;
    bool held = false;
    Microseconds look_again_us = 0;  // monotonic; until then the database need not be asked
    Changes changes;                 // since it was taken
    bool busy = false;               // a thread is at it; guarded by mutex_, and all else belongs to that thread
  };
  /// Makes an entry this thread's while it lives.
  class Turn;

  bool take(store::Session& session, Entry& entry, bool rested, StepReport& report) const;
  StepReport work(store::Session& session, Entry& entry, Microseconds deadline_us);

  store::Pool& pool_;
  const std::string holder_;
  std::vector<Entry> entries_;  // as many for good
  std::mutex mutex_;
  std::condition_variable freed_;
};

}  // namespace identities::jobs
