#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "cli/commands.hpp"
#include "cli/status_report.hpp"

namespace identities::cli {
namespace {

namespace json = boost::json;

/// "45 s", "12 min", "3 h" or "9 days".
std::string age(Microseconds span_us) {
  if (span_us < 2 * kMinuteUs) return fmt::format("{} s", std::max<Microseconds>(span_us, 0) / kSecondUs);
  if (span_us < 2 * kHourUs) return fmt::format("{} min", span_us / kMinuteUs);
  if (span_us < 2 * kDayUs) return fmt::format("{} h", span_us / kHourUs);
  return fmt::format("{} days", span_us / kDayUs);
}

/// "the newest 12 s ago", or that there is none.
std::string extreme(std::string_view which, const std::optional<Microseconds>& time_us, Microseconds now_us) {
  return time_us ? fmt::format("the {} {} ago", which, age(now_us - *time_us)) : "none stored";
}

bool is_held(const store::LeaseRow& job, Microseconds now_us) {
  return !job.holder.empty() && job.until_us > now_us;
}

std::string job_line(const store::LeaseRow& job, Microseconds now_us) {
  if (is_held(job, now_us)) return fmt::format("runs in {}", job.holder);
  if (!job.holder.empty())
    return fmt::format("its process {} went silent {} ago", job.holder, age(now_us - job.until_us));
  return job.until_us == 0 ? "was broken off; goes on with the next runner"
                           : fmt::format("last done {} ago", age(now_us - job.until_us));
}

void print_server(const store::ServerFacts& server) {
  fmt::print("server      {}, {:.1f} MB\n", server.version, static_cast<double>(server.size_bytes) / 1e6);
  for (const store::FlushSetting& setting : server.flush)
    fmt::print("flush       {} = {}{}\n", setting.name, setting.value,
               setting.wanted.empty() ? "" : fmt::format(" (should be {})", setting.wanted));
  if (server.clock)
    fmt::print("clock       the server's is {:+.1f} ms from ours, give or take {:.1f}\n",
               static_cast<double>(server.clock->ahead_us) / 1000,
               static_cast<double>(server.clock->round_trip_us) / 2000);
}

void print_human(const StatusReport& report) {
  fmt::print("database    {}\n", report.database);
  if (report.server) print_server(*report.server);
  for (const store::MigrationStatus& status : report.migrations)
    fmt::print("schema      {} {}\n", status.name, store::name_of(status.state));
  for (const store::LeaseRow& job : report.jobs)
    fmt::print("job         {}: {}\n", job.name, job_line(job, report.now_us));
  for (const OldestKept& kept : report.kept)
    fmt::print("kept        {}: {}, {}\n", store::name_of(kept.kept),
               kept.days == 0 ? "for ever" : fmt::format("{} days", kept.days),
               extreme("oldest", kept.oldest_us, report.now_us));
  for (const store::AccountFlow& account : report.accounts)
    fmt::print("account     {}{}: {} deliveries in the last hour, {} in the last day, {}\n", account.name,
               account.disabled ? " (disabled)" : "", account.last_hour, account.last_day,
               extreme("newest", account.newest_us, report.now_us));
  for (const std::string& hint : report.hints) fmt::print("hint        {}\n", hint);
  for (const Warning& warning : report.warnings) fmt::print("ATTENTION   {}; {}\n", warning.what, warning.to_do);
  if (report.warnings.empty()) fmt::print("All well.\n");
}

json::value time_value(const std::optional<Microseconds>& time_us) {
  return time_us ? json::value(*time_us) : json::value(nullptr);
}

json::array strings(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

json::object server_object(const store::ServerFacts& server) {
  json::object object{{"version", server.version}, {"size_bytes", server.size_bytes}};
  json::object& flush = object["flush"].emplace_object();
  for (const store::FlushSetting& setting : server.flush) flush[setting.name] = setting.value;
  object["clock"] = server.clock ? json::value(json::object{{"ahead_us", server.clock->ahead_us},
                                                            {"round_trip_us", server.clock->round_trip_us}})
                                 : json::value(nullptr);
  object["missing_rights"] = strings(server.missing_rights);
  object["needless_rights"] = strings(server.needless_rights);
  return object;
}

json::object json_of(const StatusReport& report) {
  json::object object{{"well", report.warnings.empty()}, {"database", report.database}, {"now_us", report.now_us}};
  object["server"] = report.server ? json::value(server_object(*report.server)) : json::value(nullptr);
  json::object schema{{"wanted", store::kSchemaVersion}};
  json::array& migrations = schema["migrations"].emplace_array();
  for (const store::MigrationStatus& status : report.migrations)
    migrations.push_back(json::object{{"number", status.number},
                                      {"name", status.name},
                                      {"state", store::name_of(status.state)},
                                      {"position", status.position},
                                      {"statements", status.statements}});
  object["schema"] = std::move(schema);
  json::array& jobs = object["jobs"].emplace_array();
  for (const store::LeaseRow& job : report.jobs) {
    const bool given_back = job.holder.empty();
    jobs.push_back(json::object{{"name", job.name},
                                {"holder", given_back ? json::value(nullptr) : json::value(job.holder)},
                                {"held", is_held(job, report.now_us)},
                                {"lease_until_us", given_back ? json::value(nullptr) : json::value(job.until_us)},
                                {"done_us", given_back && job.until_us != 0 ? json::value(job.until_us) : nullptr}});
  }
  json::array& kept = object["kept"].emplace_array();
  for (const OldestKept& each : report.kept)
    kept.push_back(json::object{
        {"what", store::name_of(each.kept)}, {"days", each.days}, {"oldest_us", time_value(each.oldest_us)}});
  json::array& accounts = object["accounts"].emplace_array();
  for (const store::AccountFlow& account : report.accounts)
    accounts.push_back(json::object{{"name", account.name},
                                    {"disabled", account.disabled},
                                    {"deliveries_last_hour", account.last_hour},
                                    {"deliveries_last_day", account.last_day},
                                    {"newest_us", time_value(account.newest_us)}});
  object["hints"] = strings(report.hints);
  json::array& warnings = object["warnings"].emplace_array();
  for (const Warning& warning : report.warnings)
    warnings.push_back(json::object{{"what", warning.what}, {"to_do", warning.to_do}});
  return object;
}

}  // namespace

bool status(const std::filesystem::path& config, bool as_json) {
  const StatusReport report = gather_status(read_configuration(config), system_clock());
  if (as_json)
    fmt::print("{}\n", json::serialize(json_of(report)));
  else
    print_human(report);
  return report.warnings.empty();
}

}  // namespace identities::cli
