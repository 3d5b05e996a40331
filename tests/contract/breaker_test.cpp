#include "breaker.hpp"

#include <gtest/gtest.h>

namespace helpdesk {
namespace {

constexpr std::int64_t second_us = 1'000'000;

// A breaker and its hand-moved clock.
struct BreakerTest : ::testing::Test {
  void overrun() { breaker.settle(breaker.admit(now_us), Outcome::overran, now_us); }
  void open() {
    for (int i = 0; i < 3; ++i) overrun();
  }
  Breaker breaker;
  std::int64_t now_us = 100 * second_us;
};

TEST_F(BreakerTest, three_overruns_within_thirty_seconds_open_it) {
  overrun();
  now_us += 15 * second_us;
  overrun();
  EXPECT_EQ(breaker.admit(now_us), Admission::normal);
  now_us += 15 * second_us;
  overrun();
  EXPECT_EQ(breaker.admit(now_us), Admission::refused);
}

TEST_F(BreakerTest, overruns_further_apart_leave_it_closed) {
  for (int i = 0; i < 10; ++i) {
    overrun();
    now_us += 16 * second_us;
  }
  EXPECT_EQ(breaker.admit(now_us), Admission::normal);
}

TEST_F(BreakerTest, it_stays_open_for_ten_seconds) {
  open();
  EXPECT_EQ(breaker.admit(now_us + 10 * second_us - 1), Admission::refused);
  EXPECT_EQ(breaker.admit(now_us + 10 * second_us), Admission::probe);
}

TEST_F(BreakerTest, exactly_one_probe_is_let_through) {
  open();
  now_us += 10 * second_us;
  EXPECT_EQ(breaker.admit(now_us), Admission::probe);
  EXPECT_EQ(breaker.admit(now_us), Admission::refused);
  EXPECT_EQ(breaker.admit(now_us + 60 * second_us), Admission::refused);
}

TEST_F(BreakerTest, a_probe_in_time_closes_it) {
  open();
  now_us += 10 * second_us;
  breaker.settle(breaker.admit(now_us), Outcome::in_time, now_us);
  EXPECT_EQ(breaker.admit(now_us), Admission::normal);
  EXPECT_FALSE(breaker.is_open());
}

TEST_F(BreakerTest, a_late_probe_opens_it_for_ten_seconds_more) {
  open();
  now_us += 10 * second_us;
  breaker.settle(breaker.admit(now_us), Outcome::overran, now_us);
  EXPECT_EQ(breaker.admit(now_us + 9 * second_us), Admission::refused);
  EXPECT_EQ(breaker.admit(now_us + 10 * second_us), Admission::probe);
}

TEST_F(BreakerTest, a_probe_that_never_ran_is_given_to_the_next) {
  open();
  now_us += 10 * second_us;
  breaker.settle(breaker.admit(now_us), Outcome::never_ran, now_us);
  EXPECT_EQ(breaker.admit(now_us), Admission::probe);
}

TEST_F(BreakerTest, a_late_call_from_before_does_not_end_a_probe) {
  const Admission before = breaker.admit(now_us);
  open();
  now_us += 10 * second_us;
  ASSERT_EQ(breaker.admit(now_us), Admission::probe);
  breaker.settle(before, Outcome::in_time, now_us);
  EXPECT_EQ(breaker.admit(now_us), Admission::refused);
}

TEST_F(BreakerTest, it_says_how_long_to_wait) {
  open();
  EXPECT_EQ(breaker.retry_after_s(now_us), 10);
  EXPECT_EQ(breaker.retry_after_s(now_us + 9 * second_us + 1), 1);
  EXPECT_EQ(breaker.retry_after_s(now_us + 20 * second_us), 1);
}

}  // namespace
}  // namespace helpdesk
