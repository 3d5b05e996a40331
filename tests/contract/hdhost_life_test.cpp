// How hdhost begins and ends.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <csignal>

#include "bundle.hpp"
#include "hdhost_process.hpp"
#include "http_client.hpp"
#include "token.hpp"

namespace contract {
namespace {

using ::testing::HasSubstr;

const std::string slow_body = R"({"filter":{"slow_ms":200}})";

void send_slow(Client& client) {
  client.send(
      "POST /v1/panel/echo/mirror HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
      good_token() + "\r\nContent-Length: " + std::to_string(slow_body.size()) + "\r\n\r\n" + slow_body);
}

bool is_in_flight(const HdhostProcess& host) {
  for (int i = 0; i < 500; ++i) {
    if (request(host.status_url(), "GET", "/metrics").body.find("hdhost_in_flight 1\n") != std::string::npos)
      return true;
  }
  return false;
}

class StopSignal : public ::testing::TestWithParam<int> {};

TEST_P(StopSignal, stops_and_destroys_the_plugin_and_ends_well) {
  const Bundle bundle;
  HdhostProcess host(bundle);
  host.signal(GetParam());
  EXPECT_EQ(host.wait(), 0);
  EXPECT_THAT(host.log(), HasSubstr("echo: stopped"));
  EXPECT_THAT(host.log(), HasSubstr("echo: destroyed"));
}

INSTANTIATE_TEST_SUITE_P(life, StopSignal, ::testing::Values(SIGTERM, SIGINT));

TEST(life, a_running_call_is_finished_before_the_end) {
  const Bundle bundle;
  HdhostProcess host(bundle);
  Client client(host.url());
  send_slow(client);
  ASSERT_TRUE(is_in_flight(host));
  host.signal(SIGTERM);
  const Response response = client.receive();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_EQ(host.wait(), 0);
}

TEST(life, while_it_stops_it_is_not_ready_and_takes_no_connection) {
  const Bundle bundle;
  HdhostProcess host(bundle);
  Client client(host.url());
  send_slow(client);
  ASSERT_TRUE(is_in_flight(host));
  host.signal(SIGTERM);
  ASSERT_TRUE(host.logs("stops at signal"));
  EXPECT_EQ(request(host.status_url(), "GET", "/readyz").status, 503);
  EXPECT_ANY_THROW(Client(host.url()));
  EXPECT_EQ(client.receive().status, 200);
}

TEST(life, an_idle_connection_does_not_hold_up_the_end) {
  const Bundle bundle;
  HdhostProcess host(bundle);
  Client client(host.url());
  EXPECT_EQ(client.request("GET", "/healthz").status, 200);
  host.signal(SIGTERM);
  EXPECT_EQ(host.wait(), 0);
}

TEST(life, a_second_signal_ends_it_at_once) {
  const Bundle bundle;
  HdhostProcess host(bundle);
  Client client(host.url());
  send_slow(client);
  ASSERT_TRUE(is_in_flight(host));
  host.signal(SIGTERM);
  ASSERT_TRUE(host.logs("stops at signal"));
  host.signal(SIGTERM);
  EXPECT_EQ(host.wait(), 130);
}

TEST(life, a_hangup_is_ignored) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  host.signal(SIGHUP);
  EXPECT_EQ(request(host.url(), "GET", "/healthz").status, 200);
}

TEST(life, jobs_run_again_and_again) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  EXPECT_TRUE(host.logs("echo: the job ran", 3));
}

TEST(life, it_serves_a_unix_socket_and_takes_it_away_again) {
  Bundle bundle;
  const std::string path = bundle.folder() / "socket";
  bundle.hdhost()["listen"] = "unix:" + path;
  HdhostProcess host(bundle);
  EXPECT_EQ(host.url(), "unix:" + path);
  EXPECT_EQ(request(host.url(), "GET", "/healthz").status, 200);
  host.signal(SIGTERM);
  EXPECT_EQ(host.wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(life, a_socket_left_by_a_killed_one_is_replaced) {
  Bundle bundle;
  bundle.hdhost()["listen"] = "unix:" + (bundle.folder() / "socket").string();
  HdhostProcess killed(bundle);
  killed.signal(SIGKILL);
  EXPECT_EQ(killed.wait(), 128 + SIGKILL);
  std::filesystem::remove(bundle.folder() / "ports.json");
  const HdhostProcess next(bundle);
  EXPECT_EQ(request(next.url(), "GET", "/healthz").status, 200);
}

TEST(life, readiness_follows_the_plugin) {
  const Bundle bundle("echo_throwing");
  const HdhostProcess host(bundle);
  const Response response = request(host.status_url(), "GET", "/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("the database is away"));
  EXPECT_EQ(request(host.url(), "GET", "/healthz").status, 200);
}

TEST(life, a_plugin_that_does_not_start_ends_it_with_a_reason) {
  const Bundle bundle("echo_refuses_start");
  const Finished finished = run_hdhost(bundle, {"--config", bundle.config_file()});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output, HasSubstr("hdhost: echo: start: the plugin refused (status 10): not today"));
}

TEST(life, an_address_in_use_is_named) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  Bundle other;
  other.hdhost()["listen"] = host.url().substr(7);
  other.write_all();
  const Finished finished = run_hdhost(other, {"--config", other.config_file()});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output, HasSubstr("expected an address that is free"));
}

}  // namespace
}  // namespace contract
