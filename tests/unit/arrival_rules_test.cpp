// What the rules at arrival make of people who come one after the other: values that too many have, and what an agent
// is asked. Each test has a database of its own; the decided cases are in edge_cases*_test.cpp.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

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

}  // namespace
}  // namespace identities::unit
