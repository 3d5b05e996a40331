// Method: deliveries to a real WebhookHandler over a real SQLite file. After each refusal every row is counted, and the
// answer is searched for the values that were sent.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <map>

#include "accounts/sealed_secret.hpp"
#include "accounts/standard_webhooks.hpp"
#include "accounts/webhook_handler.hpp"
#include "core/base64.hpp"
#include "database.hpp"

namespace identities::accounts {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;
using unit::kNow;

const std::string kMasterKey(kMasterKeyBytes, 'm');
const std::string kKey(32, 'k');
const std::string kOtherKey(32, 'o');

/// A delivery and how it differs from a good one.
struct Sent {
  std::string body;
  std::string id = "d-1";
  std::string method = "POST";
  std::string path = "hook";
  std::string query = {};
  std::string key = kKey;
  Microseconds age_us = 0;
  std::string content_type = "application/json";
  std::map<std::string, std::optional<std::string>> headers = {};  // instead of the right ones; nothing: left out
};

json::object item(const std::string& id = "m-1") {
  return json::
      parse(R"({"type":"engagement.created","timestamp":"2026-11-03T10:12:00Z","data":{"id":")" + id +
            R"(","customer":{"id":"c-1","name":"Ada Privateperson","identifiers":[{"kind":"email","value":"ada@customer.example"}]},
    "direction":"in","channel":"mail","occurred_at":"2026-11-03T10:12:00Z","thread":{"id":"t-1"},"text":"private words"}})")
          .as_object();
}

std::string body_of(const json::value& value) {
  return json::serialize(value);
}

class Handler : public testing::Test, protected unit::Database {
 protected:
  Handler() {
    store::Account account;
    account.id = next_id(kNow);
    account.name = account.label = "hooked";
    account.webhook_key = "hook";
    account.provider = "generic";
    const std::string sealed = seal(kMasterKey, account.id, "whsec_" + base64_encode(kKey));
    const std::string retired = seal(kMasterKey, account.id, "whsec_" + base64_encode(std::string(32, 'r')));
    const std::string coming = seal(kMasterKey, account.id, "whsec_" + base64_encode(std::string(32, 'c')));
    account.secrets = {{sealed, 0, std::nullopt}, {retired, 0, kNow - kHourUs}, {coming, kNow + kHourUs, std::nullopt}};
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::insert_account(*session_, account);
    transaction.commit();
  }

  WebhookAnswer send(const Sent& sent) {
    const std::int64_t stamp = (kNow - sent.age_us) / kSecondUs;
    std::map<std::string, std::optional<std::string>> headers = {
        {"webhook-id", sent.id},
        {"webhook-timestamp", std::to_string(stamp)},
        {"webhook-signature", sign(sent.key, sent.id, stamp, sent.body)},
        {"content-type", sent.content_type}};
    for (const auto& [name, value] : sent.headers) headers[name] = value;
    WebhookRequest request;
    request.method = sent.method;
    request.path = sent.path;
    request.query = sent.query;
    request.body = sent.body;
    request.request_id = "r-1";
    request.deadline_us = clock_.monotonic_us() + 30 * kSecondUs;
    request.header = [&](std::string_view name) -> std::optional<std::string_view> {
      const auto found = headers.find(std::string(name));
      if (found == headers.end() || !found->second) return std::nullopt;
      return std::string_view(*found->second);
    };
    return handler_.handle(request);
  }

  /// Everything that a delivery can write.
  std::int64_t rows() {
    return count(
        "SELECT (SELECT COUNT(*) FROM engagement) + (SELECT COUNT(*) FROM engagement_key) + (SELECT COUNT(*) FROM "
        "engagement_body) + (SELECT COUNT(*) FROM record) + (SELECT COUNT(*) FROM identity) + (SELECT COUNT(*) FROM "
        "identifier) + (SELECT COUNT(*) FROM identifier_value) + (SELECT COUNT(*) FROM thread) + (SELECT COUNT(*) FROM "
        "record_thread) + (SELECT COUNT(*) FROM attribute) + (SELECT COUNT(*) FROM interest) + (SELECT COUNT(*) FROM "
        "interest_trigger) + (SELECT COUNT(*) FROM delivery) + (SELECT COUNT(*) FROM identity_log)");
  }

  store::Pool pool_{store::opener(url(), clock_), clock_, 2};
  store::AccountDirectory directory_;
  WebhookHandler handler_{pool_, directory_, kMasterKey};
};

std::string deep(int levels) {
  std::string body;
  for (int level = 0; level < levels; ++level) body += R"({"a":)";
  return body + "1" + std::string(static_cast<std::size_t>(levels), '}');
}

TEST_F(Handler, refuses_each_bad_delivery_with_its_own_problem_and_stores_nothing) {
  struct Row {
    const char* name;
    Sent sent;
    int status;
    const char* type;
  };
  const std::string good = body_of(item());
  json::object broken = item();
  broken["data"].as_object()["text"] = 7;
  broken["data"].as_object()["Ada Privateperson"] = "private words";
  const json::array many(501, item());
  const Row rows_of_table[] = {
      {"an unknown address", {.body = good, .path = "other"}, 404, "unknown-address"},
      {"more after the address", {.body = good, .path = "hook/else"}, 404, "unknown-address"},
      {"GET", {.body = good, .method = "GET"}, 405, "method-not-allowed"},
      {"POST to a delivery", {.body = good, .path = "hook/deliveries/d-1"}, 405, "method-not-allowed"},
      {"no id", {.body = good, .headers = {{"webhook-id", std::nullopt}}}, 401, "unsigned"},
      {"no timestamp", {.body = good, .headers = {{"webhook-timestamp", std::nullopt}}}, 401, "unsigned"},
      {"no signature", {.body = good, .headers = {{"webhook-signature", std::nullopt}}}, 401, "unsigned"},
      {"a timestamp in words", {.body = good, .headers = {{"webhook-timestamp", "now"}}}, 401, "malformed-signature"},
      {"no v1", {.body = good, .headers = {{"webhook-signature", "v2,AAAA"}}}, 401, "malformed-signature"},
      {"too old", {.body = good, .age_us = 301 * kSecondUs}, 401, "stale-timestamp"},
      {"too new", {.body = good, .age_us = -301 * kSecondUs}, 401, "stale-timestamp"},
      {"another key", {.body = good, .key = kOtherKey}, 401, "wrong-signature"},
      {"a key that has ended", {.body = good, .key = std::string(32, 'r')}, 401, "wrong-signature"},
      {"a key that has not begun", {.body = good, .key = std::string(32, 'c')}, 401, "wrong-signature"},
      {"a form", {.body = good, .content_type = "application/x-www-form-urlencoded"}, 415, "unsupported-media-type"},
      {"no type", {.body = good, .headers = {{"content-type", std::nullopt}}}, 415, "unsupported-media-type"},
      {"nothing", {.body = ""}, 400, "empty-body"},
      {"blanks", {.body = " \r\n"}, 400, "empty-body"},
      {"half a text", {.body = good.substr(0, 40)}, 400, "malformed-json"},
      {"two texts", {.body = good + good}, 400, "malformed-json"},
      {"no UTF-8", {.body = "\"\xFF\""}, 400, "malformed-json"},
      {"too deep", {.body = deep(17)}, 400, "too-deep"},
      {"501 items", {.body = body_of(many)}, 413, "too-many-items"},
      {"no item", {.body = "[]"}, 422, "no-items"},
      {"broken items", {.body = body_of(json::array{broken, broken})}, 422, "invalid-items"},
      {"a bad dry run", {.body = good, .query = "dry_run=yes"}, 422, "invalid-query"},
  };
  const std::int64_t before = rows();
  for (const Row& row : rows_of_table) {
    SCOPED_TRACE(row.name);
    const WebhookAnswer answer = send(row.sent);
    EXPECT_EQ(answer.status, row.status);
    EXPECT_EQ(answer.content_type, "application/problem+json");
    const json::object problem = json::parse(answer.body).as_object();
    EXPECT_EQ(problem.at("type").as_string(), std::string("urn:identities:problem:") + row.type);
    EXPECT_EQ(problem.at("status"), row.status);
    EXPECT_EQ(problem.at("request_id"), "r-1");
    EXPECT_EQ(problem.contains("server_time"), std::string_view(row.type) == "stale-timestamp");
    EXPECT_EQ(answer.allow.empty(), row.status != 405);
    for (const char* value : {"Privateperson", "ada@", "private words"})
      EXPECT_THAT(answer.body, Not(HasSubstr(value)));
    EXPECT_EQ(rows(), before);
  }
}

TEST_F(Handler, names_the_method_that_an_address_takes) {
  EXPECT_EQ(send({.body = "", .method = "PUT"}).allow, "POST");
  EXPECT_EQ(send({.body = "", .method = "DELETE", .path = "hook/deliveries/d-1"}).allow, "GET");
}

TEST_F(Handler, tells_a_late_sender_the_servers_time) {
  const auto problem = json::parse(send({.body = body_of(item()), .age_us = 400 * kSecondUs}).body).as_object();
  EXPECT_EQ(problem.at("server_time").as_string(), format_rfc3339(kNow));
}

TEST_F(Handler, takes_a_delivery_at_the_very_edge_of_the_tolerance) {
  EXPECT_EQ(send({.body = body_of(item("m-1")), .id = "d-1", .age_us = 300 * kSecondUs}).status, 200);
  EXPECT_EQ(send({.body = body_of(item("m-2")), .id = "d-2", .age_us = -300 * kSecondUs}).status, 200);
}

TEST_F(Handler, points_at_each_fault_of_each_item) {
  json::object broken = item();
  broken["data"].as_object()["text"] = 7;
  broken["data"].as_object().erase("thread");
  const auto problem = json::parse(send({.body = body_of(json::array{broken, 1})}).body).as_object();
  std::vector<std::string> pointers;
  for (const auto& error : problem.at("errors").as_array()) pointers.emplace_back(error.at("pointer").as_string());
  EXPECT_THAT(pointers, testing::UnorderedElementsAre("/0/data/text", "/0/data/thread", "/1"));
}

TEST_F(Handler, stores_a_single_item_and_an_array_alike) {
  EXPECT_EQ(send({.body = body_of(item("m-1")), .id = "d-1"}).status, 200);
  EXPECT_EQ(send({.body = body_of(json::array{item("m-2")}), .id = "d-2"}).status, 200);
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 2);
}

TEST_F(Handler, takes_a_byte_order_mark_and_a_charset) {
  EXPECT_EQ(send({.body = "\xEF\xBB\xBF" + body_of(item()), .content_type = "Application/JSON ; charset=utf-8"}).status,
            200);
}

TEST_F(Handler, keeps_the_good_items_of_a_delivery_and_tells_of_the_others) {
  json::object broken = item();
  broken.erase("data");
  const WebhookAnswer answer = send({.body = body_of(json::array{item("m-1"), broken, item("m-2")})});
  EXPECT_EQ(answer.status, 207);
  const json::array results = json::parse(answer.body).at("results").as_array();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].at("status"), "stored");
  EXPECT_EQ(results[1].at("status"), "rejected");
  EXPECT_EQ(results[1].at("errors").at(0).at("pointer"), "/1/data");
  EXPECT_EQ(results[2].at("status"), "stored");
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 2);
}

TEST_F(Handler, answers_the_same_delivery_again_with_the_first_outcome) {
  const Sent sent{.body = body_of(item())};
  const json::object first = json::parse(send(sent).body).as_object();
  const std::int64_t after = rows();
  json::object again = json::parse(send(sent).body).as_object();
  EXPECT_EQ(first.at("duplicate"), false);
  EXPECT_EQ(again.at("duplicate"), true);
  EXPECT_EQ(again.at("results"), first.at("results"));
  EXPECT_EQ(again.at("received_at"), first.at("received_at"));
  EXPECT_EQ(rows(), after);
}

TEST_F(Handler, refuses_another_body_under_an_id_that_was_accepted) {
  ASSERT_EQ(send({.body = body_of(item("m-1"))}).status, 200);
  const std::int64_t after = rows();
  const WebhookAnswer answer = send({.body = body_of(item("m-2"))});
  EXPECT_EQ(answer.status, 409);
  EXPECT_THAT(answer.body, HasSubstr("delivery-id-reused"));
  EXPECT_EQ(rows(), after);
}

TEST_F(Handler, takes_a_refused_delivery_when_it_comes_again_mended) {
  ASSERT_EQ(send({.body = "{}"}).status, 422);
  EXPECT_EQ(send({.body = body_of(item())}).status, 200);
}

TEST_F(Handler, a_dry_run_tells_the_outcome_and_stores_nothing) {
  const std::int64_t before = rows();
  const WebhookAnswer answer = send({.body = body_of(item()), .query = "dry_run=1"});
  EXPECT_EQ(answer.status, 200);
  const json::object reply = json::parse(answer.body).as_object();
  EXPECT_EQ(reply.at("dry_run"), true);
  EXPECT_EQ(reply.at("results").at(0).at("status"), "stored");
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(send({.body = body_of(item())}).status, 200);
}

TEST_F(Handler, says_what_became_of_a_delivery_to_its_sender_only) {
  ASSERT_EQ(send({.body = body_of(item())}).status, 200);
  Sent ask{.body = "", .id = "d-1", .method = "GET", .path = "hook/deliveries/d-1"};
  const WebhookAnswer known = send(ask);
  EXPECT_EQ(known.status, 200);
  EXPECT_EQ(json::parse(known.body).at("results").at(0).at("status"), "stored");
  ask.key = kOtherKey;
  EXPECT_EQ(send(ask).status, 401);
  ask.key = kKey;
  ask.path = "hook/deliveries/d-2";
  EXPECT_EQ(send(ask).status, 401) << "the id that is signed is not the one that is asked for";
  ask.id = "d-2";
  const WebhookAnswer unknown = send(ask);
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("unknown-delivery"));
}

TEST_F(Handler, knows_no_disabled_account) {
  ASSERT_EQ(send({.body = body_of(item())}).status, 200);
  count("UPDATE account SET disabled_us = 1 WHERE name = 'hooked'");
  count("UPDATE setting SET value = value + 1 WHERE name = 'settings_version'");
  EXPECT_EQ(send({.body = body_of(item("m-2")), .id = "d-2"}).status, 404);
}

TEST_F(Handler, asks_to_come_again_when_no_secret_can_be_opened) {
  WebhookHandler other(pool_, directory_, std::string(kMasterKeyBytes, 'x'));
  WebhookRequest request;
  request.method = "POST";
  request.path = "hook";
  request.deadline_us = clock_.monotonic_us() + 30 * kSecondUs;
  request.header = [](std::string_view) { return std::optional<std::string_view>(); };
  const WebhookAnswer answer = other.handle(request);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.retry_after_s, 60);
}

TEST_F(Handler, stores_all_items_of_a_trusted_host_or_none) {
  const auto take = [&](const json::object& given, Faults& faults) {
    return take_host_items(body_of(given), pool_, directory_, clock_.monotonic_us() + 30 * kSecondUs, faults);
  };
  json::object broken = item();
  broken["data"].as_object()["text"] = 7;
  const std::int64_t before = rows();
  struct Row {
    const char* name;
    json::object given;
    const char* pointer;
  };
  const Row rows_of_table[] = {
      {"one broken item", {{"account", "hooked"}, {"items", json::array{item(), broken}}}, "/items/1/data/text"},
      {"an unknown account", {{"account", "nobody"}, {"items", json::array{item()}}}, "/account"},
      {"no items", {{"account", "hooked"}, {"items", json::array{}}}, "/items"},
      {"another member", {{"account", "hooked"}, {"items", json::array{item()}}, {"extra", 1}}, "/extra"},
  };
  for (const Row& row : rows_of_table) {
    SCOPED_TRACE(row.name);
    Faults faults;
    EXPECT_FALSE(take(row.given, faults));
    ASSERT_FALSE(faults.empty());
    EXPECT_EQ(faults.front().pointer, row.pointer);
    EXPECT_EQ(rows(), before);
  }
  Faults faults;
  EXPECT_TRUE(take({{"account", "hooked"}, {"items", json::array{item("m-1"), item("m-2")}}}, faults));
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 2);
}

}  // namespace
}  // namespace identities::accounts
