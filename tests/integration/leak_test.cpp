// Method: every piece of data carries words that nothing else has. One installation is told everything, its twin only
// what a view holds, both through webhooks at a real hdhost. Each request that the API has is sent to both with that
// view: every byte of the first one's replies, headers included, is searched for words, numbers, times and ids of what
// is hidden; and the replies are equal but for ids, so that no count, order or absence tells of it either.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "canonical_reply.hpp"
#include "core/timestamp.hpp"
#include "installation.hpp"

namespace integration {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAda = "ada@customer.example";

/// One item; its mark stands in each of its texts.
struct Piece {
  const char* mark;
  const char* account;
  const char* thread;     // empty: a profile and attributes
  const char* partition;  // in the account; empty: none
  const char* direction;
  const char* phone;     // told of the customer here alone; empty: none
  const char* interest;  // triggered here
};

constexpr std::array kPieces = {
    Piece{"markopen", "support", "t-1", "Open", "in", "61491570156", "Cycling"},
    Piece{"markanswer", "support", "t-1", "Open", "out", "", "Cycling"},
    Piece{"markcomment", "support", "t-1", "Open", "internal", "61491570157", "Chess"},
    Piece{"markhr", "support", "t-hr", "HR", "in", "61491570158", "Pensions"},
    Piece{"markhrcomment", "support", "t-hr", "HR", "internal", "", "Cycling"},
    Piece{"markplain", "support", "t-plain", "", "in", "", "Rowing"},
    Piece{"markonlycomment", "support", "t-quiet", "Quiet", "internal", "61491570159", "Sailing"},
    Piece{"markchat", "whatsapp", "t-1", "", "in", "61491570110", "Cycling"},
    Piece{"marksupportprofile", "support", "", "", "", "", "Reading"},
    Piece{"markchatprofile", "whatsapp", "", "", "", "", "Cooking"},
};

std::string partition_key(const Piece& piece) {
  return *piece.partition == '\0' ? piece.account : fmt::format("{}/{}", piece.account, piece.partition);
}

std::string time_of(std::size_t index) {
  return fmt::format("2026-10-{:02}T01:02:03.{:06}Z", index + 1, 100'001 + 37 * index);
}

json::array interests(const Piece& piece) {
  return {
      json::object{{"category", "Sport"}, {"name", piece.interest}, {"words", fmt::format("words {}", piece.mark)}}};
}

json::object customer_of(const Piece& piece) {
  json::array identifiers{json::object{{"kind", "email"}, {"value", kAda}}};
  if (*piece.phone != '\0')
    identifiers.push_back(
        json::object{{"kind", "phone"}, {"value", fmt::format("+{}", piece.phone)}, {"verified", true}});
  return {{"id", "c-ada"}, {"name", fmt::format("Name {}", piece.mark)}, {"identifiers", identifiers}};
}

json::array items_of(std::size_t index) {
  const Piece& piece = kPieces[index];
  const std::string at = time_of(index);
  const std::string mark = piece.mark;
  if (*piece.thread == '\0') {
    const json::object attribute = {
        {"key", "person.city"}, {"label", "Label " + mark}, {"type", "string"}, {"value", "city " + mark}};
    json::object sensitive = attribute;
    sensitive["key"] = "person.health";
    sensitive["value"] = "health" + mark;
    sensitive["sensitive"] = true;
    return {json::object{{"type", "profile.updated"},
                         {"timestamp", at},
                         {"data", json::object{{"customer", customer_of(piece)},
                                               {"handle", "@" + mark},
                                               {"bio", "bio " + mark},
                                               {"url", "https://social.example/" + mark},
                                               {"interests", interests(piece)}}}},
            json::object{{"type", "attributes.updated"},
                         {"timestamp", at},
                         {"data", json::object{{"customer", customer_of(piece)},
                                               {"attributes", json::array{attribute, sensitive}}}}}};
  }
  json::object thread = {{"id", piece.thread}};
  if (*piece.partition != '\0') thread["partition"] = piece.partition;
  if (std::string_view(piece.direction) != "internal") thread["subject"] = "subject " + mark;
  return {json::object{{"type", "engagement.created"},
                       {"timestamp", at},
                       {"data", json::object{{"id", "m-" + mark},
                                             {"customer", customer_of(piece)},
                                             {"direction", piece.direction},
                                             {"channel", "channel_" + mark},
                                             {"occurred_at", at},
                                             {"thread", thread},
                                             {"author", json::object{{"id", "author"}, {"name", "Author " + mark}}},
                                             {"text", "text " + mark + std::string(300, 'x') + " end" + mark},
                                             {"attachments", json::array{json::object{{"name", "file " + mark}}}},
                                             {"interests", interests(piece)}}}}};
}

bool contains(const json::object& view, const char* list, const std::string& text) {
  const auto& array = view.at(list).as_array();
  return std::find(array.begin(), array.end(), json::value(text)) != array.end();
}

bool holds(const json::object& view, const Piece& piece) {
  const std::string key = partition_key(piece);
  if (*piece.thread == '\0') return contains(view, "partitions", piece.account);
  const bool listed = std::string_view(piece.account) == "support" && contains(view, "threads", piece.thread);
  if (!listed && !contains(view, "partitions", key)) return false;
  return std::string_view(piece.direction) != "internal" || contains(view, "internal_partitions", key);
}

/// Told all pieces, or those that the view holds.
struct Told {
  explicit Told(const json::object* view) {
    const Account support = installation.add_account("support", "webdesk");
    const Account whatsapp = installation.add_account("whatsapp", "whatsapp");
    // When an account was connected is its own, and of no interest here.
    installation.count("UPDATE account SET connected_us = 1795000000000000");
    // Each piece has a number of its own, and all of them are Ada's.
    installation.count(R"(UPDATE rule_set SET value = '{"blocked_domains": [], "max_mobiles": 9}')");
    accounts = {{"support", support}, {"whatsapp", whatsapp}};
    installation.start();
    for (std::size_t index = 0; index < kPieces.size(); ++index)
      if (view == nullptr || holds(*view, kPieces[index])) deliver(kPieces[index].account, items_of(index));
  }
  void deliver(const std::string& account, const json::array& items) {
    const auto response = installation.deliver(
        accounts.at(account), {.body = json::serialize(items), .id = fmt::format("d-{}", ++deliveries)});
    ASSERT_EQ(response.status, 200) << response.body;
  }
  json::object all(const json::object& body) const {
    return json::parse(installation.panel(kAda, body).body).as_object();
  }
  Installation installation;
  std::map<std::string, Account> accounts;
  int deliveries = 0;
};

std::string bytes_of(const contract::Response& response) {
  std::string bytes = response.body;
  for (const auto& [name, value] : response.headers)
    if (name != "date" && name != "x-request-id") bytes += "\n" + name + ": " + value;
  return bytes;
}

json::object restricted(const json::array& partitions, const json::array& internal = {},
                        const json::array& threads = {}) {
  return {{"all", false}, {"partitions", partitions}, {"internal_partitions", internal}, {"threads", threads}};
}

class Leak : public testing::Test {
 protected:
  /// Ids of all that is stored, by what they are asked with.
  std::vector<std::pair<const char*, std::string>> every_id() {
    std::vector<std::pair<const char*, std::string>> ids;
    const json::object history = whole_.all({{"pivot", "history"}, {"cursor", "first"}});
    for (const auto& row : history.at("history").at("rows").as_array())
      if (row.at("type") != "interest") ids.emplace_back("engagement", row.at("id").as_string());
    const json::object attributes = whole_.all({{"pivot", "attributes"}});
    for (const auto& row : attributes.at("attributes").at("rows").as_array())
      ids.emplace_back("evidence", row.at("id").as_string());
    return ids;
  }

  /// Both are asked; what the whole one said is added to `seen`.
  void compare(const Told& twin, const json::object& view, const json::object& body, std::string& seen) {
    const auto response = whole_.installation.panel(kAda, body, view);
    EXPECT_EQ(support::canonical(response.body), support::canonical(twin.installation.panel(kAda, body, view).body))
        << json::serialize(body);
    seen += bytes_of(response);
  }

  void check(const char* name, const json::object& view) {
    SCOPED_TRACE(name);
    const Told twin(&view);
    std::string seen;
    for (const json::object& body : {json::object{}, json::object{{"pivot", "attributes"}},
                                     json::object{{"pivot", "history"}, {"cursor", "first"}},
                                     json::object{{"pivot", "history"}, {"cursor", "last"}}})
      compare(twin, view, body, seen);
    for (const Piece& piece : kPieces) {
      const std::string mark = piece.mark;
      for (const json::object& filter : {json::object{{"search", mark}}, json::object{{"search", "end" + mark}},
                                         json::object{{"channel", "channel_" + mark}}})
        compare(twin, view, {{"pivot", "history"}, {"filter", filter}}, seen);
    }
    int key = 0;
    for (const auto& [what, id] : every_id()) {
      const bool body = std::string_view(what) == "engagement";
      std::string replies = bytes_of(whole_.installation.panel(
          kAda, {{"pivot", what}, {"filter", json::object{{body ? "engagement" : "attribute", id}}}}, view));
      if (body) {
        replies += bytes_of(
            whole_.installation.panel(kAda, {{"pivot", "history"}, {"filter", json::object{{"around", id}}}}, view));
        const json::object args = {{"text", "noted"},
                                   {"link", json::object{{"kind", "engagement"}, {"engagement", id}}}};
        const auto noted =
            whole_.installation.action_with(whole_.installation.token_with(kAda, {{"view", view}}), "note.add",
                                            {{"key", fmt::format("key-{}-{}", name, ++key)}, {"args", args}});
        replies += bytes_of(noted);
        if (noted.status == 200) remove_note(json::parse(noted.body).at("note").at("id"), key);
      }
      seen += replies;
    }
    seen +=
        bytes_of(whole_.installation.action_with(whole_.installation.token_with(kAda, {{"view", view}, {"sub", name}}),
                                                 "looked", {{"key", "key-looked"}, {"args", json::object{}}}));
    // Who this is, and why, for those who may merge.
    const std::string merger = whole_.installation.token_with(
        kAda, {{"view", view}, {"scopes", json::array{"identity.see", "identity.merge", "identity.find"}}});
    for (const json::object& body :
         {json::object{}, json::object{{"pivot", "why"}}, json::object{{"pivot", "log"}},
          json::object{{"pivot", "parts"}}, json::object{{"pivot", "history"}, {"cursor", "last"}}})
      seen += bytes_of(whole_.installation.panel_with(merger, body));
    for (const Piece& piece : kPieces) {
      if (*piece.phone == '\0') continue;
      const std::string number = std::string("+") + piece.phone;
      const auto found = whole_.installation.panel_with(
          merger,
          {{"pivot", "find"}, {"filter", json::object{{"find", json::object{{"kind", "phone"}, {"value", number}}}}}});
      EXPECT_EQ(json::parse(found.body).at("found").is_null(), !holds(view, piece)) << found.body;
      seen += bytes_of(found);
    }
    for (std::size_t index = 0; index < kPieces.size(); ++index) {
      const Piece& piece = kPieces[index];
      if (holds(view, piece)) {
        EXPECT_THAT(seen, HasSubstr(piece.mark));
        continue;
      }
      EXPECT_THAT(seen, Not(HasSubstr(piece.mark)));
      EXPECT_THAT(seen, Not(HasSubstr(std::to_string(*identities::parse_rfc3339(time_of(index)))))) << piece.mark;
      if (*piece.phone != '\0') {
        EXPECT_THAT(seen, Not(HasSubstr(piece.phone)));
      }
    }
    EXPECT_THAT(seen, Not(HasSubstr("health")));
  }

  void remove_note(const json::value& id, int key) {
    ASSERT_EQ(whole_.installation
                  .action("note.delete", kAda,
                          {{"key", fmt::format("key-delete-{}-{}", key, std::string(id.as_string()))},
                           {"args", json::object{{"id", id}}}})
                  .status,
              200);
  }

  Told whole_{nullptr};
};

TEST_F(Leak, no_reply_of_any_request_has_a_byte_of_what_is_not_in_view) {
  check("nothing", restricted({}));
  check("the open tickets", restricted({"support", "support/Open"}));
  check("with their comments", restricted({"support", "support/Open"}, {"support/Open", "support/HR"}));
  check("HR without the account", restricted({"support/HR"}, {"support/HR"}));
  check("only comments are there", restricted({"support/Quiet"}));
  check("another account", restricted({"whatsapp"}, {"whatsapp"}));
  check("the ticket alone", restricted({}, {}, {"t-1"}));
  check("ticket and chat", restricted({"whatsapp", "support/Quiet"}, {"support/Quiet"}, {"t-hr"}));
}

TEST_F(Leak, what_is_hidden_does_not_change_the_version) {
  const json::object view = restricted({"support", "support/Open"});
  const auto open = [&](const json::object& body) {
    return json::parse(whole_.installation.panel(kAda, body, view).body).as_object();
  };
  const json::value version = open({}).at("version");
  json::array more = items_of(3);
  more[0].as_object()["data"].as_object()["id"] = "m-more";
  whole_.deliver("support", more);
  EXPECT_TRUE(open({{"if_version", version}}).contains("unchanged"));
}

TEST_F(Leak, a_moved_thread_shows_and_hides_at_once_and_a_deleted_one_is_gone_for_everybody) {
  const json::object view = restricted({"support/Open"}, {"support/Open"});
  const auto thread = [&](const char* type, const char* at, const json::object& data) {
    whole_.deliver("support", {json::object{{"type", type}, {"timestamp", at}, {"data", data}}});
  };
  const auto seen = [&](const json::object& as) {
    return whole_.installation.panel(kAda, {}, as).body +
           whole_.installation.panel(kAda, {{"pivot", "attributes"}}, as).body;
  };
  EXPECT_THAT(seen(view), Not(HasSubstr("markhr")));
  thread("thread.moved", "2026-11-01T00:00:00Z", {{"id", "t-hr"}, {"partition", "Open"}});
  EXPECT_THAT(seen(view), testing::AllOf(HasSubstr("text markhr"), HasSubstr("Pensions"), HasSubstr("61491570158")));
  thread("thread.moved", "2026-11-02T00:00:00Z", {{"id", "t-hr"}, {"partition", "HR"}});
  for (const char* hidden : {"markhr", "Pensions", "61491570158"}) EXPECT_THAT(seen(view), Not(HasSubstr(hidden)));
  EXPECT_THAT(seen(Installation::all()), HasSubstr("text markhr"));
  thread("thread.deleted", "2026-11-03T00:00:00Z", {{"id", "t-hr"}});
  for (const char* gone : {"markhr", "Pensions", "61491570158"})
    EXPECT_THAT(seen(Installation::all()), Not(HasSubstr(gone)));
  whole_.deliver("support", items_of(3));
  EXPECT_THAT(seen(Installation::all()), Not(HasSubstr("markhr")));
}

TEST_F(Leak, each_scope_guards_what_it_should) {
  const auto with = [&](const json::array& scopes, const char* agent = "mia") {
    return whole_.installation.token_with(kAda, {{"scopes", scopes}, {"sub", agent}});
  };
  const auto act = [&](const std::string& token, const char* action, const char* key, const json::object& args) {
    return whole_.installation.action_with(token, action, {{"key", key}, {"args", args}});
  };
  const Installation& host = whole_.installation;
  EXPECT_EQ(host.panel_with(with({"note.write"}), {}).status, 403);
  EXPECT_EQ(act(with({"note.write"}), "looked", "key-looked", {}).status, 403);
  EXPECT_EQ(act(with({"identity.see"}), "looked", "key-looked", {}).status, 200);
  EXPECT_EQ(act(with({"identity.see"}), "note.add", "key-none", {{"text", "x"}}).status, 403);
  const auto note = act(with({"note.write"}), "note.add", "key-note", {{"text", "of Mia"}});
  ASSERT_EQ(note.status, 200);
  const json::object args = {{"id", json::parse(note.body).at("note").at("id")}, {"text", "changed"}, {"pinned", true}};
  for (const char* action : {"note.edit", "note.pin", "note.delete"}) {
    SCOPED_TRACE(action);
    EXPECT_EQ(act(with({"identity.see"}), action, "key-see", args).status, 403);
    EXPECT_EQ(act(with({"note.write"}, "tom"), action, "key-of-tom", args).status, 403) << "it is Mia's";
    EXPECT_EQ(
        act(with({"note.write", "note.moderate"}, "ann"), action, fmt::format("key-for-{}", action + 5).c_str(), args)
            .status,
        200);
  }
  EXPECT_THAT(host.panel_with(with({"identity.see"}), {{"pivot", "attributes"}}).body, Not(HasSubstr("health")));
  EXPECT_THAT(host.panel_with(with({"identity.see", "attribute.sensitive"}), {{"pivot", "attributes"}}).body,
              HasSubstr("healthmark"));
  // Only whom the token names is opened, whatever the body asks.
  const json::object other = {{"requester", json::array{json::object{{"kind", "email"}, {"value", "x@y.example"}}}}};
  EXPECT_EQ(host.panel_with(with({"identity.see"}), other).status, 422);
  EXPECT_EQ(host.panel_with(with({"identity.see"}), {{"select", 1}}).status, 422);
}

}  // namespace
}  // namespace integration
