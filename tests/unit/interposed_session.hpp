// Sessions in which somebody else comes between, at a place that the test chooses: what they do is done right before a
// statement of that name, once. So two transactions meet without threads and without waiting. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "decorated_session.hpp"
#include "store/pool.hpp"

namespace identities::unit {

struct Interposed {
  std::string before;          // the name of a statement
  std::function<void()> work;  // empty: it was done
};

class InterposedSession : public support::DecoratedSession {
 public:
  InterposedSession(std::unique_ptr<store::Session> real, Interposed& interposed)
      : DecoratedSession(std::move(real)), interposed_(interposed) {}

 private:
  void before(std::string_view statement) override {
    if (statement == interposed_.before && interposed_.work) std::exchange(interposed_.work, {})();
  }

  Interposed& interposed_;
};

/// Opens what `open` opens. interposed outlives the sessions.
inline store::Pool::Open with_interposed(store::Pool::Open open, Interposed& interposed) {
  return [open = std::move(open), &interposed](Microseconds deadline_us) -> std::unique_ptr<store::Session> {
    return std::make_unique<InterposedSession>(open(deadline_us), interposed);
  };
}

}  // namespace identities::unit
