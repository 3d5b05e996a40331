#include <gmock/gmock.h>

#include "bundle.hpp"
#include "loaded_plugin.hpp"

namespace helpdesk {
namespace {

using ::testing::HasSubstr;

// A clock that stands until a test moves it.
class StandingClock final : public Clock {
 public:
  std::int64_t now_us() const override { return time_us; }
  std::int64_t monotonic_us() const override { return time_us; }
  std::int64_t time_us = 1'000'000;
};

struct Loading : ::testing::Test {
  result<std::unique_ptr<LoadedPlugin>> open(const contract::Bundle& bundle) {
    auto manifest = read_manifest(bundle.manifest_file());
    if (!manifest) return manifest.error();
    auto config = read_config(bundle.config_file());
    if (!config) return config.error();
    const auto text = plugin_config(*config, *manifest);
    if (!text) return text.error();
    return LoadedPlugin::open(
        std::move(*manifest), *text, std::move(config->secrets), clock,
        [this](std::int32_t, std::string_view line) { log += std::string(line) + "\n"; },
        std::move(config->secret_files));
  }
  CallOutput call(LoadedPlugin& plugin, std::int32_t kind, const char* id, std::string body) {
    CallInput input;
    input.deadline_us = clock.time_us + 1'000'000;
    input.body = body;
    return plugin.run(*plugin.find(kind, id), input);
  }
  StandingClock clock;
  std::string log;
};

TEST_F(Loading, a_good_plugin_is_created_started_stopped_and_destroyed) {
  const contract::Bundle bundle;
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin) << plugin.error().message;
  ASSERT_TRUE((*plugin)->start());
  plugin->reset();
  EXPECT_EQ(log, "echo: started\necho: stopped\necho: destroyed\n");
}

TEST_F(Loading, a_plugin_that_never_started_is_destroyed_without_a_stop) {
  const contract::Bundle bundle;
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  plugin->reset();
  EXPECT_EQ(log, "echo: destroyed\n");
}

TEST_F(Loading, a_plugin_that_refuses_to_start_says_why) {
  const contract::Bundle bundle("echo_refuses_start");
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  const auto started = (*plugin)->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "echo: start: the plugin refused (status 10): not today");
}

struct Fault {
  const char* plugin;
  const char* says;
};

class LoadingTable : public Loading, public ::testing::WithParamInterface<Fault> {};

TEST_P(LoadingTable, is_refused_with_what_was_expected_and_found) {
  const contract::Bundle bundle(GetParam().plugin);
  const auto plugin = open(bundle);
  ASSERT_FALSE(plugin);
  EXPECT_THAT(plugin.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    plugin, LoadingTable,
    ::testing::Values(
        Fault{"echo_wrong_id", "id: expected \"echo\" as in the manifest, found other"},
        Fault{"echo_wrong_version", "version: expected \"1.0.0\" as in the manifest, found 9.9.9"},
        Fault{"echo_no_symbol", "symbol: expected the exported function hd_plugin_entry_v1"},
        Fault{"echo_old_size", "hd_plugin.size: expected at least"},
        Fault{"echo_undeclared", "expected what the manifest declares, found panel \"window\""},
        Fault{"echo_twice", "expected each id once, found panel \"mirror\" again"},
        Fault{"echo_missing_panel", "panel \"mirror\": expected that create registers what the manifest declares"},
        Fault{"echo_refuses_create", "create: the plugin refused (status 1): the color is not to my taste"},
        Fault{"there_is_no_such_plugin", "library: expected a shared object that loads"}),
    [](const auto& row) { return row.param.plugin; });

// The loader maps what the file's head promises, and a process that touches a page that the file does not have is
// killed. It runs in a child, so that a library that is cut off fails this test alone.
TEST_F(Loading, a_library_of_which_a_part_is_missing_is_refused_and_not_loaded) {
  const contract::Bundle bundle;
  const auto library = bundle.folder() / "echo.so";
  const auto whole = std::filesystem::file_size(library);
  std::filesystem::copy_file(std::filesystem::canonical(library), bundle.folder() / "whole.so");
  for (const std::uintmax_t size : {std::uintmax_t{0}, std::uintmax_t{3}, std::uintmax_t{63}, std::uintmax_t{64},
                                    std::uintmax_t{200}, std::uintmax_t{4096}, whole / 2}) {
    std::filesystem::remove(library);
    std::filesystem::copy_file(bundle.folder() / "whole.so", library);
    std::filesystem::resize_file(library, size);
    EXPECT_EXIT(
        {
          const auto plugin = open(bundle);
          const bool told = !plugin && plugin.error().message.find("echo.so: library: expected ") != std::string::npos;
          std::_Exit(told ? 0 : 1);
        },
        ::testing::ExitedWithCode(0), "")
        << "cut to " << size << " of " << whole << " bytes";
  }
}

TEST_F(Loading, a_registration_after_create_is_refused) {
  const contract::Bundle bundle;
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  const CallOutput output = call(**plugin, HD_EVENT, "happened", R"({"register":1})");
  EXPECT_EQ(output.status, HD_INVALID);
  EXPECT_THAT(output.message, HasSubstr("expected while create runs"));
}

TEST_F(Loading, a_secret_is_what_its_file_holds_now_and_what_it_held_when_the_file_is_gone) {
  contract::Bundle bundle;
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  const auto file = bundle.folder() / "greeting.secret";
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  bundle.write("greeting.secret", "goodbye\n");
  EXPECT_EQ(call(**plugin, HD_EVENT, "happened", "{}").body, R"({"secret":"goodbye"})");
  std::filesystem::remove(file);
  EXPECT_EQ(call(**plugin, HD_EVENT, "happened", "{}").body, R"({"secret":"hello"})");
}

TEST_F(Loading, a_secret_comes_by_its_name) {
  const contract::Bundle bundle;
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  EXPECT_EQ(call(**plugin, HD_EVENT, "happened", "{}").body, R"({"secret":"hello"})");
}

TEST_F(Loading, a_reply_over_eight_mebibytes_is_refused) {
  const contract::Bundle bundle;
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  const CallOutput output = call(**plugin, HD_PANEL, "mirror", R"({"mebibytes":9})");
  EXPECT_EQ(output.status, HD_INTERNAL);
  EXPECT_EQ(output.message, "the plugin's reply is larger than 8 MiB");
}

TEST_F(Loading, a_reply_that_is_no_json_object_is_refused) {
  const contract::Bundle bundle;
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  EXPECT_EQ(call(**plugin, HD_PANEL, "mirror", R"({"garbage":1})").status, HD_INTERNAL);
}

TEST_F(Loading, late_permits_open_the_breaker_and_time_lets_one_probe_through) {
  const contract::Bundle bundle;
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  Registration& panel = *(*plugin)->find(HD_PANEL, "mirror");
  for (int i = 0; i < 3; ++i) (*plugin)->admit(panel)->settle(Outcome::overran);
  EXPECT_EQ((*plugin)->admit(panel), nullptr);
  EXPECT_NE((*plugin)->admit(*(*plugin)->find(HD_ACTION, "note")), nullptr);
  clock.time_us += Breaker::open_us;
  const auto probe = (*plugin)->admit(panel);
  ASSERT_NE(probe, nullptr);
  EXPECT_EQ((*plugin)->admit(panel), nullptr);
  probe->settle(Outcome::in_time);
  EXPECT_NE((*plugin)->admit(panel), nullptr);
}

struct Thrown {
  const char* what;
  hd_status status;
  std::string message;
};

class Throwing : public Loading, public ::testing::WithParamInterface<Thrown> {};

TEST_P(Throwing, becomes_a_status_at_the_boundary) {
  const contract::Bundle bundle("echo_throwing");
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin) << plugin.error().message;
  const CallOutput output = call(**plugin, HD_PANEL, "mirror", GetParam().what);
  EXPECT_EQ(output.status, GetParam().status);
  EXPECT_EQ(output.message, GetParam().message);
  EXPECT_EQ(log.find("jane"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    plugin, Throwing,
    ::testing::Values(Thrown{"error", HD_CONFLICT, "somebody was faster"},
                      Thrown{"runtime", HD_INTERNAL, "internal error in the plugin; its log says where"},
                      Thrown{"number", HD_INTERNAL, "internal error in the plugin; its log says where"},
                      Thrown{"long", HD_INVALID, std::string(254, 'a')}),
    [](const auto& row) { return row.param.what; });

TEST_F(Loading, an_exception_in_stop_ends_in_the_log) {
  const contract::Bundle bundle("echo_throwing");
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  ASSERT_TRUE((*plugin)->start());
  plugin->reset();
  EXPECT_THAT(log, HasSubstr("stop threw "));
}

TEST_F(Loading, the_wrapper_reads_secrets_and_readiness) {
  const contract::Bundle bundle("echo_throwing");
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin);
  EXPECT_EQ(call(**plugin, HD_EVENT, "happened", "{}").body, R"({"size":5})");
  const CallOutput ready = (*plugin)->ready(0);
  EXPECT_EQ(ready.status, HD_UNAVAILABLE);
  EXPECT_EQ(ready.message, "the database is away");
}

}  // namespace
}  // namespace helpdesk
