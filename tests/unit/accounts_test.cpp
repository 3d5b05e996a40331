// Method: signatures against the published vectors where they are at hand; sealing and decoding by tables.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <functional>
#include <iterator>

#include "accounts/item_decoder.hpp"
#include "accounts/problem.hpp"
#include "accounts/sealed_secret.hpp"
#include "accounts/standard_webhooks.hpp"
#include "core/base64.hpp"

namespace identities::accounts {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

constexpr Microseconds kNow = 1'793'700'720'000'000;  // 2026-11-03T10:12:00Z
const std::string kKey(32, 'k');
const std::string kOtherKey(32, 'o');

SignatureFault verified(std::string_view id, std::string_view stamp, std::string_view signature,
                        const std::vector<std::string>& keys = {kKey}) {
  return verify({id, stamp, signature, "body"}, keys, kNow);
}

std::string good_stamp() {
  return std::to_string(kNow / kSecondUs);
}
std::string good_signature(const std::string& key = kKey) {
  return sign(key, "msg_1", kNow / kSecondUs, "body");
}

TEST(signature, fits_the_published_vectors) {
  std::ifstream file(SHARED_FOLDER "/accounts/payloads/_vectors/published.dev.json");
  if (!file) GTEST_SKIP() << "the published vectors are not beside this repository";
  const json::array vectors =
      json::parse(std::string(std::istreambuf_iterator<char>(file), {})).at("vectors").as_array();
  int checked = 0;
  for (const json::value& vector : vectors) {
    const std::string scheme(vector.at("scheme").as_string());
    if (!scheme.starts_with("standard-webhooks") && !scheme.starts_with("svix")) continue;
    const std::string prefix = scheme.starts_with("svix") ? "svix-" : "webhook-";
    const auto header = [&](const char* name) {
      return std::string(vector.at("headers").at(prefix + name).as_string());
    };
    // One of them is shorter than the specification asks for, so it is decoded here.
    const auto key = base64_decode(std::string(vector.at("secret").as_string()).substr(6));
    ASSERT_TRUE(key);
    const std::string body(vector.at("body").as_string());
    EXPECT_EQ(sign(*key, header("id"), std::stoll(header("timestamp")), body), header("signature"));
    EXPECT_EQ(verify({header("id"), header("timestamp"), header("signature"), body}, std::vector{*key},
                     std::stoll(header("timestamp")) * kSecondUs),
              SignatureFault::kNone);
    ++checked;
  }
  EXPECT_GE(checked, 2);
}

TEST(signature, fits_any_live_key_and_any_entry_of_the_list) {
  EXPECT_EQ(verified("msg_1", good_stamp(), good_signature(), {kOtherKey, kKey}), SignatureFault::kNone);
  EXPECT_EQ(verified("msg_1", good_stamp(), "v1a,AAAA v1,AAAA " + good_signature()), SignatureFault::kNone);
}

TEST(signature, has_a_fault_for_each_way_to_be_wrong) {
  struct Row {
    const char* name;
    std::string id, stamp, signature;
    SignatureFault fault;
  };
  const std::string late = std::to_string(kNow / kSecondUs - 301);
  const Row rows[] = {
      {"another id", "msg_2", good_stamp(), good_signature(), SignatureFault::kMismatch},
      {"another key", "msg_1", good_stamp(), good_signature(kOtherKey), SignatureFault::kMismatch},
      {"no v1", "msg_1", good_stamp(), "v2,AAAA", SignatureFault::kMalformedHeader},
      {"empty", "msg_1", good_stamp(), "", SignatureFault::kMalformedHeader},
      {"not base64", "msg_1", good_stamp(), "v1,????", SignatureFault::kMismatch},
      {"letters as a timestamp", "msg_1", "soon", good_signature(), SignatureFault::kMalformedHeader},
      {"a huge timestamp", "msg_1", "99999999999999999999", good_signature(), SignatureFault::kMalformedHeader},
      {"a slash in the id", "msg/1", good_stamp(), good_signature(), SignatureFault::kMalformedHeader},
      {"late", "msg_1", late, sign(kKey, "msg_1", kNow / kSecondUs - 301, "body"), SignatureFault::kStale},
      {"early", "msg_1", std::to_string(kNow / kSecondUs + 301), sign(kKey, "msg_1", kNow / kSecondUs + 301, "body"),
       SignatureFault::kStale},
      {"at the edge, late", "msg_1", std::to_string(kNow / kSecondUs - 300),
       sign(kKey, "msg_1", kNow / kSecondUs - 300, "body"), SignatureFault::kNone},
      {"at the edge, early", "msg_1", std::to_string(kNow / kSecondUs + 300),
       sign(kKey, "msg_1", kNow / kSecondUs + 300, "body"), SignatureFault::kNone},
      {"an empty id", "", good_stamp(), good_signature(), SignatureFault::kMalformedHeader},
      {"an id of 256", std::string(256, 'i'), good_stamp(), good_signature(), SignatureFault::kMalformedHeader},
      {"a blank in the id", "msg 1", good_stamp(), good_signature(), SignatureFault::kMalformedHeader},
      {"a negative timestamp", "msg_1", "-1", good_signature(), SignatureFault::kMalformedHeader},
      {"a fraction of a second", "msg_1", good_stamp() + ".5", good_signature(), SignatureFault::kMalformedHeader},
      {"a plus before the timestamp", "msg_1", "+" + good_stamp(), good_signature(), SignatureFault::kMalformedHeader},
      {"12 digits", "msg_1", "999999999999", good_signature(), SignatureFault::kMalformedHeader},
      {"half a signature", "msg_1", good_stamp(), good_signature().substr(0, 27), SignatureFault::kMismatch},
      {"v1 alone", "msg_1", good_stamp(), "v1,", SignatureFault::kMismatch},
      {"late and wrong tells nobody the time", "msg_1", late, good_signature(), SignatureFault::kMismatch},
  };
  for (const Row& row : rows) EXPECT_EQ(verified(row.id, row.stamp, row.signature), row.fault) << row.name;
  EXPECT_EQ(verify({std::nullopt, "1", "v1,", "body"}, std::vector{kKey}, kNow), SignatureFault::kMissingHeader);
}

TEST(signature, of_the_17th_entry_is_not_looked_at) {
  std::string list;
  for (int entry = 0; entry < 16; ++entry) list += "v1,AAAA ";
  EXPECT_EQ(verified("msg_1", good_stamp(), list + good_signature()), SignatureFault::kMismatch);
}

TEST(signature, needs_each_of_the_three_headers) {
  const std::string stamp = good_stamp();
  const std::string signature = good_signature();
  const std::vector keys{kKey};
  EXPECT_EQ(verify({std::nullopt, stamp, signature, "body"}, keys, kNow), SignatureFault::kMissingHeader);
  EXPECT_EQ(verify({"msg_1", std::nullopt, signature, "body"}, keys, kNow), SignatureFault::kMissingHeader);
  EXPECT_EQ(verify({"msg_1", stamp, std::nullopt, "body"}, keys, kNow), SignatureFault::kMissingHeader);
}

TEST(signature, covers_the_body_byte_by_byte) {
  const std::vector keys{kKey};
  const std::string stamp = good_stamp();
  const std::string signature = good_signature();
  for (const char* body : {"", "Body", "body ", "bod", "body\n"})
    EXPECT_EQ(verify({"msg_1", stamp, signature, body}, keys, kNow), SignatureFault::kMismatch) << body;
}

TEST(secret, has_24_to_64_bytes) {
  for (const auto& [size, valid] :
       {std::pair(23U, false), std::pair(24U, true), std::pair(64U, true), std::pair(65U, false)})
    EXPECT_EQ(key_of_secret("whsec_" + base64_encode(std::string(size, 'k'))).has_value(), valid) << size;
}

TEST(master_key, is_32_bytes_raw_or_as_base64) {
  EXPECT_EQ(master_key_of(kKey), kKey);
  EXPECT_EQ(master_key_of(base64_encode(kKey)), kKey);
  for (const std::string& secret :
       {std::string(), std::string(31, 'k'), base64_encode(std::string(31, 'k')), std::string(44, '?')})
    EXPECT_FALSE(master_key_of(secret)) << secret.size();
}

TEST(secret, is_whsec_and_base64_of_24_to_64_bytes) {
  EXPECT_TRUE(key_of_secret(make_secret()));
  EXPECT_NE(make_secret(), make_secret());
  for (const char* secret : {"", "whsec_", "whsec_AAAA", "secret", "whsec_not base64"})
    EXPECT_FALSE(key_of_secret(secret)) << secret;
}

TEST(sealed_secret, opens_only_whole_with_its_key_and_for_its_account) {
  const std::string sealed = seal(kKey, 7, "whsec_x");
  EXPECT_EQ(unseal(kKey, 7, sealed), "whsec_x");
  EXPECT_NE(seal(kKey, 7, "whsec_x"), sealed);
  EXPECT_FALSE(unseal(kOtherKey, 7, sealed));
  EXPECT_FALSE(unseal(kKey, 8, sealed));
  for (std::size_t index = 0; index < sealed.size(); ++index) {
    std::string flipped = sealed;
    flipped[index] = static_cast<char>(flipped[index] ^ 1);
    EXPECT_FALSE(unseal(kKey, 7, flipped)) << index;
    EXPECT_FALSE(unseal(kKey, 7, sealed.substr(0, index))) << index;
  }
}

constexpr const char* kEngagement =
    R"({"type":"engagement.created","timestamp":"2026-11-03T10:12:00Z","data":{"id":"m-1",
  "customer":{"id":"c-1","name":"Ada","identifiers":[{"kind":"email","value":"Ada@Customer.example","verified":true},{"kind":"platform","value":"42"}]},
  "direction":"in","kind":"message","channel":"chat","occurred_at":"2026-11-03T10:12:00Z","thread":{"id":"t-1","subject":"Hello","status":"closed","partition":"HR"},
  "author":{"id":"u-1","name":"Ada"},"text":"hi","attachments":[{"name":"a.txt","type":"text/plain","size":3}],"interests":[{"category":"Sport","name":"AFL","words":"w"}]}})";
constexpr const char* kAttributes =
    R"({"type":"attributes.updated","timestamp":"2026-11-03T10:12:00Z","data":{"customer":{"id":"c-1"},
  "attributes":[{"key":"person.city","type":"string","value":"Perth"}]}})";

std::optional<Item> decoded(const json::value& value, Faults& faults, std::string_view provider = "generic") {
  return decode_item(value, "/0", {"shop", provider, kNow}, faults);
}

/// The identifiers of a customer who is given so.
std::vector<GivenIdentifier> identifiers(const std::string& given, const Source& source) {
  const auto value = json::parse(R"({"type":"attributes.updated","timestamp":"2026-11-03T10:12:00Z","data":{)"
                                 R"("customer":{"id":"c-1","identifiers":[)" +
                                 given + "]}}}");
  Faults faults;
  const auto item = decode_item(value, "/0", source, faults);
  if (!item) throw std::runtime_error(faults.front().pointer);
  return std::get<Attributes>(item->content).customer.identifiers;
}

TEST(item, has_identifiers_by_the_rules_and_its_accounts_country) {
  const ResolutionRules rules = rules_from_json(R"({"blocked_values":["help@ourbrand.com"]})");
  const auto given = identifiers(
      R"({"kind":"phone","value":"0412 345 678"},{"kind":"email","value":"Help@OurBrand.com"},)"
      R"({"kind":"email","value":"info@acme.io"},{"kind":"phone","value":"02 9374 4000"},{"kind":"email","value":"null"})",
      {"shop", "generic", kNow, "AU", rules});
  ASSERT_EQ(given.size(), 5U);
  EXPECT_EQ(given[0].key, "+61412345678");
  EXPECT_TRUE(given[0].is_sound());
  EXPECT_EQ(given[1].blocked, BlockedReason::kOwn);
  EXPECT_EQ(given[2].blocked, BlockedReason::kRole);
  EXPECT_EQ(given[3].phone_use, PhoneUse::kHousehold);
  EXPECT_FALSE(given[3].is_sound());
  EXPECT_EQ(given[4].key, std::nullopt);
  EXPECT_EQ(given[4].blocked, BlockedReason::kPlaceholder);
}

TEST(item, C55_of_whatsapp_knows_its_customer_by_number_too) {
  const Source source{"wa", "whatsapp", kNow};
  const auto given = identifiers(R"({"kind":"platform","value":"14155552671","verified":true})", source);
  ASSERT_EQ(given.size(), 2U);
  EXPECT_EQ(given[0].key, "wa:14155552671");
  EXPECT_EQ(given[1].kind, IdentifierKind::kPhone);
  EXPECT_EQ(given[1].key, "+14155552671");
  EXPECT_TRUE(given[1].verified);
  EXPECT_EQ(
      identifiers(R"({"kind":"platform","value":"14155552671"},{"kind":"phone","value":"+1 415 555 2671"})", source)
          .size(),
      2U)
      << "it was given already";
  EXPECT_EQ(identifiers(R"({"kind":"platform","value":"1"})", source).size(), 1U) << "no number";
  EXPECT_EQ(identifiers(R"({"kind":"platform","value":"14155552671"})", {"x", "x", kNow}).size(), 1U);
}

TEST(item, of_an_engagement_is_read_whole) {
  Faults faults;
  const auto item = decoded(json::parse(kEngagement), faults);
  ASSERT_TRUE(item);
  const auto& engagement = std::get<Engagement>(item->content);
  EXPECT_EQ(engagement.customer.identifiers[0].key, "ada@customer.example");
  EXPECT_EQ(engagement.customer.identifiers[1].key, "shop:42");
  EXPECT_EQ(engagement.partition, "HR");
  EXPECT_EQ(engagement.thread_status, ThreadStatus::kClosed);
  EXPECT_EQ(engagement.author_id, "u-1");
  EXPECT_EQ(engagement.attachments, R"([{"name":"a.txt","type":"text/plain","size":3}])");
  EXPECT_EQ(engagement.interests.size(), 1U);
}

TEST(item, has_platform_ids_of_a_public_network_that_mean_the_same_in_every_account) {
  Faults faults;
  const auto item = decoded(json::parse(kEngagement), faults, "instagram");
  EXPECT_EQ(std::get<Engagement>(item->content).customer.identifiers[1].key, "instagram:42");
}

struct BrokenRow {
  const char* name;
  const char* from;
  std::function<void(json::object& data)> change;
  const char* pointer;
};

TEST(item, that_is_broken_is_refused_with_a_pointer_and_without_its_values) {
  const auto set = [](const char* member, json::value value) {
    return [member, value](json::object& data) { data[member] = value; };
  };
  const auto attribute = [](json::object given) {
    return [given](json::object& data) { data["attributes"] = json::array{given}; };
  };
  const BrokenRow rows[] = {
      {"text is a number", kEngagement, set("text", 1), "/0/data/text"},
      {"text is too long", kEngagement, set("text", json::string(500'001, 'x')), "/0/data/text"},
      {"text holds U+0000", kEngagement, set("text", json::string(std::string_view("a\0b", 3))), "/0/data/text"},
      {"id is empty", kEngagement, set("id", ""), "/0/data/id"},
      {"direction", kEngagement, set("direction", "up"), "/0/data/direction"},
      {"channel", kEngagement, set("channel", "Mail"), "/0/data/channel"},
      {"no thread", kEngagement, [](json::object& data) { data.erase("thread"); }, "/0/data/thread"},
      {"thread without id", kEngagement, set("thread", json::object{}), "/0/data/thread/id"},
      {"customer is a list", kEngagement, set("customer", json::array{}), "/0/data/customer"},
      {"26 identifiers", kEngagement,
       set("customer", json::object{{"id", "c"}, {"identifiers", json::array(26, json::object{})}}),
       "/0/data/customer/identifiers"},
      {"identifier of no kind", kEngagement,
       set("customer",
           json::object{{"id", "c"}, {"identifiers", json::array{json::object{{"kind", "shoe"}, {"value", "9"}}}}}),
       "/0/data/customer/identifiers/0/kind"},
      {"attachment is a string", kEngagement, set("attachments", json::array{"a.txt"}), "/0/data/attachments/0"},
      {"negative size", kEngagement, set("attachments", json::array{json::object{{"name", "a"}, {"size", -1}}}),
       "/0/data/attachments/0/size"},
      {"unknown member", kEngagement, set("colour", "red"), "/0/data/colour"},
      {"attribute key without a dot", kAttributes, attribute({{"key", "city"}, {"type", "string"}, {"value", "x"}}),
       "/0/data/attributes/0/key"},
      {"attribute key of interests", kAttributes, attribute({{"key", "interest.x"}, {"type", "flag"}, {"value", true}}),
       "/0/data/attributes/0/key"},
      {"a number as text", kAttributes, attribute({{"key", "a.b"}, {"type", "number"}, {"value", "7"}}),
       "/0/data/attributes/0/value"},
      {"infinity", kAttributes, attribute({{"key", "a.b"}, {"type", "number"}, {"value", 1e308 * 10}}),
       "/0/data/attributes/0/value"},
      {"a date that is none", kAttributes, attribute({{"key", "a.b"}, {"type", "date"}, {"value", "2026-02-30"}}),
       "/0/data/attributes/0/value"},
      {"a flag as a number", kAttributes, attribute({{"key", "a.b"}, {"type", "flag"}, {"value", 1}}),
       "/0/data/attributes/0/value"},
      {"a list of numbers", kAttributes, attribute({{"key", "a.b"}, {"type", "list"}, {"value", json::array{1}}}),
       "/0/data/attributes/0/value"},
      {"no value", kAttributes, attribute({{"key", "a.b"}, {"type", "string"}}), "/0/data/attributes/0/value"},
      {"set in the far future", kAttributes,
       attribute({{"key", "a.b"}, {"type", "flag"}, {"value", true}, {"set_at", "9999-01-01T00:00:00Z"}}),
       "/0/data/attributes/0/set_at"},
  };
  for (const BrokenRow& row : rows) {
    SCOPED_TRACE(row.name);
    json::value item = json::parse(row.from);
    row.change(item.at("data").as_object());
    Faults faults;
    EXPECT_FALSE(decoded(item, faults));
    ASSERT_FALSE(faults.empty());
    EXPECT_EQ(faults.front().pointer, row.pointer);
    EXPECT_THAT(faults_json(faults), Not(HasSubstr("customer.example")));
  }
}

TEST(item, of_a_profile_is_read_whole) {
  Faults faults;
  const auto item = decoded(
      json::parse(R"({"type":"profile.updated","timestamp":"2026-11-03T10:12:00Z","data":{"customer":{"id":"c-1"},
      "name":"Ada","handle":"@ada","url":"https://social.example/ada","bio":"b","fetched_at":"2026-11-01T00:00:00Z",
      "interests":[{"category":"Sport","name":"AFL","party":"third","set_at":"2026-10-01T00:00:00Z"}]}})"),
      faults);
  ASSERT_TRUE(item) << faults_json(faults);
  const auto& profile = std::get<Profile>(item->content);
  EXPECT_EQ(profile.handle, "@ada");
  EXPECT_EQ(profile.fetched_us, parse_rfc3339("2026-11-01T00:00:00Z"));
  EXPECT_EQ(profile.interests.at(0).party, Party::kThird);
  EXPECT_EQ(profile.interests.at(0).set_us, parse_rfc3339("2026-10-01T00:00:00Z"));
}

TEST(item, of_a_deletion_names_the_engagement_and_nothing_else) {
  Faults faults;
  const auto deletion = [&](const char* data) {
    return decoded(
        json::parse(std::string(R"({"type":"engagement.deleted","timestamp":"2026-11-03T10:12:00Z","data":)") + data +
                    "}"),
        faults);
  };
  const auto item = deletion(R"({"id":"m-1"})");
  ASSERT_TRUE(item);
  EXPECT_EQ(std::get<EngagementDeleted>(item->content).source_key, "m-1");
  EXPECT_FALSE(deletion(R"({"id":"m-1","text":"x"})"));
  EXPECT_EQ(faults.front().pointer, "/0/data/text");
}

TEST(item, of_a_thread_names_it_and_what_became_of_it) {
  struct Row {
    const char* type;
    const char* data;
    const char* pointer;  // of the fault; nullptr: it is good
  };
  const std::string long_text(201, 'x');
  const std::string long_id = R"({"id":")" + long_text + R"("})";
  const Row rows[] = {
      {"thread.moved", R"({"id":"t-1","partition":"HR"})", nullptr},
      {"thread.moved", R"({"id":"t-1"})", "/0/data/partition"},
      {"thread.moved", R"({"id":"t-1","partition":""})", "/0/data/partition"},
      {"thread.moved", R"({"id":"t-1","partition":7})", "/0/data/partition"},
      {"thread.moved", R"({"id":"t-1","partition":"HR","into":"t-2"})", "/0/data/into"},
      {"thread.updated", R"({"id":"t-1","subject":"Refund","status":"closed"})", nullptr},
      {"thread.updated", R"({"id":"t-1","subject":"Refund"})", nullptr},
      {"thread.updated", R"({"id":"t-1","status":"waiting"})", nullptr},
      {"thread.updated", R"({"id":"t-1"})", "/0/data/status"},
      {"thread.updated", R"({"id":"t-1","subject":""})", "/0/data/subject"},
      {"thread.updated", R"({"id":"t-1","status":"resolved"})", "/0/data/status"},
      {"thread.updated", R"({"id":"t-1","status":"open","partition":"HR"})", "/0/data/partition"},
      {"thread.updated", R"({"status":"open"})", "/0/data/id"},
      {"thread.deleted", R"({"id":"t-1"})", nullptr},
      {"thread.deleted", R"({})", "/0/data/id"},
      {"thread.deleted", long_id.c_str(), "/0/data/id"},
      {"thread.deleted", R"({"id":"t-1","partition":"HR"})", "/0/data/partition"},
      {"customer.merged", R"({"from":"101","into":"102"})", nullptr},
      {"customer.merged", R"({"from":"101"})", "/0/data/into"},
      {"customer.merged", R"({"into":"102"})", "/0/data/from"},
      {"customer.merged", R"({"from":"","into":"102"})", "/0/data/from"},
      {"customer.merged", R"({"from":101,"into":"102"})", "/0/data/from"},
      {"customer.merged", R"({"from":"101","into":"101"})", "/0/data/into"},
      {"customer.merged", R"({"from":"101","into":"102","id":"c"})", "/0/data/id"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.type) + row.data);
    Faults faults;
    const auto item = decoded(
        json::parse(fmt::format(R"({{"type":"{}","timestamp":"2026-11-03T10:12:00Z","data":{}}})", row.type, row.data)),
        faults);
    ASSERT_EQ(item.has_value(), row.pointer == nullptr);
    if (row.pointer != nullptr) {
      EXPECT_EQ(faults.front().pointer, row.pointer);
    } else if (const auto* moved = std::get_if<ThreadMoved>(&item->content)) {
      EXPECT_EQ(moved->thread_key + " " + moved->partition, "t-1 HR");
    } else if (const auto* updated = std::get_if<ThreadUpdated>(&item->content)) {
      EXPECT_EQ(updated->thread_key, "t-1");
      EXPECT_TRUE(updated->subject == "Refund" || updated->status == ThreadStatus::kWaiting);
    } else if (const auto* merged = std::get_if<CustomerMerged>(&item->content)) {
      EXPECT_EQ(merged->from + " " + merged->into, "101 102");
    } else {
      EXPECT_EQ(std::get<ThreadDeleted>(item->content).thread_key, "t-1");
    }
  }
}

TEST(item, that_is_edited_says_so) {
  json::value item = json::parse(kEngagement);
  item.as_object()["type"] = "engagement.edited";
  Faults faults;
  EXPECT_TRUE(std::get<Engagement>(decoded(item, faults)->content).edited);
}

constexpr const char* kProfile =
    R"({"type":"profile.updated","timestamp":"2026-11-03T10:12:00Z","data":{"customer":{"id":"c-1"}}})";

TEST(item, has_limits_on_every_text_and_list) {
  const auto object = [](const char* member, json::value value) { return json::object{{member, std::move(value)}}; };
  const auto interest = [](const char* member, json::value value) {
    json::object each = {{"category", "Sport"}, {"name", "AFL"}};
    each[member] = std::move(value);
    return json::array{each};
  };
  const auto long_text = [](std::size_t size) { return json::string(size, 'x'); };
  struct Row {
    const char* name;
    const char* from;
    const char* member;
    json::value value;
    const char* pointer;
  };
  const json::object one_interest = {{"category", "Sport"}, {"name", "AFL"}};
  const json::object one_attribute = {{"key", "a.b"}, {"type", "flag"}, {"value", true}};
  const auto attribute = [&](const char* member, json::value value) {
    json::object each = one_attribute;
    each[member] = std::move(value);
    return json::array{each};
  };
  const Row rows[] = {
      {"id of 201", kEngagement, "id", long_text(201), "/0/data/id"},
      {"customer id of 201", kEngagement, "customer", object("id", long_text(201)), "/0/data/customer/id"},
      {"thread id of 201", kEngagement, "thread", object("id", long_text(201)), "/0/data/thread/id"},
      {"channel of 33", kEngagement, "channel", long_text(33), "/0/data/channel"},
      {"author of 201", kEngagement, "author", object("name", long_text(201)), "/0/data/author/name"},
      {"kind", kEngagement, "kind", "letter", "/0/data/kind"},
      {"time without a zone", kEngagement, "occurred_at", "2026-11-03T10:12:00", "/0/data/occurred_at"},
      {"51 attachments", kEngagement, "attachments", json::array(51, object("name", "a")), "/0/data/attachments"},
      {"attachment of 256", kEngagement, "attachments", json::array{object("name", long_text(256))},
       "/0/data/attachments/0/name"},
      {"51 interests of a message", kEngagement, "interests", json::array(51, one_interest), "/0/data/interests"},
      {"interest of no party", kEngagement, "interests", interest("party", "fourth"), "/0/data/interests/0/party"},
      {"interest of 201", kEngagement, "interests", interest("name", long_text(201)), "/0/data/interests/0/name"},
      {"category of 101", kEngagement, "interests", interest("category", long_text(101)),
       "/0/data/interests/0/category"},
      {"words of 281", kEngagement, "interests", interest("words", long_text(281)), "/0/data/interests/0/words"},
      {"interest from the far future", kEngagement, "interests", interest("set_at", "2027-11-03T10:12:00Z"),
       "/0/data/interests/0/set_at"},
      {"501 interests of a profile", kProfile, "interests", json::array(501, one_interest), "/0/data/interests"},
      {"address of a script", kProfile, "url", "javascript:alert(1)", "/0/data/url"},
      {"bio of 2,001", kProfile, "bio", long_text(2001), "/0/data/bio"},
      {"handle of 201", kProfile, "handle", long_text(201), "/0/data/handle"},
      {"201 attributes", kAttributes, "attributes", json::array(201, one_attribute), "/0/data/attributes"},
      {"attribute key of 64", kAttributes, "attributes", attribute("key", json::string("a." + std::string(62, 'b'))),
       "/0/data/attributes/0/key"},
      {"two dots", kAttributes, "attributes", attribute("key", "a.b.c"), "/0/data/attributes/0/key"},
      {"label of 101", kAttributes, "attributes", attribute("label", long_text(101)), "/0/data/attributes/0/label"},
      {"unit of 17", kAttributes, "attributes", attribute("unit", long_text(17)), "/0/data/attributes/0/unit"},
      {"sensitive as a word", kAttributes, "attributes", attribute("sensitive", "yes"),
       "/0/data/attributes/0/sensitive"},
      {"no such type", kAttributes, "attributes", attribute("type", "blob"), "/0/data/attributes/0/type"},
      {"another member", kAttributes, "attributes", attribute("a_b", 1), "/0/data/attributes/0/a_b"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    json::value item = json::parse(row.from);
    item.at("data").as_object()[row.member] = row.value;
    Faults faults;
    EXPECT_FALSE(decoded(item, faults));
    ASSERT_FALSE(faults.empty());
    EXPECT_EQ(faults.front().pointer, row.pointer);
  }
}

TEST(item, of_an_unknown_type_or_no_object_is_refused) {
  for (const char* text : {"[]", "\"x\"", "null",
                           R"({"type":"engagement.exploded","timestamp":"2026-11-03T10:12:00Z","data":{}})", "{}"}) {
    Faults faults;
    EXPECT_FALSE(decoded(json::parse(text), faults)) << text;
    EXPECT_FALSE(faults.empty());
  }
}

TEST(item, takes_every_type_of_attribute_and_null_to_take_it_away) {
  json::value item = json::parse(kAttributes);
  item.at("data").as_object()["attributes"] = json::parse(
      R"([{"key":"a.flag","type":"flag","value":true},{"key":"a.number","type":"number","value":4.5,"unit":"AUD"},
    {"key":"a.date","type":"date","value":"2026-11-03"},{"key":"a.list","type":"list","value":["x","y"]},{"key":"a.gone","type":"text","value":null}])");
  Faults faults;
  const auto read = decoded(item, faults);
  ASSERT_TRUE(read);
  const auto& given = std::get<Attributes>(read->content).attributes;
  EXPECT_EQ(given[0].number, 1);
  EXPECT_EQ(given[1].number, 4.5);
  EXPECT_EQ(given[2].number, static_cast<double>(*parse_rfc3339("2026-11-03T00:00:00Z")));
  EXPECT_EQ(given[3].text, R"(["x","y"])");
  EXPECT_TRUE(given[4].removed);
}

}  // namespace
}  // namespace identities::accounts
