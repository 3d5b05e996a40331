// Method: requests by tables with the pointer that each fault must name; replies of the real Sidebar over a real SQLite
// file, checked against manifest/schemas/panel_reply.json.
#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "panel_fixture.hpp"

namespace identities::panel {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using unit::asking;
using unit::kNow;
using unit::only;

constexpr const char* kAda = "ada@customer.example";
constexpr const char* kBo = "bo@customer.example";

json::value schema_of(const char* name) {
  std::ifstream file(std::string(SCHEMA_FOLDER "/") + name);
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

/// What in the document breaks the schema; empty when nothing does.
std::string breaks(const json::value& document, const json::value& schema_json) {
  valijson::Schema schema;
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(valijson::adapters::BoostJsonAdapter(schema_json), schema);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  const valijson::adapters::BoostJsonAdapter target(document);
  if (validator.validate(schema, target, &results)) return {};
  std::string text;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const std::string& part : error.context) text += part;
    text += ": " + error.description + "\n";
  }
  return text;
}

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

/// Does something of another session's once, after the statement of that name.
class Interrupted : public store::Session {
 public:
  Interrupted(std::unique_ptr<store::Session> to, std::string_view after, std::function<void()> interrupt)
      : to_(std::move(to)), after_(after), interrupt_(std::move(interrupt)) {}
  store::Dialect dialect() const override { return to_->dialect(); }
  void set_deadline(Microseconds deadline_us) override { to_->set_deadline(deadline_us); }
  void begin_read() override { to_->begin_read(); }
  void begin_write() override { to_->begin_write(); }
  void commit() override { to_->commit(); }
  void rollback() noexcept override { to_->rollback(); }
  void query(const store::Statement& statement, std::span<const store::Parameter> parameters,
             const RowFunction& each) override {
    to_->query(statement, parameters, each);
    if (statement.name == after_ && interrupt_) std::exchange(interrupt_, nullptr)();
  }
  std::int64_t execute(const store::Statement& statement, std::span<const store::Parameter> parameters) override {
    return to_->execute(statement, parameters);
  }
  void query_all(std::span<const Ask> asks, bool last) override { to_->query_all(asks, last); }
  bool purge() override { return to_->purge(); }
  bool happened() const { return !interrupt_; }
  void next(std::function<void()> interrupt) { interrupt_ = std::move(interrupt); }

 private:
  std::unique_ptr<store::Session> to_;
  std::string_view after_;
  std::function<void()> interrupt_;
};

/// An opening and a page of the history are read at once where they can be, and an opening from its card once there is
/// one; by a process that does not know the accounts yet, table by table. All are the same.
class Opening : public unit::PanelHost, public testing::Test {
 protected:
  static constexpr const char* kAda = "ada@customer.example";
  std::string table_by_table(const json::object& request) {
    store::AccountDirectory none_known;
    store::ReadAudit audit;
    return panel::Sidebar(pool_, none_known, audit, {}).reply(json::serialize(request), "r-1", deadline());
  }
  void expect_same() {
    for (const json::array& scopes :
         {json::array{"identity.see"}, json::array{"identity.see", "attribute.sensitive"}}) {
      const json::object ask = asking(kAda, "mia", scopes);
      json::object poll = ask;
      poll["if_version"] = "none";
      const std::string expected = table_by_table(ask);
      reply_text(ask);  // what only the first opening of a process reads is read
      EXPECT_EQ(reply_text(ask), expected);
      sidebar_.write_cards(deadline());
      EXPECT_EQ(reply_text(ask), expected) << "from the card";
      EXPECT_EQ(reply_text(poll), expected) << "by a poll";
      poll["if_version"] = json::parse(expected).at("version");
      EXPECT_EQ(reply_text(poll), table_by_table(poll)) << "by a poll that finds nothing new";
      expect_same_history(ask);
    }
  }
  /// All pages, from the oldest to the newest and back.
  void expect_same_history(json::object ask) {
    ask["pivot"] = "history";
    for (const char* way : {"after", "before"}) {
      ask["cursor"] = std::string_view(way) == "after" ? "first" : "last";
      for (int page = 0;; ++page) {
        ASSERT_LT(page, 50);
        const std::string expected = table_by_table(ask);
        EXPECT_EQ(reply_text(ask), expected) << json::serialize(ask.at("cursor"));
        const json::value next = json::parse(expected).at("history").at(way);
        if (next.is_null()) break;
        ask["cursor"] = next;
      }
    }
  }
  std::int64_t cards() { return count("SELECT COUNT(*) FROM opening_card"); }
  void open_and_write_card() {
    reply_text(asking(kAda));
    reply_text(asking(kAda));
    sidebar_.write_cards(deadline());
    ASSERT_EQ(cards(), 1);
  }
  void apply_all(const std::vector<Item>& items) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(*session_);
    store::ItemWriter writer(batch, now_us_, accounts_.front(), "test");
    for (const Item& item : items) writer.apply(item);
    writer.finish();
    batch.commit(transaction);
  }
};

TEST_F(Opening, at_once_and_table_by_table_gives_the_same_of_a_customer_with_everything) {
  std::mt19937 random(5);
  const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  std::vector<Item> items;
  for (int index = 0; index < 150; ++index) {
    Item item =
        from(kAda, "m-" + std::to_string(index), kNow - (1 + draw(400)) * kMinuteUs, "t-" + std::to_string(draw(9)));
    auto& engagement = std::get<Engagement>(item.content);
    engagement.direction = static_cast<Direction>(draw(3));
    if (draw(2) == 0) engagement.thread_status = static_cast<ThreadStatus>(draw(3));
    if (draw(2) == 0)
      engagement.interests.push_back(
          {"Category " + std::to_string(draw(4)), "Interest " + std::to_string(draw(9)), "words", Party::kFirst, {}});
    items.push_back(item);
  }
  Attributes attributes;
  attributes.customer = unit::customer(std::string("c-") + kAda, {kAda, "Ada@Work.example"});
  for (int index = 0; index < 8; ++index) {
    GivenAttribute attribute;
    attribute.key = "person.fact_" + std::to_string(index);
    attribute.text = "value";
    attribute.sensitive = index % 3 == 0;
    attribute.removed = index % 4 == 3;
    if (index % 2 == 0) attribute.expires_us = kNow + (index % 4 == 0 ? kDayUs : -kDayUs);
    attributes.attributes.push_back(attribute);
  }
  items.push_back({kNow - kDayUs, attributes});
  apply_all(items);
  for (Item& item : items)
    if (auto* engagement = std::get_if<Engagement>(&item.content)) engagement->source_key += "-other";
  for (const Item& item : items) apply(item, accounts_.back());
  for (int index = 0; index < 4; ++index)
    actions_.add_note(
        json::serialize(json::object{{"requester", asking(kAda).at("requester")},
                                     {"ticket", asking(kAda).at("ticket")},
                                     {"agent", asking(kAda).at("agent")},
                                     {"scopes", json::array{"note.write"}},
                                     {"view", unit::all_in_view()},
                                     {"key", "note-key-" + std::to_string(index)},
                                     {"args", json::object{{"text", "note"}, {"pinned", index % 2 == 0}}}}),
        "r", deadline());
  expect_same();
}

TEST_F(Opening, at_once_and_table_by_table_gives_the_same_of_more_threads_than_it_reads_at_once) {
  std::vector<Item> items;
  for (int index = 0; index < 300; ++index)
    items.push_back(from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs, "t-" + std::to_string(index)));
  apply_all(items);
  expect_same();
}

TEST_F(Opening, at_once_and_table_by_table_gives_the_same_of_more_triggers_than_it_reads_at_once) {
  std::vector<Item> items;
  for (int index = 0; index < 70; ++index) {
    Item item = from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs);
    for (int interest = 0; interest < 4; ++interest)
      std::get<Engagement>(item.content)
          .interests.push_back({"Sport", "Interest " + std::to_string(interest), "words", Party::kFirst, {}});
    items.push_back(item);
  }
  apply_all(items);
  expect_same();
}

TEST_F(Opening, at_once_and_table_by_table_gives_the_same_of_more_records_than_it_reads_at_once) {
  std::vector<Item> items;
  for (int index = 0; index < 40; ++index) {
    Item item = from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs);
    std::get<Engagement>(item.content).customer.source_key = "c-" + std::to_string(index);
    items.push_back(item);
  }
  apply_all(items);
  expect_same();
}

TEST_F(Opening, is_never_from_a_card_that_something_made_untrue) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const auto expect_dropped = [&](const char* what, const auto& change) {
    open_and_write_card();
    change();
    EXPECT_EQ(cards(), 0) << what;
    expect_same();
  };
  int keys = 0;
  const auto act = [&](auto action, const json::object& args) {
    json::object request = asking(kAda);
    request["key"] = "command-" + std::to_string(++keys);
    request["args"] = args;
    return json::parse((actions_.*action)(json::serialize(request), "r", deadline())).as_object();
  };
  std::string note;
  expect_dropped("a message", [&] { apply(from(kAda, "m-2", kNow - kHourUs)); });
  expect_dropped("an edit", [&] {
    Item edit = from(kAda, "m-2", kNow - kHourUs);
    std::get<Engagement>(edit.content).text = "edited";
    edit.changed_us = kNow;
    apply(edit);
  });
  expect_dropped("a deletion", [&] { apply(unit::deleted("m-2", kNow)); });
  expect_dropped("a note", [&] {
    note = act(&panel::Actions::add_note, {{"text", "a word of warning"}}).at("note").at("id").as_string().c_str();
  });
  expect_dropped("a note's edit", [&] { act(&panel::Actions::edit_note, {{"id", note}, {"text", "other words"}}); });
  expect_dropped("a pin", [&] { act(&panel::Actions::pin_note, {{"id", note}, {"pinned", true}}); });
  expect_dropped("a note's deletion", [&] { act(&panel::Actions::delete_note, {{"id", note}}); });
  expect_dropped("a ticket's status, told by another customer", [&] {
    Item other = from("ben@customer.example", "m-9", kNow - kMinuteUs);
    std::get<Engagement>(other.content).thread_status = ThreadStatus::kClosed;
    apply(other);
  });
  expect_dropped("a ticket that moved", [&] { apply(unit::thread_moved("t-1", "sales", kNow)); });
  expect_dropped("a profile", [&] {
    Profile profile;
    profile.customer = unit::customer(std::string("c-") + kAda, {kAda});
    profile.bio = "Gardens.";
    apply({kNow, profile});
  });
  expect_dropped("another address", [&] {
    Item more = from(kAda, "m-3", kNow - kHourUs);
    std::get<Engagement>(more.content).customer = unit::customer(std::string("c-") + kAda, {kAda, "ada@home.example"});
    apply(more);
  });
  expect_dropped("a record of another account", [&] {
    Item other = from(kAda, "m-4", kNow - kHourUs);
    apply(other, accounts_.back());
  });
  expect_dropped("a deleted ticket", [&] {
    apply(from(kAda, "m-5", kNow - kHourUs, "t-5"));
    open_and_write_card();
    apply(unit::thread_deleted("t-5", kNow));
  });
  expect_dropped("an attribute", [&] {
    Attributes attributes;
    attributes.customer = unit::customer(std::string("c-") + kAda, {kAda});
    GivenAttribute city;
    city.key = "person.city";
    city.text = "Perth";
    attributes.attributes.push_back(city);
    apply({kNow, attributes});
  });
}

TEST_F(Opening, follows_an_address_to_whoever_holds_it_now) {
  const json::object ask = asking(kAda);
  const auto known_as = [&] {
    EXPECT_EQ(reply_text(ask), table_by_table(ask));
    return std::string(reply(ask).at("identity").at("name").as_string());
  };
  const auto from_other = [&](const std::string& id, Microseconds occurred_us) {
    Item item = from(kAda, id, occurred_us, "t-2");
    std::get<Engagement>(item.content).customer.source_key = "c-other";
    std::get<Engagement>(item.content).customer.name = "Another";
    return item;
  };
  reply_text(ask);
  apply(from(kAda, "m-1", kNow - kDayUs));
  open_and_write_card();
  EXPECT_EQ(known_as(), "Name of c-ada@customer.example");
  apply(unit::thread_deleted("t-1", kNow - kHourUs));
  known_as();
  actions_.housekeep(deadline());
  EXPECT_EQ(known_as(), kAda) << "nobody's";
  apply(from_other("m-2", kNow - kMinuteUs));
  EXPECT_EQ(known_as(), "Another");
  apply(from(kAda, "m-3", kNow - kMinuteUs));
  known_as();
  // What an admin or a merge does, told by the versions alone.
  count("UPDATE identifier_value SET state = 2");
  known_as();
  count("UPDATE identifier_value SET state = 0, version = version + 1");
  known_as();
  count("INSERT INTO identity (id, version, created_us) VALUES (1, 1, 0)");
  count("UPDATE record SET identity_id = 1 WHERE source_key = 'c-other'");
  count("UPDATE identifier_value SET version = version + 1");
  count("UPDATE identity SET version = version + 1");
  known_as();
}

TEST_F(Opening, a_page_of_the_history_is_read_again_where_the_identity_changed_meanwhile) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  reply_text(asking(kAda));  // the accounts are known
  json::object ask = asking(kAda);
  ask["pivot"] = "history";
  ask["cursor"] = "last";
  int changes = 0;
  for (const char* after : {"opening_head_by_key", "records", "history_page", "triggers_at_once"}) {
    Interrupted* interrupted = nullptr;
    const auto change = [&] {
      // In a thread of its own, of which a page without it says nothing.
      const std::string name = "changed-" + std::to_string(++changes);
      apply(from(kAda, name, kNow - kMinuteUs, name));
    };
    store::Pool pool(
        [&](Microseconds deadline_us) {
          auto session = std::make_unique<Interrupted>(store::opener(url(), clock_)(deadline_us), after, change);
          interrupted = session.get();
          return session;
        },
        clock_, 1);
    panel::Sidebar sidebar(pool, directory_, audit_, {});
    const std::string replied = sidebar.reply(json::serialize(ask), "r-1", deadline());
    ASSERT_TRUE(interrupted->happened()) << after;
    EXPECT_EQ(replied, table_by_table(ask)) << after;
    EXPECT_EQ(sidebar.reply(json::serialize(ask), "r-1", deadline()), replied) << after;
  }
}

TEST_F(Opening, a_page_of_the_history_of_whom_one_knows_is_read_again_where_anything_known_changed) {
  std::vector<Item> items;
  for (int index = 0; index < 120; ++index) {
    Item item =
        from(kAda, "m-" + std::to_string(index), kNow - (200 - index) * kMinuteUs, "t-" + std::to_string(index));
    auto& engagement = std::get<Engagement>(item.content);
    if (index % 3 == 0) engagement.customer.source_key = "c-other";
    if (index % 10 == 0) engagement.interests.push_back({"Sport", "Cycling", "words", Party::kFirst, {}});
    items.push_back(std::move(item));
  }
  apply_all(items);
  reply_text(asking(kAda));  // the accounts are known
  json::object ask = asking(kAda);
  ask["pivot"] = "history";
  ask["cursor"] = json::parse(reply_text(asking(kAda))).at("history").at("before");
  int changes = 0;
  const std::vector<std::pair<std::string, std::function<void()>>> kinds = {
      {"a message", [&] { apply(from(kAda, "new-" + std::to_string(++changes), kNow - 130 * kMinuteUs)); }},
      {"a third record",
       [&] {
         Item item = from(kAda, "new-" + std::to_string(++changes), kNow - 131 * kMinuteUs);
         std::get<Engagement>(item.content).customer.source_key = "c-third-" + std::to_string(changes);
         apply(item);
       }},
      {"an interest's trigger",
       [&] {
         Item item = from(kAda, "new-" + std::to_string(++changes), kNow - 132 * kMinuteUs);
         std::get<Engagement>(item.content).interests.push_back({"Sport", "Chess", "more words", Party::kFirst, {}});
         apply(item);
       }},
      {"the settings",
       [&] {
         count("UPDATE account SET label = 'Label " + std::to_string(++changes) + "' WHERE name = 'shop'");
         count("UPDATE setting SET value = value + 1 WHERE name = 'settings_version'");
       }},
      {"the thread's subject",
       [&] {
         Item item = from(kAda, "new-" + std::to_string(++changes), kNow - 133 * kMinuteUs, "t-60");
         std::get<Engagement>(item.content).subject = "Subject " + std::to_string(changes);
         apply(item);
       }},
      {"the value blocked", [&] { count("UPDATE identifier_value SET state = 2"); }},
      {"the value given free", [&] { count("UPDATE identifier_value SET state = 0"); }},
      {"another who has the value",
       [&] {
         apply(from("bob@customer.example", "bob", kNow - kDayUs));
         Item item = from("bob@customer.example", "bob-2", kNow - kDayUs);
         std::get<Engagement>(item.content).customer.identifiers = unit::customer("c", {kAda}).identifiers;
         apply(item);
       }},
      {"a deleted ticket", [&] { apply(unit::thread_deleted("t-70", kNow)); }},
  };
  for (const auto& [what, change] : kinds) {
    EXPECT_EQ(reply_text(ask), table_by_table(ask)) << "before " << what;
    change();
    EXPECT_EQ(reply_text(ask), table_by_table(ask)) << "after " << what;
    EXPECT_EQ(reply_text(ask), table_by_table(ask)) << "again after " << what;
  }
}

TEST_F(Opening, a_page_of_the_history_of_whom_one_knows_is_read_again_where_it_changed_meanwhile) {
  for (int index = 0; index < 4; ++index)
    apply(from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs, "t-" + std::to_string(index)));
  reply_text(asking(kAda));  // the accounts are known
  json::object ask = asking(kAda);
  ask["pivot"] = "history";
  ask["cursor"] = "last";
  Interrupted* interrupted = nullptr;
  store::Pool pool(
      [&](Microseconds deadline_us) {
        auto session =
            std::make_unique<Interrupted>(store::opener(url(), clock_)(deadline_us), "history_page", nullptr);
        interrupted = session.get();
        return session;
      },
      clock_, 1);
  panel::Sidebar sidebar(pool, directory_, audit_, {});
  EXPECT_EQ(sidebar.reply(json::serialize(ask), "r-1", deadline()), table_by_table(ask));
  for (int times = 0; times < 3; ++times) {
    interrupted->next([&] { apply(from(kAda, "m-new-" + std::to_string(times), kNow - kHourUs, "t-1")); });
    const std::string replied = sidebar.reply(json::serialize(ask), "r-1", deadline());
    EXPECT_TRUE(interrupted->happened());
    EXPECT_EQ(replied, table_by_table(ask));
  }
}

TEST_F(Opening, is_not_from_a_card_of_another_version_of_the_identity) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  open_and_write_card();
  // Nothing does this to a message; so one can tell where a reply comes from.
  count("UPDATE engagement SET preview = 'as the tables have it'");
  const auto from_tables = testing::HasSubstr("as the tables have it");
  EXPECT_THAT(reply_text(asking(kAda)), testing::Not(from_tables));
  for (const char* other : {"version - 1", "version + 1"}) {
    count(std::string("UPDATE opening_card SET version = ") + other);
    EXPECT_THAT(reply_text(asking(kAda)), from_tables) << other;
    count(std::string("UPDATE opening_card SET version = (SELECT version FROM identity)"));
    EXPECT_THAT(reply_text(asking(kAda)), testing::Not(from_tables)) << "again as it was";
  }
}

TEST_F(Opening, from_a_card_that_is_damaged_in_any_way_is_read_from_the_tables) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  open_and_write_card();
  const std::string expected = reply_text(asking(kAda));
  for (const char* damage : {"x''", "x'ff'", "x'ffffffffffffffffffff'", "x'ffffffffffffffff7f'",
                             "x'0000000000000000000000000000'", "x'02808080808080808080808080808080'"}) {
    count(std::string("UPDATE opening_card SET body = ") + damage);
    EXPECT_EQ(reply_text(asking(kAda)), expected) << damage;
  }
  count("UPDATE opening_card SET format = 77");
  EXPECT_EQ(reply_text(asking(kAda)), expected);
  count("DELETE FROM opening_card");
  open_and_write_card();
  for (const int cut : {1, 5, 20, 60}) {
    count("UPDATE opening_card SET body = SUBSTR(body, 1, LENGTH(body) - " + std::to_string(cut) + ")");
    EXPECT_EQ(reply_text(asking(kAda)), expected) << cut;
  }
}

TEST_F(Opening, of_more_than_a_card_holds_has_none) {
  std::vector<Item> items;
  for (int index = 0; index < 300; ++index)
    items.push_back(from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs, "t-" + std::to_string(index)));
  apply_all(items);
  reply_text(asking(kAda));
  reply_text(asking(kAda));
  sidebar_.write_cards(deadline());
  EXPECT_EQ(cards(), 0);
}

TEST_F(Opening, at_once_follows_an_account_that_was_added_meanwhile) {
  apply(from(kAda, "m-1", kNow - kMinuteUs));
  reply_text(asking(kAda));
  count("UPDATE account SET label = 'Another label' WHERE name = 'shop'");
  count("UPDATE setting SET value = value + 1 WHERE name = 'settings_version'");
  EXPECT_THAT(reply_text(asking(kAda)), testing::HasSubstr("Another label"));
}

}  // namespace
}  // namespace identities::panel
