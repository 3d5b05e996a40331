// Method: what a restricted view gets is searched for every byte that it may not see. The customer wrote openly and in
// the partition HR; there are internal comments, a hidden account and interests triggered in hidden places.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/timestamp.hpp"
#include "installation.hpp"

namespace integration {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAda = "ada@customer.example";

/// A message of Ada with these members of data, and of its thread, set.
json::object told(const std::string& id, const std::string& text, const json::object& data,
                  const json::object& thread) {
  json::object item = message(id, text);
  for (const auto& member : thread) item["data"].as_object()["thread"].as_object()[member.key()] = member.value();
  for (const auto& member : data) item["data"].as_object()[member.key()] = member.value();
  return item;
}

json::array interest(const std::string& words) {
  return {json::object{{"category", "Sport"}, {"name", "Cycling"}, {"words", words}}};
}

class RestrictedView : public testing::Test {
 protected:
  RestrictedView()
      : support_(installation_.add_account("support", "webdesk")), hidden_(installation_.add_account("hidden")) {
    installation_.start();
  }
  void deliver(const Account& account, const json::object& item) {
    ASSERT_EQ(
        installation_.deliver(account, {.body = json::serialize(item), .id = "d-" + std::to_string(++deliveries_)})
            .status,
        200);
  }
  /// Every pivot's reply in one text.
  std::string everything(const json::object& view) const {
    std::string text;
    for (const json::object& body :
         {json::object{}, json::object{{"pivot", "attributes"}},
          json::object{{"pivot", "history"}, {"cursor", "first"}},
          json::object{{"pivot", "history"}, {"filter", json::object{{"search", "secret"}}}}})
      text += installation_.panel(kAda, body, view).body;
    return text;
  }

  const json::object open_only_ = {
      {"all", false}, {"partitions", json::array{"support", "support/Open"}}, {"internal_partitions", json::array{}}};
  Installation installation_;
  Account support_;
  Account hidden_;
  int deliveries_ = 0;
};

TEST_F(RestrictedView, shows_no_byte_of_what_is_not_in_view) {
  deliver(support_, told("m-1", "open words", {{"interests", interest("open cycling")}},
                         {{"id", "t-open"}, {"partition", "Open"}}));
  json::object customer = message("x").at("data").at("customer").as_object();
  customer["name"] = "Ada Secretname";
  customer["identifiers"].as_array().push_back(json::object{{"kind", "phone"}, {"value", "+61491570110"}});
  deliver(
      support_,
      told("m-2", "secret hr",
           {{"customer", customer}, {"occurred_at", "2026-11-09T01:02:03Z"}, {"interests", interest("secret cycling")}},
           {{"id", "t-hr"}, {"partition", "HR"}, {"subject", "secret subject"}}));
  deliver(support_, told("m-3", "secret comment", {{"direction", "internal"}, {"occurred_at", "2026-11-10T01:02:03Z"}},
                         {{"id", "t-open"}}));
  deliver(hidden_, told("m-4", "secret chat", {{"occurred_at", "2026-11-11T01:02:03Z"}, {"channel", "hiddenchat"}},
                        {{"id", "t-chat"}}));

  const std::string seen = everything(open_only_);
  EXPECT_THAT(seen, HasSubstr("open words"));
  EXPECT_THAT(seen, HasSubstr("open cycling"));
  for (const char* hidden : {"ecret", "0491570110", "61491570110", "hiddenchat", "17941", "\"hidden\"", "HR"})
    EXPECT_THAT(seen, Not(HasSubstr(hidden))) << hidden;
  for (const char* time : {"2026-11-09T01:02:03Z", "2026-11-10T01:02:03Z", "2026-11-11T01:02:03Z"})
    EXPECT_THAT(seen, Not(HasSubstr(std::to_string(*identities::parse_rfc3339(time))))) << time;
  const json::object attributes =
      json::parse(installation_.panel(kAda, {{"pivot", "attributes"}}, open_only_).body).at("attributes").as_object();
  ASSERT_EQ(attributes.at("total"), 1);
  EXPECT_EQ(attributes.at("rows").at(0).at("evidence"), 1);
  const std::string all = everything(Installation::all());
  for (const char* there : {"secret hr", "Secretname", "61491570110", "hiddenchat", "secret comment"})
    EXPECT_THAT(all, HasSubstr(there));
}

TEST_F(RestrictedView, a_person_known_only_elsewhere_is_unknown) {
  deliver(hidden_, message("m-1"));
  const std::string unknown = installation_.panel("nobody@customer.example", {}, open_only_).body;
  const json::object reply = json::parse(installation_.panel(kAda, {}, open_only_).body).as_object();
  EXPECT_TRUE(reply.at("identity").at("id").is_null());
  EXPECT_EQ(reply.at("counts"), json::parse(unknown).at("counts"));
}

TEST_F(RestrictedView, a_partition_holds_whatever_the_order_of_arrival) {
  json::object later = told("m-2", "no partition named", {}, {{"id", "t-hr"}});
  later["timestamp"] = "2026-11-05T00:00:00Z";
  deliver(support_, later);
  deliver(support_, told("m-1", "partition named", {}, {{"id", "t-hr"}, {"partition", "HR"}}));
  EXPECT_EQ(installation_.count("SELECT COUNT(*) FROM thread WHERE partition_key = 'support/HR'"), 1);
  EXPECT_THAT(everything(open_only_), Not(HasSubstr("partition named")));
}

TEST_F(RestrictedView, a_note_from_a_hidden_message_shows_without_its_link) {
  deliver(support_, told("m-1", "open", {}, {{"id", "t-open"}, {"partition", "Open"}}));
  deliver(support_, told("m-2", "secret", {}, {{"id", "t-hr"}, {"partition", "HR"}}));
  const auto rows = json::parse(installation_.panel(kAda).body).at("history").at("rows").as_array();
  for (const auto& row : rows) {
    const std::string key = "key-" + std::string(row.at("id").as_string());
    const json::object args = {{"text", "from " + std::string(row.at("text").as_string())},
                               {"link", json::object{{"kind", "engagement"}, {"engagement", row.at("id")}}}};
    EXPECT_EQ(installation_.action("note.add", kAda, {{"key", key}, {"args", args}}).status, 200);
  }
  const auto notes = json::parse(installation_.panel(kAda, {}, open_only_).body).at("notes").as_array();
  ASSERT_EQ(notes.size(), 2U);
  for (const auto& note : notes) EXPECT_EQ(note.at("link").is_null(), note.at("text") == "from secret");
}

}  // namespace
}  // namespace integration
