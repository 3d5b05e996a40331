// Runs benches by name, prints a table and writes JSON. A missed bar is a result; a run that broke is exit status 1.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>

#include "report.hpp"

namespace {

struct Bench {
  std::string_view name;
  bench::Result (*run)(const bench::Options&);
};

constexpr std::array<Bench, 6> kBenches = {{{"panel.open", bench::panel_open},
                                            {"panel.open.growth", bench::panel_open_growth},
                                            {"panel.history", bench::panel_history},
                                            {"webhook.accept", bench::webhook_accept},
                                            {"webhook.kill9", bench::webhook_kill9},
                                            {"fault.deadline", bench::fault_deadline}}};

bool wanted(const bench::Options& options, std::string_view name) {
  return options.only.empty() || std::find(options.only.begin(), options.only.end(), name) != options.only.end();
}

}  // namespace

int main(int argc, char** argv) {
  bench::Options options;
  CLI::App app("Benchmarks of Identities");
  app.add_option("--only", options.only, "NAME,...: only these")->delimiter(',')->check([](const std::string& name) {
    const bool known =
        std::any_of(kBenches.begin(), kBenches.end(), [&](const Bench& each) { return each.name == name; });
    return known ? std::string{} : "there is no bench " + name;
  });
  app.add_option("--json", options.json, "FILE: write the results there");
  app.add_option("--data", options.data, "FOLDER: where the databases are kept")->capture_default_str();
  app.add_option("--engagements", options.engagements, "N: how many beside those of the probed identities")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::vector<bench::Result> results;
  bool broke = false;
  for (const Bench& each : kBenches) {
    if (!wanted(options, each.name)) continue;
    try {
      results.push_back(each.run(options));
    } catch (const std::exception& error) {
      fmt::print(stderr, "{} broke: {}\n", each.name, error.what());
      broke = true;
    }
  }
  bench::print_table(results);
  if (!options.json.empty()) bench::write_json(results, options.json);
  return broke ? 1 : 0;
}
