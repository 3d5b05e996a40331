// hdcheck: does a plugin keep the contract? Runs every check in a process of its own and prints one line for each.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <cstdio>
#include <set>

#include "check.hpp"
#include "child.hpp"
#include "manifest.hpp"

namespace hdcheck {
namespace {

namespace json = boost::json;

constexpr int exit_failed = 1;
constexpr int exit_not_checked = 2;

struct Options {
  std::string manifest;
  std::string config;
  std::int64_t limit_ms = 10'000;
  std::int64_t slack_ms = 100;
  std::vector<std::string> only;
  bool json = false;
  bool verbose = false;
  std::string child;  // set in a check's own process
  std::int32_t kind = 0;
  std::string id;
};

// One check, of one handler where it is per handler.
struct Task {
  const Check* check;
  std::string name;     // "hostile/panel/sidebar"
  std::string handler;  // "/panel/sidebar", or empty
  std::int32_t kind = 0;
  std::string id;
};

std::vector<Task> tasks_of(const std::vector<helpdesk::Declaration>& declarations) {
  std::vector<Task> tasks;
  for (const Check& check : all_checks()) {
    if (!check.per_handler) {
      tasks.push_back({&check, check.name, "", 0, ""});
      continue;
    }
    for (const helpdesk::Declaration& declared : declarations) {
      const std::string handler = fmt::format("/{}/{}", helpdesk::kind_name(declared.kind), declared.id);
      tasks.push_back({&check, check.name + handler, handler, declared.kind, declared.id});
    }
  }
  return tasks;
}

// What failed or was skipped so far, as "check/kind/id", and which check alone.
class Unmet {
 public:
  void add(const Task& task) {
    names_.insert(task.name);
    names_.insert(task.check->name);
  }
  // The check that this one waited for in vain; empty when there is none.
  std::string needed_by(const Task& task) const {
    for (const char* const needed : task.check->needs) {
      const bool same_handler = names_.contains(needed + task.handler);
      const bool any = names_.contains(needed) && (task.handler.empty() || !is_per_handler(needed));
      if (same_handler || any) return needed;
    }
    return {};
  }

 private:
  static bool is_per_handler(std::string_view name) {
    const auto& checks = all_checks();
    return std::any_of(checks.begin(), checks.end(),
                       [&](const Check& check) { return check.name == name && check.per_handler; });
  }
  std::set<std::string> names_;
};

struct Tally {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
  json::array lines;
};

void tell(const Options& options, const Task& task, const std::optional<Fault>& fault, const std::string& unmet,
          Tally& tally) {
  json::object line{{"name", task.name}};
  std::string text;
  if (!unmet.empty()) {
    ++tally.skipped;
    line["outcome"] = "skipped";
    line["needs"] = unmet;
    text = fmt::format("skipped {}: needs {}", task.name, unmet);
  } else if (fault) {
    ++tally.failed;
    line["outcome"] = "failed";
    line["what"] = fault->what;
    line["expected"] = fault->expected;
    line["found"] = fault->found;
    text = fmt::format("FAILED {}: {}{}expected {}, found {}", task.name, fault->what, fault->what.empty() ? "" : ": ",
                       fault->expected, fault->found);
  } else {
    ++tally.passed;
    line["outcome"] = "ok";
    text = fmt::format("ok {}", task.name);
  }
  tally.lines.push_back(std::move(line));
  if (!options.json) fmt::print("{}\n", text);
  std::fflush(stdout);
}

std::vector<std::string> arguments_of(const Options& options, const Task& task) {
  std::vector<std::string> arguments{options.manifest, "--child", task.check->name, "--slack-ms",
                                     std::to_string(options.slack_ms)};
  if (!options.config.empty()) arguments.insert(arguments.end(), {"--config", options.config});
  if (!task.id.empty()) {
    arguments.insert(arguments.end(), {"--child-kind", std::to_string(task.kind), "--child-id", task.id});
  }
  return arguments;
}

bool is_wanted(const Options& options, const Task& task) {
  return options.only.empty() || std::any_of(options.only.begin(), options.only.end(), [&](const std::string& name) {
           return name == task.name || name == task.check->name;
         });
}

int run_all(const Options& options) {
  const auto manifest = helpdesk::read_manifest(options.manifest);
  const std::vector<Task> tasks = tasks_of(manifest ? manifest->declarations : std::vector<helpdesk::Declaration>{});
  for (const std::string& name : options.only) {
    const bool known = std::any_of(tasks.begin(), tasks.end(),
                                   [&](const Task& task) { return name == task.name || name == task.check->name; });
    if (known) continue;
    fmt::print(stderr, "hdcheck: --only: expected the name of a check, found \"{}\"\n", name);
    return exit_not_checked;
  }
  const ChildOptions child{std::chrono::milliseconds(options.limit_ms), options.verbose};
  Unmet unmet;
  Tally tally;
  for (const Task& task : tasks) {
    if (!is_wanted(options, task)) continue;
    const std::string needed = unmet.needed_by(task);
    const auto fault = needed.empty() ? run_child(arguments_of(options, task), child) : std::nullopt;
    if (fault || !needed.empty()) unmet.add(task);
    tell(options, task, fault, needed, tally);
  }
  if (options.json) {
    fmt::print("{}\n", json::serialize(json::object{{"manifest", options.manifest},
                                                    {"passed", tally.passed},
                                                    {"failed", tally.failed},
                                                    {"skipped", tally.skipped},
                                                    {"checks", std::move(tally.lines)}}));
  } else {
    fmt::print("{} ok, {} failed, {} skipped\n", tally.passed, tally.failed, tally.skipped);
  }
  return tally.failed == 0 ? EXIT_SUCCESS : exit_failed;
}

// In the check's own process: the verdict goes to the one that waits, and nothing of the plugin's runs after it.
[[noreturn]] void run_one(const Options& options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // A crash ends it by its signal, also where a sanitizer has a handler of its own.
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) std::signal(signal, SIG_DFL);
  Report report;
  const auto& checks = all_checks();
  const auto check =
      std::find_if(checks.begin(), checks.end(), [&](const Check& each) { return each.name == options.child; });
  if (check == checks.end()) std::_Exit(exit_not_checked);
  try {
    check->run({options.manifest, options.config, options.kind, options.id, options.slack_ms}, report);
    report.passed();
  } catch (const Failed& failed) {
    report.fault(failed.fault);
  } catch (const std::exception& error) {
    report.fault({"hdcheck itself", "that the check can run", error.what()});
  }
  std::_Exit(EXIT_SUCCESS);
}

int run(int argc, char** argv) {
  CLI::App app(
      "Does a helpdesk plugin keep the contract? Each check runs in a process of its own.\n"
      "Handlers are called with made-up data: give it a configuration for tests, not a live one.\n"
      "Exit status: 0 all passed, 1 some failed, 2 nothing was checked.");
  Options options;
  app.add_option("manifest", options.manifest, "The plugin's plugin.json")->required();
  app.add_option("--config", options.config,
                 "Its configuration file, as hdhost reads it; without it the plugin gets {}");
  app.add_option("--only", options.only,
                 "Run this check alone, like hostile or hostile/panel/sidebar; may be repeated");
  app.add_option("--limit-ms", options.limit_ms, "How long one check may take")
      ->capture_default_str()
      ->check(CLI::Range(100, 600'000));
  app.add_option("--slack-ms", options.slack_ms, "How long after its deadline an answer still counts")
      ->capture_default_str()
      ->check(CLI::Range(1, 60'000));
  app.add_flag("--json", options.json, "Print one JSON object");
  app.add_flag("--verbose", options.verbose, "Show what the plugin prints");
  app.add_option("--child", options.child)->group("");
  app.add_option("--child-kind", options.kind)->group("");
  app.add_option("--child-id", options.id)->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : exit_not_checked;
  }
  if (!options.child.empty()) run_one(options);
  return run_all(options);
}

}  // namespace

const std::vector<Check>& all_checks() {
  static const std::vector<Check> checks = [] {
    std::vector<Check> all = first_life_checks();
    for (const auto& more : {handler_checks(), last_life_checks()}) all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return checks;
}

}  // namespace hdcheck

int main(int argc, char** argv) {
  try {
    return hdcheck::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "hdcheck: internal error: {}\n", error.what());
    return hdcheck::exit_not_checked;
  }
}
