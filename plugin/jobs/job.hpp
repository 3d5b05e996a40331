// A job: work that nobody waits for, done in steps of at most a second by whichever process holds its lease
// (store/lease.hpp). A job keeps nothing between steps but its settings: what is left to do stands in the database, so
// a step that was cut off is done again by the next one, in this process or another.
#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "store/session.hpp"

namespace identities::jobs {

/// Another process has taken the job over; the transaction must not be committed.
class LeaseLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a step may use.
struct Step {
  Microseconds deadline_us = 0;  // of the session, on the monotonic clock
  Microseconds yield_us = 0;     // from then on no further batch is begun
  Microseconds now_us = 0;       // the time that all runners share
  /// First in every write transaction of the job: makes the lease last longer and keeps others out until the end of the
  /// transaction. Throws LeaseLost.
  std::function<void(store::Session&)> hold;
};

/// How many of what were changed.
using Changes = std::map<std::string, std::int64_t, std::less<>>;

struct Progress {
  bool done = true;  // false: there is more, go on with the next step
  Changes changes;
};

class Job {
 public:
  virtual ~Job() = default;
  virtual std::string_view name() const = 0;
  /// How long it rests after it was done.
  virtual Microseconds interval_us() const = 0;
  /// Is there anything to do? Reads only, before the lease is taken.
  virtual bool is_wanted(store::Session&) const { return true; }
  virtual Progress step(store::Session& session, const Step& step) = 0;
};

}  // namespace identities::jobs
