// What hdhost answers at which address.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "bundle.hpp"
#include "hdhost_process.hpp"
#include "http_client.hpp"
#include "token.hpp"

namespace contract {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* json_type = "Content-Type: application/json";

struct Routes : ::testing::Test {
  std::string bearer() { return "Authorization: Bearer " + good_token(); }
  Response get(const std::string& target, const std::vector<std::string>& headers = {}) {
    return request(host.url(), "GET", target, headers);
  }
  Bundle bundle;
  HdhostProcess host{bundle};
};

TEST_F(Routes, healthz_says_ok) {
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(Routes, head_answers_like_get_without_the_body) {
  Client client(host.url());
  const Response head = client.request("HEAD", "/assets/echo/ui/app.js");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "11");
  EXPECT_EQ(client.request("GET", "/assets/echo/ui/app.js").body, "export {};\n");
}

TEST_F(Routes, readiness_and_metrics_are_on_the_status_port_only) {
  EXPECT_EQ(get("/readyz").status, 404);
  EXPECT_EQ(get("/metrics").status, 404);
  EXPECT_EQ(request(host.status_url(), "GET", "/readyz").status, 200);
  EXPECT_EQ(request(host.status_url(), "GET", "/metrics").status, 200);
  EXPECT_EQ(request(host.status_url(), "POST", "/v1/panel/echo/mirror", {json_type, bearer()}, "{}").status, 404);
}

TEST_F(Routes, metrics_count_by_pattern_and_never_by_path) {
  get("/hooks/v1/secret-key?token=abc");
  const std::string text = request(host.status_url(), "GET", "/metrics").body;
  EXPECT_THAT(text, HasSubstr("hdhost_requests_total{route=\"/hooks/v1/*\",status=\"202\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("secret-key")));
}

TEST_F(Routes, the_log_holds_neither_keys_nor_queries_nor_people) {
  get("/hooks/v1/secret-key?q=customer@example.org");
  request(host.url(), "POST", "/v1/panel/echo/mirror", {json_type, bearer()}, "{}");
  ASSERT_TRUE(host.logs("/v1/panel/{plugin}/{panel} 200"));
  EXPECT_THAT(host.log(), HasSubstr("GET /hooks/v1/* 202"));
  for (const char* const secret : {"secret-key", "customer", "Ann", "eyJ"})
    EXPECT_THAT(host.log(), Not(HasSubstr(secret)));
}

TEST_F(Routes, an_unknown_address_is_not_found) {
  const Response response = get("/nothing/here");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
  const json::object problem = json::parse(response.body).as_object();
  EXPECT_EQ(problem.at("status"), 404);
  EXPECT_EQ(problem.at("title"), "Not Found");
  EXPECT_EQ(problem.at("request_id"), response.headers.at("x-request-id").c_str());
}

TEST_F(Routes, an_unknown_panel_is_not_found) {
  EXPECT_EQ(request(host.url(), "POST", "/v1/panel/echo/window", {json_type, bearer()}, "{}").status, 404);
  EXPECT_EQ(request(host.url(), "POST", "/v1/panel/other/mirror", {json_type, bearer()}, "{}").status, 404);
}

TEST_F(Routes, a_wrong_method_names_the_right_ones) {
  EXPECT_EQ(get("/v1/panel/echo/mirror").status, 405);
  EXPECT_EQ(get("/v1/panel/echo/mirror").headers.at("allow"), "POST, OPTIONS");
  EXPECT_EQ(request(host.url(), "DELETE", "/hooks/v1/x").headers.at("allow"), "GET, POST, HEAD");
}

TEST_F(Routes, another_content_type_is_refused) {
  EXPECT_EQ(request(host.url(), "POST", "/v1/panel/echo/mirror", {bearer(), "Content-Type: text/plain"}, "{}").status,
            415);
  EXPECT_EQ(request(host.url(), "POST", "/v1/panel/echo/mirror", {bearer()}, "{}").status, 415);
  EXPECT_EQ(request(host.url(), "POST", "/v1/panel/echo/mirror",
                    {bearer(), "Content-Type: Application/JSON; charset=utf-8"}, "{}")
                .status,
            200);
}

TEST_F(Routes, a_body_that_is_no_json_is_malformed) {
  EXPECT_EQ(request(host.url(), "POST", "/v1/panel/echo/mirror", {json_type, bearer()}, "{\"pivot\":").status, 400);
}

TEST_F(Routes, a_request_id_of_the_caller_is_kept_when_it_is_harmless) {
  EXPECT_EQ(get("/healthz", {"X-Request-Id: abc-123"}).headers.at("x-request-id"), "abc-123");
  EXPECT_NE(get("/healthz", {"X-Request-Id: a b<c>"}).headers.at("x-request-id"), "a b<c>");
  EXPECT_NE(get("/healthz", {"X-Request-Id: " + std::string(65, 'a')}).headers.at("x-request-id"),
            std::string(65, 'a'));
}

TEST_F(Routes, a_request_id_goes_to_the_plugin_the_problem_and_the_log) {
  const std::string id = "X-Request-Id: seen-everywhere-7";
  const Response ok = request(host.url(), "POST", "/hooks/v1/x", {id}, "x");
  EXPECT_EQ(ok.headers.at("x-plugin-saw"), "seen-everywhere-7");
  EXPECT_EQ(ok.headers.at("x-request-id"), "seen-everywhere-7");
  const Response refused = request(host.url(), "POST", "/v1/panel/echo/mirror", {id, json_type}, "{}");
  EXPECT_EQ(json::parse(refused.body).at("request_id").as_string(), "seen-everywhere-7");
  EXPECT_TRUE(host.logs("us seen-everywhere-7\n", 2));
}

TEST_F(Routes, a_request_id_is_made_where_the_callers_is_empty_or_harmful) {
  for (const char* const bad :
       {"X-Request-Id:", "X-Request-Id: a_b", "X-Request-Id: \"x\"", "X-Request-Id: \xc3\xa4"}) {
    const Response response = request(host.url(), "POST", "/hooks/v1/x", {bad}, "x");
    EXPECT_THAT(response.headers.at("x-request-id"), ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]+")) << bad;
    EXPECT_EQ(response.headers.at("x-plugin-saw"), response.headers.at("x-request-id")) << bad;
  }
}

TEST_F(Routes, an_action_gets_its_id_key_and_args) {
  const Response response = request(host.url(), "POST", "/v1/action/echo/note", {json_type, bearer()},
                                    R"({"key":"12345678","args":{"text":"hi"}})");
  ASSERT_EQ(response.status, 200) << response.body;
  const json::object got = json::parse(response.body).at("got").as_object();
  EXPECT_EQ(got.at("action"), "note");
  EXPECT_EQ(got.at("key"), "12345678");
  EXPECT_EQ(got.at("args"), json::parse(R"({"text":"hi"})"));
}

TEST_F(Routes, an_action_without_a_key_is_refused) {
  EXPECT_EQ(request(host.url(), "POST", "/v1/action/echo/note", {json_type, bearer()}, R"({"args":{}})").status, 422);
}

TEST_F(Routes, a_long_note_is_let_through) {
  const std::string body = R"({"key":"12345678","args":{"text":")" + std::string(40'000, 'x') + R"("}})";
  EXPECT_EQ(request(host.url(), "POST", "/v1/action/echo/note", {json_type, bearer()}, body).status, 200);
}

TEST_F(Routes, a_webhook_gets_everything_as_it_came) {
  const Response response =
      request(host.url(), "POST", "/hooks/v1/key%20one/two?a=%41&b", {"X-Echo: Back"}, "raw \x01 bytes");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.headers.at("x-echo"), "Back");
  EXPECT_EQ(response.headers.at("content-type"), "text/plain");
  EXPECT_EQ(response.body, "POST|key%20one/two|a=%41&b|11|raw \x01 bytes");
}

TEST_F(Routes, a_plugins_error_becomes_a_problem_of_the_same_kind) {
  const Response response =
      request(host.url(), "POST", "/v1/panel/echo/mirror", {json_type, bearer()}, R"({"filter":{"fail":5}})");
  EXPECT_EQ(response.status, 409);
  EXPECT_THAT(response.body, HasSubstr("asked to fail"));
}

TEST_F(Routes, a_plugin_that_is_away_is_unavailable_for_a_moment) {
  const Response response =
      request(host.url(), "POST", "/v1/panel/echo/mirror", {json_type, bearer()}, R"({"filter":{"fail":10}})");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.at("retry-after"), "1");
}

TEST_F(Routes, an_asset_has_its_type_its_tag_and_its_policy) {
  const Response response = get("/assets/echo/ui/app.js");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers.at("content-type"), HasSubstr("text/javascript"));
  EXPECT_EQ(response.headers.at("cache-control"), "no-cache");
  EXPECT_EQ(response.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(response.headers.at("referrer-policy"), "no-referrer");
  EXPECT_THAT(response.headers.at("content-security-policy"), HasSubstr("frame-ancestors 'none'"));
  const std::string tag = response.headers.at("etag");
  EXPECT_EQ(get("/assets/echo/ui/app.js", {"If-None-Match: " + tag}).status, 304);
  EXPECT_EQ(get("/assets/echo/ui/app.js", {"If-None-Match: \"other\""}).status, 200);
}

TEST_F(Routes, a_linked_asset_is_served) {
  std::filesystem::create_symlink(bundle.folder() / "locales" / "en.json", bundle.folder() / "ui" / "linked.json");
  EXPECT_EQ(get("/assets/echo/ui/linked.json").status, 200);
}

class Traversal : public Routes, public ::testing::WithParamInterface<const char*> {};

TEST_P(Traversal, leads_nowhere) {
  EXPECT_EQ(get(GetParam()).status, 404);
}

INSTANTIATE_TEST_SUITE_P(assets, Traversal,
                         ::testing::Values("/assets/echo/ui/../plugin.json", "/assets/echo/ui/%2e%2e/plugin.json",
                                           "/assets/echo/ui/..%2fplugin.json", "/assets/echo/ui/.hidden",
                                           "/assets/echo/ui//app.js", "/assets/echo/ui/", "/assets/echo/ui",
                                           "/assets/echo/../echo/ui/app.js", "/assets/other/ui/app.js",
                                           "/assets/echo/secrets/desk.secret", "/assets/echo/ui/..\\plugin.json",
                                           "/assets/echo//desk.secret", "/assets/echo/./desk.secret"));

TEST_F(Routes, a_named_origin_may_ask) {
  const std::vector<std::string> headers{"Origin: http://embedder.test", "Access-Control-Request-Method: POST"};
  const Response preflight = request(host.url(), "OPTIONS", "/v1/panel/echo/mirror", headers);
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers.at("access-control-allow-origin"), "http://embedder.test");
  EXPECT_THAT(preflight.headers.at("access-control-allow-headers"), HasSubstr("authorization"));
  EXPECT_FALSE(preflight.headers.contains("access-control-allow-credentials"));
  const Response response =
      request(host.url(), "POST", "/v1/panel/echo/mirror", {json_type, bearer(), "Origin: http://embedder.test"}, "{}");
  EXPECT_EQ(response.headers.at("access-control-allow-origin"), "http://embedder.test");
  EXPECT_EQ(response.headers.at("vary"), "Origin");
}

TEST_F(Routes, another_origin_gets_no_permission) {
  for (const char* const origin :
       {"http://evil.test", "http://embedder.test.evil.test", "https://embedder.test", "null"}) {
    const std::vector<std::string> headers{std::string("Origin: ") + origin, "Access-Control-Request-Method: POST"};
    const Response preflight = request(host.url(), "OPTIONS", "/v1/panel/echo/mirror", headers);
    EXPECT_EQ(preflight.status, 403) << origin;
    EXPECT_FALSE(preflight.headers.contains("access-control-allow-origin")) << origin;
    EXPECT_EQ(preflight.headers.at("vary"), "Origin");
  }
}

TEST_F(Routes, the_desk_is_not_there_unless_it_is_configured) {
  EXPECT_EQ(get("/desk/").status, 404);
  EXPECT_EQ(request(host.url(), "POST", "/desk/api/token", {json_type}, "{}").status, 404);
}

struct DeskRoutes : ::testing::Test {
  DeskRoutes() {
    std::filesystem::create_directory(bundle.folder() / "pages");
    bundle.write("pages/index.html", "<!doctype html>");
    bundle.write("desk.json", R"({"kid":"desk","connect":["http://127.0.0.1:9999"],
      "agents":[{"id":"a1","name":"Ann","locale":"en","time_zone":"UTC","scopes":["see"],"view":{"all":true}}],
      "tickets":[{"id":"t1","account":"acme","partition":"p","requesters":[{"kind":"email","value":"c@example.org"}]}]})");
    bundle.hdhost()["desk"] = json::object{{"pages", "pages"}, {"data", "desk.json"}};
    host.emplace(bundle);
  }
  Response token(const std::string& body, const char* origin = "X: y") {
    return request(host->url(), "POST", "/desk/api/token", {json_type, origin}, body);
  }
  Bundle bundle;
  std::optional<HdhostProcess> host;
};

TEST_F(DeskRoutes, pages_have_a_policy_that_names_where_they_may_connect) {
  const Response response = request(host->url(), "GET", "/desk/");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers.at("content-security-policy"),
              HasSubstr("connect-src 'self' http://embedder.test http://127.0.0.1:9999;"));
  EXPECT_EQ(request(host->url(), "GET", "/desk").headers.at("location"), "/desk/");
}

TEST_F(DeskRoutes, the_data_is_given_as_it_is) {
  EXPECT_THAT(request(host->url(), "GET", "/desk/api/desk").body, HasSubstr("\"kid\":\"desk\""));
}

TEST_F(DeskRoutes, a_token_opens_the_panel_for_that_agent_and_ticket) {
  const Response response = token(R"({"agent":"a1","ticket":"t1"})");
  ASSERT_EQ(response.status, 200) << response.body;
  const json::object got = json::parse(response.body).as_object();
  EXPECT_EQ(got.at("expires_in"), 300);
  const std::string bearer = "Authorization: Bearer " + std::string(got.at("token").as_string());
  const Response panel = request(host->url(), "POST", "/v1/panel/echo/mirror", {json_type, bearer}, "{}");
  ASSERT_EQ(panel.status, 200) << panel.body;
  EXPECT_EQ(json::parse(panel.body).at("got").at("ticket"),
            json::parse(R"({"account":"acme","thread":"t1","partition":"p"})"));
}

TEST_F(DeskRoutes, an_unknown_agent_or_ticket_gets_no_token) {
  EXPECT_EQ(token(R"({"agent":"a2","ticket":"t1"})").status, 404);
  EXPECT_EQ(token(R"({"agent":"a1","ticket":"t2"})").status, 404);
  EXPECT_EQ(token(R"({"agent":"a1"})").status, 422);
}

TEST_F(DeskRoutes, a_name_that_is_not_loopback_gets_nothing) {
  Client client(host->url());
  client.send("GET /desk/api/desk HTTP/1.1\r\nHost: rebound.test\r\n\r\n");
  EXPECT_EQ(client.receive().status, 421);
}

}  // namespace
}  // namespace contract
