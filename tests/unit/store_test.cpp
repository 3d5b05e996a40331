// Method: a real SQLite file in a private folder and a clock that the test sets. Only Pool's rules about a session that
// failed are tested with a mocked session.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>

#include "database.hpp"
#include "store/history_reader.hpp"
#include "store/identity_reader.hpp"

namespace identities::store {
namespace {

using unit::customer;
using unit::Database;
using unit::deleted;
using unit::kAll;
using unit::kNow;
using unit::message;

class Store : public testing::Test, protected Database {};

/// A history of messages, edits, deletions, attributes; drawn from a seed.
std::vector<Item> random_items(unsigned seed, int size) {
  std::mt19937 random(seed);
  const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  std::vector<Item> items;
  for (int index = 0; index < size; ++index) {
    const std::string id = "m-" + std::to_string(draw(size / 3));
    const Microseconds at = kNow - (1 + draw(1000)) * kMinuteUs;
    if (draw(12) == 0) {
      items.push_back(deleted(id, at));
    } else if (draw(8) == 0) {
      Attributes attributes;
      attributes.customer = customer("c-" + std::to_string(draw(3)));
      GivenAttribute attribute;
      attribute.key = "person.city";
      attribute.text = "city " + std::to_string(draw(5));
      attribute.removed = draw(4) == 0;
      attributes.attributes.push_back(attribute);
      items.push_back({at, attributes});
    } else {
      Item item = message(id, at, "c-" + std::to_string(draw(3)), static_cast<Direction>(draw(3)),
                          "t-" + std::to_string(draw(4)));
      auto& engagement = std::get<Engagement>(item.content);
      engagement.text += " version " + std::to_string(draw(3));
      engagement.edited = draw(3) == 0;
      if (draw(3) == 0) engagement.thread_status = static_cast<ThreadStatus>(draw(3));
      if (draw(3) == 0) engagement.partition = draw(2) == 0 ? "HR" : "Open";
      if (draw(4) == 0)
        engagement.interests.push_back(
            {"Sport", "Cycling", "words " + std::to_string(draw(3)), Party::kFirst, std::nullopt});
      items.push_back(item);
    }
  }
  return items;
}

class Shuffled : public Store, public testing::WithParamInterface<unsigned> {};

TEST_P(Shuffled, items_doubled_and_in_any_order_give_the_same_history) {
  std::vector<Item> items = random_items(GetParam(), 90);
  std::map<std::string, bool> is_deleted;
  for (const Item& item : items)
    if (const auto* gone = std::get_if<EngagementDeleted>(&item.content)) is_deleted[gone->source_key] = true;
  // What a message that gets deleted told of its thread stays when it came first, so such messages are left out here.
  std::erase_if(items, [&](const Item& item) {
    const auto* engagement = std::get_if<Engagement>(&item.content);
    return engagement != nullptr && is_deleted.contains(engagement->source_key);
  });
  for (const Item& item : items) apply(item);
  const std::vector<std::string> once = picture();
  std::vector<Item> again = items;
  again.insert(again.end(), items.begin(), items.begin() + 30);
  std::shuffle(again.begin(), again.end(), std::mt19937(GetParam() + 1));
  // On top of what is there, and from nothing.
  for (const Item& item : again) apply(item);
  EXPECT_EQ(picture(), once);
  Database fresh;
  for (const Item& item : again) fresh.apply(item);
  EXPECT_EQ(fresh.picture(), once);
}

TEST_P(Shuffled, counters_equal_a_recount_of_the_rows) {
  for (const Item& item : random_items(GetParam(), 300)) apply(item);
  EXPECT_EQ(
      count(
          "SELECT COUNT(*) FROM (SELECT record_id, thread_id, SUM(direction = 0) i, SUM(direction = 1) o, "
          "SUM(direction = 2) n, "
          "MIN(CASE WHEN direction <> 2 THEN occurred_us END) f, MAX(CASE WHEN direction <> 2 THEN occurred_us END) l, "
          "(SELECT MIN(w.occurred_us) FROM engagement w WHERE w.record_id = e.record_id AND w.thread_id = e.thread_id "
          "AND w.direction = 0 AND "
          "w.occurred_us > COALESCE((SELECT MAX(x.occurred_us) FROM engagement x WHERE x.record_id = e.record_id AND "
          "x.thread_id = e.thread_id "
          "AND x.direction = 1), 0)) w FROM engagement e GROUP BY 1, 2) a FULL JOIN record_thread b USING (record_id, "
          "thread_id) "
          "WHERE i IS NOT in_count OR o IS NOT out_count OR n IS NOT internal_count OR f IS NOT first_us OR l IS NOT "
          "last_us OR "
          "w IS NOT waiting_since_us"),
      0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM attribute b WHERE interest_id IS NOT NULL AND evidence_count <> (SELECT "
                  "COUNT(*) FROM interest_trigger "
                  "WHERE attribute_id = b.id)"),
            0);
}

INSTANTIATE_TEST_SUITE_P(seeds, Shuffled, testing::Range(1U, 9U));

TEST_F(Store, migrating_again_changes_nothing) {
  EXPECT_TRUE(migrate(url_).empty());
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Store, a_migration_that_broke_goes_on_where_it_stopped) {
  count("UPDATE schema_migration SET done = 0, position = 5");
  EXPECT_EQ(migrate(url_).size(), 1U);
  EXPECT_EQ(count("SELECT done FROM schema_migration"), 1);
}

TEST_F(Store, a_migration_with_another_content_is_refused) {
  count("UPDATE schema_migration SET checksum = 'x'");
  EXPECT_THROW(migrate(url_), std::runtime_error);
}

TEST_F(Store, a_database_without_our_schema_or_none_at_all_is_unavailable) {
  count("UPDATE schema_migration SET done = 0");
  EXPECT_THROW(opener(url_, clock_)(clock_.monotonic_us() + kSecondUs), Unavailable);
  EXPECT_THROW(opener("sqlite:" + (folder_ / "absent").string(), clock_)(clock_.monotonic_us() + kSecondUs),
               Unavailable);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "absent"));
  EXPECT_THROW(migrate("sqlite:" + (folder_ / "no" / "folder").string()), std::runtime_error);
}

TEST_F(Store, a_writer_gives_up_at_its_deadline_while_another_holds_the_lock) {
  const auto other = opener(url_, clock_)(clock_.monotonic_us() + kSecondUs);
  const Transaction held(*session_, Transaction::Kind::kWrite);
  other->set_deadline(clock_.monotonic_us() + 20'000);
  EXPECT_THROW(other->begin_write(), DeadlineExceeded);
}

TEST_F(Store, a_long_query_is_stopped_at_its_deadline) {
  static const Statement kEndless{
      "endless", "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT MAX(x) FROM n"};
  session_->set_deadline(clock_.monotonic_us() + 20'000);
  EXPECT_THROW(session_->query(kEndless, {}, [](const Row&) {}), DeadlineExceeded);
}

TEST_F(Store, records_join_by_a_sound_identifier_and_never_by_a_role_mailbox) {
  const auto write = [&](const std::string& id, const std::string& email) {
    Attributes attributes;
    attributes.customer = customer(id, {email});
    apply({kNow, attributes});
  };
  write("c-1", "ada@customer.example");
  write("c-2", "Ada@Customer.example");
  write("c-3", "info@customer.example");
  write("c-4", "info@customer.example");
  write("c-5", "not an address");
  write("c-6", "not an address");
  EXPECT_EQ(count("SELECT COUNT(*) FROM record"), 6);
  EXPECT_EQ(count("SELECT COUNT(*) FROM identity"), 5);
}

TEST_F(Store, a_time_in_the_future_is_clamped_and_flagged) {
  Item item = message("m-1", kNow + 300 * kDayUs);
  item.changed_us = kNow;
  apply(item);
  EXPECT_EQ(count("SELECT occurred_us FROM engagement WHERE clamped = 1"), kNow + 5 * kMinuteUs);
}

TEST_F(Store, an_interest_that_only_deleted_messages_spoke_for_goes_with_them) {
  Item item = message("m-1", kNow - kDayUs);
  std::get<Engagement>(item.content).interests.push_back({"Sport", "Cycling", "words", Party::kFirst, std::nullopt});
  apply(item);
  EXPECT_EQ(count("SELECT COUNT(*) FROM attribute"), 1);
  apply(deleted("m-1", kNow));
  EXPECT_EQ(count("SELECT COUNT(*) FROM attribute"), 0);
}

/// Every row of the history by pages, oldest first.
std::vector<HistoryRow> all_pages(Session& session, HistoryQuery query) {
  std::vector<HistoryRow> rows;
  const bool forward = query.cursor.direction == HistoryCursor::Direction::kAfter;
  for (;;) {
    const HistoryPage page = read_history(session, query, kAll);
    rows.insert(forward ? rows.end() : rows.begin(), page.rows.begin(), page.rows.end());
    if (!(forward ? page.more_after : page.more_before)) return rows;
    const HistoryRow& edge = forward ? page.rows.back() : page.rows.front();
    query.cursor = {query.cursor.direction, edge.occurred_us, edge.id};
  }
}

TEST_F(Store, history_is_paged_both_ways_over_any_number_of_records_with_each_row_once) {
  constexpr int kRecords = 37;
  Transaction transaction(*session_, Transaction::Kind::kWrite);
  ItemWriter writer(*session_, now_us_, accounts_.front(), "test");
  for (int index = 0; index < 700; ++index)  // many at one time, so that ids decide
    writer.apply(message("m-" + std::to_string(index), kNow - (index % 90) * kMinuteUs,
                         "c-" + std::to_string(index % kRecords)));
  transaction.commit();
  static const Statement kIds{"ids", "SELECT id FROM record"};
  HistoryQuery query;
  session_->query(kIds, {}, [&](const Row& row) { query.records.push_back(row.integer(0)); });
  ASSERT_EQ(query.records.size(), static_cast<std::size_t>(kRecords));
  const std::vector<HistoryRow> backward = all_pages(*session_, query);
  query.cursor = HistoryCursor::first();
  const std::vector<HistoryRow> forward = all_pages(*session_, query);
  ASSERT_EQ(backward.size(), 700U);
  const auto same = [](const HistoryRow& a, const HistoryRow& b) { return a.id == b.id; };
  EXPECT_TRUE(std::equal(backward.begin(), backward.end(), forward.begin(), forward.end(), same));
  EXPECT_TRUE(std::is_sorted(forward.begin(), forward.end(), [](const HistoryRow& a, const HistoryRow& b) {
    return std::tie(a.occurred_us, a.id) < std::tie(b.occurred_us, b.id);
  }));
}

TEST_F(Store, a_search_takes_percent_and_underscore_as_they_are) {
  for (const char* text : {"100% wool", "100 wool", "a_b", "axb"}) {
    Item item = message(text, kNow - kDayUs);
    std::get<Engagement>(item.content).text = text;
    apply(item);
  }
  static const Statement kIds{"ids", "SELECT id FROM record"};
  HistoryQuery query;
  session_->query(kIds, {}, [&](const Row& row) { query.records.push_back(row.integer(0)); });
  for (const auto& [search, found] :
       {std::pair("100%", 1U), std::pair("a_b", 1U), std::pair("WOOL", 2U), std::pair("absent", 0U)}) {
    query.search = search;
    EXPECT_EQ(read_history(*session_, query, kAll).rows.size(), found) << search;
  }
}

class MockSession : public Session {
 public:
  MOCK_METHOD(void, set_deadline, (Microseconds), (override));
  MOCK_METHOD(void, begin_read, (), (override));
  MOCK_METHOD(void, begin_write, (), (override));
  MOCK_METHOD(void, commit, (), (override));
  MOCK_METHOD(void, rollback, (), (noexcept, override));
  MOCK_METHOD(void, query, (const Statement&, std::span<const Parameter>, const RowFunction&), (override));
  MOCK_METHOD(std::int64_t, execute, (const Statement&, std::span<const Parameter>), (override));
  MOCK_METHOD(bool, purge, (), (override));
};

class PoolOfMocks : public testing::Test {
 protected:
  Pool pool_{[this](Microseconds) {
               ++opened_;
               return std::make_unique<testing::NiceMock<MockSession>>();
             },
             system_clock(), 1};
  Microseconds deadline() const { return pool_.clock().monotonic_us() + kSecondUs; }
  int opened_ = 0;
};

TEST_F(PoolOfMocks, keeps_a_session_that_did_its_work_or_whose_work_refused) {
  pool_.with_session(deadline(), [](Session&) { return 0; });
  EXPECT_THROW(pool_.with_session(deadline(), [](Session&) -> int { throw std::invalid_argument("no"); }),
               std::invalid_argument);
  pool_.with_session(deadline(), [](Session&) { return 0; });
  EXPECT_EQ(opened_, 1);
}

TEST_F(PoolOfMocks, closes_a_session_that_failed_and_opens_another) {
  EXPECT_THROW(pool_.with_session(deadline(), [](Session&) -> int { throw Unavailable("away"); }), Unavailable);
  pool_.with_session(deadline(), [](Session&) { return 0; });
  EXPECT_EQ(opened_, 2);
}

TEST_F(PoolOfMocks, gives_up_at_the_deadline_when_all_are_taken) {
  pool_.with_session(deadline(), [&](Session&) {
    EXPECT_THROW(pool_.with_session(pool_.clock().monotonic_us() + 1000, [](Session&) { return 0; }), DeadlineExceeded);
    return 0;
  });
}

TEST(transaction, rolls_back_unless_committed) {
  testing::StrictMock<MockSession> session;
  EXPECT_CALL(session, begin_write());
  EXPECT_CALL(session, rollback());
  { const Transaction transaction(session, Transaction::Kind::kWrite); }
  EXPECT_CALL(session, begin_write());
  EXPECT_CALL(session, commit());
  Transaction transaction(session, Transaction::Kind::kWrite);
  transaction.commit();
}

}  // namespace
}  // namespace identities::store
