// Runs benches by name, prints a table and writes JSON. A missed bar is a result; a run that broke is exit status 1.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "mariadb_server.hpp"
#include "report.hpp"

namespace {

using bench::DatabaseKind;

/// What one call of run measures: names[0] names it, the others come with it.
struct Bench {
  std::vector<std::string> names;
  DatabaseKind kind;
  std::vector<bench::Result> (*run)(const bench::Options&, DatabaseKind);
};

std::vector<Bench> all_benches() {
  std::vector<Bench> all;
  for (const DatabaseKind kind : {DatabaseKind::kMariadb, DatabaseKind::kSqlite}) {
    const auto add = [&](std::vector<std::string> names, auto run) {
      for (std::string& name : names) name = bench::name_on(name, kind);
      all.push_back({std::move(names), kind, run});
    };
    add({"panel.open"}, bench::panel_open);
    add({"panel.open.growth"}, bench::panel_open_growth);
    add({"panel.history"}, bench::panel_history);
    if (kind == DatabaseKind::kMariadb) {
      add({"resolve.known"}, bench::resolve_known);
      add({"hdhost.rps", "hdhost.cpu", "hdhost.p99", "hdhost.rss"}, bench::hdhost_load);
      add({"webhook.accept", "webhook.lag"}, bench::webhook_load);
      add({"webhook.kill9"}, bench::webhook_kill9);
      add({"fault.deadline"}, bench::fault_deadline);
    } else {
      add({"webhook.accept"}, bench::webhook_load);
    }
    add({"merge", "merge.undo"}, bench::merge_and_undo);
    add({"match.one"}, bench::match_one);
  }
  // These need no database; they run once, with those of SQLite.
  all.push_back({{"match.febrl3", "match.fake_1000"}, DatabaseKind::kSqlite, bench::match_labelled});
  all.push_back({{"match.50k"}, DatabaseKind::kSqlite, bench::match_50k});
  return all;
}

/// A name means its rows on both databases; that of an SQLite row means that row alone.
bool wanted(const std::vector<std::string>& only, const std::string& name) {
  return only.empty() || std::any_of(only.begin(), only.end(),
                                     [&](const std::string& each) { return each == name || each + ".sqlite" == name; });
}

std::vector<bench::Result> skipped(const Bench& each, const std::string& why) {
  std::vector<bench::Result> results;
  for (const std::string& name : each.names) {
    results.emplace_back().name = name;
    results.back().skipped = why;
  }
  return results;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Bench> benches = all_benches();
  bench::Options options;
  std::string database = "both";
  bool parts = false;
  CLI::App app("Benchmarks of Identities");
  app.add_option("--only", options.only, "NAME,...: only these")->delimiter(',')->check([&](const std::string& name) {
    const bool known = std::any_of(benches.begin(), benches.end(), [&](const Bench& each) {
      return std::any_of(each.names.begin(), each.names.end(),
                         [&](const std::string& its) { return wanted({name}, its); });
    });
    return known ? std::string{} : "there is no bench " + name;
  });
  app.add_option("--database", database, "sqlite, mariadb or both")
      ->check(CLI::IsMember({"sqlite", "mariadb", "both"}))
      ->capture_default_str();
  app.add_option("--json", options.json, "FILE: write the results there");
  app.add_option("--data", options.data, "FOLDER: where the databases are kept")->capture_default_str();
  app.add_option("--mariadb-data", options.mariadb_data, "FOLDER below it: the data of MariaDB")->capture_default_str();
  app.add_option("--engagements", options.engagements, "N: how many beside those of the probed identities")
      ->check(CLI::Range(1'000, 100'000'000))
      ->capture_default_str();
  app.add_option("--pairs", options.pairs, "N: pairs of calls of a comparison")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "N: of load in a round of hdhost.* and of webhook.lag")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_option("--buffer-pool-mb", options.buffer_pool_mb, "N: MariaDB's memory; large enough to hold all")
      ->check(CLI::Range(128, 1'000'000))
      ->capture_default_str();
  app.add_flag("--parts", parts, "print where the time of one opening goes, and nothing else");
  CLI11_PARSE(app, argc, argv);

  std::vector<bench::Result> results;
  bool broke = false;
  try {
    if (parts) {
      bench::print_parts(options);
      return 0;
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "--parts broke: {}\n", error.what());
    return 1;
  }
  for (const Bench& each : benches) {
    const auto is_wanted = [&](const std::string& name) { return wanted(options.only, name); };
    if (std::none_of(each.names.begin(), each.names.end(), is_wanted)) continue;
    const bool on_mariadb = each.kind == DatabaseKind::kMariadb;
    if (database == (on_mariadb ? "sqlite" : "mariadb")) continue;
    try {
      std::vector<bench::Result> found = on_mariadb && !support::has_mariadb()
                                             ? skipped(each, "there is no mariadbd (mariadb-server-core)")
                                             : each.run(options, each.kind);
      for (bench::Result& result : found)
        if (is_wanted(result.name)) results.push_back(std::move(result));
    } catch (const std::exception& error) {
      fmt::print(stderr, "{} broke: {}\n", each.names.front(), error.what());
      broke = true;
    }
  }
  bench::print_table(results);
  if (!options.json.empty()) bench::write_json(results, options.json);
  return broke ? 1 : 0;
}
