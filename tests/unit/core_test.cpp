// Method: pure rules, by tables whose rows have names.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <functional>
#include <set>
#include <thread>

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

TEST(ids, of_several_threads_are_all_different) {
  constexpr Microseconds kNow = 1'796'000'000'000'000;
  std::vector<std::vector<Id>> drawn(4, std::vector<Id>(2000));
  std::vector<std::thread> threads;
  for (auto& ids : drawn)
    threads.emplace_back([&ids] { std::generate(ids.begin(), ids.end(), [] { return next_id(kNow); }); });
  for (std::thread& thread : threads) thread.join();
  std::set<Id> unique;
  for (const auto& ids : drawn) {
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
    unique.insert(ids.begin(), ids.end());
  }
  EXPECT_EQ(unique.size(), 8000U);
}

/// What a forked child draws; 0 when it does not end well.
Id drawn_by_child(Microseconds now_us) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return 0;
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);  // a lock that nobody gives back would be waited for without end
    const Id id = next_id(now_us);
    ::_exit(::write(ends[1], &id, sizeof id) == sizeof id ? 0 : 1);
  }
  ::close(ends[1]);
  Id id = 0;
  if (::read(ends[0], &id, sizeof id) != sizeof id) id = 0;
  ::close(ends[0]);
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0 ? id : 0;
}

TEST(ids, of_a_parent_and_its_children_in_one_millisecond_are_all_different) {
  constexpr Microseconds kNow = 1'797'000'000'000'000;
  std::set<Id> drawn{next_id(kNow)};
  for (int child = 0; child < 3; ++child) {
    const Id id = drawn_by_child(kNow);
    ASSERT_NE(id, 0);
    EXPECT_TRUE(drawn.insert(id).second) << id << " came twice";
    EXPECT_TRUE(drawn.insert(next_id(kNow)).second) << "the parent drew what a child had drawn";
  }
}

TEST(ids, are_drawn_in_a_child_that_was_forked_while_another_thread_drew) {
  constexpr Microseconds kNow = 1'798'000'000'000'000;
  const std::jthread other([](const std::stop_token& stop) {
    while (!stop.stop_requested()) next_id(kNow);
  });
  for (int child = 0; child < 100; ++child) ASSERT_NE(drawn_by_child(kNow), 0) << "child " << child;
}

TEST(random_token, is_of_the_url_alphabet_and_never_the_same) {
  const std::string token = random_token(16);
  EXPECT_EQ(token.size(), 22U);
  EXPECT_EQ(token.find_first_of("+/="), std::string::npos);
  EXPECT_NE(random_token(16), token);
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
      {"1900-02-29T00:00:00Z", std::nullopt},
      {"2000-02-29T00:00:00Z", 951'782'400'000'000},
      {"1969-12-31T16:00:00-08:00", 0},
      {"1970-01-01T00:00:00.000001Z", 1},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"9999-12-31T23:59:59Z", 253'402'300'799'000'000},
      {"10000-01-01T00:00:00Z", std::nullopt},
      {"9999-12-31T23:59:59.999999+00:00", 253'402'300'799'999'999},
      {"9999-12-31T23:59:60Z", std::nullopt},
      {"9999-12-31T23:59:59-00:01", std::nullopt},
      {"1900-01-01T00:00:00Z", -2'208'988'800'000'000},
      {"1900-01-01T00:00:00+00:01", std::nullopt},
      {"1899-12-31T23:59:00-00:01", -2'208'988'800'000'000},
      {"2026-11-03T10:12:00.12345678901234567890Z", std::nullopt},
      {"2026-11-03T10:12:61Z", std::nullopt},
      {"2026-11-03T10:60:00Z", std::nullopt},
      {"2026-11-00T10:12:00Z", std::nullopt},
      {"2026-11-31T10:12:00Z", std::nullopt},
      {"2026-11-03T10:12:00+0800", std::nullopt},
      {"2026-11-03T10:12:00+08", std::nullopt},
      {" 2026-11-03T10:12:00Z", std::nullopt},
      {"2026-1-03T10:12:00Z", std::nullopt},
      {"-026-11-03T10:12:00Z", std::nullopt},
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

TEST(json_writer, escapes_a_byte_wherever_it_stands) {
  for (int byte = 0; byte < 0x80; ++byte) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(byte);
      JsonWriter json(1);
      json.string(text);
      const auto read = boost::json::parse(json.text()).as_string();
      EXPECT_EQ(std::string_view(read), text) << byte << " at " << at;
      EXPECT_EQ(json.text().find_first_of("<>&", 1), std::string_view::npos) << byte << " at " << at;
    }
  }
}

TEST(utf8, is_cut_after_so_many_characters_wherever_they_are_long) {
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string text = std::string(before, 'x') + "\xE2\x82\xAC" + std::string(20, 'y');
    for (std::size_t count = 0; count < 42; ++count) {
      const std::size_t bytes = count <= before ? count : std::min(count + 2, text.size());
      EXPECT_EQ(utf8_prefix(text, count), std::string_view(text).substr(0, bytes)) << before << ", " << count;
    }
  }
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
      {"upper-case scheme", "MAILTO:Ada@Customer.Example", "ada@customer.example"},
      {"ideographic full stop",
       "ada@mail\xE3\x80\x82"
       "customer.example",
       "ada@mail.customer.example"},
      {"decomposed letters are composed ones", "ada@cafe\xCC\x81.example", "ada@xn--caf-dma.example"},
      {"two trailing dots", "ada@customer.example..", std::nullopt},
      {"ideographic trailing dot", "ada@customer.example\xE3\x80\x82", std::nullopt},
      {"full-width sign within the local part",
       "a\xEF\xBC\xA0"
       "b@customer.example",
       std::nullopt},
      {"ideographic space",
       "a\xE3\x80\x80"
       "da@customer.example",
       std::nullopt},
      {"control character",
       "a\x01"
       "da@customer.example",
       std::nullopt},
      {"address literal", "ada@[192.0.2.1]", std::nullopt},
      {"hyphen at an end", "ada@-customer.example", std::nullopt},
      {"percent in the domain", "ada@customer%2e.example", std::nullopt},
      {"empty", "", std::nullopt},
  };
  for (const KeyRow& row : rows) EXPECT_EQ(normalise_email(row.text), row.key) << row.name;
  for (const KeyRow& row : rows) {
    if (row.key) {
      EXPECT_EQ(normalise_email(*row.key), row.key) << "the key of a key: " << row.name;
    }
  }
}

TEST(email, has_a_local_part_of_at_most_64_bytes_and_254_in_all) {
  EXPECT_TRUE(normalise_email(std::string(64, 'a') + "@customer.example"));
  EXPECT_FALSE(normalise_email(std::string(65, 'a') + "@customer.example"));
  const std::string label(59, 'b');  // four of them and their dots are 239
  const std::string domain = label + "." + label + "." + label + "." + label + ".example";
  EXPECT_TRUE(normalise_email(std::string(253 - domain.size(), 'a') + "@" + domain));
  EXPECT_FALSE(normalise_email(std::string(254 - domain.size(), 'a') + "@" + domain));
  EXPECT_FALSE(normalise_email("ada@" + std::string(64, 'b') + ".example")) << "a label of 64";
}

TEST(email, with_a_byte_that_is_zero_makes_no_key) {
  using std::string_view_literals::operator""sv;
  EXPECT_FALSE(normalise_email("ada@customer.example\0.other.example"sv));
  EXPECT_FALSE(normalise_email("a\0da@customer.example"sv));
}

TEST(phone, becomes_a_key_only_when_it_is_valid_and_has_its_country) {
  const KeyRow rows[] = {
      {"plain", "+61491570156", "+61491570156"},
      {"written out", "+61 (491) 570-156", "+61491570156"},
      {"two zeros, which are not everywhere the way out", "0061 491 570 156", std::nullopt},
      {"whatsapp", "whatsapp:+61491570156", "+61491570156"},
      {"tel", "TEL:+61-491-570-156", "+61491570156"},
      {"sms", "sms: +61.491.570.156 ", "+61491570156"},
      {"eight digits of no country", "+12345678", std::nullopt},
      {"fifteen digits of no country", "+123456789012345", std::nullopt},
      {"a second plus", "++61491570156", std::nullopt},
      {"an extension", "+61491570156;ext=7", "+61491570156;ext=7"},
      {"three zeros", "00061491570156", std::nullopt},
      {"full-width digits",
       "+\xEF\xBC\x96"
       "1491570156",
       "+61491570156"},
      {"nothing", "+", std::nullopt},
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
  EXPECT_EQ(normalise_scoped("", "7"), std::nullopt);
  EXPECT_TRUE(normalise_scoped("crm", std::string(255, 'x')));
  EXPECT_EQ(normalise_scoped("crm", std::string(256, 'x')), std::nullopt);
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

TEST(summary, shows_at_most_six_facts_in_the_admins_order) {
  std::vector<Known> known;
  std::vector<std::string> keys;
  for (const char* key : {"a.one", "a.two", "a.three", "a.four", "a.five", "a.six", "a.seven"}) {
    known.push_back(number(key, 1, 1));
    keys.insert(keys.begin(), key);
  }
  std::vector<std::string> shown;
  for (const Fact& fact : summarise(known, {}, keys, 0).facts) shown.push_back(fact.key);
  EXPECT_THAT(shown, ElementsAre("a.seven", "a.six", "a.five", "a.four", "a.three", "a.two"));
}

TEST(summary, has_interests_first_then_crm_loyalty_service_and_person) {
  std::vector<std::string> ids;
  for (const SummaryLine& line :
       summarise({number("person.age", 1, 1), number("service.score", 1, 1), number("loyalty.points", 1, 1),
                  number("buying.spent", 1, 1), interest("Sport", "AFL", 1)},
                 {}, {}, 0)
           .lines)
    ids.push_back(line.id);
  EXPECT_THAT(ids, ElementsAre("interest.Sport", "buying", "loyalty", "service", "person"));
}

TEST(summary, lines_count_all_and_show_eight) {
  std::vector<std::string> keys;
  for (int index = 0; index < 12; ++index) keys.push_back("buying.k" + std::to_string(index));
  std::vector<Known> known;
  for (const std::string& key : keys) known.push_back(number(key, 1, 1));
  const Summary summary = summarise(known, {}, {}, 0);
  ASSERT_EQ(summary.lines.size(), 1U);
  EXPECT_EQ(summary.lines[0].count, 12);
  EXPECT_EQ(summary.lines[0].items.size(), 8U);
}

TEST(summary, keeps_the_newest_interest_before_an_older_one_of_as_much_evidence) {
  Known old = interest("Sport", "Old", 1);
  Known fresh = interest("Sport", "Fresh", 1);
  old.set_us = 1;
  fresh.set_us = 2;
  EXPECT_THAT(summarise({old, fresh}, {}, {}, 0).interests, ElementsAre("Fresh", "Old"));
}

TEST(usual_hours, are_those_of_the_customers_own_time_and_none_without_a_habit) {
  const auto hours = [](std::vector<Microseconds> wrote, Microseconds offset) {
    ServiceFacts service;
    service.messages = 1;
    service.wrote_us = std::move(wrote);
    const Summary summary = summarise({}, service, {}, offset);
    for (const Fact& fact : summary.lines.at(0).items)
      if (fact.key == "service.hours") return fact.text;
    return std::string();
  };
  const std::vector<Microseconds> at_nine = {9 * kHourUs, 9 * kHourUs + kDayUs, 9 * kHourUs + 2 * kDayUs};
  EXPECT_EQ(hours(at_nine, 0), "morning");
  EXPECT_EQ(hours(at_nine, 8 * kHourUs), "evening");
  EXPECT_EQ(hours(at_nine, -10 * kHourUs), "night");
  EXPECT_EQ(hours({9 * kHourUs, 9 * kHourUs}, 0), "") << "two tell no habit";
  EXPECT_EQ(hours({9 * kHourUs, 9 * kHourUs, 20 * kHourUs, 20 * kHourUs}, 0), "") << "neither is more than half";
  EXPECT_EQ(hours({-3 * kHourUs, -3 * kHourUs, -3 * kHourUs}, 0), "evening") << "before 1970";
}

TEST(organisation, makes_the_line_of_the_person_where_there_is_none) {
  Summary summary;
  add_organisation(summary, "");
  EXPECT_TRUE(summary.lines.empty());
  add_organisation(summary, "school.example");
  ASSERT_EQ(summary.lines.size(), 1U);
  EXPECT_EQ(summary.lines[0].id, "person");
  EXPECT_EQ(summary.lines[0].items.at(0).text, "school.example");
}

TEST(organisation, is_no_mailbox_provider) {
  EXPECT_EQ(organisation_of({"a@gmail.com", "a@own.example", "a@school.example"}, {"own.example"}), "school.example");
  EXPECT_EQ(organisation_of({"a@gmail.com"}, {}), "");
}

TEST(time_zone, changes_at_the_very_moment_of_daylight_saving) {
  constexpr Microseconds kSwitch = 1'774'746'000'000'000;  // 2026-03-29T01:00:00Z
  EXPECT_EQ(offset_east("Europe/Berlin", kSwitch - 1'000), kHourUs);
  EXPECT_EQ(offset_east("Europe/Berlin", kSwitch), 2 * kHourUs);
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
