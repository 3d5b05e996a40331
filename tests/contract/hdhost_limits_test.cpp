// What hdhost does when somebody asks for too much, too slowly or too strangely.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <thread>

#include "bundle.hpp"
#include "hdhost_process.hpp"
#include "http_client.hpp"
#include "token.hpp"

namespace contract {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

constexpr const char* panel = "/v1/panel/echo/mirror";
constexpr const char* json_type = "Content-Type: application/json";

struct Limits : ::testing::Test {
  // Short limits, so that tests of time need not wait long.
  void start(json::object limits = {}) {
    for (const char* const name : {"header_timeout_ms", "body_timeout_ms", "idle_timeout_ms"}) {
      if (!limits.contains(name)) limits[name] = 5000;
    }
    bundle.hdhost()["limits"] = std::move(limits);
    host.emplace(bundle);
  }
  std::vector<std::string> headers() { return {json_type, "Authorization: Bearer " + good_token()}; }
  Response ask(const std::string& body) { return request(host->url(), "POST", panel, headers(), body); }

  /// Whether the status port tells that line after a while.
  bool waits_for(const std::string& line) {
    for (int i = 0; i < 500; ++i) {
      if (request(host->status_url(), "GET", "/metrics").body.find(line) != std::string::npos) return true;
    }
    return false;
  }

  Bundle bundle;
  std::optional<HdhostProcess> host;
};

TEST_F(Limits, a_huge_head_is_refused) {
  start();
  EXPECT_EQ(request(host->url(), "GET", "/healthz", {"X-Padding: " + std::string(20'000, 'x')}).status, 431);
}

TEST_F(Limits, a_huge_target_is_refused) {
  start();
  EXPECT_EQ(request(host->url(), "GET", "/" + std::string(20'000, 'x')).status, 431);
}

TEST_F(Limits, a_head_that_never_ends_is_refused) {
  start();
  Client client(host->url());
  client.send("GET /healthz HTTP/1.1\r\n");
  for (int i = 0; i < 100; ++i) client.send("X-Padding: " + std::string(1000, 'x') + "\r\n");
  EXPECT_EQ(client.receive().status, 431);
}

TEST_F(Limits, a_huge_body_is_refused_before_it_is_read) {
  start();
  Client client(host->url());
  client.send("POST /hooks/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(Limits, a_huge_chunked_body_is_refused) {
  start();
  Client client(host->url());
  client.send("POST /hooks/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 10; ++i) client.send("3e8\r\n" + std::string(1000, 'x') + "\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(Limits, a_chunk_whose_head_never_ends_is_refused) {
  start();
  Client client(host->url());
  client.send("POST /hooks/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x=");
  for (int i = 0; i < 100; ++i) client.send(std::string(1000, 'x'));
  EXPECT_EQ(client.receive().status, 431);
}

TEST_F(Limits, a_webhook_has_the_limit_of_its_manifest) {
  start();
  EXPECT_EQ(request(host->url(), "POST", "/hooks/v1/x", {}, std::string(2000, 'x')).status, 202);
  EXPECT_EQ(request(host->url(), "POST", "/hooks/v1/x", {}, std::string(2001, 'x')).status, 413);
}

TEST_F(Limits, a_panel_has_the_limit_of_the_configuration) {
  start({{"body_bytes", 1024}});
  EXPECT_EQ(ask("{}" + std::string(1022, ' ')).status, 200);
  EXPECT_EQ(ask("{}" + std::string(1023, ' ')).status, 413);
}

TEST_F(Limits, a_slow_head_times_out) {
  start({{"header_timeout_ms", 100}});
  Client client(host->url());
  client.send("GET /healthz HT");
  EXPECT_EQ(client.receive().status, 408);
}

TEST_F(Limits, a_slow_body_times_out) {
  start({{"body_timeout_ms", 100}});
  Client client(host->url());
  client.send("POST /hooks/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(client.receive().status, 408);
}

TEST_F(Limits, an_idle_connection_is_closed_without_a_word) {
  start({{"idle_timeout_ms", 100}});
  Client client(host->url());
  EXPECT_EQ(client.request("GET", "/healthz").status, 200);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(Limits, a_connection_too_many_is_turned_away_and_welcome_later) {
  start({{"connections", 2}});
  auto first = std::make_unique<Client>(host->url());
  Client second(host->url());
  EXPECT_EQ(first->request("GET", "/healthz").status, 200);
  EXPECT_EQ(second.request("GET", "/healthz").status, 200);
  Client third(host->url());
  const Response refused = third.receive();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_TRUE(third.is_closed());
  first.reset();
  int status = 503;
  const std::int64_t give_up_at_s = now_s() + 5;
  while (status != 200 && now_s() < give_up_at_s) status = request(host->url(), "GET", "/healthz").status;
  EXPECT_EQ(status, 200);
}

TEST_F(Limits, a_half_written_request_harms_nobody) {
  start();
  { Client(host->url()).send("POST /hooks/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nha"); }
  { Client(host->url()).send("POST /hoo"); }
  EXPECT_EQ(request(host->url(), "GET", "/healthz").status, 200);
}

TEST_F(Limits, garbage_is_a_bad_request) {
  start();
  Client client(host->url());
  client.send("\x16\x03\x01 this is not HTTP\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(Limits, a_request_without_a_host_is_bad) {
  start();
  Client client(host->url());
  client.send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
}

TEST_F(Limits, a_length_and_chunks_at_once_are_refused) {
  start();
  Client client(host->url());
  client.send(
      "POST /hooks/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(Limits, pipelined_requests_are_answered_in_order) {
  start();
  Client client(host->url());
  std::string all;
  for (const char* const name : {"one", "two", "three"}) {
    all += std::string("POST /hooks/v1/") + name + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  }
  client.send(all);
  for (const char* const name : {"one", "two", "three"}) EXPECT_THAT(client.receive().body, HasSubstr(name));
}

TEST_F(Limits, a_connection_is_kept_for_the_next_request) {
  start();
  Client client(host->url());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.request("POST", panel, headers(), "{}").status, 200);
}

TEST_F(Limits, a_client_that_waits_for_permission_to_send_gets_it) {
  start();
  Client client(host->url());
  client.send("POST /hooks/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  client.send("hello");
  EXPECT_EQ(client.receive().status, 202);
}

TEST_F(Limits, a_client_that_may_not_send_is_told_before_it_does) {
  start();
  Client client(host->url());
  client.send("POST /hooks/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(Limits, a_late_handler_costs_its_caller_a_504_and_nobody_else_anything) {
  start();
  const Response late = ask(R"({"filter":{"slow_ms":600}})");
  EXPECT_EQ(late.status, 504);
  EXPECT_THAT(late.body, HasSubstr("within 300 ms"));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ask(R"({"filter":{"fresh":1}})").status, 200);
  host->signal(SIGTERM);
  EXPECT_EQ(host->wait(), 0);
}

// The late handler keeps the only place, so the second call never runs; its answer needs a thread all the same.
TEST_F(Limits, a_deadline_is_kept_while_a_late_handler_has_the_only_place) {
  bundle.hdhost()["threads"] = 1;
  bundle.manifest["jobs"] = json::parse(R"([{"id":"tidy","every_ms":60000}])");
  start();
  EXPECT_EQ(ask(R"({"filter":{"slow_ms":3000}})").status, 504);
  EXPECT_EQ(ask("{}").status, 504);
  EXPECT_EQ(request(host->url(), "GET", "/healthz").status, 200);
}

TEST_F(Limits, three_late_handlers_open_the_breaker_of_that_panel_only) {
  start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([this] { EXPECT_EQ(ask(R"({"filter":{"slow_ms":400}})").status, 504); });
  }
  for (std::thread& thread : threads) thread.join();
  const Response refused = ask("{}");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "10");
  EXPECT_EQ(request(host->url(), "POST", "/hooks/v1/x", {}, "x").status, 202);
  const std::string metrics = request(host->status_url(), "GET", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("hdhost_breaker_open{kind=\"panel\",id=\"mirror\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("hdhost_overruns_total{kind=\"panel\",id=\"mirror\"} 3"));
}

TEST_F(Limits, a_webhook_address_that_sends_too_much_is_told_when_to_come_again) {
  bundle.hdhost()["rates"] = {{"webhook_per_s", 1}, {"webhook_burst", 2}};
  start();
  int refused = 0;
  for (int i = 0; i < 6; ++i) {
    const Response response = request(host->url(), "POST", "/hooks/v1/busy/" + std::to_string(i), {}, "x");
    if (response.status == 202) continue;
    ++refused;
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(response.headers.at("retry-after"), "1");
    EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
  }
  EXPECT_GE(refused, 1);
  EXPECT_EQ(request(host->url(), "POST", "/hooks/v1/other", {}, "x").status, 202);
  EXPECT_THAT(request(host->status_url(), "GET", "/metrics").body,
              HasSubstr("hdhost_rate_limited_total{of=\"webhook\"} " + std::to_string(refused)));
}

TEST_F(Limits, an_agent_is_counted_over_renewed_tokens_and_another_is_not_hit) {
  bundle.hdhost()["rates"] = {{"caller_per_s", 1}, {"caller_burst", 2}};
  start();
  const auto status_for = [this](const char* sub, const std::string& name) {
    json::object claims = good_claims();
    claims["sub"] = sub;
    claims["name"] = name;
    const std::string token = sign({{"alg", "HS256"}, {"typ", "JWT"}, {"kid", "desk"}}, claims, token_secret);
    return request(host->url(), "POST", panel, {json_type, "Authorization: Bearer " + token}, "{}").status;
  };
  std::vector<int> statuses;
  for (int i = 0; i < 6; ++i) statuses.push_back(status_for("a1", "Ann " + std::to_string(i)));
  EXPECT_THAT(statuses, ::testing::Contains(429));
  EXPECT_EQ(status_for("a2", "Bob"), 200);
}

TEST_F(Limits, a_full_queue_is_said_at_once) {
  bundle.hdhost()["threads"] = 1;
  bundle.hdhost()["queue"] = 1;
  bundle.manifest["panels"].as_array()[0].as_object()["budget_ms"] = 20'000;
  bundle.manifest["jobs"] = json::parse(R"([{"id":"tidy","every_ms":60000}])");
  start();
  Client running(host->url());
  Client queued(host->url());
  const std::string slow = "POST " + std::string(panel) + " HTTP/1.1\r\nHost: a\r\n" + json_type + "\r\n" +
                           "Authorization: Bearer " + good_token() + "\r\nContent-Length: 27\r\n\r\n" +
                           R"({"filter":{"slow_ms":2000}})";
  running.send(slow);
  // The second one waits for the only thread.
  ASSERT_TRUE(waits_for("hdhost_in_flight 1\n"));
  queued.send(slow);
  ASSERT_TRUE(waits_for("hdhost_queue 1\n"));
  const Response refused = ask("{}");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_EQ(running.receive().status, 200);
}

// Their places are taken, and as many again wait for one; only an agent's call lets them go on.
TEST_F(Limits, an_agent_is_served_while_every_place_for_webhooks_is_taken) {
  constexpr std::size_t places = 2;
  bundle.hdhost()["threads"] = 2;
  bundle.hdhost()["webhook_threads"] = places;
  bundle.manifest["webhooks"].as_array()[0].as_object()["budget_ms"] = 20'000;
  bundle.manifest["jobs"] = json::parse(R"([{"id":"tidy","every_ms":60000}])");
  start();
  std::vector<std::unique_ptr<Client>> held;
  for (std::size_t i = 0; i < 2 * places; ++i) {
    held.push_back(std::make_unique<Client>(host->url()));
    held.back()->send("POST /hooks/v1/held HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{\"hold\":1}");
  }
  ASSERT_TRUE(waits_for("hdhost_queue 2\n"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask("{}").status, 200);
  EXPECT_EQ(ask(R"({"filter":{"release":1}})").status, 200);
  for (const auto& client : held) EXPECT_EQ(client->receive().status, 202);
}

}  // namespace
}  // namespace contract
