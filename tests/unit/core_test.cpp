// Method: pure rules, by tables whose rows have names.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <functional>

#include "core/base64.hpp"
#include "core/identifier.hpp"
#include "core/ids.hpp"
#include "core/json_reader.hpp"
#include "core/json_writer.hpp"
#include "core/summarise.hpp"
#include "core/time_zone.hpp"
#include "core/timestamp.hpp"
#include "core/utf8.hpp"

namespace identities {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(ids, rise_even_when_the_clock_steps_back) {
  constexpr Microseconds kNow = 1'795'000'000'000'000;
  Id last = 0;
  for (const Microseconds step : {0L, 0L, 1'000L, -5'000'000L, -5'000'000L, 2'000L}) {
    const Id id = next_id(kNow + step);
    EXPECT_GT(id, last);
    last = id;
  }
}

TEST(ids, of_a_time_begin_at_first_id_at) {
  constexpr Microseconds kLater = 1'995'000'000'000'000;
  EXPECT_GE(next_id(kLater), first_id_at(kLater));
  EXPECT_LT(next_id(kLater), first_id_at(kLater + 10'000'000));
  EXPECT_EQ(first_id_at(0), 0);
}

TEST(ids, are_read_from_1_to_19_digits_and_nothing_else) {
  EXPECT_EQ(parse_id("9223372036854775807"), 9223372036854775807);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1x", "9223372036854775808", "00000000000000000001", "0x1"})
    EXPECT_EQ(parse_id(text), std::nullopt) << text;
}

TEST(base64, follows_the_vectors_of_rfc_4648) {
  for (const auto& [plain, coded] :
       {std::pair("", ""), std::pair("f", "Zg=="), std::pair("fo", "Zm8="), std::pair("foo", "Zm9v"),
        std::pair("foob", "Zm9vYg=="), std::pair("fooba", "Zm9vYmE="), std::pair("foobar", "Zm9vYmFy")}) {
    EXPECT_EQ(base64_encode(plain), coded);
    EXPECT_EQ(base64_decode(coded), plain);
  }
  for (const char* text : {"Zg=", "Zg", "Zg==\n", "Z===", "====", "Zm9v!", "Zm 9", "Zm9vYg==Zm9v"})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

struct TimeRow {
  const char* text;
  std::optional<Microseconds> time;
};

TEST(rfc3339, is_read_with_its_zone) {
  const TimeRow rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T08:00:00+08:00", 0},
      {"1969-12-31T23:59:59Z", -1'000'000},
      {"2026-11-03T10:12:00.123456789Z", 1'793'700'720'123'456},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000},
      {"2016-12-31T23:59:60Z", 1'483'228'800'000'000},
      {"2026-11-03t10:12:00z", 1'793'700'720'000'000},
      {"2023-02-29T00:00:00Z", std::nullopt},
      {"2026-11-03T10:12:00", std::nullopt},
      {"2026-11-03", std::nullopt},
      {"2026-13-03T10:12:00Z", std::nullopt},
      {"2026-11-03T24:12:00Z", std::nullopt},
      {"2026-11-03T10:12:00.Z", std::nullopt},
      {"2026-11-03T10:12:00+25:00", std::nullopt},
      {"2026-11-03T10:12:00Zx", std::nullopt},
      {"1899-01-01T00:00:00Z", std::nullopt},
      {"", std::nullopt},
  };
  for (const TimeRow& row : rows) EXPECT_EQ(parse_rfc3339(row.text), row.time) << row.text;
}

TEST(rfc3339, is_written_so_that_it_reads_the_same) {
  for (const Microseconds time :
       {Microseconds{0}, Microseconds{-1}, Microseconds{1'793'700'720'123'456}, Microseconds{-62'000'000'000'000}})
    EXPECT_EQ(parse_rfc3339(format_rfc3339(time)), time);
}

TEST(utf8, is_cut_between_characters) {
  EXPECT_EQ(utf8_prefix("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x9A\xB2z", 3), "a\xC3\xA4\xE2\x82\xAC");
  EXPECT_EQ(utf8_count("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x9A\xB2"), 4U);
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80"})
    EXPECT_EQ(utf8_length(bad), 0U);
}

TEST(json_writer, writes_text_that_stands_safely_inside_a_script_element) {
  JsonWriter json;
  json.begin_object()
      .member("name", "</script>&\"\\\n\x01\xE2\x80\xA8")
      .key("list")
      .begin_array()
      .integer(-1)
      .number(0.5)
      .null()
      .boolean(true);
  json.id(9007199254740993).end_array().end_object();
  EXPECT_EQ(json.text(),
            R"({"name":"\u003c/script\u003e\u0026\"\\\n\u0001\u2028","list":[-1,0.5,null,true,"9007199254740993"]})");
}

TEST(json_writer, replaces_bytes_that_are_not_utf8) {
  JsonWriter json;
  json.string("a\xFFz");
  EXPECT_EQ(json.text(), "\"a\xEF\xBF\xBDz\"");
}

TEST(json_writer, writes_numbers_that_json_has) {
  JsonWriter json;
  json.begin_array().number(1e300 * 1e10).number(12.0).number(4210.25).end_array();
  EXPECT_EQ(json.text(), "[null,12,4210.25]");
}

TEST(fields, tell_where_what_and_never_the_value) {
  const auto value = boost::json::parse(
      R"({"text":"hanna@mail.example","number":7,"choice":"sideways","list":[1,2,3],"other":1,"hanna@mail.example":1})");
  Faults faults;
  Fields fields(value.get_object(), "/data", faults);
  fields.text("text", {4});
  fields.text("number", {4});
  fields.choice("choice", {"in", "out"});
  fields.optional_array("list", 2);
  fields.time("absent");
  fields.refuse_others();
  std::vector<std::string> told;
  for (const Fault& fault : faults) told.push_back(fault.pointer + " " + fault.found);
  EXPECT_THAT(told,
              ElementsAre("/data/text a string of 18 characters", "/data/number a number",
                          "/data/choice a string of 8 characters", "/data/list an array of 3", "/data/absent nothing",
                          "/data/other a number", "/data another name, of 18 characters"));
  for (const Fault& fault : faults) EXPECT_THAT(fault.pointer + fault.expected + fault.found, Not(HasSubstr("hanna")));
}

TEST(fields, escape_a_pointer) {
  EXPECT_EQ(pointer_token("a/b~c"), "/a~1b~0c");
}

struct KeyRow {
  const char* name;
  const char* text;
  std::optional<std::string> key;
};

TEST(email, becomes_a_key) {
  const KeyRow rows[] = {
      {"plain", "ada@customer.example", "ada@customer.example"},
      {"case and space", "  Ada.B@Customer.Example \n", "ada.b@customer.example"},
      {"display name", "\"Ada, B\" <Ada@Customer.Example>", "ada@customer.example"},
      {"mailto with a query", "mailto:ada@customer.example?subject=hi", "ada@customer.example"},
      {"trailing dot", "ada@customer.example.", "ada@customer.example"},
      {"full-width letters", "\xEF\xBD\x81\xEF\xBD\x84\xEF\xBD\x81@customer.example", "ada@customer.example"},
      {"sharp s stays its own domain", "ada@fa\xC3\x9F.example", "ada@xn--fa-hia.example"},
      {"two s are another", "ada@fass.example", "ada@fass.example"},
      {"no sign", "ada.customer.example", std::nullopt},
      {"two signs", "a@b@customer.example", std::nullopt},
      {"empty label", "ada@customer..example", std::nullopt},
      {"underscore", "ada@ex_ample.com", std::nullopt},
      {"no dot", "ada@localhost", std::nullopt},
      {"no local part", "@customer.example", std::nullopt},
      {"space inside", "a da@customer.example", std::nullopt},
      {"open bracket", "Ada <ada@customer.example", std::nullopt},
      {"empty", "", std::nullopt},
  };
  for (const KeyRow& row : rows) EXPECT_EQ(normalise_email(row.text), row.key) << row.name;
  EXPECT_EQ(normalise_email(std::string(65, 'a') + "@customer.example"), std::nullopt);
}

TEST(email, key_of_a_key_is_the_key) {
  for (const char* text : {"Ada@Fa\xC3\x9F.Example", "A\xC3\x84@customer.example"}) {
    const auto key = normalise_email(text);
    ASSERT_TRUE(key);
    EXPECT_EQ(normalise_email(*key), key);
  }
}

TEST(phone, becomes_a_key_only_with_its_country) {
  const KeyRow rows[] = {
      {"plain", "+61491570156", "+61491570156"},
      {"written out", "+61 (491) 570-156", "+61491570156"},
      {"two zeros", "0061 491 570 156", "+61491570156"},
      {"whatsapp", "whatsapp:+61491570156", "+61491570156"},
      {"no country", "0491 570 156", std::nullopt},
      {"letters", "+61 491 CALL ME", std::nullopt},
      {"too short", "+6149157", std::nullopt},
      {"too long", "+6149157015612345", std::nullopt},
      {"one digit repeated", "+11111111111", std::nullopt},
      {"a zero first", "+0491570156", std::nullopt},
  };
  for (const KeyRow& row : rows) EXPECT_EQ(normalise_phone(row.text), row.key) << row.name;
}

TEST(scoped_id, keeps_case_and_leading_zeros) {
  EXPECT_EQ(normalise_scoped("crm", " 007A "), "crm:007A");
  EXPECT_EQ(normalise_scoped("crm", "  "), std::nullopt);
}

TEST(shared_values, identify_nobody) {
  EXPECT_TRUE(identifies_one_person(IdentifierKind::kEmail, "ada@customer.example"));
  for (const char* key : {"info@customer.example", "no-reply@customer.example", "noreply+1@customer.example"})
    EXPECT_FALSE(identifies_one_person(IdentifierKind::kEmail, key)) << key;
  for (const char* key : {"crm:null", "crm:0", "crm:N/A", "crm:[object Object]"})
    EXPECT_FALSE(identifies_one_person(IdentifierKind::kCustomer, key)) << key;
}

Known interest(std::string_view category, std::string_view name, std::int64_t evidence) {
  Known known;
  known.interest = true;
  known.category = category;
  known.name = name;
  known.evidence = evidence;
  return known;
}

Known number(std::string_view key, double value, Microseconds set_us) {
  Known known;
  known.key = key;
  known.category = key.substr(0, key.find('.'));
  known.type = AttributeType::kNumber;
  known.number = value;
  known.set_us = set_us;
  return known;
}

TEST(summary, has_interests_by_count_with_the_best_founded_on_top) {
  const Summary summary =
      summarise({interest("Food", "Coffee", 1), interest("Sport", "AFL", 1), interest("Sport", "Cycling", 5),
                 interest("Sport", "Cycling", 2), interest("Sport", "Surfing", 2), interest("Sport", "Chess", 1)},
                {}, {}, 0);
  ASSERT_EQ(summary.lines.size(), 2U);
  EXPECT_EQ(summary.lines[0].id, "interest.Sport");
  EXPECT_EQ(summary.lines[0].count, 4);
  EXPECT_THAT(summary.lines[0].top, ElementsAre("Cycling", "Surfing", "AFL"));
  EXPECT_EQ(summary.interest_count, 5);
  EXPECT_EQ(summary.interests.front(), "Cycling");
}

TEST(summary, takes_the_newest_of_several_sources_for_a_fact) {
  const Summary summary =
      summarise({number("buying.orders", 11, 1), number("buying.orders", 12, 2), number("buying.spent", 1, 1)}, {},
                {"buying.orders", "buying.spent", "buying.absent"}, 0);
  ASSERT_EQ(summary.facts.size(), 2U);
  EXPECT_EQ(summary.facts[0].number, 12);
}

TEST(summary, shows_no_single_fact) {
  EXPECT_TRUE(summarise({number("buying.orders", 11, 1)}, {}, {"buying.orders"}, 0).facts.empty());
}

TEST(summary, is_never_empty_for_somebody_who_wrote) {
  ServiceFacts service;
  service.messages = 3;
  service.first_us = 1;
  service.wrote_us = {19 * kHourUs, 20 * kHourUs + kDayUs, 9 * kHourUs};
  const Summary summary = summarise({}, service, {}, 0);
  ASSERT_EQ(summary.lines.size(), 1U);
  EXPECT_EQ(summary.lines[0].id, "service");
  std::string hours;
  for (const Fact& fact : summary.lines[0].items)
    if (fact.key == "service.hours") hours = fact.text;
  EXPECT_EQ(hours, "evening");
}

TEST(organisation, is_no_mailbox_provider) {
  EXPECT_EQ(organisation_of({"a@gmail.com", "a@own.example", "a@school.example"}, {"own.example"}), "school.example");
  EXPECT_EQ(organisation_of({"a@gmail.com"}, {}), "");
}

TEST(time_zone, gives_the_hours_east_and_knows_daylight_saving) {
  constexpr Microseconds kJanuary = 1'768'000'000'000'000;
  constexpr Microseconds kJuly = 1'783'000'000'000'000;
  EXPECT_EQ(offset_east("Australia/Perth", kJanuary), 8 * kHourUs);
  EXPECT_EQ(offset_east("Europe/Berlin", kJanuary), kHourUs);
  EXPECT_EQ(offset_east("Europe/Berlin", kJuly), 2 * kHourUs);
  EXPECT_EQ(offset_east("Mars/Olympus", kJuly), std::nullopt);
  EXPECT_EQ(offset_east("", kJuly), std::nullopt);
}

}  // namespace
}  // namespace identities
