// webhook.accept: how fast a delivery becomes durable.
#include <boost/json/array.hpp>
#include <memory>

#include "webhook_stand.hpp"

namespace bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kDeliveries = 4096;  // in one round
constexpr std::size_t kRounds = 5;

json::object side(const std::vector<Round>& rounds) {
  std::vector<double> rates;
  std::vector<double> took;
  for (const Round& round : rounds) {
    rates.push_back(round.per_second);
    took.insert(took.end(), round.took_us.begin(), round.took_us.end());
  }
  return {{"per_second", rounded(median(rates))},
          {"per_second_worst_and_best", json::array{rounded(quantile(rates, 0)), rounded(quantile(rates, 1))}},
          {"p50_ms", rounded(median(took) / 1000)},
          {"p99_ms", rounded(quantile(took, 0.99) / 1000)}};
}

}  // namespace

// webhook.accept misses its bar when accepting costs a second flush, when each delivery is flushed by itself though
// others wait, when statements wait for a lock longer than they hold it, or when a delivery's look-ups take longer than
// its commit. The bars are for MariaDB; SQLite takes one writer at a time, so what 32 raw connections reach there is
// little, and waiting for each other is most of it.
std::vector<Result> webhook_load(const Options& options, DatabaseKind kind) {
  const WebhookStand stand(kind);
  std::vector<Round> accepted;
  std::vector<Round> raw;
  std::vector<Round> shared;
  std::vector<double> ratios;
  std::size_t sent = 0;
  for (std::size_t number = 0; number <= kRounds; ++number) {
    const std::vector<std::string> bodies = bodies_of(sent, kDeliveries);
    Round by_plugin = run_round(requests_of(bodies, sent, stand.account()), [&] {
      return [connection = std::make_shared<Connection>(stand.port())](const std::string& request) {
        connection->request(request);
      };
    });
    sent += kDeliveries;
    stand.expect_stored(sent);  // so that the floor has the database for itself, too
    Round by_raw = stand.insert_raw(bodies);
    if (kind == DatabaseKind::kSqlite) shared.push_back(stand.insert_shared(bodies));
    if (number == 0) continue;  // customers, threads and caches are made in it
    ratios.push_back(by_plugin.per_second / by_raw.per_second);
    accepted.push_back(std::move(by_plugin));
    raw.push_back(std::move(by_raw));
  }
  json::object detail{{"database", stand.database()},
                      {"bar_is_for", "MariaDB flushing at every commit: >= 0.35 x, >= 5,000/s, p99 <= 50 ms"},
                      {"connections", kConnections},
                      {"deliveries_a_round", kDeliveries},
                      {"rounds", kRounds},
                      {"ratio_worst_and_best", json::array{rounded(quantile(ratios, 0)), rounded(quantile(ratios, 1))}},
                      {"accepted", side(accepted)},
                      {"raw", side(raw)}};
  if (kind == DatabaseKind::kSqlite) detail["raw_on_one_connection"] = side(shared);
  const double rate = detail["accepted"].at("per_second").as_double();
  const double p99_ms = detail["accepted"].at("p99_ms").as_double();
  const double ratio = median(ratios);
  std::vector<Result> results;
  results.push_back({name_on("webhook.accept", kind),
                     ratio,
                     "x raw",
                     "higher",
                     0.35,
                     ratio >= 0.35 && rate >= 5000 && p99_ms <= 50,
                     std::move(detail),
                     {}});
  if (kind == DatabaseKind::kMariadb) results.push_back(webhook_lag(stand, sent, rate / 2, options.seconds));
  return results;
}

}  // namespace bench
