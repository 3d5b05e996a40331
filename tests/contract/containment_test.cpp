// Plugins that break the contract in a call or at the end: the host library keeps its own process and other calls whole
// and says in one line what it expected and found.
#include <gmock/gmock.h>
#include <helpdesk/host.h>

#include "bundle.hpp"
#include "loaded_plugin.hpp"

namespace helpdesk {
namespace {

using ::testing::EndsWith;

struct Containment : ::testing::Test {
  result<std::unique_ptr<LoadedPlugin>> open(const contract::Bundle& bundle) {
    auto manifest = read_manifest(bundle.manifest_file());
    if (!manifest) return manifest.error();
    return LoadedPlugin::open(std::move(*manifest), R"({"color":"red"})", {}, system_clock(),
                              [this](std::int32_t, std::string_view line) { log += std::string(line) + "\n"; });
  }
  CallOutput call(LoadedPlugin& plugin, std::int32_t kind = HD_PANEL, const char* id = "mirror") {
    CallInput input;
    input.deadline_us = system_clock().monotonic_us() + 1'000'000;
    input.body = "{}";
    return plugin.run(*plugin.find(kind, id), input);
  }
  std::string log;
};

struct Line {
  const char* plugin;
  const char* says;
};

class RefusedPlugin : public Containment, public ::testing::WithParamInterface<Line> {};

TEST_P(RefusedPlugin, is_refused_in_this_line) {
  const contract::Bundle bundle(GetParam().plugin);
  auto plugin = open(bundle);
  std::string message;
  if (!plugin) {
    message = plugin.error().message;
  } else if (const auto started = (*plugin)->start(); !started) {
    message = started.error().message;
  }
  // The folder is another in each run.
  const std::string folder = bundle.folder().string() + "/";
  if (message.starts_with(folder)) message.erase(0, folder.size());
  EXPECT_EQ(message, GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    plugin, RefusedPlugin,
    ::testing::Values(
        Line{"echo_no_symbol",
             "echo.so: symbol: expected the exported function hd_plugin_entry_v1 (contract version 1), found none"},
        Line{"faulty_wrong_major",
             "echo.so: symbol: expected the exported function hd_plugin_entry_v1 (contract version 1), found "
             "hd_plugin_entry_v2 (contract version 2)"},
        Line{"echo_wrong_id", "echo.so: id: expected \"echo\" as in the manifest, found other"},
        Line{"echo_undeclared",
             "echo: create: the plugin refused (status 1): registration: expected what the manifest "
             "declares, found panel \"window\""},
        Line{"throwing_in_create", "echo: create: expected a status, found an exception of type std::runtime_error"},
        Line{"throwing_in_start", "echo: start: expected a status, found an exception of type std::runtime_error"}),
    [](const auto& row) { return row.param.plugin; });

class FailedCall : public Containment, public ::testing::WithParamInterface<Line> {};

TEST_P(FailedCall, is_answered_with_this_line_and_the_next_one_too) {
  const contract::Bundle bundle(GetParam().plugin);
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin) << plugin.error().message;
  for (int i = 0; i < 2; ++i) {
    const CallOutput output = call(**plugin);
    EXPECT_NE(output.status, HD_OK);
    EXPECT_EQ(output.message, GetParam().says);
    EXPECT_EQ(output.body, "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    plugin, FailedCall,
    ::testing::Values(
        Line{"throwing_in_handler",
             "panel \"mirror\": expected a status, found an exception of type std::runtime_error"},
        Line{"faulty_replies_twice",
             "the plugin's reply: expected one JSON object, found more than one; it may have replied twice"},
        Line{"faulty_long_error", "the plugin's error message: expected at most 255 bytes and a 0, found more"}),
    [](const auto& row) { return row.param.plugin; });

TEST_F(Containment, a_reply_after_the_handler_returned_is_dropped_and_told_once) {
  const contract::Bundle bundle("faulty_answers_late");
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin) << plugin.error().message;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(**plugin).body, R"({"a":1})");
  EXPECT_EQ(log,
            "echo: panel \"mirror\": expected a reply on the handler's thread until it returns, found one later or "
            "elsewhere; it was dropped (told once)\n");
}

TEST_F(Containment, an_exception_out_of_stop_is_told_and_the_plugin_is_destroyed) {
  const contract::Bundle bundle("throwing_in_stop");
  auto plugin = open(bundle);
  ASSERT_TRUE(plugin) << plugin.error().message;
  ASSERT_TRUE((*plugin)->start());
  plugin->reset();
  EXPECT_EQ(log, "echo: stop: expected that it returns, found an exception of type std::runtime_error\n");
}

TEST_F(Containment, three_overruns_close_the_handler_to_further_calls) {
  const contract::Bundle bundle("faulty_overruns");
  hd_error error{};
  hd_host_handle* const host =
      hd_host_open(bundle.manifest_file().c_str(), bundle.config_file().c_str(), nullptr, &error);
  ASSERT_NE(host, nullptr) << error.message;
  char* reply = nullptr;
  std::uint64_t size = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(hd_host_call(host, HD_PANEL, "mirror", 6, "{}", 2, 1, &reply, &size, &error), HD_OK);
    hd_host_free(reply);
  }
  EXPECT_EQ(hd_host_call(host, HD_PANEL, "mirror", 6, "{}", 2, 1, &reply, &size, &error), HD_UNAVAILABLE);
  EXPECT_STREQ(error.message, "too many calls missed their deadline; the breaker is open, try again in 10 s");
  hd_host_close(host);
}

struct Text {
  const char* name;
  const char* text;
  bool is_one;
};

class OneObject : public ::testing::TestWithParam<Text> {};

TEST_P(OneObject, is_told_from_several) {
  EXPECT_EQ(is_one_object(GetParam().text), GetParam().is_one);
}

INSTANTIATE_TEST_SUITE_P(text, OneObject,
                         ::testing::Values(Text{"empty_object", "{}", true},
                                           Text{"nested", R"({"a":[{"b":1},{}]})", true},
                                           Text{"braces_in_a_string", R"({"a":"}{"})", true},
                                           Text{"quote_in_a_string", R"({"a":"\"}{\\"})", true},
                                           Text{"two", "{}{}", false}, Text{"two_with_a_space", "{} {}", false},
                                           Text{"cut_in_a_string", R"({"a":"b)", false},
                                           Text{"cut", R"({"a":{})", false}, Text{"closed_too_often", "{}}", false},
                                           Text{"array", "[]", false}, Text{"nothing", "", false}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace helpdesk
