// Method: the pool alone; works wait for each other by latches, never by time.
#include "handler_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <future>
#include <latch>

namespace {

using hdhost::HandlerPool;
using hdhost::Lane;
constexpr std::chrono::seconds patience{20};

TEST(handler_pool, an_agents_call_finds_a_thread_while_webhooks_fill_theirs) {
  std::latch release(1);
  std::atomic<int> done = 0;
  std::promise<void> answered;
  {
    HandlerPool pool({2, 2, 16});
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(pool.submit(Lane::outside, [&] {
        release.wait();
        ++done;
      }));
    }
    ASSERT_TRUE(pool.submit(Lane::agents, [&] { answered.set_value(); }));
    EXPECT_EQ(answered.get_future().wait_for(patience), std::future_status::ready);
    EXPECT_EQ(done, 0);
    release.count_down();
    EXPECT_TRUE(pool.drain(patience));
  }
  EXPECT_EQ(done, 10);
}

TEST(handler_pool, closing_runs_what_is_queued_in_both_lanes) {
  std::atomic<int> done = 0;
  {
    HandlerPool pool({3, 1, 64});
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(pool.submit(Lane::outside, [&] { ++done; }));
      ASSERT_TRUE(pool.submit(Lane::agents, [&] { ++done; }));
    }
  }
  EXPECT_EQ(done, 40);
}

TEST(handler_pool, a_full_lane_refuses_and_leaves_the_other_open) {
  std::latch release(1);
  HandlerPool pool({1, 1, 2});
  std::promise<void> running;
  ASSERT_TRUE(pool.submit(Lane::outside, [&] {
    running.set_value();
    release.wait();
  }));
  running.get_future().wait();
  EXPECT_TRUE(pool.submit(Lane::outside, [] {}));
  EXPECT_TRUE(pool.submit(Lane::outside, [] {}));
  EXPECT_FALSE(pool.submit(Lane::outside, [] {}));
  EXPECT_TRUE(pool.submit(Lane::agents, [] {}));
  EXPECT_EQ(pool.queued(), 2U);
  release.count_down();
}

// Both are submitted on one loop; the second can answer only when another thread has come to that loop's help.
TEST(handler_pool, a_call_that_waits_holds_up_nobody_on_its_loop) {
  std::latch release(1);
  std::promise<void> answered;
  HandlerPool pool({2, 1, 16});
  boost::asio::post(pool.next_loop(), [&] {
    ASSERT_TRUE(pool.submit(Lane::agents, [&] { release.wait(); }));
    ASSERT_TRUE(pool.submit(Lane::agents, [&] { answered.set_value(); }));
  });
  EXPECT_EQ(answered.get_future().wait_for(patience), std::future_status::ready);
  release.count_down();
  EXPECT_TRUE(pool.drain(patience));
}

TEST(handler_pool, every_loop_runs_on_while_all_places_are_taken) {
  constexpr std::size_t places = 3;
  std::latch entered(places);
  std::latch release(1);
  HandlerPool pool({places, 1, 16});
  for (std::size_t i = 0; i < places; ++i) {
    boost::asio::post(pool.next_loop(), [&] {
      ASSERT_TRUE(pool.submit(Lane::agents, [&] {
        entered.count_down();
        release.wait();
      }));
    });
  }
  entered.wait();
  std::vector<std::promise<void>> ran(places);
  for (std::promise<void>& promise : ran) boost::asio::post(pool.next_loop(), [&promise] { promise.set_value(); });
  for (std::promise<void>& promise : ran) {
    EXPECT_EQ(promise.get_future().wait_for(patience), std::future_status::ready);
  }
  release.count_down();
  EXPECT_TRUE(pool.drain(patience));
}

TEST(handler_pool, a_place_is_free_again_before_done_is_called) {
  std::promise<bool> accepted;
  HandlerPool pool({1, 1, 0});  // nothing may wait: only a free place is taken
  ASSERT_TRUE(pool.submit(
      Lane::outside, [] {}, [&] { accepted.set_value(pool.submit(Lane::outside, [] {})); }));
  EXPECT_TRUE(accepted.get_future().get());
}

}  // namespace
