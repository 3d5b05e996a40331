// Where retired ids lead when records go with the thread that told of them: on to where others of their records are,
// and nowhere when none of these is left; never to somebody else.
#include <gtest/gtest.h>

#include "interposed_session.hpp"
#include "merging.hpp"

namespace identities::unit {
namespace {

/// People of whom nothing but their own thread tells: a, b, c are older than x1 to x4.
class RetiredIds : public MergingDatabase, public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string record : {"a", "b", "c", "x1", "x2", "x3", "x4"}) {
      Item item = message("m-" + record, kNow, record, Direction::kIn, "t-" + record);
      std::get<Engagement>(item.content).customer = customer(record, {record + "@customer.net"});
      ++now_us_;
      apply(item);
      id_[record] = identity_of(record);
    }
  }
  void TearDown() override { EXPECT_EQ(broken(), ""); }

  void gather(const std::string& into, const std::vector<std::string>& records) {
    for (const std::string& record : records) merge(into, record);
  }
  void erase(const std::string& record) {
    ++now_us_;
    apply(thread_deleted("t-" + record, now_us_));
    ASSERT_EQ(record_id(record), 0) << "nothing but its thread told of it";
  }
  Id leads(const std::string& record) { return store::live_identity(*session_, id_.at(record)); }
  std::int64_t rows_of(const std::string& record) {
    return count("SELECT COUNT(*) FROM identity WHERE id = " + std::to_string(id_.at(record)));
  }

  std::map<std::string, Id> id_;
};

TEST_F(RetiredIds, an_id_whose_records_are_in_two_identities_leads_on_when_the_one_it_led_to_loses_its_own) {
  gather("x1", {"x2"});
  gather("a", {"x1"});
  split("a", {"x2"});
  ASSERT_EQ(leads("x1"), identity_of("a")) << "of equals where the oldest is";
  erase("x1");
  EXPECT_EQ(leads("x1"), identity_of("x2"));
  EXPECT_EQ(leads("a"), identity_of("a"));
  erase("x2");
  EXPECT_EQ(leads("x1"), 0) << "none of its records is left";
  EXPECT_EQ(rows_of("x1"), 0);
  EXPECT_EQ(leads("a"), identity_of("a"));
}

TEST_F(RetiredIds, an_id_leads_on_also_from_an_identity_that_goes_itself) {
  gather("x1", {"x2"});
  gather("a", {"x1"});
  split("a", {"x2"});
  erase("a");
  EXPECT_EQ(leads("x1"), identity_of("x1"));
  erase("x1");
  EXPECT_EQ(leads("a"), 0);
  EXPECT_EQ(rows_of("a"), 0);
  EXPECT_EQ(leads("x1"), identity_of("x2"));
}

TEST_F(RetiredIds, an_id_leads_to_nobody_who_has_none_of_its_records) {
  const IdentityEvent merged = merge("a", "b");
  erase("b");
  EXPECT_EQ(leads("b"), 0);
  EXPECT_EQ(rows_of("b"), 0);
  EXPECT_EQ(leads("a"), identity_of("a"));
  // What agents do goes on where the log speaks of who is gone.
  undo(merged.id);
  EXPECT_EQ(leads("a"), identity_of("a"));
  gather("a", {"c"});
  EXPECT_EQ(leads("c"), identity_of("a"));
}

TEST_F(RetiredIds, an_id_stays_where_others_of_its_records_are) {
  gather("x1", {"x2", "x3"});
  gather("a", {"x1"});
  split("a", {"x3"});
  erase("x1");
  EXPECT_EQ(leads("x1"), identity_of("a"));
  EXPECT_EQ(leads("x2"), identity_of("a"));
  erase("x2");
  EXPECT_EQ(leads("x1"), identity_of("x3"));
  EXPECT_EQ(leads("x2"), 0) << "it held x2 alone";
}

TEST_F(RetiredIds, an_id_follows_a_chain_of_splits_to_its_last_record) {
  gather("x1", {"x2", "x3", "x4"});
  gather("c", {"x1"});
  split("c", {"x2", "x3", "x4"});
  split("x2", {"x3", "x4"});
  split("x3", {"x4"});
  gather("b", {"x3"});
  gather("a", {"x4"});
  ASSERT_EQ(leads("x1"), identity_of("b"));
  const std::vector<std::pair<std::string, std::string>> chain = {{"x3", "x1"}, {"x1", "x2"}, {"x2", "x4"}};
  for (const auto& [gone, next] : chain) {
    erase(gone);
    EXPECT_EQ(leads("x1"), identity_of(next)) << gone << " is gone";
  }
  EXPECT_EQ(identity_of("x4"), identity_of("a"));
  erase("x4");
  EXPECT_EQ(leads("x1"), 0);
  for (const char* record : {"a", "b", "c"}) EXPECT_EQ(leads(record), identity_of(record)) << record;
}

TEST_F(RetiredIds, an_id_leads_on_when_several_of_its_records_go_with_one_thread) {
  for (const char* record : {"x1", "x2"})
    apply(message(std::string("more-") + record, kNow, record, Direction::kIn, "t-both"));
  gather("x1", {"x2", "x3"});
  gather("a", {"x1"});
  split("a", {"x3"});
  for (const char* record : {"x1", "x2"}) apply(thread_deleted(std::string("t-") + record, kNow));
  ASSERT_NE(record_id("x1"), 0);
  EXPECT_EQ(leads("x1"), identity_of("a"));
  apply(thread_deleted("t-both", kNow));
  ASSERT_EQ(record_id("x1") + record_id("x2"), 0);
  EXPECT_EQ(leads("x1"), identity_of("x3"));
  EXPECT_EQ(leads("x2"), 0);
}

TEST_F(RetiredIds, an_id_leads_where_a_noted_record_stays) {
  gather("x1", {"x2"});
  gather("a", {"x1"});
  write_facts("x1");
  apply(thread_deleted("t-x1", kNow));
  apply(thread_deleted("t-" + std::string("x2"), kNow));
  ASSERT_NE(record_id("x1"), 0) << "a colleague wrote a note on it";
  EXPECT_EQ(leads("x1"), identity_of("a"));
  EXPECT_EQ(leads("x2"), 0);
}

TEST_F(RetiredIds, the_job_leads_an_id_on_to_where_its_records_went_while_it_waited) {
  if (url().dialect == store::Dialect::kSqlite) GTEST_SKIP() << "SQLite has one writer at a time: nobody comes between";
  gather("x1", {"x2"});
  gather("a", {"x1"});
  split("a", {"x2"});
  {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(*session_);
    store::mark_deleted(batch, count("SELECT id FROM thread WHERE source_key = 't-x1'"));
    batch.commit(transaction);
  }
  int runs = 0;
  Interposed between{"touch_identity", [&] { gather("b", {"x2"}); }};
  store::Pool pool(with_interposed(store::opener(url(), clock_), between), clock_, 1);
  pool.with_command(clock_.monotonic_us() + 30 * kSecondUs, [&](store::Session& session) {
    ++runs;
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    store::remove_next(session);
    transaction.commit();
    return true;
  });
  EXPECT_FALSE(between.work) << "somebody came between";
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(record_id("x1"), 0);
  EXPECT_EQ(leads("x1"), identity_of("b"));
  EXPECT_EQ(leads("x2"), identity_of("b"));
}

}  // namespace
}  // namespace identities::unit
