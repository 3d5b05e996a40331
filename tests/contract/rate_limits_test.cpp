// Method: the buckets alone, with times that the test hands in.
#include "rate_limits.hpp"

#include <gtest/gtest.h>

namespace {

using hdhost::RateLimits;
constexpr std::int64_t second_us = 1'000'000;

TEST(rate_limits, a_burst_is_let_through_and_the_next_waits_for_a_token) {
  RateLimits limits({2, 5});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limits.take("a", 0), 0) << i;
  EXPECT_EQ(limits.take("a", 0), 1);
  EXPECT_EQ(limits.refused(), 1U);
  EXPECT_EQ(limits.take("a", second_us / 2), 0);
  EXPECT_EQ(limits.take("a", second_us / 2), 1);
}

TEST(rate_limits, what_is_said_of_the_wait_is_true) {
  RateLimits limits({1, 1});
  EXPECT_EQ(limits.take("a", 0), 0);
  const std::int64_t wait_s = limits.take("a", 1);
  EXPECT_EQ(wait_s, 1);
  EXPECT_EQ(limits.take("a", 1 + wait_s * second_us), 0);
}

TEST(rate_limits, one_key_costs_another_nothing) {
  RateLimits limits({1, 1});
  EXPECT_EQ(limits.take("a", 0), 0);
  EXPECT_NE(limits.take("a", 0), 0);
  EXPECT_EQ(limits.take("b", 0), 0);
}

TEST(rate_limits, none_is_no_limit_and_keeps_nothing) {
  RateLimits limits({0, 1});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limits.take("a", 0), 0);
  EXPECT_EQ(limits.buckets(), 0U);
}

TEST(rate_limits, a_million_invented_keys_are_bounded_and_push_out_no_confirmed_one) {
  RateLimits limits({1, 1}, 100);
  EXPECT_EQ(limits.take("real", 0), 0);
  limits.confirm("real");
  for (int i = 0; i < 1'000'000; ++i) limits.take("invented-" + std::to_string(i), 0);
  EXPECT_EQ(limits.buckets(), 101U);
  EXPECT_EQ(limits.take("real", 0), 1);
}

TEST(rate_limits, long_keys_count_apart_by_all_their_bytes) {
  const std::string begin(100'000, 'x');
  RateLimits limits({1, 1});
  EXPECT_EQ(limits.take(begin + "a", 0), 0);
  limits.confirm(begin + "a");
  EXPECT_NE(limits.take(begin + "a", 0), 0);
  EXPECT_EQ(limits.take(begin + "b", 0), 0);
  EXPECT_EQ(limits.buckets(), 2U);
}

TEST(rate_limits, confirmed_keys_are_bounded_too) {
  RateLimits limits({1, 1}, 100);
  for (int i = 0; i < 1000; ++i) {
    limits.take(std::to_string(i), 0);
    limits.confirm(std::to_string(i));
  }
  EXPECT_EQ(limits.buckets(), 100U);
}

TEST(rate_limits, what_is_full_again_is_forgotten) {
  RateLimits limits({1, 1}, 100);
  for (int i = 0; i < 50; ++i) limits.take(std::to_string(i), 0);
  limits.confirm("7");
  limits.take("later", 2 * second_us);
  EXPECT_EQ(limits.buckets(), 1U);
}

}  // namespace
