// fault.deadline: how long after its deadline a call is answered while the database is stopped, killed or out of reach.
#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "../fault/database_faults.hpp"
#include "report.hpp"

namespace bench {
namespace {

namespace json = boost::json;

constexpr double kBarMs = 20;
constexpr std::size_t kCalls = 200;  // of each kind
constexpr std::int64_t kPatienceMs = 20'000;
constexpr std::int64_t kBudgetsMs[] = {50, 50, 50, 200};  // in turn; the short one is that of a page
constexpr std::size_t kCallsOfAHost = 2;                  // three late ones would open its breaker

json::object beyond(const std::vector<double>& late_ms) {
  return {{"calls", late_ms.size()},
          {"p50_ms", rounded(quantile(late_ms, 0.5))},
          {"p99_ms", rounded(quantile(late_ms, 0.99))},
          {"max_ms", rounded(quantile(late_ms, 1))}};
}

void require(bool holds, std::string_view kind, const fault::Answer& answer) {
  if (!holds)
    throw std::runtime_error(
        fmt::format("{}: answered {} ({})", kind, static_cast<int>(answer.status), answer.message));
}

/// One host after another, each with an idle session or without one; the fault is there during the calls alone.
std::vector<double> struck(fault::Site& site, const fault::Fault& fault, bool writes) {
  const std::filesystem::path config =
      fault.by_proxy ? site.config_for(site.proxy.url("identities")) : site.installation->config_file();
  std::vector<double> late_ms;
  std::size_t number = 0;
  while (late_ms.size() < kCalls) {
    const fault::Host host(config);
    if (writes || number % 2 == 0) {
      const fault::Answer warm = host.panel(kPatienceMs);
      require(warm.status == HD_OK, fault.name, warm);
    }
    fault.strike(site);
    for (std::size_t call = 0; call < kCallsOfAHost; ++call) {
      const std::int64_t budget_ms = kBudgetsMs[number++ % std::size(kBudgetsMs)];
      const fault::Answer answer =
          writes ? host.event(fmt::format("{}-{}", fault.name, number), budget_ms) : host.panel(budget_ms);
      late_ms.push_back(answer.took_ms - static_cast<double>(budget_ms));
      if (answer.status == HD_OK) throw std::runtime_error(fmt::format("{}: the fault was not met", fault.name));
    }
    fault.heal(site);
    const fault::Answer healed = host.panel(kPatienceMs);
    require(healed.status == HD_OK, fault.name, healed);
  }
  return late_ms;
}

std::vector<double> never_accepted(fault::Site& site, const std::string& url) {
  const std::filesystem::path config = site.config_for(url);
  std::vector<double> late_ms;
  while (late_ms.size() < kCalls) {
    const fault::Host host(config);
    for (std::size_t call = 0; call < kCallsOfAHost; ++call) {
      const std::int64_t budget_ms = kBudgetsMs[late_ms.size() % std::size(kBudgetsMs)];
      const fault::Answer answer = host.panel(budget_ms);
      require(answer.status == HD_UNAVAILABLE, "never accepts", answer);
      late_ms.push_back(answer.took_ms - static_cast<double>(budget_ms));
    }
  }
  return late_ms;
}

}  // namespace

// Misses its bar when any wait on the way to the database is not bounded by the call's deadline: connecting, sending,
// reading, closing, or waiting for a session. Early answers count as negative.
std::vector<Result> fault_deadline(const Options&, DatabaseKind) {
  Result result{"fault.deadline", 0, "ms late", "lower", kBarMs, false, {}, {}};
  if (!support::has_mariadb()) {
    result.skipped = "mariadbd is not installed";
    return {std::move(result)};
  }
  fault::Site site;
  const fault::Answer first = fault::Host(site.installation->config_file()).event("m-0", kPatienceMs);
  require(first.status == HD_OK, "before any fault", first);
  std::vector<double> all;
  const auto take = [&](std::string_view name, const std::vector<double>& late_ms) {
    result.detail[name] = beyond(late_ms);
    all.insert(all.end(), late_ms.begin(), late_ms.end());
  };
  for (const fault::Fault& fault : fault::faults()) take(fault.name, struck(site, fault, false));
  take("COMMIT vanishes", struck(site, fault::commit_faults().front(), true));
  const support::FullQueue tcp;
  const std::string path = site.installation->folder() / "full";
  const support::FullQueue local(path);
  take("never accepts, TCP", never_accepted(site, fmt::format("mysql://root@127.0.0.1:{}/identities", tcp.port())));
  take("never accepts, Unix socket", never_accepted(site, "mysql://root@localhost/identities?socket=" + path));
  result.value = quantile(all, 1);
  result.pass = result.value <= kBarMs;
  result.detail["all"] = beyond(all);
  result.detail["budgets_ms"] = json::array{50, 200};
  return {std::move(result)};
}

}  // namespace bench
