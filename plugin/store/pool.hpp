// A bounded pool of sessions. Thread-safe. A lease waits until its deadline, then throws DeadlineExceeded; a session
// that failed, or whose server went away while it was idle, is closed and not reused. Where a connection is lost, those
// that were idle since before are closed, too; where a statement ended late, which may be its own fault, each of them
// is first asked for a sign of life, and all are closed when one gives none. So a database that comes back serves the
// next call, and a slow statement costs no session but its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "store/clock.hpp"
#include "store/database_url.hpp"
#include "store/session.hpp"

namespace identities::store {

class Pool {
 public:
  using Open = std::function<std::unique_ptr<Session>(Microseconds deadline_us)>;

  Pool(Open open, Clock clock, std::size_t max_sessions);

  /// Runs work with a session whose deadline is set, and passes on what it returns or throws.
  template <typename Work>
  auto with_session(Microseconds deadline_us, Work&& work) {
    Lease lease(*this, deadline_us);
    try {
      auto result = work(*lease.session);
      lease.sound = true;
      return result;
    } catch (const Unavailable&) {
      lease.lost = true;
      throw;
    } catch (const SessionError&) {
      throw;
    } catch (...) {
      lease.sound = true;  // the work refused; the session is as good as before
      throw;
    }
  }

  /// The same for a whole command, which runs again when another transaction came between. It must be one that can:
  /// with a key of its own, or with the same outcome however often it runs.
  template <typename Work>
  auto with_command(Microseconds deadline_us, Work&& work) {
    for (int met = 0;; ++met) {
      try {
        return with_session(deadline_us, work);
      } catch (const Contended&) {
        if (met >= kMostContended || clock_.monotonic_us() >= deadline_us) throw;
      } catch (const Duplicate&) {
        // Somebody made the same row first: this time it is found, but the next one may be theirs, too.
        if (met >= kMostContended || clock_.monotonic_us() >= deadline_us) throw;
      }
    }
  }

  /// Closes the idle sessions; those in use close when they come back.
  void close();

  struct Counts {
    std::size_t open;  // in use or idle
    std::size_t idle;
  };
  Counts counts() const;

  const Clock& clock() const { return clock_; }

 private:
  static constexpr int kMostContended = 50;  // beyond it is no coincidence

  struct Lease {
    Lease(Pool& owner, Microseconds deadline_us);
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
    Pool& pool;
    const Microseconds since_us;
    std::unique_ptr<Session> session;
    bool sound = false;
    bool lost = false;  // known to be, not only late
  };
  struct Idle {
    std::unique_ptr<Session> session;
    Microseconds since_us;
  };
  struct State {
    std::vector<Idle> idle;  // the longest idle first
    std::size_t open = 0;
    Microseconds doubted_us = 0;  // a session that was idle since before then may have lost its server
    bool closed = false;
  };
  struct Place {
    std::unique_ptr<Session> session;  // none: one may be opened
    Microseconds doubted_us = 0;       // not 0: ask it first
  };

  std::unique_ptr<Session> take(Microseconds deadline_us);
  Place take_place(Microseconds deadline_us);
  bool answers(Session& session, Microseconds deadline_us) const;
  void doubt_idle(Microseconds before_us) noexcept;
  void give_back(std::unique_ptr<Session> session, bool sound) noexcept;
  /// Closes what has been idle since before that moment.
  void drop_idle(Microseconds before_us) noexcept;

  const Open open_;
  const Clock clock_;
  const std::size_t max_sessions_;
  mutable std::mutex mutex_;  // guards state_
  std::condition_variable freed_;
  State state_;
};

/// Opens sessions of that database.
Pool::Open opener(const DatabaseUrl& url, const Clock& clock);

}  // namespace identities::store
