// Plugins that break the contract inside hdhost: what it answers, how it ends, and the one line it leaves.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>

#include "bundle.hpp"
#include "hdhost_process.hpp"
#include "http_client.hpp"
#include "token.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool has_sanitizer = true;
#else
constexpr bool has_sanitizer = false;
#endif

namespace contract {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr int status_of_a_stuck_end = 3;

Response ask_panel(const HdhostProcess& host) {
  return request(host.url(), "POST", "/v1/panel/echo/mirror",
                 {"content-type: application/json", "authorization: Bearer " + good_token()}, "{}");
}

TEST(faults, a_plugin_that_hangs_in_stop_ends_the_process_with_a_line) {
  const Bundle bundle("faulty_hangs_in_stop");
  HdhostProcess host(bundle, {"--stop-limit-ms", "200"});
  EXPECT_EQ(ask_panel(host).status, 200);
  host.signal(SIGTERM);
  EXPECT_EQ(host.wait(), status_of_a_stuck_end);
  EXPECT_THAT(host.log(),
              EndsWith(" error echo: stop: expected that jobs, stop and destroy end within 200 ms, found one "
                       "that runs on; the process ends with status 3\n"));
}

TEST(faults, a_plugin_that_crashes_ends_the_process_with_a_line_that_names_the_handler) {
  if (has_sanitizer) GTEST_SKIP() << "the sanitizer has its own handler of crashes";
  Bundle bundle("faulty_crashes");
  bundle.manifest["jobs"].as_array()[0].as_object()["every_ms"] = 86'400'000;  // it would crash first
  const Finished finished = run_hdhost(bundle, {"--config", bundle.config_file()});
  EXPECT_EQ(finished.code, 128 + SIGSEGV);
  EXPECT_THAT(finished.output,
              EndsWith("hdhost: job \"tidy\": expected that it returns, found SIGSEGV; the process ends\n"));
  EXPECT_THAT(finished.output, HasSubstr(" info listens on ")) << "what was logged before is lost";
}

TEST(faults, a_plugin_that_overflows_its_stack_ends_the_process_with_a_line_on_each_of_its_threads) {
  if (has_sanitizer) GTEST_SKIP() << "the sanitizer has its own handler of crashes";
  const std::string end = ": expected that it returns, found SIGSEGV; the process ends\n";
  const Bundle in_panel("faulty_recurses_in_panel");
  HdhostProcess host(in_panel);
  EXPECT_EQ(ask_panel(host).status, 0);
  EXPECT_EQ(host.wait(), 128 + SIGSEGV);
  EXPECT_THAT(host.log(), EndsWith("hdhost: panel \"mirror\"" + end));
  for (const auto& [plugin, place] : {std::pair("faulty_recurses_in_job", "hdhost: job \"tidy\""),
                                      std::pair("faulty_recurses_in_start", "hdhost: start")}) {
    const Bundle bundle(plugin);
    const Finished finished = run_hdhost(bundle, {"--config", bundle.config_file()});
    EXPECT_EQ(finished.code, 128 + SIGSEGV);
    EXPECT_THAT(finished.output, EndsWith(place + end));
  }
}

int health(const HdhostProcess& host) {
  try {
    return request(host.url(), "GET", "/healthz").status;
  } catch (const std::runtime_error&) {
    return 0;
  }
}

TEST(faults, a_server_whose_own_thread_lacks_memory_once_goes_on_whole_or_ends_with_a_line) {
  if (has_sanitizer) GTEST_SKIP() << "the sanitizer allocates itself";
  constexpr int kEnough = 30;  // an accepted connection costs fewer allocations
  int went_on = 0;
  for (int n = 1; n <= kEnough; ++n) {
    SCOPED_TRACE("allocation " + std::to_string(n));
    Bundle bundle;
    bundle.hdhost()["limits"] = boost::json::object{{"header_timeout_ms", 100}};
    ::setenv("LD_PRELOAD", NO_MEMORY_LIBRARY, 1);
    HdhostProcess host(bundle);
    ::unsetenv("LD_PRELOAD");
    ASSERT_EQ(health(host), 200);
    ASSERT_EQ(::sigqueue(host.pid(), SIGUSR1, {.sival_int = n}), 0);
    ASSERT_TRUE(host.logs("no_memory: counts allocations"));
    const auto has_failed = [&] { return host.log().find("no_memory: an allocation failed") != std::string::npos; };
    for (int connection = 0; connection < 2 * kEnough && !has_failed(); ++connection) health(host);
    ASSERT_TRUE(has_failed());
    if (health(host) == 200) {
      ++went_on;
      Client half(host.url());
      half.send("GET /healthz HT");
      EXPECT_EQ(half.receive().status, 408) << "it keeps no time limits any more";
      host.signal(SIGKILL);
      host.wait();
    } else {
      EXPECT_NE(host.wait(), 0);
      EXPECT_THAT(host.log(), HasSubstr("; the process ends")) << "it ended, or accepts no more, without a word";
    }
  }
  EXPECT_GT(went_on, 0);
}

TEST(faults, what_a_plugin_throws_becomes_a_problem_and_the_next_call_is_served) {
  const Bundle bundle("throwing_in_handler");
  const HdhostProcess host(bundle);
  for (int i = 0; i < 2; ++i) {
    const Response response = ask_panel(host);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("jane"), std::string::npos);
  }
  EXPECT_EQ(request(host.url(), "GET", "/healthz").status, 200);
  EXPECT_TRUE(
      host.logs("job tidy: status 9: job \"tidy\": expected a status, found an exception of type "
                "std::runtime_error"));
}

TEST(faults, a_plugin_that_overruns_gets_a_gateway_timeout_for_its_caller) {
  const Bundle bundle("faulty_overruns");
  const HdhostProcess host(bundle);
  EXPECT_EQ(ask_panel(host).status, 504);
}

TEST(faults, a_plugin_that_answers_late_is_told_in_the_log) {
  const Bundle bundle("faulty_answers_late");
  const HdhostProcess host(bundle);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask_panel(host).body, R"({"a":1})");
  EXPECT_TRUE(
      host.logs("echo: panel \"mirror\": expected a reply on the handler's thread until it returns, found one "
                "later or elsewhere; it was dropped (told once)"));
}

TEST(faults, a_plugin_of_another_contract_is_refused_before_it_runs) {
  const Bundle bundle("faulty_wrong_major");
  const Finished finished = run_hdhost(bundle, {"--config", bundle.config_file()});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output,
              HasSubstr("/echo.so: symbol: expected the exported function hd_plugin_entry_v1 (contract "
                        "version 1), found hd_plugin_entry_v2 (contract version 2)\n"));
}

}  // namespace
}  // namespace contract
