// Method: many engagements in random order over several records of one customer; every page is walked in both
// directions, and what was walked is compared with what was written.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "database.hpp"
#include "panel/identity_picture.hpp"

namespace identities::panel {
namespace {

using store::HistoryCursor;
using store::HistoryRow;
using store::TriggerRow;
using unit::customer;
using unit::kAll;
using unit::kNow;
using unit::message;

struct Walked {
  std::vector<HistoryRow> rows;  // oldest first
  std::vector<TriggerRow> triggers;
  std::size_t largest_page = 0;  // rows and triggers
};

template <typename Entries>
std::set<Id> ids(const Entries& entries) {
  std::set<Id> unique;
  for (const auto& entry : entries) unique.insert(entry.id);
  return unique;
}

class History : public testing::Test, protected unit::Database {
 protected:
  void write(const std::vector<Item>& items) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(*session_);
    store::ItemWriter writer(batch, now_us_, accounts_.front(), "test");
    for (const Item& item : items) writer.apply(item);
    writer.finish();
    batch.commit(transaction);
    identity_ = count("SELECT identity_id FROM record LIMIT 1");
    query_.records.clear();
    for (const store::RecordRow& record : store::read_records(*session_, identity_, kAll))
      query_.records.push_back(record.id);
    query_.limit = kPageRows;
  }

  Walked walk(const HistoryCursor& from) {
    Walked walked;
    query_.cursor = from;
    const bool forward = from.direction == HistoryCursor::Direction::kAfter;
    for (;;) {
      const HistoryPart part = read_history_part(*session_, identity_, query_, 0, 0, kAll);
      const auto& rows = part.page.rows;
      walked.rows.insert(forward ? walked.rows.end() : walked.rows.begin(), rows.begin(), rows.end());
      walked.triggers.insert(forward ? walked.triggers.end() : walked.triggers.begin(), part.triggers.begin(),
                             part.triggers.end());
      walked.largest_page = std::max(walked.largest_page, rows.size() + part.triggers.size());
      if (!(forward ? part.page.more_after : part.page.more_before) || rows.empty()) return walked;
      const HistoryRow& edge = forward ? rows.back() : rows.front();
      query_.cursor = {from.direction, edge.occurred_us, edge.id};
    }
  }

  /// In both directions each row and trigger is there once and in order.
  void expect_whole() {
    const auto in_order = [](const auto& a, const auto& b) {
      return std::tie(a.occurred_us, a.id) < std::tie(b.occurred_us, b.id);
    };
    for (const HistoryCursor& from : {HistoryCursor::last(), HistoryCursor::first()}) {
      SCOPED_TRACE(from.direction == HistoryCursor::Direction::kAfter ? "forwards" : "backwards");
      const Walked walked = walk(from);
      EXPECT_EQ(walked.rows.size(), static_cast<std::size_t>(count("SELECT COUNT(*) FROM engagement")));
      EXPECT_EQ(ids(walked.rows).size(), walked.rows.size());
      EXPECT_TRUE(std::is_sorted(walked.rows.begin(), walked.rows.end(), in_order));
      EXPECT_EQ(walked.triggers.size(), static_cast<std::size_t>(count("SELECT COUNT(*) FROM interest_trigger")));
      EXPECT_EQ(ids(walked.triggers).size(), walked.triggers.size());
      EXPECT_TRUE(std::is_sorted(walked.triggers.begin(), walked.triggers.end(), in_order));
      EXPECT_LE(walked.largest_page, kPageRowsAndTriggers);
    }
  }

  /// The page with that engagement in the middle.
  HistoryPart around(Id engagement) {
    query_.cursor = HistoryCursor::last();
    return read_history_part(*session_, identity_, query_, engagement, 0, kAll);
  }

  Id identity_ = 0;
  store::HistoryQuery query_;
};

/// Messages of one customer on `records` records, `each_minute` of them at the same time; every
/// `interest_every`-th triggers `interests` interests.
std::vector<Item> messages(int size, int records, int each_minute, int interest_every, int interests) {
  std::vector<Item> items;
  for (int index = 0; index < size; ++index) {
    Item item = message("m-" + std::to_string(index), kNow - 90 * kDayUs + index / each_minute * kMinuteUs,
                        "c-" + std::to_string(index % records), static_cast<Direction>(index % 2),
                        "t-" + std::to_string(index % 7));
    auto& engagement = std::get<Engagement>(item.content);
    engagement.customer = customer("c-" + std::to_string(index % records), {"ada@customer.example"});
    engagement.channel = index % 4 == 0 ? "chat" : "mail";
    if (index % interest_every == 0)
      for (int number = 0; number < interests; ++number)
        engagement.interests.push_back({"Sport", "Interest " + std::to_string(number), "words", Party::kFirst, {}});
    items.push_back(std::move(item));
  }
  return items;
}

TEST_F(History, of_5000_engagements_in_any_order_over_five_records_has_each_once_and_in_order) {
  std::vector<Item> items = messages(5000, 5, 3, 9, 1);
  std::shuffle(items.begin(), items.end(), std::mt19937(7));
  write(items);
  ASSERT_EQ(query_.records.size(), 5U);
  expect_whole();
}

TEST_F(History, is_the_same_whatever_is_told_of_a_pages_reach) {
  std::vector<Item> items = messages(700, 5, 3, 9, 1);
  for (Item& item : messages(200, 5, 50, 9, 1)) {  // many at once, long before
    std::get<Engagement>(item.content).source_key += "-early";
    std::get<Engagement>(item.content).occurred_us -= 400 * kDayUs;
    items.push_back(std::move(item));
  }
  write(items);
  for (const Microseconds reach_us :
       {Microseconds{1}, kMinuteUs, 13 * kMinuteUs, 17 * kMinuteUs, kDayUs, 500 * kDayUs, Microseconds{1} << 62}) {
    SCOPED_TRACE(reach_us);
    query_.reach_us = reach_us;
    expect_whole();
  }
}

TEST_F(History, of_messages_with_many_interests_each_has_every_trigger_once) {
  write(messages(120, 2, 1, 1, 10));
  expect_whole();
}

TEST_F(History, of_messages_at_one_and_the_same_time_is_whole) {
  write(messages(180, 3, 180, 40, 1));
  expect_whole();
}

TEST_F(History, shows_interests_from_before_the_first_and_after_the_last_message) {
  write(messages(70, 1, 1, 10, 1));
  Attributes attributes;
  attributes.customer = customer("c-0", {"ada@customer.example"});
  attributes.interests.push_back({"Food", "Tea", "early words", Party::kThird, kNow - 200 * kDayUs});
  attributes.interests.push_back({"Food", "Coffee", "late words", Party::kThird, kNow - kDayUs});
  write({{kNow, attributes}});
  expect_whole();
}

TEST_F(History, around_an_engagement_has_it_in_the_middle) {
  write(messages(200, 2, 1, 50, 1));
  query_.cursor = HistoryCursor::last();
  const Walked walked = walk(HistoryCursor::first());
  const HistoryPart part = around(walked.rows[100].id);
  ASSERT_EQ(part.page.rows.size(), kPageRows);
  EXPECT_EQ(part.page.rows[kPageRows / 2 - 1].id, walked.rows[100].id);
  EXPECT_EQ(part.page.rows.front().id, walked.rows[76].id);
  EXPECT_TRUE(part.page.more_before);
  EXPECT_TRUE(part.page.more_after);
}

TEST_F(History, around_the_first_or_last_engagement_knows_its_end) {
  write(messages(200, 2, 1, 50, 1));
  const Walked walked = walk(HistoryCursor::first());
  const HistoryPart first = around(walked.rows.front().id);
  EXPECT_EQ(first.page.rows.front().id, walked.rows.front().id);
  EXPECT_FALSE(first.page.more_before);
  EXPECT_TRUE(first.page.more_after);
  const HistoryPart last = around(walked.rows.back().id);
  EXPECT_EQ(last.page.rows.back().id, walked.rows.back().id);
  EXPECT_TRUE(last.page.more_before);
  EXPECT_FALSE(last.page.more_after);
}

TEST_F(History, around_something_that_is_not_there_is_the_newest_page) {
  write(messages(70, 1, 1, 50, 1));
  const HistoryPart part = around(1);
  EXPECT_EQ(part.page.rows.size(), kPageRows);
  EXPECT_FALSE(part.page.more_after);
}

TEST_F(History, of_one_channel_has_no_row_of_another_and_no_trigger) {
  write(messages(200, 2, 1, 1, 1));
  query_.channel = "chat";
  const Walked walked = walk(HistoryCursor::last());
  EXPECT_EQ(walked.rows.size(), 50U);
  EXPECT_TRUE(
      std::all_of(walked.rows.begin(), walked.rows.end(), [](const auto& row) { return row.channel == "chat"; }));
  EXPECT_TRUE(walked.triggers.empty());
}

TEST_F(History, tells_of_each_thread_on_a_page_what_the_customer_did_in_it) {
  write(messages(49, 7, 1, 50, 1));
  query_.cursor = HistoryCursor::last();
  const HistoryPart part = read_history_part(*session_, identity_, query_, 0, 0, kAll);
  ASSERT_EQ(part.threads.size(), 7U);
  for (const store::ThreadRow& thread : part.threads) EXPECT_EQ(thread.messages, 7) << thread.source_key;
}

}  // namespace
}  // namespace identities::panel
