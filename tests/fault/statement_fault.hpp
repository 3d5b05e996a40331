// Sessions in which one statement fails: a decorator for any store::Session, and the plan that its pool's sessions
// share. One thread.
#pragma once

#include <memory>

#include "store/pool.hpp"

namespace identities::fault {

enum class StatementFault {
  kUnavailable,       // the database is away
  kDeadlineExceeded,  // it did not answer in time
  kBrokenStatement,
  kDuplicate,
  kOutcomeUnknown,  // a commit that took place, but whose answer was lost; any other statement: away
};

/// Which statement fails next, counted over all sessions: each query, execute, begin, commit and purge is one.
struct StatementPlan {
  void fail_at(std::int64_t statement, StatementFault how) { *this = {statement, how, 0, false}; }
  void fail_nothing() { fail_at(0, StatementFault::kUnavailable); }

  std::int64_t n = 0;  // 0: none
  StatementFault fault = StatementFault::kUnavailable;
  std::int64_t seen = 0;
  bool struck = false;
};

/// Opens what `open` opens, each session decorated. The plan outlives the sessions.
store::Pool::Open with_faults(store::Pool::Open open, StatementPlan& plan);

}  // namespace identities::fault
