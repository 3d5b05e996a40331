// hdcheck as a plugin's author runs it: the good plugins pass, and each fault is found by the check that is there for
// it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <boost/json/parse.hpp>
#include <cstdio>
#include <regex>
#include <set>

#include "bundle.hpp"

namespace contract {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Names = std::set<std::string>;

struct Ran {
  int code;
  std::string output;
};

Ran run_hdcheck(const std::string& arguments) {
  FILE* const pipe = ::popen((std::string(HDCHECK_PROGRAM) + " " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("hdcheck cannot be started");
  std::string output;
  char buffer[4096];
  for (std::size_t size = 0; (size = ::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) output.append(buffer, size);
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

// So patient that no load of the machine makes a difference.
constexpr const char* patient = " --limit-ms 60000 --slack-ms 5000";
// For plugins that hang or are late.
constexpr const char* impatient = " --limit-ms 4000";

std::string arguments_for(const Bundle& bundle) {
  return bundle.manifest_file() + " --config " + bundle.config_file();
}

// The checks of that outcome, each once, without the handler's name.
Names names_of(const json::object& result, std::string_view outcome) {
  Names names;
  for (const json::value& check : result.at("checks").as_array()) {
    const std::string name(check.at("name").as_string());
    if (check.at("outcome").as_string() == outcome) names.insert(name.substr(0, name.find('/')));
  }
  return names;
}

// The first failed line, as people see it.
std::string first_line(const json::object& result) {
  for (const json::value& check : result.at("checks").as_array()) {
    if (check.at("outcome").as_string() != "failed") continue;
    return fmt::format("{}: {}: expected {}, found {}", std::string_view(check.at("name").as_string()),
                       std::string_view(check.at("what").as_string()),
                       std::string_view(check.at("expected").as_string()),
                       std::string_view(check.at("found").as_string()));
  }
  return {};
}

class GoodPlugin : public ::testing::TestWithParam<const char*> {};

TEST_P(GoodPlugin, passes_every_check) {
  const Bundle bundle(GetParam());
  const Ran ran = run_hdcheck(arguments_for(bundle) + patient);
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("\n38 ok, 0 failed, 0 skipped\n"));
}

INSTANTIATE_TEST_SUITE_P(check, GoodPlugin, ::testing::Values("echo", "faulty"));

TEST(check, identities_passes_every_check) {
  const Bundle folder;
  const std::string home = folder.folder() / "identities";
  const std::string config = home + "/identities.json";
  const std::string quiet = " >" + home + ".log 2>&1";
  ASSERT_EQ(std::system((std::string(IDENTITIES_PROGRAM) + " init " + home + " --manifest " + IDENTITIES_MANIFEST +
                         " --listen 127.0.0.1:0 --status-listen 127.0.0.1:0" + quiet)
                            .c_str()),
            0);
  ASSERT_EQ(std::system((std::string(IDENTITIES_PROGRAM) + " migrate --config " + config + quiet).c_str()), 0);
  const Ran ran = run_hdcheck(std::string(IDENTITIES_MANIFEST) + " --config " + config + patient);
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr(" 0 failed, 0 skipped\n"));
}

struct Found {
  const char* plugin;
  Names by;             // the checks that fail, all others pass or wait for them
  const char* line;     // of the first
  Names at_times = {};  // those that fail too when threads happen to meet
};

class BadPlugin : public ::testing::TestWithParam<Found> {};

TEST_P(BadPlugin, is_found_by_its_check_in_this_line) {
  const Bundle bundle(GetParam().plugin);
  const std::string_view plugin = GetParam().plugin;
  const bool takes_long = plugin.find("hangs") != plugin.npos || plugin.find("overruns") != plugin.npos;
  const Ran ran = run_hdcheck(arguments_for(bundle) + " --json" + (takes_long ? impatient : patient));
  EXPECT_EQ(ran.code, 1);
  const json::object result = json::parse(ran.output).as_object();
  Names failed = names_of(result, "failed");
  for (const std::string& name : GetParam().at_times) failed.erase(name);
  EXPECT_EQ(failed, GetParam().by) << ran.output;
  std::string line = first_line(result);
  const std::string folder = bundle.folder().string() + "/";
  if (const std::size_t at = line.find(folder); at != std::string::npos) line.erase(at, folder.size());
  line = std::regex_replace(line, std::regex("one [0-9]+ ms late"), "one N ms late");
  line = std::regex_replace(line, std::regex("0x[0-9a-f]+"), "ADDRESS");
  std::string expected = GetParam().line;
  if (const std::size_t at = expected.find("FOLDER"); at != std::string::npos) {
    expected.replace(at, 6, std::filesystem::current_path().string());
  }
  EXPECT_EQ(line, expected);
}

INSTANTIATE_TEST_SUITE_P(
    life, BadPlugin,
    ::testing::Values(
        Found{"there_is_no_such_plugin", {"manifest"}, "manifest: library: expected a file, found none at echo.so"},
        Found{"echo_no_symbol",
              {"symbols", "entry"},
              "symbols: exported symbols: expected hd_plugin_entry_v1, found echo_entry, echo_functions"},
        Found{"faulty_wrong_major",
              {"symbols", "entry"},
              "symbols: exported symbols: expected hd_plugin_entry_v1, found hd_plugin_entry_v2"},
        Found{"faulty_second_symbol",
              {"symbols"},
              "symbols: exported symbols: expected hd_plugin_entry_v1, found faulty_helper, hd_plugin_entry_v1"},
        Found{"faulty_changing_entry",
              {"entry"},
              "entry: hd_plugin: expected the same description at each call of the entry, found another address"},
        Found{"echo_wrong_id", {"entry"}, "entry: echo.so: id: expected \"echo\" as in the manifest, found other"},
        Found{"echo_wrong_version",
              {"entry"},
              "entry: echo.so: version: expected \"1.0.0\" as in the manifest, found 9.9.9"},
        Found{"echo_old_size", {"entry"}, "entry: echo.so: hd_plugin.size: expected at least 64, found 24"},
        Found{"echo_undeclared",
              {"create"},
              "create: echo: create: the plugin refused (status 1): registration: expected what the manifest declares, "
              "found panel \"window\""},
        Found{"echo_twice",
              {"create"},
              "create: echo: create: the plugin refused (status 5): registration: expected each id once, found panel "
              "\"mirror\" again"},
        Found{"echo_missing_panel",
              {"create"},
              "create: plugin.json: panel \"mirror\": expected that create registers what the manifest declares, found "
              "nothing"},
        Found{"throwing_in_create",
              {"create"},
              "create: echo: create: expected a status, found an exception of type std::runtime_error"},
        Found{"faulty_thread_in_create",
              {"create-quiet"},
              "create-quiet: create: expected no thread of the plugin's, found 1 more"},
        Found{"faulty_file_in_create",
              {"create-quiet"},
              "create-quiet: create: expected no descriptor left open before start, found 1 more"},
        Found{"faulty_crashes_on_config",
              {"broken-configuration"},
              "broken-configuration: create with a configuration of nothing: expected that it returns, found that its "
              "process crashed with SIGABRT"},
        Found{
            "faulty_takes_any_config",
            {"broken-configuration"},
            "broken-configuration: a configuration of nothing: expected that create refuses it, for the manifest names "
            "a config_schema, found that it was taken"},
        Found{"echo_refuses_start",
              {"start"},
              "start: : expected that it is accepted, found echo: start: the plugin refused (status 10): not today"},
        Found{"throwing_in_start",
              {"start"},
              "start: echo: start: expected a status, found an exception of type std::runtime_error"},
        Found{"faulty_starts_in_one_process",
              {"start-after-fork"},
              "start-after-fork: start in process 1 of two forked after create: expected that it succeeds, found echo: "
              "start: the plugin refused (status 9): created in another process"},
        Found{"faulty_hangs_in_ready",
              {"ready"},
              "ready: ready: expected that it returns within 4000 ms, found that it still ran"},
        Found{"faulty_signal_handler",
              {"process"},
              "process: SIGUSR1 after start: expected the default, found a handler at ADDRESS"},
        Found{"faulty_changes_folder",
              {"process"},
              "process: the working directory after start: expected FOLDER, found /"},
        Found{"faulty_changes_locale", {"process"}, "process: the locale after start: expected C, found C.UTF-8"},
        Found{"faulty_hangs_in_stop",
              {"stop"},
              "stop: stop and destroy: expected that it returns within 4000 ms, found that it still ran"},
        Found{"throwing_in_stop",
              {"stop"},
              "stop: echo: stop: expected that it returns, found an exception of type std::runtime_error"}),
    [](const auto& row) { return row.param.plugin; });

INSTANTIATE_TEST_SUITE_P(
    calls, BadPlugin,
    ::testing::Values(
        Found{"throwing_in_handler",
              {"answers"},
              "answers/webhook/hooks: a plain call: expected a status, found an exception of type std::runtime_error"},
        Found{"faulty_replies_twice",
              {"answers"},
              "answers/panel/mirror: a plain call: expected a reply of one JSON object, found 14 bytes that are none: "
              "extra data"},
        Found{"faulty_no_json",
              {"answers"},
              "answers/panel/mirror: a plain call: expected a reply of one JSON object, found 9 bytes that are none: "
              "syntax error"},
        Found{"faulty_crashes",
              {"answers"},
              "answers/webhook/hooks: a plain call: expected that it returns, found that its process crashed with "
              "SIGSEGV"},
        Found{"faulty_exits",
              {"answers"},
              "answers/webhook/hooks: a plain call: expected that it returns, found that its process ended with exit "
              "status 0"},
        Found{"faulty_long_error",
              {"answers"},
              "answers/webhook/hooks: a plain call: expected an error message of at most 255 bytes and a 0, found a "
              "longer one"},
        Found{
            "faulty_no_message",
            {"answers"},
            "answers/webhook/hooks: a plain call: expected a message that says what is wrong, found status 5 and none"},
        Found{"faulty_unknown_status",
              {"answers"},
              "answers/webhook/hooks: a plain call: expected one of the statuses of plugin.h, found status 77"},
        Found{
            "faulty_overruns",
            {"deadline"},
            "deadline/panel/mirror: a deadline that has passed: expected an answer by then and 100 ms, found one N ms "
            "late, 3 times"},
        Found{"faulty_crashes_on_depth",
              {"hostile"},
              "hostile/webhook/hooks: body deep arrays: expected that it returns, found that its process crashed with "
              "SIGSEGV"},
        Found{
            "faulty_keeps_input",
            {"borrows"},
            "borrows/webhook/hooks: inputs: expected that nothing of them is used after the handler returned, found a "
            "use of an earlier call's inputs"},
        Found{"faulty_reads_past_end",
              {"borrows"},
              "borrows/webhook/hooks: body: expected that nothing beyond its size is read, found a read past its end"},
        Found{"faulty_writes_input",
              {"borrows"},
              "borrows/webhook/hooks: inputs: expected that the handler only reads them, found that it wrote to them"},
        Found{
            "faulty_answers_late",
            {"returns"},
            "returns/webhook/hooks: reply: expected that it is not used after the handler returned, found a use of an "
            "earlier call's",
            {"threads"}},
        Found{
            "faulty_keeps_error",
            {"returns"},
            "returns/webhook/hooks: reply and error: expected that neither is used after the handler returned, found a "
            "use of an earlier call's"},
        Found{
            "faulty_not_reentrant",
            {"threads"},
            "threads: all handlers on 8 threads at once: expected that it returns, found that its process crashed with "
            "SIGABRT"}),
    [](const auto& row) { return row.param.plugin; });

TEST(check, says_which_handler_threw_and_lets_the_others_be_checked) {
  const Bundle bundle("faulty_replies_twice");
  const Ran ran = run_hdcheck(arguments_for(bundle) + patient);
  EXPECT_THAT(ran.output, HasSubstr("\nok hostile/webhook/hooks\n"));
  EXPECT_THAT(ran.output, HasSubstr("\nskipped hostile/panel/mirror: needs deadline\n"));
}

TEST(check, a_plugin_with_a_schema_needs_a_configuration) {
  const Bundle bundle;
  const Ran ran = run_hdcheck(bundle.manifest_file());
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, HasSubstr("\nFAILED configuration: the configuration: expected --config FILE, because {} "
                                    "breaks the schema, found "));
}

TEST(check, a_broken_manifest_is_one_failed_line_and_the_rest_waits) {
  Bundle bundle;
  bundle.manifest["abi"] = 7;
  bundle.write_all();
  const Ran ran = run_hdcheck(arguments_for(bundle));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, HasSubstr("FAILED manifest: " + bundle.manifest_file() + ": /abi: expected "));
  EXPECT_THAT(ran.output, HasSubstr("\n0 ok, 1 failed, "));
}

TEST(check, one_check_can_be_run_alone) {
  const Bundle bundle;
  EXPECT_EQ(run_hdcheck(arguments_for(bundle) + patient + " --only hostile/panel/mirror").output,
            "ok hostile/panel/mirror\n1 ok, 0 failed, 0 skipped\n");
}

TEST(check, what_cannot_be_checked_ends_with_status_two) {
  const Bundle bundle;
  const Ran unknown = run_hdcheck(arguments_for(bundle) + " --only nonsense");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_EQ(unknown.output, "hdcheck: --only: expected the name of a check, found \"nonsense\"\n");
  EXPECT_EQ(run_hdcheck("").code, 2);
  EXPECT_EQ(run_hdcheck(arguments_for(bundle) + " --limit-ms 0").code, 2);
  EXPECT_EQ(run_hdcheck("--help").code, 0);
}

}  // namespace
}  // namespace contract
