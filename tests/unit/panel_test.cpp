// Method: requests by tables with the pointer that each fault must name; replies of the real Sidebar over a real SQLite
// file, checked against manifest/schemas/panel_reply.json.
#include <gmock/gmock.h>

#include <functional>

#include "panel_fixture.hpp"
#include "schema_check.hpp"

namespace identities::panel {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using unit::asking;
using unit::breaks;
using unit::kNow;
using unit::only;
using unit::schema_of;

constexpr const char* kAda = "ada@customer.example";
constexpr const char* kBo = "bo@customer.example";

json::object panel_request() {
  return asking(kAda);
}
json::object action_request() {
  json::object request = asking(kAda);
  request["key"] = "key-12345678";
  request["args"] = json::object{{"text", "words"}};
  return request;
}

struct BadRow {
  const char* name;
  std::function<void(json::object&)> change;
  const char* pointer;
};

auto set(const char* member, json::value value) {
  return [member, value](json::object& request) { request[member] = value; };
}
auto set_in(const char* object, const char* member, json::value value) {
  return [object, member, value](json::object& request) { request[object].as_object()[member] = value; };
}
auto drop(const char* member) {
  return [member](json::object& request) { request.erase(member); };
}

/// The requests that panel and actions have in common.
std::vector<BadRow> bad_askings() {
  const json::object requester = {{"kind", "email"}, {"value", "ada@customer.example"}};
  const auto requesters = [&](const char* member, json::value value) {
    json::object each = requester;
    each[member] = std::move(value);
    return set("requester", json::array{requester, each});
  };
  return {
      {"no requester", drop("requester"), "/requester"},
      {"empty requesters", set("requester", json::array{}), "/requester"},
      {"51 requesters", set("requester", json::array(51, requester)), "/requester"},
      {"a requester that is a string", set("requester", json::array{kAda}), "/requester/0"},
      {"a kind that there is not", requesters("kind", "shoe"), "/requester/1/kind"},
      {"an empty value", requesters("value", ""), "/requester/1/value"},
      {"a value of 321", requesters("value", json::string(321, 'x')), "/requester/1/value"},
      {"a role that there is not", requesters("role", "bcc"), "/requester/1/role"},
      {"an unknown member", requesters("colour", "red"), "/requester/1/colour"},
      {"select beyond the requesters", set("select", 1), "/select"},
      {"a negative select", set("select", -1), "/select"},
      {"no ticket", drop("ticket"), "/ticket"},
      {"a ticket without account", set("ticket", json::object{{"thread", "t"}}), "/ticket/account"},
      {"a ticket without thread", set("ticket", json::object{{"account", "a"}}), "/ticket/thread"},
      {"no agent", drop("agent"), "/agent"},
      {"an agent without id", set("agent", json::object{{"name", "Mia"}}), "/agent/id"},
      {"an agent without name", set("agent", json::object{{"id", "mia"}}), "/agent/name"},
      {"scopes that are no list", set("scopes", "all"), "/scopes"},
      {"33 scopes", set("scopes", json::array(33, "x")), "/scopes"},
      {"a scope that is a number", set("scopes", json::array{1}), "/scopes"},
      {"no view", drop("view"), "/view"},
      {"a view of all that is a number", set_in("view", "all", 1), "/view/all"},
      {"1,001 partitions", set_in("view", "partitions", json::array(1001, "x")), "/view/partitions"},
      {"10,001 threads", set_in("view", "threads", json::array(10'001, "x")), "/view/threads"},
      {"another member", set("colour", "red"), "/colour"},
      {"U+0000 in a value", requesters("value", json::string(std::string_view("a\0b", 3))), "/requester/1/value"},
  };
}

template <typename Decode>
void expect_refused(const std::vector<BadRow>& rows, const json::object& good, Decode&& decode) {
  for (const BadRow& row : rows) {
    SCOPED_TRACE(row.name);
    json::object request = good;
    row.change(request);
    try {
      decode(json::serialize(request));
      ADD_FAILURE() << "it was accepted";
    } catch (const BadRequest& refused) {
      EXPECT_THAT(refused.what(), StartsWith(std::string(row.pointer) + ": expected "));
      EXPECT_THAT(refused.what(), Not(HasSubstr("ada@")));
    }
  }
}

TEST(panel_request, that_is_broken_is_refused_with_a_pointer_and_without_its_values) {
  std::vector<BadRow> rows = bad_askings();
  const std::vector<BadRow> more = {
      {"a pivot that there is not", set("pivot", "summary"), "/pivot"},
      {"a cursor of 65", set("cursor", json::string(65, 'a')), "/cursor"},
      {"a filter that is a list", set("filter", json::array{}), "/filter"},
      {"an account that is a number", set("filter", json::object{{"account", 7}}), "/filter/account"},
      {"an id of letters", set("filter", json::object{{"around", "abc"}}), "/filter/around"},
      {"a negative id", set("filter", json::object{{"engagement", "-1"}}), "/filter/engagement"},
      {"a search of 101", set("filter", json::object{{"search", json::string(101, 'x')}}), "/filter/search"},
      {"an empty search", set("filter", json::object{{"search", ""}}), "/filter/search"},
      {"another filter", set("filter", json::object{{"colour", "red"}}), "/filter/colour"},
      {"if_version of 129", set("if_version", json::string(129, 'x')), "/if_version"},
      {"a cursor of history that is none",
       [](json::object& request) {
         request["pivot"] = "history";
         request["cursor"] = "middle";
       },
       "/cursor"},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  expect_refused(rows, panel_request(), decode_panel_request);
}

TEST(action_request, that_is_broken_is_refused_with_a_pointer_and_without_its_values) {
  std::vector<BadRow> rows = bad_askings();
  const std::vector<BadRow> more = {
      {"no key", drop("key"), "/key"},
      {"a key of 7", set("key", "1234567"), "/key"},
      {"a key of 65", set("key", json::string(65, 'x')), "/key"},
      {"no args", drop("args"), "/args"},
      {"an empty text", set_in("args", "text", ""), "/args/text"},
      {"a text of 10,001", set_in("args", "text", json::string(10'001, 'x')), "/args/text"},
      {"pinned as a word", set_in("args", "pinned", "yes"), "/args/pinned"},
      {"a negative version", set_in("args", "version", -1), "/args/version"},
      {"an id that is a number", set_in("args", "id", 7), "/args/id"},
      {"a link of no kind", set_in("args", "link", json::object{}), "/args/link/kind"},
      {"a link to a kind that there is not", set_in("args", "link", json::object{{"kind", "web"}}), "/args/link/kind"},
      {"another argument", set_in("args", "colour", "red"), "/args/colour"},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  expect_refused(rows, action_request(), decode_action);
}

TEST(panel_request, that_is_no_object_is_refused) {
  for (const char* text : {"", "[]", "1", "{", "{}x", "{\"a\":\"\xFF\"}", "null"})
    EXPECT_THROW(decode_panel_request(text), BadRequest) << text;
  EXPECT_THROW(decode_panel_request(std::string(100, '[')), BadRequest);
}

TEST(panel_request, that_the_schema_allows_is_read_whole) {
  json::object request = panel_request();
  request["select"] = 0;
  request["pivot"] = "history";
  request["cursor"] = "b1700000000000000.42";
  request["filter"] = json::object{{"account", "1"}, {"channel", "mail"}, {"search", "wool"}, {"around", "9"}};
  request["if_version"] = "v1";
  ASSERT_EQ(breaks(request, schema_of("panel_request.json")), "");
  const PanelRequest read = decode_panel_request(json::serialize(request));
  EXPECT_EQ(read.pivot, Pivot::kHistory);
  EXPECT_EQ(read.asking.requesters.at(0).value, kAda);
  EXPECT_TRUE(read.asking.view.all);
  EXPECT_TRUE(read.asking.has_scope("note.write"));
  EXPECT_FALSE(read.asking.has_scope("note"));
  EXPECT_EQ(read.search, "wool");
  EXPECT_EQ(read.around, 9);
  EXPECT_EQ(read.if_version, "v1");
}

TEST(history_cursor, reads_what_it_wrote_and_nothing_else) {
  using Direction = store::HistoryCursor::Direction;
  for (const Direction direction : {Direction::kBefore, Direction::kAfter})
    for (const Microseconds time : {Microseconds{0}, Microseconds{-5}, kNow}) {
      const auto read = parse_history_cursor(history_cursor(direction, time, 7));
      ASSERT_TRUE(read);
      EXPECT_EQ(std::tuple(read->direction, read->occurred_us, read->id), std::tuple(direction, time, Id{7}));
    }
  for (const char* text : {"", "b", "b1", "b1.", "b.1", "c1.2", "b1.2x", "b1.-2", "b 1.2", "b1,2", "First",
                           "b99999999999999999999.1", "b1.99999999999999999999"})
    EXPECT_FALSE(parse_history_cursor(text)) << text;
}

class PanelReply : public testing::Test, protected unit::PanelHost {
 protected:
  void give(const std::string& key, const std::string& text, AttributeType type = AttributeType::kString,
            double number = 0) {
    Attributes attributes;
    attributes.customer = unit::customer("c-ada", {kAda});
    GivenAttribute attribute;
    attribute.key = key;
    attribute.type = type;
    attribute.text = text;
    attribute.number = number;
    attributes.attributes.push_back(attribute);
    apply({kNow - kDayUs, attributes});
  }
  json::object open(const json::object& view = unit::all_in_view(), const std::string& if_version = {}) {
    json::object ask = asking(kAda, "mia", {"identity.see", "note.write"}, view);
    if (!if_version.empty()) ask["if_version"] = if_version;
    return reply(ask);
  }
};

TEST_F(PanelReply, on_a_stranger_writes_no_row_and_says_new) {
  const std::int64_t before = rows();
  const json::object reply = open();
  EXPECT_TRUE(reply.at("identity").at("id").is_null());
  EXPECT_EQ(reply.at("identity").at("status"), "new");
  EXPECT_EQ(reply.at("identity").at("name"), kAda);
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(breaks(reply, schema_of("panel_reply.json")), "");
}

TEST_F(PanelReply, C08_whose_domain_an_address_imitates_is_told_of_a_stranger_and_of_whoever_is_known) {
  const std::string spoof = "anna@раураl.com";
  const auto expect_told = [&](const json::object& told) {
    EXPECT_EQ(told.at("imitates"), "paypal.com");
    EXPECT_EQ(told.at("domain"), "xn--l-7sba6dbr.com");
  };
  for (const bool known : {false, true}) {
    SCOPED_TRACE(known ? "known" : "stranger");
    if (known) apply(from(spoof, "m-1", kNow - kDayUs));
    for (const json::object& view : {unit::all_in_view(), only({"shop"})}) {
      json::object ask = asking(spoof, "mia", {"identity.see"}, view);
      ask["requester"].as_array().push_back(json::object{{"kind", "email"}, {"value", "anna@paypal.com"}});
      ask["select"] = 0;
      const json::object opened = reply(ask);
      EXPECT_EQ(opened.at("identity").at("id").is_null(), !known);
      expect_told(opened.at("identity").at("identifiers").at(0).as_object());
      expect_told(opened.at("requesters").at(0).as_object());
      EXPECT_FALSE(opened.at("requesters").at(1).as_object().contains("imitates")) << "the real one";
      EXPECT_EQ(breaks(opened, schema_of("panel_reply.json")), "");
    }
  }
}

TEST_F(PanelReply, is_unchanged_until_something_comes) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  for (const json::object& view : {unit::all_in_view(), only({"shop"})}) {
    SCOPED_TRACE(json::serialize(view));
    const std::string version(open(view).at("version").as_string());
    EXPECT_EQ(open(view, version), (json::object{{"version", version}, {"unchanged", true}}));
    EXPECT_FALSE(open(view, version + "x").contains("unchanged"));
    apply(from(kAda, "m-" + version, kNow - kHourUs));
    const json::object after = open(view, version);
    EXPECT_FALSE(after.contains("unchanged"));
    EXPECT_NE(after.at("version").as_string(), version);
  }
}

TEST_F(PanelReply, in_a_restricted_view_stays_unchanged_by_what_is_not_in_it) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const std::string version(open(only({"shop"})).at("version").as_string());
  apply(from(kAda, "m-2", kNow - kHourUs), accounts_[1]);
  EXPECT_TRUE(open(only({"shop"}), version).contains("unchanged"));
}

TEST_F(PanelReply, changes_when_a_fact_expires) {
  Attributes attributes;
  attributes.customer = unit::customer("c-ada", {kAda});
  GivenAttribute attribute;
  attribute.key = "person.city";
  attribute.text = "Perth";
  attribute.expires_us = kNow + kHourUs;
  attributes.attributes.push_back(attribute);
  apply({kNow - kDayUs, attributes});
  const json::object before = open();
  EXPECT_EQ(before.at("identity").at("city"), "Perth");
  now_us_ = kNow + kHourUs;
  const json::object after = open(unit::all_in_view(), std::string(before.at("version").as_string()));
  ASSERT_TRUE(after.contains("identity"));
  EXPECT_FALSE(after.at("identity").as_object().contains("city"));
}

TEST_F(PanelReply, shows_sensitive_attributes_only_with_their_scope) {
  Attributes attributes;
  attributes.customer = unit::customer("c-ada", {kAda});
  GivenAttribute attribute;
  attribute.key = "person.health";
  attribute.text = "delicate";
  attribute.sensitive = true;
  attributes.attributes.push_back(attribute);
  apply({kNow - kDayUs, attributes});
  for (const auto& [pivot, scope, shown] :
       {std::tuple("attributes", "identity.see", false), std::tuple("attributes", "attribute.sensitive", true)}) {
    json::object ask = asking(kAda, "mia", {"identity.see", scope});
    EXPECT_EQ(reply_text(ask).find("delicate") != std::string::npos, shown);
    ask["pivot"] = pivot;
    EXPECT_EQ(reply_text(ask).find("delicate") != std::string::npos, shown);
  }
}

TEST_F(PanelReply, has_a_customer_named_like_markup_stand_safely_in_a_script_element) {
  Item item = from(kAda, "m-1", kNow - kDayUs);
  std::get<Engagement>(item.content).customer.name = "</script><img src=x>&\xE2\x80\xA8";
  std::get<Engagement>(item.content).text = "</SCRIPT >";
  apply(item);
  const std::string text = reply_text(asking(kAda));
  for (const char* raw : {"<", ">", "&", "\xE2\x80\xA8"}) EXPECT_THAT(text, Not(HasSubstr(raw)));
  EXPECT_EQ(json::parse(text).at("identity").at("name"), "</script><img src=x>&\xE2\x80\xA8");
}

TEST_F(PanelReply, selects_who_wrote_last_unless_the_agent_chose) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  apply(from(kBo, "m-2", kNow - kHourUs));
  json::object ask = asking(kAda);
  ask["requester"].as_array().push_back(json::object{{"kind", "email"}, {"value", kBo}, {"role", "cc"}});
  EXPECT_EQ(reply(ask).at("requesters").at(1).at("selected"), true);
  ask["select"] = 0;
  EXPECT_EQ(reply(ask).at("requesters").at(0).at("selected"), true);
  EXPECT_EQ(reply(ask).at("identity").at("name").as_string(), std::string("Name of c-") + kAda);
}

TEST_F(PanelReply, links_to_a_ticket_by_the_accounts_template_and_never_to_a_script) {
  apply(from(kAda, "m-1", kNow - kDayUs, "t 1/\xC3\xA4"));
  for (const auto& [pattern, url] :
       {std::pair("https://desk.example/t/{thread}", "https://desk.example/t/t%201%2F%C3%A4"),
        std::pair("javascript:alert({thread})", "")}) {
    count(std::string("UPDATE account SET url_ticket = '") + pattern + "'");
    count("UPDATE setting SET value = value + 1 WHERE name = 'settings_version'");
    const json::object thread = open().at("history").at("threads").as_object().begin()->value().as_object();
    EXPECT_EQ(thread.contains("url") ? thread.at("url") : json::value(""), url) << pattern;
  }
}

TEST_F(PanelReply, tells_of_one_engagement_only_of_this_identity) {
  Item item = from(kAda, "m-1", kNow - kDayUs);
  const std::string whole(900, 'w');
  std::get<Engagement>(item.content).text = whole;
  apply(item);
  apply(from(kBo, "m-2", kNow - kDayUs));
  const auto ask = [&](Id id) {
    return reply(asking(kAda), {{"pivot", "engagement"}, {"filter", json::object{{"engagement", std::to_string(id)}}}});
  };
  const Id own = count("SELECT engagement_id FROM engagement_key WHERE source_key = 'm-1'");
  EXPECT_EQ(ask(own).at("engagement").at("text").as_string(), whole);
  EXPECT_THROW(ask(count("SELECT engagement_id FROM engagement_key WHERE source_key = 'm-2'")), NotFound);
  EXPECT_THROW(ask(1), NotFound);
}

/// Every pivot's reply, each checked.
class Whole : public PanelReply {
 protected:
  void expect_schema(const json::object& view = unit::all_in_view()) {
    const json::value schema = schema_of("panel_reply.json");
    const json::object ask = asking(kAda, "mia", {"identity.see", "note.write", "attribute.sensitive"}, view);
    const json::object opened = reply(ask);
    EXPECT_EQ(breaks(opened, schema), "");
    const json::object attributes = reply(ask, {{"pivot", "attributes"}});
    EXPECT_EQ(breaks(attributes, schema), "");
    EXPECT_EQ(breaks(reply(ask, {{"pivot", "history"}, {"cursor", "first"}}), schema), "");
    for (const auto& row : attributes.at("attributes").at("rows").as_array()) {
      const json::object filter = {{"attribute", row.at("id")}};
      EXPECT_EQ(breaks(reply(ask, {{"pivot", "evidence"}, {"filter", filter}}), schema), "");
    }
    for (const auto& row : opened.at("history").at("rows").as_array()) {
      if (row.at("type") == "interest") continue;
      const json::object filter = {{"engagement", row.at("id")}};
      EXPECT_EQ(breaks(reply(ask, {{"pivot", "engagement"}, {"filter", filter}}), schema), "");
    }
  }
};

TEST_F(Whole, reply_of_a_rich_identity_fits_the_schema_in_every_view) {
  for (int index = 0; index < 70; ++index) {
    Item item =
        from(kAda, "m-" + std::to_string(index), kNow - (100 - index) * kHourUs, "t-" + std::to_string(index % 5));
    auto& engagement = std::get<Engagement>(item.content);
    engagement.direction = static_cast<Direction>(index % 3);
    engagement.kind = static_cast<EngagementKind>(index % 4);
    engagement.author = "Agent";
    engagement.partition = index % 2 == 0 ? "Open" : "HR";
    engagement.attachments = R"([{"name":"a.txt","type":"text/plain","size":3}])";
    engagement.edited = index % 5 == 0;
    if (index % 10 == 0) engagement.interests.push_back({"Sport", "Cycling", "words", Party::kFirst, {}});
    apply(item, accounts_[static_cast<std::size_t>(index % 2)]);
  }
  apply(from(kAda, "m-future", kNow + 90 * kDayUs));
  give("person.city", "Perth");
  give("person.time_zone", "Australia/Perth");
  give("buying.spent", "", AttributeType::kNumber, 4210.5);
  give("buying.orders", "", AttributeType::kNumber, 12);
  give("buying.latest_order", "", AttributeType::kDate, static_cast<double>(kNow));
  give("loyalty.member", "", AttributeType::kFlag, 1);
  give("loyalty.gifts", R"(["mug","bell"])", AttributeType::kList);
  give("crm.story", "long words", AttributeType::kText);
  Profile profile;
  profile.customer = unit::customer("p-1", {kAda});
  profile.handle = "@ada";
  profile.url = "https://social.example/ada";
  profile.bio = "bio";
  profile.fetched_us = kNow;
  count("UPDATE account SET provider = 'mastodon', connected_us = 5 WHERE name = 'mail'");
  count("UPDATE setting SET value = value + 1 WHERE name = 'settings_version'");
  apply({kNow - kDayUs, profile}, accounts_[1]);
  for (const auto& [kind, number] : {std::pair("ticket", 1), std::pair("engagement", 2)}) {
    json::object ask = asking(kAda);
    ask["key"] = "key-1234567" + std::to_string(number);
    ask["args"] = json::object{
        {"text", "words"},
        {"link", json::object{{"kind", kind},
                              {"engagement", std::to_string(count("SELECT id FROM engagement WHERE direction = 0"))}}}};
    const json::value action = json::parse(actions_.add_note(json::serialize(ask), "r-1", deadline()));
    json::value reply_schema = schema_of("action.json").at("definitions").at("reply");
    EXPECT_EQ(breaks(action, reply_schema), "");
  }
  expect_schema();
  expect_schema(only({"shop/Open"}));
  expect_schema(only({"mail", "mail/HR"}));
  expect_schema(only({}));
}

TEST_F(Whole, reply_fits_the_schema_with_every_text_as_long_as_a_delivery_may_bring_it) {
  const auto text = [](std::size_t characters) {
    std::string made;
    for (std::size_t index = 0; index < characters; ++index) made += "\xC3\xA4";
    return made;
  };
  Item item = from(kAda, "m-1", kNow - kDayUs, std::string(200, 't'));
  auto& engagement = std::get<Engagement>(item.content);
  engagement.customer.name = text(200);
  engagement.customer.identifiers.push_back(
      {IdentifierKind::kPlatform, text(120), normalise_scoped(std::string(64, 's'), text(120)), true});
  engagement.customer.identifiers.push_back({IdentifierKind::kEmail, text(320), std::nullopt, false});
  engagement.channel = std::string(32, 'c');
  engagement.subject = text(255);
  engagement.partition = text(200);
  engagement.author = text(200);
  engagement.text = text(5000);
  engagement.interests.push_back({text(100), text(200), text(280), Party::kThird, {}});
  apply(item);
  for (const char* key : {"person.city", "person.standing", "person.language", "person.time_zone", "loyalty.tier",
                          "buying.spent", "buying.orders"})
    give(key, text(255));
  give(std::string(31, 'k') + "." + std::string(31, 'n'), text(10'000), AttributeType::kText);
  Profile profile;
  profile.customer = unit::customer("p-1", {kAda});
  profile.handle = text(200);
  profile.url = "https://" + std::string(2040, 'u');
  profile.bio = text(2000);
  apply({kNow - kDayUs, profile}, accounts_[1]);
  expect_schema();
}

TEST_F(Whole, reply_on_a_stranger_with_a_long_value_fits_the_schema) {
  json::object ask = asking(std::string(320, 'x'));
  EXPECT_EQ(breaks(reply(ask), schema_of("panel_reply.json")), "");
}

TEST_F(Whole, reply_fits_the_schema_with_more_records_and_categories_than_it_shows) {
  for (int index = 0; index < 70; ++index) {
    Attributes attributes;
    attributes.customer = unit::customer("c-" + std::to_string(index), {kAda});
    for (int number = 0; number < 5; ++number)
      attributes.interests.push_back({"Category " + std::to_string(index * 5 + number), "Interest", "words",
                                      Party::kThird, kNow - index * kDayUs});
    apply({kNow - kDayUs, attributes}, accounts_[1]);
    Profile profile;
    profile.customer = unit::customer("c-" + std::to_string(index));
    profile.handle = "@" + std::to_string(index);
    apply({kNow - kDayUs, profile}, accounts_[1]);
  }
  apply(from(kAda, "m-1", kNow - kDayUs));
  count("UPDATE account SET provider = 'mastodon' WHERE name = 'mail'");
  count("UPDATE setting SET value = value + 1 WHERE name = 'settings_version'");
  const json::value schema = schema_of("panel_reply.json");
  EXPECT_EQ(breaks(reply(asking(kAda)), schema), "");
  EXPECT_EQ(breaks(reply(asking(kAda), {{"pivot", "attributes"}}), schema), "");
}

}  // namespace
}  // namespace identities::panel
