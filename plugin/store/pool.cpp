#include "store/pool.hpp"

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

Pool::Pool(Open open, Clock clock, std::size_t max_sessions)
    : open_(std::move(open)), clock_(std::move(clock)), max_sessions_(max_sessions) {
  state_.idle.reserve(max_sessions);  // so that giving back does not allocate
}

std::unique_ptr<Session> Pool::take(Microseconds deadline_us) {
  {
    std::unique_lock lock(mutex_);
    const auto free = [&] { return !state_.idle.empty() || state_.open < max_sessions_; };
    const auto wait = std::chrono::microseconds(deadline_us - clock_.monotonic_us());
    if (!freed_.wait_for(lock, wait, free))
      throw DeadlineExceeded("all database connections were busy until the deadline");
    while (!state_.idle.empty()) {
      auto session = std::move(state_.idle.back().session);
      state_.idle.pop_back();
      if (session->is_alive()) return session;
      --state_.open;
    }
    ++state_.open;
  }
  try {
    return open_(deadline_us);
  } catch (...) {
    give_back(nullptr, false);
    throw;
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
}

Pool::Lease::~Lease() {
  if (!session->is_sound()) pool.drop_idle(since_us);
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
