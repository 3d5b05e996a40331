#include "store/pool.hpp"

#include <algorithm>
#include <chrono>

#include "store/mysql_session.hpp"
#include "store/sqlite_session.hpp"

namespace identities {

Clock system_clock() {
  return {[] {
            return std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                .count();
          },
          [] {
            return std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                .count();
          }};
}

namespace store {
namespace {

const Statement kSignOfLife{"sign_of_life", "SELECT 1"};
/// A server that works answers within it even where the machine is busy; one that is slower costs a new connection.
constexpr Microseconds kAnswerUs = 100'000;

}  // namespace

Pool::Pool(Open open, Clock clock, std::size_t max_sessions)
    : open_(std::move(open)), clock_(std::move(clock)), max_sessions_(max_sessions) {
  state_.idle.reserve(max_sessions);  // so that giving back does not allocate
}

std::unique_ptr<Session> Pool::take(Microseconds deadline_us) {
  for (;;) {
    Place place = take_place(deadline_us);
    if (place.session == nullptr) break;
    if (place.doubted_us == 0 || answers(*place.session, deadline_us)) return std::move(place.session);
    drop_idle(place.doubted_us);
    give_back(std::move(place.session), false);
  }
  try {
    return open_(deadline_us);
  } catch (...) {
    give_back(nullptr, false);
    throw;
  }
}

Pool::Place Pool::take_place(Microseconds deadline_us) {
  std::unique_lock lock(mutex_);
  const auto free = [&] { return !state_.idle.empty() || state_.open < max_sessions_; };
  const auto wait = std::chrono::microseconds(deadline_us - clock_.monotonic_us());
  if (!freed_.wait_for(lock, wait, free))
    throw DeadlineExceeded("all database connections were busy until the deadline");
  while (!state_.idle.empty()) {
    Idle idle = std::move(state_.idle.back());
    state_.idle.pop_back();
    const bool doubted = idle.since_us < state_.doubted_us;
    if (idle.session->is_alive()) return {std::move(idle.session), doubted ? state_.doubted_us : 0};
    --state_.open;
  }
  ++state_.open;
  return {};
}

/// One round trip. Half of the time is left for opening another.
bool Pool::answers(Session& session, Microseconds deadline_us) const {
  const Microseconds now_us = clock_.monotonic_us();
  session.set_deadline(now_us + std::min(kAnswerUs, (deadline_us - now_us) / 2));
  try {
    const Session::Ask ask{&kSignOfLife, {}, [](const Row&) {}};
    session.query_all({&ask, 1}, false);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void Pool::give_back(std::unique_ptr<Session> session, bool sound) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (sound && !state_.closed)
      state_.idle.push_back({std::move(session), clock_.monotonic_us()});
    else
      --state_.open;
  }
  freed_.notify_one();
}

void Pool::drop_idle(Microseconds before_us) noexcept {
  for (;;) {
    std::unique_ptr<Session> dropped;  // closed without the lock
    {
      const std::lock_guard lock(mutex_);
      if (state_.idle.empty() || state_.idle.front().since_us >= before_us) return;
      dropped = std::move(state_.idle.front().session);
      state_.idle.erase(state_.idle.begin());
      --state_.open;
    }
    freed_.notify_one();
  }
}

void Pool::doubt_idle(Microseconds before_us) noexcept {
  const std::lock_guard lock(mutex_);
  state_.doubted_us = std::max(state_.doubted_us, before_us);
}

void Pool::close() {
  std::vector<Idle> idle;
  const std::lock_guard lock(mutex_);
  state_.closed = true;
  state_.open -= state_.idle.size();
  idle.swap(state_.idle);
}

Pool::Counts Pool::counts() const {
  const std::lock_guard lock(mutex_);
  return {state_.open, state_.idle.size()};
}

Pool::Lease::Lease(Pool& owner, Microseconds deadline_us)
    : pool(owner), since_us(owner.clock_.monotonic_us()), session(owner.take(deadline_us)) {
  session->set_deadline(deadline_us);
  session->set_request_id({});
}

Pool::Lease::~Lease() {
  if (!session->is_sound()) {
    if (lost)
      pool.drop_idle(since_us);
    else
      pool.doubt_idle(since_us);
  }
  const bool reusable = sound && session->is_sound();
  pool.give_back(std::move(session), reusable);
}

Pool::Open opener(const DatabaseUrl& url, const Clock& clock) {
  return [url, clock](Microseconds deadline_us) {
    return url.dialect == Dialect::kSqlite ? open_sqlite(url.path, clock, deadline_us)
                                           : open_mysql(url, clock, deadline_us);
  };
}

}  // namespace store
}  // namespace identities
