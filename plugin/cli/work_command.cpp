#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "jobs/purge_job.hpp"
#include "jobs/rekey_job.hpp"
#include "jobs/runner.hpp"

namespace identities::cli {
namespace {

constexpr Microseconds kIdleUs = kSecondUs;        // between two looks at what is due
constexpr Microseconds kFirstRetryUs = kSecondUs;  // after a failed step, doubled while it fails
constexpr Microseconds kLongestRetryUs = 10 * kSecondUs;

/// SIGTERM and SIGINT, blocked, so that they end the process only where it asks for them: between two steps.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    sigprocmask(SIG_BLOCK, &set_, nullptr);
  }
  /// Waits for one; true when it came.
  bool wait(Microseconds time_us) const {
    const timespec time{time_us / kSecondUs, time_us % kSecondUs * 1000};
    return sigtimedwait(&set_, nullptr, &time) > 0;
  }

 private:
  sigset_t set_{};
};

class Worker {
 public:
  Worker(const Configuration& configuration, bool once)
      : pool_(store::opener(configuration.database, clock_), clock_, 1),
        runner_(pool_, jobs::holder_name(), jobs_of(configuration)),
        once_(once) {}

  /// False when a job failed at last.
  bool run() {
    say(fmt::format("runs the jobs as {}", runner_.holder()));
    bool stopped = false;
    while (!stopped) {
      bool more = false;
      for (const std::string_view name : runner_.names()) {
        if (stopped || clock_.monotonic_us() < faults_[name].retry_us) continue;
        more = step(name) || more;
        stopped = signals_.wait(0);
      }
      if (!stopped && once_ && !more) break;
      if (!stopped && !more) stopped = signals_.wait(kIdleUs);
    }
    release();
    return std::all_of(faults_.begin(), faults_.end(), [](const auto& fault) { return fault.second.text.empty(); });
  }

 private:
  struct Fault {
    std::string text;  // what it failed with; empty: it is well
    Microseconds wait_us = kFirstRetryUs;
    Microseconds retry_us = 0;
  };

  std::vector<std::unique_ptr<jobs::Job>> jobs_of(const Configuration& configuration) const {
    std::vector<std::unique_ptr<jobs::Job>> list;
    list.push_back(std::make_unique<jobs::PurgeJob>());
    list.push_back(std::make_unique<jobs::RetentionJob>(configuration.retention, clock_));
    list.push_back(std::make_unique<jobs::RekeyJob>(clock_));
    return list;
  }

  static void say(std::string_view line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }

  /// True when the job has more to do.
  bool step(std::string_view name) {
    Fault& fault = faults_[name];
    try {
      const jobs::StepReport report =
          runner_.step(name, clock_.monotonic_us() + jobs::Runner::kStepUs, once_ && !finished_[name]);
      if (!fault.text.empty()) say(fmt::format("{}: well again", name));
      fault = {};
      tell(name, report);
      finished_[name] = finished_[name] || report.outcome == jobs::Outcome::kFinished;
      return report.outcome == jobs::Outcome::kGoesOn;
    } catch (const std::exception& error) {
      // store's errors hold no value.
      if (fault.text != error.what()) say(fmt::format("{}: {}; tries again", name, error.what()));
      fault.text = error.what();
      fault.retry_us = clock_.monotonic_us() + fault.wait_us;
      fault.wait_us = std::min(2 * fault.wait_us, kLongestRetryUs);
      return false;
    }
  }

  void tell(std::string_view name, const jobs::StepReport& report) const {
    if (!report.former.empty()) say(fmt::format("{}: taken over from {}, which went silent", name, report.former));
    if (report.outcome == jobs::Outcome::kLost)
      say(fmt::format("{}: another process took it over; this one was silent too long", name));
    if (report.outcome != jobs::Outcome::kFinished || report.changes.empty()) return;
    std::string changes;
    for (const auto& [what, count] : report.changes)
      changes += fmt::format("{}{} {}", changes.empty() ? "" : ", ", count, what);
    say(fmt::format("{}: done ({})", name, changes));
  }

  void release() {
    try {
      runner_.release(clock_.monotonic_us() + jobs::Runner::kStepUs);
    } catch (const std::exception&) {
      return;  // others take over when the lease ends
    }
  }

  const StopSignals signals_;
  const Clock clock_ = system_clock();
  store::Pool pool_;
  jobs::Runner runner_;
  const bool once_;
  std::map<std::string_view, Fault> faults_;
  std::map<std::string_view, bool> finished_;
};

}  // namespace

bool work(const std::filesystem::path& config, bool once) {
  return Worker(read_configuration(config), once).run();
}

}  // namespace identities::cli
