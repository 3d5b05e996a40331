// Who may ask: attacks on tokens, against a real hdhost.
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

constexpr const char* panel = "/v1/panel/echo/mirror";
constexpr const char* json_type = "Content-Type: application/json";

const json::object good_header{{"alg", "HS256"}, {"typ", "JWT"}, {"kid", "desk"}};

Response ask(const HdhostProcess& host, const std::string& token, const std::string& target = panel,
             const std::string& body = "{}") {
  std::vector<std::string> headers{json_type};
  if (!token.empty()) headers.push_back("Authorization: Bearer " + token);
  return request(host.url(), "POST", target, headers, body);
}

json::object with(const char* claim, json::value value) {
  json::object claims = good_claims();
  claims[claim] = std::move(value);
  return claims;
}

json::object without(const char* claim) {
  json::object claims = good_claims();
  claims.erase(claim);
  return claims;
}

std::string signed_well(const json::object& claims) {
  return sign(good_header, claims, token_secret);
}

std::string tampered() {
  std::string token = good_token();
  const std::string other = signed_well(with("sub", "a2"));
  const std::size_t last_dot = token.rfind('.');
  return other.substr(0, other.rfind('.')) + token.substr(last_dot);
}

struct Attack {
  const char* name;
  std::function<std::string()> token;
  const char* says;
};

class TokenTable : public ::testing::TestWithParam<Attack> {};

TEST_P(TokenTable, is_refused_with_401) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  const Response response = ask(host, GetParam().token());
  EXPECT_EQ(response.status, 401);
  EXPECT_THAT(response.headers.at("www-authenticate"), HasSubstr("Bearer"));
  EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
  EXPECT_THAT(response.body, HasSubstr(GetParam().says));
  EXPECT_THAT(response.body, Not(HasSubstr("customer@example.org")));
}

INSTANTIATE_TEST_SUITE_P(
    token, TokenTable,
    ::testing::Values(
        Attack{"none", [] { return std::string(); }, "Authorization"},
        Attack{"no_jwt", [] { return std::string("abc"); }, "JSON Web Token"},
        Attack{"no_signature",
               [] {
                 return sign({{"alg", "none"}, {"kid", "desk"}}, good_claims(), token_secret, "");
               },
               "HS256"},
        Attack{"no_algorithm_but_signed",
               [] {
                 return sign({{"alg", "none"}, {"kid", "desk"}}, good_claims(), token_secret);
               },
               "HS256"},
        Attack{"stripped_signature", [] { return sign(good_header, good_claims(), token_secret, ""); }, "signature"},
        Attack{"another_algorithm",
               [] {
                 return sign({{"alg", "HS512"}, {"kid", "desk"}}, good_claims(), token_secret, "SHA512");
               },
               "HS256"},
        Attack{"an_asymmetric_algorithm",
               [] {
                 return sign({{"alg", "RS256"}, {"kid", "desk"}}, good_claims(), token_secret);
               },
               "HS256"},
        Attack{"another_kid",
               [] {
                 return sign({{"alg", "HS256"}, {"kid", "x"}}, good_claims(), token_secret);
               },
               "kid"},
        Attack{"no_kid",
               [] {
                 return sign({{"alg", "HS256"}}, good_claims(), token_secret);
               },
               "kid"},
        Attack{"another_key", [] { return sign(good_header, good_claims(), std::string(32, 'k')); }, "signature"},
        Attack{"tampered", tampered, "signature"},
        Attack{"another_issuer", [] { return signed_well(with("iss", "evil")); }, "/iss"},
        Attack{"another_audience", [] { return signed_well(with("aud", "payroll")); }, "/aud"},
        Attack{"audience_in_an_array", [] { return signed_well(with("aud", json::array{"identities"})); }, "/aud"},
        Attack{"expired",
               [] {
                 json::object claims = with("iat", now_s() - 400);
                 claims["exp"] = now_s() - 100;
                 return signed_well(claims);
               },
               "server_time"},
        Attack{"lives_too_long", [] { return signed_well(with("exp", now_s() + 601)); }, "600"},
        Attack{"exp_before_iat", [] { return signed_well(with("exp", now_s() - 1)); }, "exp"},
        Attack{"not_yet_valid", [] { return signed_well(with("nbf", now_s() + 120)); }, "server_time"},
        Attack{"issued_in_the_future",
               [] {
                 json::object claims = with("iat", now_s() + 120);
                 claims["exp"] = now_s() + 300;
                 return signed_well(claims);
               },
               "not valid yet"},
        Attack{"no_exp", [] { return signed_well(without("exp")); }, "/exp"},
        Attack{"no_iat", [] { return signed_well(without("iat")); }, "/iat"},
        Attack{"exp_as_text", [] { return signed_well(with("exp", "never")); }, "/exp"},
        Attack{"no_sub", [] { return signed_well(without("sub")); }, "/sub"},
        Attack{"no_name", [] { return signed_well(without("name")); }, "/name"},
        Attack{"no_scopes", [] { return signed_well(without("scopes")); }, "/scopes"},
        Attack{"scopes_as_text", [] { return signed_well(with("scopes", "see write")); }, "/scopes"},
        Attack{"no_view", [] { return signed_well(without("view")); }, "/view"},
        Attack{"view_without_all", [] { return signed_well(with("view", json::object{})); }, "/view/all"},
        Attack{"no_ticket", [] { return signed_well(without("ticket")); }, "/ticket"},
        Attack{"no_requesters", [] { return signed_well(without("requesters")); }, "/requesters"},
        Attack{"empty_requesters", [] { return signed_well(with("requesters", json::array{})); }, "/requesters"},
        Attack{"too_many_requesters",
               [] {
                 const json::object one{{"kind", "email"}, {"value", "a@example.org"}};
                 return signed_well(with("requesters", json::array(51, one)));
               },
               "/requesters"},
        Attack{"requester_of_a_strange_kind",
               [] {
                 const json::object one{{"kind", "passport"}, {"value", "x"}};
                 return signed_well(with("requesters", json::array{one}));
               },
               "/requesters/0/kind"}),
    [](const auto& row) { return row.param.name; });

TEST(token, a_good_one_opens_the_panel_with_its_own_claims) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  const Response response = ask(host, good_token(), panel, R"({"pivot":"history","select":0})");
  ASSERT_EQ(response.status, 200) << response.body;
  const json::object got = json::parse(response.body).at("got").as_object();
  EXPECT_EQ(got.at("agent"), json::parse(R"({"id":"a1","name":"Ann Agent"})"));
  EXPECT_EQ(got.at("requester"), json::parse(R"([{"kind":"email","value":"customer@example.org"}])"));
  EXPECT_EQ(got.at("ticket"), json::parse(R"({"account":"acme","thread":"t1"})"));
  EXPECT_EQ(got.at("scopes"), json::parse(R"(["see","write"])"));
  EXPECT_EQ(got.at("view"), json::parse(R"({"all":true})"));
  EXPECT_EQ(got.at("pivot"), "history");
}

TEST(token, clocks_may_differ_by_a_minute) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  json::object claims = with("iat", now_s() - 300);
  claims["exp"] = now_s() - 30;
  EXPECT_EQ(ask(host, signed_well(claims)).status, 200);
  EXPECT_EQ(ask(host, signed_well(with("nbf", now_s() + 30))).status, 200);
}

TEST(token, one_that_was_good_before_is_checked_against_the_clock_again) {
  Bundle bundle;
  bundle.hdhost()["rates"] = {{"caller_per_s", 0}};  // it asks as fast as it can until the token has expired
  const HdhostProcess host(bundle);
  json::object claims = with("iat", now_s() - 300);
  claims["exp"] = now_s() - 59;
  const std::string token = signed_well(claims);
  int status = ask(host, token).status;
  EXPECT_EQ(status, 200);
  const std::int64_t give_up_at_s = now_s() + 5;
  while (status == 200 && now_s() < give_up_at_s) status = ask(host, token).status;
  EXPECT_EQ(status, 401);
}

TEST(token, one_in_the_address_counts_for_nothing) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  EXPECT_EQ(ask(host, "", std::string(panel) + "?token=" + good_token() + "&access_token=" + good_token()).status, 401);
}

TEST(token, one_in_a_cookie_counts_for_nothing) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  const std::vector<std::string> headers{json_type, "Cookie: token=" + good_token()};
  EXPECT_EQ(request(host.url(), "POST", panel, headers, "{}").status, 401);
}

TEST(token, an_oversized_one_is_refused) {
  Bundle bundle;
  bundle.hdhost()["limits"] = json::object{{"header_bytes", 65'536}};
  const HdhostProcess host(bundle);
  const Response response = ask(host, signed_well(with("padding", json::string(16 * 1024, 'p'))));
  EXPECT_EQ(response.status, 401);
  EXPECT_THAT(response.body, HasSubstr("at most 16384 bytes"));
}

TEST(token, two_authorization_headers_are_refused) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  const std::string header = "Authorization: Bearer " + good_token();
  EXPECT_EQ(request(host.url(), "POST", panel, {json_type, header, header}, "{}").status, 401);
}

TEST(token, a_missing_scope_is_named) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  const std::string token = signed_well(with("scopes", json::array{"see"}));
  EXPECT_EQ(ask(host, token).status, 200);
  const Response response = ask(host, token, "/v1/action/echo/note", R"({"key":"12345678","args":{}})");
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("\"scope\":\"write\""));
}

struct Forbidden {
  const char* name;
  const char* body;
  const char* pointer;
};

class BodyTable : public ::testing::TestWithParam<Forbidden> {};

TEST_P(BodyTable, is_refused_with_422_and_a_pointer) {
  const Bundle bundle;
  const HdhostProcess host(bundle);
  const Response response = ask(host, good_token(), panel, GetParam().body);
  EXPECT_EQ(response.status, 422) << response.body;
  EXPECT_EQ(json::parse(response.body).at("pointer"), GetParam().pointer);
}

INSTANTIATE_TEST_SUITE_P(body, BodyTable,
                         ::testing::Values(Forbidden{"its_own_requester", R"({"requester":[]})", "/requester"},
                                           Forbidden{"its_own_agent", R"({"agent":{"id":"root"}})", "/agent"},
                                           Forbidden{"its_own_scopes", R"({"scopes":["identity.admin"]})", "/scopes"},
                                           Forbidden{"its_own_view", R"({"view":{"all":true}})", "/view"},
                                           Forbidden{"its_own_ticket", R"({"ticket":{}})", "/ticket"},
                                           Forbidden{"an_action", R"({"action":"note"})", "/action"},
                                           Forbidden{"select_as_text", R"({"select":"0"})", "/select"},
                                           Forbidden{"filter_as_text", R"({"filter":"x"})", "/filter"}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace contract
