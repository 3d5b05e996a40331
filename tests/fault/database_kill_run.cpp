#include "database_kill_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "accounts/standard_webhooks.hpp"
#include "recount.hpp"

namespace fault {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t kCustomers = 500;
constexpr std::chrono::milliseconds kRetryAfter{50};  // sooner than we ask for, so that kills meet a full load
constexpr std::chrono::seconds kPatience{120};        // for one more acknowledgement

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

std::string body_of(std::size_t number) {
  const std::size_t customer = number % kCustomers;
  return fmt::format(
      R"({{"type":"engagement.created","timestamp":"2026-01-01T10:00:00Z","data":{{"id":"m-{0}","customer":{{"id":"c-{1}",)"
      R"("name":"Customer {1}","identifiers":[{{"kind":"email","value":"c{1}@customer.example"}}]}},"direction":"in",)"
      R"("channel":"mail","occurred_at":"2026-01-01T10:00:00Z","thread":{{"id":"t-{1}","subject":"Order"}},)"
      R"("text":"message {0}"}}}})",
      number, customer);
}

/// What senders and the killing thread share.
struct Progress {
  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  std::string url;  // of the hdhost that runs now
  std::size_t next = 0;
  std::size_t acknowledged = 0;
  std::size_t sent_again = 0;
  std::size_t were_stored = 0;
  std::string refused;  // the first answer that no retry can mend
  bool stop = false;
};

class Sender {
 public:
  Sender(Progress& progress, const KillPlan& plan, const integration::Account& account)
      : progress_(progress),
        deliveries_(plan.deliveries),
        address_(account.address),
        key_(*identities::accounts::key_of_secret(account.secret)) {}

  void run() {
    for (;;) {
      std::size_t number = 0;
      {
        const std::lock_guard lock(progress_.mutex);
        if (progress_.stop || progress_.next == deliveries_) return;
        number = progress_.next++;
      }
      if (!deliver(number)) return;
    }
  }

 private:
  /// False when the run is to stop.
  bool deliver(std::size_t number) {
    const std::string body = body_of(number);
    for (bool again = false;; again = true) {
      const contract::Response response = send(number, body);
      std::unique_lock lock(progress_.mutex);
      if (response.status == 200) {
        ++progress_.acknowledged;
        if (again && response.body.find(R"("duplicate":true)") != std::string::npos) ++progress_.were_stored;
        progress_.changed.notify_all();
        return true;
      }
      if (response.status != 0 && response.status != 503) {
        progress_.refused = fmt::format("{}: {}", response.status, response.body);
        progress_.stop = true;
        progress_.changed.notify_all();
      }
      if (progress_.stop) return false;
      ++progress_.sent_again;
      progress_.changed.wait_for(lock, kRetryAfter, [&] { return progress_.stop; });
    }
  }

  contract::Response send(std::size_t number, const std::string& body) {
    try {
      if (connection_ == nullptr) {
        const std::lock_guard lock(progress_.mutex);
        connection_ = std::make_unique<contract::Client>(progress_.url);
      }
      const std::string id = fmt::format("d-{}", number);
      const std::int64_t now_s = std::time(nullptr);
      contract::Response response = connection_->request(
          "POST", address_,
          {"content-type: application/json", "webhook-id: " + id, fmt::format("webhook-timestamp: {}", now_s),
           "webhook-signature: " + identities::accounts::sign(key_, id, now_s, body)},
          body);
      if (response.status == 0) connection_.reset();
      return response;
    } catch (const std::exception&) {
      connection_.reset();  // it was killed under us; nobody knows what became of the delivery
      return {};
    }
  }

  Progress& progress_;
  const std::size_t deliveries_;
  const std::string address_;
  const std::string key_;
  std::unique_ptr<contract::Client> connection_;
};

/// When which is killed, by the number of acknowledgements: in equal parts, each at a random moment of its part.
struct Kill {
  std::size_t at;
  bool server;
};
std::vector<Kill> kills_of(const KillPlan& plan) {
  std::mt19937 random(plan.seed);
  std::vector<Kill> kills(static_cast<std::size_t>(plan.host_kills + plan.server_kills), Kill{0, false});
  for (int number = 0; number < plan.server_kills; ++number) kills[static_cast<std::size_t>(number)].server = true;
  std::shuffle(kills.begin(), kills.end(), random);
  const std::size_t part = plan.deliveries / (kills.size() + 1);
  for (std::size_t number = 0; number < kills.size(); ++number)
    kills[number].at =
        number * part + std::uniform_int_distribution<std::size_t>(1, std::max<std::size_t>(part, 1))(random);
  return kills;
}

class Killing {
 public:
  Killing(Progress& progress, integration::Installation& installation, support::MariadbServer* server,
          const KillPlan& plan)
      : progress_(progress), installation_(installation), server_(server), plan_(plan) {}

  /// Returns the seconds in which something was down.
  double run() {
    double down_seconds = 0;
    for (const Kill& kill : kills_of(plan_)) {
      wait_for(kill.at);
      const auto begin = Steady::now();
      if (kill.server) {
        server_->kill();
        server_->start();
      } else {
        installation_.stop_hard();
        installation_.start();
        const std::lock_guard lock(progress_.mutex);
        progress_.url = installation_.hdhost().url();
      }
      const std::size_t now = acknowledged();
      wait_for(std::min(now + 1, plan_.deliveries));
      down_seconds += seconds_since(begin);
    }
    wait_for(plan_.deliveries);
    return down_seconds;
  }

 private:
  std::size_t acknowledged() const {
    const std::lock_guard lock(progress_.mutex);
    return progress_.acknowledged;
  }

  void wait_for(std::size_t wanted) {
    std::unique_lock lock(progress_.mutex);
    while (progress_.acknowledged < wanted && progress_.refused.empty()) {
      const std::size_t before = progress_.acknowledged;
      progress_.changed.wait_for(lock, kPatience,
                                 [&] { return progress_.acknowledged > before || !progress_.refused.empty(); });
      if (progress_.acknowledged == before && progress_.refused.empty())
        throw std::runtime_error(fmt::format("no delivery was acknowledged any more after {} of {}", before, wanted));
    }
    if (!progress_.refused.empty()) throw std::runtime_error("a delivery was refused for good: " + progress_.refused);
  }

  Progress& progress_;
  integration::Installation& installation_;
  support::MariadbServer* server_;
  const KillPlan& plan_;
};

/// Ends the senders also where the killing threw.
class Senders {
 public:
  Senders(Progress& progress, const KillPlan& plan, const integration::Account& account) : progress_(progress) {
    for (std::size_t number = 0; number < plan.connections; ++number)
      threads_.emplace_back([&] { Sender(progress, plan, account).run(); });
  }
  ~Senders() {
    {
      const std::lock_guard lock(progress_.mutex);
      progress_.stop = true;
    }
    progress_.changed.notify_all();
  }
  Senders(const Senders&) = delete;
  Senders& operator=(const Senders&) = delete;

 private:
  Progress& progress_;
  std::vector<std::jthread> threads_;
};

}  // namespace

KillReport run_kills(integration::Installation& installation, const integration::Account& account,
                     support::MariadbServer* server, const KillPlan& plan) {
  Progress progress;
  progress.url = installation.hdhost().url();
  KillReport report;
  const auto begin = Steady::now();
  {
    const Senders senders(progress, plan, account);
    const double down_seconds = Killing(progress, installation, server, plan).run();
    report.seconds = seconds_since(begin);
    report.up_seconds = report.seconds - down_seconds;
  }
  report.acknowledged = progress.acknowledged;
  report.sent_again = progress.sent_again;
  report.were_stored = progress.were_stored;
  const auto count = [&](const std::string& sql) { return installation.count(sql); };
  const auto wanted = static_cast<std::int64_t>(plan.deliveries);
  // Each text is of one message, so texts tell what is in the history, and how often.
  report.lost = wanted - count("SELECT COUNT(DISTINCT preview) FROM engagement") +
                (wanted - count("SELECT COUNT(*) FROM delivery"));
  report.doubled = count("SELECT COUNT(*) - COUNT(DISTINCT preview) FROM engagement");
  report.broken = support::broken_invariants(count);
  return report;
}

}  // namespace fault
