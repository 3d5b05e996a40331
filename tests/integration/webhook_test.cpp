// Method: a real hdhost with the plugin on a real SQLite file; deliveries go in by sockets, what was stored is counted
// in the file itself.
#include <gmock/gmock.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <thread>
#include <tuple>

#include "installation.hpp"

namespace integration {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

constexpr const char* kStored =
    "SELECT (SELECT COUNT(*) FROM engagement) + (SELECT COUNT(*) FROM record) + (SELECT COUNT(*) FROM delivery)";

std::string type_of(const contract::Response& response) {
  return std::string(json::parse(response.body).at("type").as_string());
}
std::string pointer_of(const contract::Response& response) {
  return std::string(json::parse(response.body).at("pointer").as_string());
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

/// A good message with one value changed by the row.
std::string changed(const std::function<void(json::object&)>& change) {
  json::object item = message("m-1");
  change(item);
  return json::serialize(item);
}

class Webhook : public testing::Test {
 protected:
  Webhook() : account_(installation_.add_account("shop")) { installation_.start(); }
  Installation installation_;
  Account account_;
};

struct BadDelivery {
  std::string name;
  std::function<Sent()> sent;
  int status;
  std::string problem;
  std::string pointer;  // empty: not looked at
};

TEST_F(Webhook, a_bad_delivery_gets_its_own_problem_and_stores_nothing) {
  const std::string good = json::serialize(message("m-1"));
  const std::vector<BadDelivery> rows = {
      {"unsigned", [&] { return Sent{.body = good, .id = "d", .is_signed = false}; }, 401, "unsigned", ""},
      {"stale", [&] { return Sent{.body = good, .id = "d", .age_s = 400}; }, 401, "stale-timestamp", ""},
      {"from the future", [&] { return Sent{.body = good, .id = "d", .age_s = -400}; }, 401, "stale-timestamp", ""},
      {"not JSON by its type", [&] { return Sent{.body = good, .id = "d", .content_type = "text/plain"}; }, 415,
       "unsupported-media-type", ""},
      {"empty", [] { return Sent{.body = "", .id = "d"}; }, 400, "empty-body", ""},
      {"half-written", [&] { return Sent{.body = good.substr(0, good.size() / 2), .id = "d"}; }, 400, "malformed-json",
       ""},
      {"two values", [&] { return Sent{.body = good + good, .id = "d"}; }, 400, "malformed-json", ""},
      {"not UTF-8", [&] { return Sent{.body = "{\"type\":\"\xff\"}", .id = "d"}; }, 400, "malformed-json", ""},
      {"too deep", [] { return Sent{.body = nested(40), .id = "d"}; }, 400, "too-deep", ""},
      {"no items", [] { return Sent{.body = "[]", .id = "d"}; }, 422, "no-items", ""},
      {"501 items", [] { return Sent{.body = json::serialize(json::array(501, json::object{})), .id = "d"}; }, 413,
       "too-many-items", ""},
      {"a number", [] { return Sent{.body = "42", .id = "d"}; }, 422, "invalid-items", ""},
      {"wrong type",
       [&] {
         return Sent{.body = changed([](json::object& item) { item["data"].as_object()["text"] = 7; }), .id = "d"};
       },
       422, "invalid-items", "/data/text"},
      {"unknown direction",
       [&] {
         return Sent{.body = changed([](json::object& item) { item["data"].as_object()["direction"] = "up"; }),
                     .id = "d"};
       },
       422, "invalid-items", "/data/direction"},
      {"no customer",
       [&] {
         return Sent{.body = changed([](json::object& item) { item["data"].as_object().erase("customer"); }),
                     .id = "d"};
       },
       422, "invalid-items", "/data/customer"},
      {"unknown member",
       [&] {
         return Sent{.body = changed([](json::object& item) { item["data"].as_object()["extra_one"] = 1; }), .id = "d"};
       },
       422, "invalid-items", "/data/extra_one"},
      {"no zone",
       [&] {
         return Sent{.body = changed(
                         [](json::object& item) { item["data"].as_object()["occurred_at"] = "2026-11-03T10:12:00"; }),
                     .id = "d"};
       },
       422, "invalid-items", "/data/occurred_at"},
  };
  for (const BadDelivery& row : rows) {
    SCOPED_TRACE(row.name);
    const contract::Response response = installation_.deliver(account_, row.sent());
    EXPECT_EQ(response.status, row.status) << response.body;
    EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
    EXPECT_THAT(type_of(response), testing::EndsWith(row.problem));
    if (!row.pointer.empty()) {
      EXPECT_EQ(pointer_of(response), row.pointer);
    }
    EXPECT_EQ(installation_.count(kStored), 0);
  }
}

TEST_F(Webhook, a_body_over_the_limit_is_refused_with_413) {
  const contract::Response response =
      installation_.deliver(account_, {.body = json::serialize(message("m", std::string(1100000, 'x'))), .id = "d"});
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(installation_.count(kStored), 0);
}

TEST_F(Webhook, another_accounts_secret_and_an_unknown_address_are_refused) {
  const Account other = installation_.add_account("other");
  const Sent sent{.body = json::serialize(message("m")), .id = "d"};
  EXPECT_EQ(installation_.deliver({account_.address, other.secret}, sent).status, 401);
  EXPECT_EQ(installation_.deliver({"/hooks/v1/AAAAAAAAAAAAAAAAAAAAAA", other.secret}, sent).status, 404);
  EXPECT_EQ(installation_.count(kStored), 0);
}

TEST_F(Webhook, an_accepted_engagement_is_in_the_panel_at_once) {
  EXPECT_EQ(installation_.deliver(account_, {.body = json::serialize(message("m-1", "is my bike ready")), .id = "d-1"})
                .status,
            200);
  EXPECT_THAT(installation_.panel("Ada@Customer.Example").body, HasSubstr("is my bike ready"));
}

TEST_F(Webhook, the_same_delivery_twice_changes_nothing_and_says_so) {
  const Sent sent{.body = json::serialize(message("m-1")), .id = "d-1"};
  EXPECT_THAT(installation_.deliver(account_, sent).body, HasSubstr(R"("duplicate":false)"));
  const std::int64_t stored = installation_.count(kStored);
  EXPECT_THAT(installation_.deliver(account_, sent).body, HasSubstr(R"("duplicate":true)"));
  EXPECT_EQ(installation_.count(kStored), stored);
  EXPECT_EQ(installation_.deliver(account_, {.body = json::serialize(message("m-2")), .id = "d-1"}).status, 409);
}

TEST_F(Webhook, a_deletion_before_its_message_wins) {
  const json::object deleted = {
      {"type", "engagement.deleted"}, {"timestamp", "2026-11-03T10:12:00Z"}, {"data", json::object{{"id", "m-1"}}}};
  EXPECT_EQ(installation_.deliver(account_, {.body = json::serialize(deleted), .id = "d-1"}).status, 200);
  EXPECT_THAT(installation_.deliver(account_, {.body = json::serialize(message("m-1")), .id = "d-2"}).body,
              HasSubstr("unchanged"));
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM engagement"), 0);
}

TEST_F(Webhook, a_batch_tells_of_each_item_and_keeps_the_good_ones) {
  json::object bad = message("m-2");
  bad["data"].as_object()["channel"] = "Mail!";
  const contract::Response response =
      installation_.deliver(account_, {.body = json::serialize(json::array{message("m-1"), bad}), .id = "d-1"});
  EXPECT_EQ(response.status, 207);
  const json::array results = json::parse(response.body).at("results").as_array();
  EXPECT_EQ(results.at(0).at("status"), "stored");
  EXPECT_EQ(results.at(1).at("status"), "rejected");
  EXPECT_EQ(results.at(1).at("errors").at(0).at("pointer"), "/1/data/channel");
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM engagement"), 1);
}

TEST_F(Webhook, a_dry_run_tells_and_stores_nothing) {
  const contract::Response response =
      installation_.deliver(account_, {.body = json::serialize(message("m-1")), .id = "d-1", .query = "dry_run=1"});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("dry_run":true)"));
  EXPECT_EQ(installation_.count(kStored), 0);
}

TEST_F(Webhook, a_sender_can_ask_what_became_of_a_delivery) {
  installation_.deliver(account_, {.body = json::serialize(message("m-1")), .id = "d-1"});
  const contract::Response found = installation_.ask_delivery(account_, "d-1");
  EXPECT_EQ(found.status, 200);
  EXPECT_THAT(found.body, HasSubstr(R"("status":"stored")"));
  EXPECT_EQ(installation_.ask_delivery(account_, "d-2").status, 404);
  EXPECT_EQ(installation_.ask_delivery({account_.address, installation_.add_account("other").secret}, "d-1").status,
            401);
}

TEST_F(Webhook, what_was_answered_with_2xx_survives_kill_9_exactly_once) {
  constexpr int kSenders = 8;
  constexpr int kMessages = 400;
  std::atomic<int> next = 0;
  std::atomic<int> accepted = 0;
  std::vector<std::string> kept(kMessages);
  {
    std::vector<std::jthread> senders;
    for (int sender = 0; sender < kSenders; ++sender)
      senders.emplace_back([&] {
        for (int number = next++; number < kMessages; number = next++) {
          const std::string id = "m-" + std::to_string(number);
          try {
            if (installation_.deliver(account_, {.body = json::serialize(message(id)), .id = "d-" + id}).status != 200)
              return;
          } catch (const std::exception&) {
            return;  // the server was killed under this request
          }
          kept[static_cast<std::size_t>(number)] = id;
          if (++accepted == kMessages / 4) installation_.hdhost().signal(9);
        }
      });
  }
  ASSERT_GE(accepted, kMessages / 4);
  installation_.start();
  for (const std::string& id : kept) {
    if (id.empty()) continue;
    // Sent again, as a sender would that is not sure: known, and not doubled.
    EXPECT_THAT(installation_.deliver(account_, {.body = json::serialize(message(id)), .id = "again-" + id}).body,
                HasSubstr("unchanged"));
    EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM engagement_key WHERE source_key = '" + id +
                                  "' AND engagement_id <> 0"),
              1);
  }
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM engagement"),
            installation_.count("SELECT COUNT(*) FROM engagement_key"));
  EXPECT_EQ(installation_.count("SELECT SUM(in_count) FROM record_thread"),
            installation_.count("SELECT COUNT(*) FROM engagement"));
}

TEST_F(Webhook, senders_at_once_with_the_same_messages_store_each_once) {
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> senders;
    for (int sender = 0; sender < 8; ++sender)
      senders.emplace_back([&, sender] {
        for (int number = 0; number < 25; ++number) {
          const std::string id = "m-" + std::to_string(number);
          const std::string delivery = "d-" + std::to_string(sender) + "-" + id;
          if (installation_.deliver(account_, {.body = json::serialize(message(id)), .id = delivery}).status != 200)
            ++refused;
        }
      });
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM engagement"), 25);
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM identity"), 1);
}

TEST_F(Webhook, keys_that_look_like_numbers_stay_apart) {
  for (const char* id : {"7", "007", "1e3", "1000", "100000000000000000001", "100000000000000000002"})
    EXPECT_THAT(
        installation_.deliver(account_, {.body = json::serialize(message(id)), .id = std::string("d") + id}).body,
        HasSubstr(R"("status":"stored")"));
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM engagement"), 6);
  EXPECT_EQ(installation_.deliver(account_, {.body = json::serialize(message("m-1")), .id = "77"}).status, 200);
  EXPECT_EQ(installation_.deliver(account_, {.body = json::serialize(message("m-2")), .id = "077"}).status, 200);
}

TEST_F(Webhook, a_change_from_the_far_future_is_refused_so_that_it_cannot_keep_true_ones_out) {
  const auto far = [](json::object& item) { item["timestamp"] = "9999-01-01T00:00:00Z"; };
  const contract::Response response = installation_.deliver(account_, {.body = changed(far), .id = "d-1"});
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(pointer_of(response), "/timestamp");
}

TEST_F(Webhook, a_dry_run_that_is_neither_0_nor_1_is_refused) {
  const Sent sent{.body = json::serialize(message("m-1")), .id = "d-1", .query = "dry_run=true"};
  EXPECT_EQ(installation_.deliver(account_, sent).status, 422);
  EXPECT_EQ(installation_.count(kStored), 0);
}

TEST_F(Webhook, the_same_platform_id_in_two_generic_accounts_is_two_people) {
  const Account other = installation_.add_account("other");
  const auto with_platform_id = [](const std::string& id) {
    json::object item = message(id);
    item["data"].as_object()["customer"].as_object()["identifiers"] =
        json::array{json::object{{"kind", "platform"}, {"value", "1001"}}};
    return json::serialize(item);
  };
  installation_.deliver(account_, {.body = with_platform_id("m-1"), .id = "d-1"});
  installation_.deliver(other, {.body = with_platform_id("m-2"), .id = "d-2"});
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM identity"), 2);
}

TEST_F(Webhook, edits_of_one_time_give_the_same_text_in_either_order) {
  const auto edited = [](const std::string& id, const std::string& text) {
    json::object item = message(id, text);
    item["type"] = "engagement.edited";
    return json::serialize(item);
  };
  for (const auto& [id, first, second] : {std::tuple("m-1", "one", "two"), std::tuple("m-2", "two", "one")}) {
    installation_.deliver(account_, {.body = edited(id, first), .id = std::string("d-") + id + first});
    installation_.deliver(account_, {.body = edited(id, second), .id = std::string("d-") + id + second});
  }
  EXPECT_EQ(installation_.count("SELECT COUNT(DISTINCT preview) FROM engagement"), 1);
}

TEST_F(Webhook, a_rotated_secret_and_the_former_one_are_good_until_the_overlap_ends) {
  const Account fresh{account_.address, installation_.rotate("shop", 24)};
  EXPECT_EQ(installation_.deliver(fresh, {.body = json::serialize(message("m-1")), .id = "d-1"}).status, 200);
  EXPECT_EQ(installation_.deliver(account_, {.body = json::serialize(message("m-2")), .id = "d-2"}).status, 200);
  const Account freshest{account_.address, installation_.rotate("shop", 0)};
  EXPECT_EQ(installation_.deliver(freshest, {.body = json::serialize(message("m-3")), .id = "d-3"}).status, 200);
  EXPECT_EQ(installation_.deliver(account_, {.body = json::serialize(message("m-4")), .id = "d-4"}).status, 401);
  EXPECT_EQ(installation_.deliver(fresh, {.body = json::serialize(message("m-5")), .id = "d-5"}).status, 401);
}

}  // namespace
}  // namespace integration
