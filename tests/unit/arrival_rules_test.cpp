// What the rules at arrival make of people who come one after the other: values that too many have, and what an agent
// is asked. Each test has a database of its own; the decided cases are in edge_cases*_test.cpp.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "edge_cases.hpp"

namespace identities::unit {
namespace {

struct ArrivalRules : testing::Test, Arrivals {
  bool is_shared(const std::string& value) {
    return count(fmt::format("SELECT state FROM identifier_value WHERE value = '{}'", value)) == 1;
  }
  void TearDown() override {
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(folded(), stored()) << "the log alone gives who is whom";
  }
};

TEST_F(ArrivalRules, S2_a_value_is_shared_by_names_that_come_later) {
  for (const char* who : {"r0", "r1", "r2"}) arrive(mail("fam@zzz.io"), who);
  ASSERT_EQ(between("r0", "r2"), "same");
  arrive({.name = "Ann Lee"}, "r0");
  arrive({.name = "Bo Chan"}, "r1");
  EXPECT_FALSE(is_shared("fam@zzz.io"));
  arrive({.name = "Raj Patel"}, "r2");
  EXPECT_TRUE(is_shared("fam@zzz.io")) << "by the third name, before anybody else comes";
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE rule = 'S2' AND review = 1 AND state = 0"), 2)
      << "what it linked is for an agent to look at again";
  const std::string late = arrive(mail("fam@zzz.io", "Ann Lee"), "r3");
  EXPECT_FALSE(same("r0", late));
}

TEST_F(ArrivalRules, S2_the_same_name_again_raises_no_version) {
  for (const char* who : {"r0", "r1", "r2"}) arrive(mail("fam@zzz.io", "Ann Lee"), who);
  const auto version = [&] { return count("SELECT version FROM identifier_value WHERE value = 'fam@zzz.io'"); };
  const auto before = version();
  arrive({.name = "Ann Lee", .at_us = kNow + kSecondUs}, "r1");
  EXPECT_EQ(version(), before);
}

TEST_F(ArrivalRules, S2_counts_the_people_of_an_address_whatever_order_they_come_in) {
  std::vector<std::string> names = {"J. Smith", "John Smith", "Jane Smith", "Tom Smith"};
  std::sort(names.begin(), names.end());
  int number = 0;
  do {
    const std::string address = fmt::format("family{}@zzz.io", ++number);
    for (const std::string& name : names) arrive(mail(address, name), fmt::format("{} {}", number, name));
    EXPECT_TRUE(is_shared(address)) << fmt::format("{}", fmt::join(names, ", "));
  } while (std::next_permutation(names.begin(), names.end()));
  EXPECT_EQ(number, 24);
}

/// Told with that birth date, as that type of attribute.
void born(Arrivals& arrivals, const std::string& record, const Seen& seen, std::string_view type,
          std::string_view date) {
  boost::json::object attribute{{"key", "person.birth_date"}, {"type", type}, {"value", date}};
  arrivals.post({{"type", "attributes.updated"},
                 {"timestamp", "2026-11-01T10:00:00Z"},
                 {"data", boost::json::object{{"customer", boost::json::object{{"id", record}, {"name", seen.name}}},
                                              {"attributes", boost::json::array{std::move(attribute)}}}}},
                seen);
}

TEST_F(ArrivalRules, L2_one_birth_date_is_no_conflict_however_it_is_typed) {
  const Seen ann = call("0412345678", "Ann Lee");
  born(*this, "a", ann, "date", "1979-01-01");
  born(*this, "b", ann, "string", "1979-01-01");
  born(*this, "c", ann, "string", "1979");
  for (const char* who : {"a", "b", "c"}) arrive(ann, who);
  EXPECT_EQ(between("a", "b"), "same");
  EXPECT_EQ(between("a", "c"), "same") << "a year alone agrees with its days";
}

TEST_F(ArrivalRules, L2_other_birth_dates_are_a_conflict_only_where_none_is_in_common) {
  const Seen ann = call("0412345678", "Ann Lee");
  born(*this, "a", ann, "date", "1979-01-01");
  born(*this, "b", ann, "string", "1980-02-02");
  merge("a", "b");
  born(*this, "c", ann, "string", "1980-02-02");
  born(*this, "d", ann, "string", "1981-03-03");
  arrive(ann, "a");
  arrive(ann, "c");
  arrive(ann, "d");
  EXPECT_EQ(between("a", "c"), "same") << "one of the two that the identity is told";
  EXPECT_EQ(between("a", "d"), "suggest");
}

TEST_F(ArrivalRules, asks_about_each_identity_once_and_about_few) {
  const Seen ann = mail("ann@zzz.io");
  // One identity holds ten records at most; the others are strangers to it by their own birth dates.
  for (int number = 0; number < 40; ++number) arrive(ann, fmt::format("r{}", number));
  EXPECT_LE(count("SELECT COUNT(*) FROM suggestion"), 40 * 5);
  const auto before = count("SELECT COUNT(*) FROM suggestion");
  arrive(ann, "late");
  EXPECT_LE(count("SELECT COUNT(*) FROM suggestion") - before, 5);
  EXPECT_EQ(count("SELECT COUNT(*) FROM (SELECT s.record_id, o.identity_id FROM suggestion s JOIN record o ON o.id = "
                  "s.other_record_id GROUP BY s.record_id, o.identity_id HAVING COUNT(*) > 1) AS twice"),
            0);
}

TEST_F(ArrivalRules, T4_a_landline_of_a_household_is_no_strong_evidence_and_a_mobile_is) {
  arrive(call("02 9374 4000", "Maria Gonzales"), "a");
  arrive(call("02 9374 4000", "M. Gonzales"), "b");
  ASSERT_EQ(between("a", "b"), "suggest");
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE rule = 'D4' AND weight < 6"), 1);
  Seen bob = call("0412345678", "Bob Smith");
  born(*this, "c", bob, "date", "1978-12-11");
  born(*this, "d", bob, "date", "1978-11-12");
  arrive(bob, "c");
  arrive(bob, "d");
  ASSERT_EQ(between("c", "d"), "suggest");
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE rule = 'D4' AND weight >= 6"), 1) << "a limit kept it apart";
}

TEST_F(ArrivalRules, S2_and_S3_stand_in_the_log_behind_what_touched_the_same_records) {
  Seen old = call("0412345678", "Ann Lee");
  old.at_us = kNow - 400LL * 24 * 3600 * kSecondUs;
  arrive(old, "old");
  arrive(mail("fam@zzz.io", "Ann Lee"), "r0");
  arrive(mail("fam@zzz.io", "Bo Chan"), "r1");
  // Another host, whose clock is an hour ahead, wrote of them: as this one's ids never go back, that is done by hand.
  const Id judged = first_id_at(now_us_ + 3'600 * kSecondUs);
  for (const char* who : {"r0", "old"})
    count(fmt::format("INSERT INTO identity_log_record (record_id, log_id) VALUES ({}, {})", record_id(who), judged));
  arrive(mail("fam@zzz.io", "Raj Patel"), "r2");
  const auto last_of = [&](const char* type) {
    return count(fmt::format("SELECT MAX(id) FROM identity_log WHERE type = '{}'", type));
  };
  ASSERT_NE(last_of("block_value"), 0);
  EXPECT_GT(last_of("block_value"), judged);
  arrive(call("0412345678", "Bo Chan"), "new");
  ASSERT_NE(last_of("unlink"), 0);
  EXPECT_GT(last_of("unlink"), judged);
}

TEST_F(ArrivalRules, what_is_suggested_again_raises_no_version) {
  arrive(call("02 9374 4000", "Maria Gonzales"), "a");
  arrive(call("02 9374 4000", "M. Gonzales"), "b");
  ASSERT_EQ(between("a", "b"), "suggest");
  arrive(call("02 9374 4001"), "a");
  const auto version = [&] {
    return count(fmt::format("SELECT version FROM identity WHERE id = {}", identity_of("a")));
  };
  const auto before = version();
  arrive(call("02 9374 4001"), "b");
  EXPECT_EQ(version(), before) << "by another number, as sure as the first";
}

}  // namespace
}  // namespace identities::unit
