// webhook.lag: how soon what was accepted shows in the history.
#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "maria.hpp"
#include "webhook_stand.hpp"

namespace bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kWatchedEach = 8;  // of so many accepted ones, one is looked for in the history
constexpr std::chrono::seconds kPatience{120};

/// Looks for accepted deliveries in the history, where a panel call would find them, and notes how long each took to
/// come. What it has not found yet, it asks for again in turn.
class Watcher {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Watcher(const std::string& socket) : thread_([this, socket] { watch(socket); }) {}
  /// From any thread, when the delivery's 2xx has come.
  void accepted(std::size_t number) {
    const std::lock_guard lock(mutex_);
    fresh_.emplace_back(number, std::chrono::steady_clock::now());
  }
  /// Waits until all were found. Seconds of each.
  std::vector<double> finish() {
    ending_ = true;
    thread_.join();
    if (!fault_.empty()) throw std::runtime_error(fault_);
    return lags_s_;
  }

 private:
  void watch(const std::string& socket) {
    try {
      Maria maria(socket, "identities");
      MariaStatement look(maria,
                          "SELECT e.id FROM engagement_key k JOIN engagement e ON e.id = k.engagement_id WHERE "
                          "k.account_id = ? AND k.source_key = ?");
      const std::int64_t account = maria.number("SELECT id FROM account");
      std::deque<std::pair<std::size_t, Time>> waiting;
      for (;;) {
        const bool last = ending_;
        {
          const std::lock_guard lock(mutex_);
          waiting.insert(waiting.end(), fresh_.begin(), fresh_.end());
          fresh_.clear();
        }
        std::erase_if(waiting, [&](const auto& each) { return is_there(look, account, each); });
        if (last && waiting.empty()) return;
        if (!waiting.empty() && std::chrono::steady_clock::now() - waiting.front().second > kPatience)
          throw std::runtime_error(fmt::format("delivery {} was accepted and never came", waiting.front().first));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    } catch (const std::exception& error) {
      fault_ = error.what();
    }
  }
  bool is_there(MariaStatement& look, std::int64_t account, const std::pair<std::size_t, Time>& each) {
    look.execute(account, fmt::format("m-{}", each.first));
    const bool found = look.step();
    look.finish();
    if (found) lags_s_.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - each.second).count());
    return found;
  }

  std::mutex mutex_;  // guards fresh_
  std::vector<std::pair<std::size_t, Time>> fresh_;
  std::atomic<bool> ending_ = false;
  std::vector<double> lags_s_;
  std::string fault_;
  std::jthread thread_;
};

}  // namespace

// Misses its bar when what is accepted first and mapped later is mapped more slowly than it comes, or waits for a job's
// turn.
Result webhook_lag(const WebhookStand& stand, std::size_t first, double per_second, std::size_t seconds) {
  const auto count = static_cast<std::size_t>(per_second * static_cast<double>(seconds));
  const std::vector<std::string> requests = requests_of(bodies_of(first, count), first, stand.account());
  std::vector<std::string> faults(kConnections);
  Watcher watcher(stand.socket());
  const auto begin = std::chrono::steady_clock::now();
  const double all_us = timed_us([&] {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < kConnections; ++thread)
      threads.emplace_back([&, thread] {
        try {
          Connection connection(stand.port());
          for (std::size_t at = thread; at < requests.size(); at += kConnections) {
            std::this_thread::sleep_until(begin + std::chrono::microseconds(static_cast<std::int64_t>(
                                                      static_cast<double>(at) / per_second * 1e6)));
            connection.request(requests[at]);
            if (at % kWatchedEach == 0) watcher.accepted(first + at);
          }
        } catch (const std::exception& error) {
          faults[thread] = error.what();
        }
      });
  });
  const std::vector<double> lags_s = watcher.finish();
  for (const std::string& fault : faults)
    if (!fault.empty()) throw std::runtime_error(fault);
  stand.expect_stored(first + count);
  const double p99_s = quantile(lags_s, 0.99);
  json::object detail{{"database", stand.database()},
                      {"connections", kConnections},
                      {"deliveries", count},
                      {"watched", lags_s.size()},
                      {"offered_per_second", rounded(per_second)},
                      {"accepted_per_second", rounded(static_cast<double>(count) / all_us * 1e6)},
                      {"p50_s", rounded(median(lags_s))},
                      {"worst_s", rounded(quantile(lags_s, 1))}};
  return {"webhook.lag", p99_s, "s p99", "lower", 2, p99_s <= 2, std::move(detail), {}};
}

}  // namespace bench
