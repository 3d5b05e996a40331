// Method: a real hdhost with the plugin on a real SQLite file; agents come with signed tokens.
#include <gmock/gmock.h>

#include <sqlite3.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iterator>

#include "installation.hpp"

namespace integration {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAda = "ada@customer.example";

class Panel : public testing::Test {
 protected:
  Panel() : account_(installation_.add_account("support", "webdesk")) { installation_.start(); }

  json::object open(const json::object& body = {}) {
    return json::parse(installation_.panel(kAda, body).body).as_object();
  }
  void deliver(const json::object& item, const std::string& id) {
    ASSERT_EQ(installation_.deliver(account_, {.body = json::serialize(item), .id = id}).status, 200);
  }
  std::string add_note(const std::string& text, const std::string& agent = "mia") {
    const auto response = installation_.action(
        "note.add", kAda, {{"key", "key-" + text.substr(0, 4) + agent}, {"args", json::object{{"text", text}}}}, agent);
    EXPECT_EQ(response.status, 200) << response.body;
    return std::string(json::parse(response.body).at("note").at("id").as_string());
  }

  Installation installation_;
  Account account_;
};

TEST_F(Panel, opening_a_stranger_writes_no_row) {
  const json::object reply = open();
  EXPECT_EQ(reply.at("identity").at("status"), "new");
  EXPECT_TRUE(reply.at("identity").at("id").is_null());
  EXPECT_EQ(
      installation_.count(
          "SELECT (SELECT COUNT(*) FROM identity) + (SELECT COUNT(*) FROM record) + (SELECT COUNT(*) FROM audit)"),
      0);
}

TEST_F(Panel, a_poll_with_the_version_in_hand_is_unchanged_until_something_comes) {
  deliver(message("m-1"), "d-1");
  const json::string version = open().at("version").as_string();
  EXPECT_EQ(open({{"if_version", version}}).at("unchanged"), true);
  deliver(message("m-2"), "d-2");
  EXPECT_FALSE(open({{"if_version", version}}).contains("unchanged"));
}

TEST_F(Panel, a_note_on_a_stranger_makes_the_identity_and_shows_for_every_agent) {
  add_note("Call after five");
  const auto reply = installation_.panel(kAda);
  EXPECT_THAT(reply.body, HasSubstr("Call after five"));
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM identity"), 1);
  deliver(message("m-1"), "d-1");
  EXPECT_THAT(installation_.panel(kAda).body, HasSubstr("Call after five"));
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM identity"), 1);
}

TEST_F(Panel, the_same_command_twice_writes_one_note) {
  const std::string first = add_note("Twice");
  EXPECT_EQ(add_note("Twice"), first);
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM note"), 1);
}

TEST_F(Panel, an_agent_without_moderation_leaves_a_colleagues_note_alone) {
  const std::string id = add_note("Mias own");
  const auto response =
      installation_.action("note.delete", kAda, {{"key", "key-00000"}, {"args", json::object{{"id", id}}}}, "tom");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM note"), 1);
}

TEST_F(Panel, two_agents_editing_one_note_are_told) {
  const std::string id = add_note("First");
  const auto edit = [&](const std::string& text, const std::string& key) {
    return installation_
        .action("note.edit", kAda, {{"key", key}, {"args", json::object{{"id", id}, {"text", text}, {"version", 1}}}})
        .status;
  };
  EXPECT_EQ(edit("Second", "key-11111"), 200);
  EXPECT_EQ(edit("Third", "key-22222"), 409);
  EXPECT_THAT(installation_.panel(kAda).body, HasSubstr("Second"));
}

TEST_F(Panel, no_byte_of_a_deleted_note_is_left_in_any_file) {
  const std::string text = "unforgettable-7f3a91";
  const std::string id = add_note(text);
  EXPECT_EQ(
      installation_
          .action("note.edit", kAda,
                  {{"key", "key-33333"}, {"args", json::object{{"id", id}, {"text", text + " twice"}, {"version", 1}}}})
          .status,
      200);
  EXPECT_EQ(
      installation_.action("note.delete", kAda, {{"key", "key-44444"}, {"args", json::object{{"id", id}}}}).status,
      200);
  EXPECT_THAT(installation_.panel(kAda).body, Not(HasSubstr(text)));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(installation_.folder())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find(text), std::string::npos) << entry.path();
  }
}

TEST_F(Panel, a_customer_named_like_markup_stands_safely_in_the_reply) {
  json::object item = message("m-1", "</script><script>alert(1)</script>");
  item["data"].as_object()["customer"].as_object()["name"] = "</script><img src=x onerror=alert(1)>";
  deliver(item, "d-1");
  EXPECT_THAT(installation_.panel(kAda).body, Not(HasSubstr("<")));
}

TEST_F(Panel, reads_and_writes_are_in_the_audit_by_ids_only) {
  deliver(message("m-1"), "d-1");
  open();
  add_note("Audited");  // a write flushes the reads queued before it
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM audit WHERE action = 'identity.open' AND agent_id = 'mia'"), 1);
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM audit WHERE action = 'note.add' AND identity_id IS NOT NULL"), 1);
}

TEST_F(Panel, the_helpdesk_gets_an_answer_while_the_database_is_locked_and_all_heals) {
  deliver(message("m-1"), "d-1");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(installation_.database().c_str(), &other), SQLITE_OK);
  sqlite3_busy_timeout(other, 10'000);  // the host's own work after the delivery
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(installation_.panel(kAda).status, 200);  // readers go on
  EXPECT_EQ(
      installation_.action("note.add", kAda, {{"key", "key-55555"}, {"args", json::object{{"text", "later"}}}}).status,
      503);
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_EQ(
      installation_.action("note.add", kAda, {{"key", "key-55555"}, {"args", json::object{{"text", "later"}}}}).status,
      200);
}

TEST_F(Panel, a_missing_database_is_a_503_that_says_try_again_and_heals) {
  const auto away = installation_.database().parent_path() / "away.db";
  installation_.stop_hard();
  std::filesystem::rename(installation_.database(), away);
  installation_.start();
  const auto response = installation_.panel(kAda);
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.headers.contains("retry-after"));
  EXPECT_EQ(contract::request(installation_.hdhost().status_url(), "GET", "/readyz").status, 503);
  std::filesystem::rename(away, installation_.database());
  EXPECT_EQ(installation_.panel(kAda).status, 200);
  EXPECT_EQ(contract::request(installation_.hdhost().status_url(), "GET", "/readyz").status, 200);
}

TEST_F(Panel, an_idempotency_key_is_good_for_one_command_only) {
  const std::string id = add_note("Kept");
  const auto response =
      installation_.action("note.delete", kAda, {{"key", "key-Keptmia"}, {"args", json::object{{"id", id}}}});
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM note"), 1);
}

TEST_F(Panel, a_note_deleted_while_somebody_reads_is_gone_from_the_files_after_a_kill_and_a_restart) {
  const std::string text = "unforgettable-55c1";
  const std::string id = add_note(text);
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(installation_.database().c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT COUNT(*) FROM note", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(
      installation_.action("note.delete", kAda, {{"key", "key-66666"}, {"args", json::object{{"id", id}}}}).status,
      200);
  installation_.stop_hard();
  EXPECT_EQ(installation_.count("SELECT value <> '0' FROM setting WHERE name = 'purge_wanted'"), 1);
  sqlite3_exec(reader, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(reader);
  installation_.start();
  ASSERT_TRUE(installation_.wait_for("SELECT value = '0' FROM setting WHERE name = 'purge_wanted'"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(installation_.folder())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find(text), std::string::npos) << entry.path();
  }
}

TEST_F(Panel, a_new_address_of_a_customer_shows_in_an_open_panel) {
  deliver(message("m-1"), "d-1");
  const json::string version = open().at("version").as_string();
  const json::object profile = {{"type", "attributes.updated"},
                                {"timestamp", "2026-11-04T10:12:00Z"},
                                {"data", json::object{{"customer", message("m-1").at("data").at("customer")}}}};
  json::object wider = profile;
  wider["data"].as_object()["customer"].as_object()["identifiers"].as_array().push_back(
      json::object{{"kind", "phone"}, {"value", "+61491570156"}});
  deliver(wider, "d-2");
  EXPECT_FALSE(open({{"if_version", version}}).contains("unchanged"));
}

TEST_F(Panel, history_before_1970_is_paged_too) {
  json::array items;
  for (int year = 1910; year < 1970; ++year) {
    json::object item = message("m-" + std::to_string(year));
    item["data"].as_object()["occurred_at"] = std::to_string(year) + "-01-01T00:00:00Z";
    items.push_back(item);
  }
  ASSERT_EQ(installation_.deliver(account_, {.body = json::serialize(items), .id = "d-1"}).status, 200);
  const json::object first = open().at("history").as_object();
  EXPECT_EQ(first.at("rows").as_array().size(), 50U);
  const json::object before = open({{"pivot", "history"}, {"cursor", first.at("before")}}).at("history").as_object();
  EXPECT_EQ(before.at("rows").as_array().size(), 10U);
}

}  // namespace
}  // namespace integration
