#include "jobs/runner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "core/ids.hpp"
#include "store/lease.hpp"

namespace identities::jobs {
namespace {

/// At least so often the row is looked at again, whatever it said: a clock may have been set meanwhile.
constexpr Microseconds kLookUs = kMinuteUs;

/// How long until the row may be free, for who found it taken or resting.
Microseconds wait_us(const store::LeaseRow& row, Microseconds now_us, Microseconds interval_us) {
  const Microseconds free_us = row.holder.empty() ? row.until_us + interval_us : row.until_us;
  return std::clamp(free_us - now_us, kSecondUs, kLookUs);
}

}  // namespace

std::string holder_name() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return fmt::format("{:.40}:{}:{}", host.data(), getpid(), random_token(6));
}

Runner::Runner(store::Pool& pool, std::string holder, std::vector<std::unique_ptr<Job>> jobs)
    : pool_(pool), holder_(std::move(holder)) {
  for (auto& job : jobs) {
    Entry& entry = entries_.emplace_back();
    entry.job = std::move(job);
  }
}

class Runner::Turn {
 public:
  /// Waits until then while another thread is at it.
  Turn(Runner& runner, Entry& entry, Microseconds until_us) : runner_(runner), entry_(entry) {
    std::unique_lock lock(runner_.mutex_);
    const auto wait = std::chrono::microseconds(until_us - runner_.pool_.clock().monotonic_us());
    has_ = runner_.freed_.wait_for(lock, wait, [this] { return !entry_.busy; });
    if (has_) entry_.busy = true;
  }
  ~Turn() {
    if (!has_) return;
    {
      const std::lock_guard lock(runner_.mutex_);
      entry_.busy = false;
    }
    runner_.freed_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return has_; }

 private:
  Runner& runner_;
  Entry& entry_;
  bool has_ = false;
};

std::vector<std::string_view> Runner::names() const {
  std::vector<std::string_view> names;
  for (const Entry& entry : entries_) names.push_back(entry.job->name());
  return names;
}

StepReport Runner::step(std::string_view name, Microseconds deadline_us, bool rested) {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.job->name() == name; });
  if (found == entries_.end()) throw std::logic_error(fmt::format("there is no job {}", name));
  Entry& entry = *found;
  const Microseconds started_us = pool_.clock().monotonic_us();
  const Turn turn(*this, entry, started_us);
  if (!turn) return {Outcome::kElsewhere, {}, {}};
  if (!entry.held && !rested && started_us < entry.look_again_us) return {};
  return pool_.with_session(deadline_us, [&](store::Session& session) {
    StepReport report;
    if (!entry.held && !take(session, entry, rested, report)) return report;
    StepReport worked = work(session, entry, deadline_us);
    worked.former = std::move(report.former);
    return worked;
  });
}

bool Runner::take(store::Session& session, Entry& entry, bool rested, StepReport& report) const {
  const Job& job = *entry.job;
  const Microseconds monotonic_us = pool_.clock().monotonic_us();
  entry.look_again_us = monotonic_us + kSecondUs;
  const auto row = store::find_lease(session, job.name());
  const Microseconds now_us = store::lease_clock_us(session, pool_.clock());
  if (row && !store::is_free(*row, now_us, rested ? 0 : job.interval_us())) {
    entry.look_again_us = monotonic_us + wait_us(*row, now_us, job.interval_us());
    report.outcome = row->holder.empty() ? Outcome::kResting : Outcome::kElsewhere;
    return false;
  }
  if (!job.is_wanted(session)) return false;
  if (!store::take_lease(session, job.name(), row, holder_, now_us)) {
    report.outcome = Outcome::kElsewhere;
    return false;
  }
  entry.held = true;
  entry.changes.clear();
  if (row) report.former = row->holder;
  return true;
}

StepReport Runner::work(store::Session& session, Entry& entry, Microseconds deadline_us) {
  Job& job = *entry.job;
  const Microseconds started_us = pool_.clock().monotonic_us();
  const auto hold = [&](store::Session& in_transaction) {
    const Microseconds now_us = store::lease_clock_us(in_transaction, pool_.clock());
    if (!store::renew_lease(in_transaction, job.name(), holder_, now_us))
      throw LeaseLost(fmt::format("job {}: another process has taken it over", job.name()));
  };
  const Step step{deadline_us, started_us + (deadline_us - started_us) / 2,
                  store::lease_clock_us(session, pool_.clock()), hold};
  try {
    const Progress progress = job.step(session, step);
    for (const auto& [what, count] : progress.changes) entry.changes[what] += count;
    if (!progress.done) return {Outcome::kGoesOn, {}, {}};
    store::give_lease_back(session, job.name(), holder_, store::lease_clock_us(session, pool_.clock()));
  } catch (const LeaseLost&) {
    entry.held = false;
    return {Outcome::kLost, {}, {}};
  } catch (const store::Contended&) {
    return {Outcome::kGoesOn, {}, {}};  // somebody else's transaction came between
  }
  entry.held = false;
  entry.look_again_us = pool_.clock().monotonic_us() + std::min(job.interval_us(), kLookUs);
  return {Outcome::kFinished, std::move(entry.changes), {}};
}

void Runner::release(Microseconds deadline_us) {
  for (Entry& entry : entries_) {
    const Turn turn(*this, entry, deadline_us);
    if (!turn || !entry.held) continue;
    pool_.with_session(deadline_us, [&](store::Session& session) {
      store::give_lease_back(session, entry.job->name(), holder_, 0);
      return true;
    });
    entry.held = false;
  }
}

}  // namespace identities::jobs
