#include "cli/status_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "cli/commands.hpp"
#include "store/pool.hpp"

namespace identities::cli {
namespace {

constexpr Microseconds kAskUs = 10 * kSecondUs;         // for each look at the database
constexpr Microseconds kClockUs = kSecondUs;            // a larger offset than this is told
constexpr Microseconds kSilentUs = 3 * kHourUs;         // the hourly job should have run by then
constexpr Microseconds kRetentionSlackUs = 2 * kDayUs;  // what is kept longer than this was not deleted in time

void judge_server(StatusReport& report) {
  const store::ServerFacts& server = *report.server;
  for (const store::FlushSetting& setting : server.flush)
    if (!setting.wanted.empty())
      report.warnings.push_back(
          {fmt::format("{} is {}: what was accepted can be lost when the power fails", setting.name, setting.value),
           fmt::format("set it to {} in the database's configuration", setting.wanted)});
  if (server.clock && std::abs(server.clock->ahead_us) - server.clock->round_trip_us / 2 > kClockUs)
    report.warnings.push_back({fmt::format("the database server's clock is {:.1f} s {} this machine's",
                                           static_cast<double>(std::abs(server.clock->ahead_us)) / kSecondUs,
                                           server.clock->ahead_us > 0 ? "ahead of" : "behind"),
                               "let both machines keep time by NTP"});
  if (!server.missing_rights.empty())
    report.warnings.push_back({fmt::format("the user lacks {} on the database", fmt::join(server.missing_rights, ", ")),
                               "grant what sql/README.md lists"});
  if (!server.needless_rights.empty())
    report.hints.push_back(
        fmt::format("the user holds {}, which service does not need; a second user for 'identities migrate' would let "
                    "you revoke them",
                    fmt::join(server.needless_rights, ", ")));
}

void judge_schema(StatusReport& report) {
  report.is_migrated = !report.migrations.empty();
  for (const store::MigrationStatus& status : report.migrations) {
    const std::string_view advice = advice_on(status);
    if (advice.empty()) continue;
    report.is_migrated = false;
    report.warnings.push_back(
        {fmt::format("migration {} is {}", status.name, store::name_of(status.state)), std::string(advice)});
  }
}

void read_data(StatusReport& report, const Configuration& configuration, store::Session& session, const Clock& clock) {
  // Our sessions set what a bare connection does not show.
  report.server->flush = store::flush_settings(session);
  report.now_us = store::lease_clock_us(session, clock);
  report.jobs = store::read_leases(session);
  for (const store::Kept kept : store::kAllKept)
    report.kept.push_back({kept, configuration.retention.days(kept), store::oldest(session, kept)});
  report.accounts = store::read_flow(session, report.now_us);
}

void judge_jobs(StatusReport& report) {
  const std::string_view advice = "start hdhost, or 'identities work' where there is none";
  const auto row = std::find_if(report.jobs.begin(), report.jobs.end(),
                                [](const store::LeaseRow& lease) { return lease.name == "retention"; });
  if (row == report.jobs.end())
    report.warnings.push_back({"no process has run the jobs yet", std::string(advice)});
  else if (row->until_us < report.now_us - kSilentUs)
    report.warnings.push_back({"no process runs the jobs", std::string(advice)});
  for (const OldestKept& kept : report.kept)
    if (kept.days > 0 && kept.oldest_us && *kept.oldest_us < report.now_us - kept.days * kDayUs - kRetentionSlackUs)
      report.warnings.push_back(
          {fmt::format("the oldest of the {} is {} days old; they are to be kept {}", store::name_of(kept.kept),
                       (report.now_us - *kept.oldest_us) / kDayUs, kept.days),
           std::string(advice)});
}

}  // namespace

StatusReport gather_status(const Configuration& configuration, const Clock& clock) {
  StatusReport report;
  report.now_us = clock.now_us();
  const store::DatabaseUrl& url = configuration.database;
  report.database = url.dialect == store::Dialect::kSqlite ? url.path : fmt::format("{} on {}", url.database, url.host);
  try {
    report.server = store::read_server_facts(url, clock, clock.monotonic_us() + kAskUs);
    report.migrations = store::migration_status(url);
    judge_schema(report);
    if (report.is_migrated) {
      store::Pool pool(store::opener(url, clock), clock, 1);
      pool.with_session(clock.monotonic_us() + kAskUs, [&](store::Session& session) {
        read_data(report, configuration, session, clock);
        return true;
      });
      judge_jobs(report);
    }
  } catch (const std::exception& error) {
    report.warnings.push_back({error.what(), "see to the database; the rest cannot be told"});
  }
  if (report.server) judge_server(report);
  return report;
}

}  // namespace identities::cli
