// Method: the text that a dialect makes of a statement, and what a batch leaves in a real database.
#include <gmock/gmock.h>

#include "database.hpp"
#include "store/write_batch.hpp"

namespace identities::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using unit::kNow;

constexpr std::string_view kUpsert = "INSERT INTO t (id, a_b) VALUES {?, ?} @or_update a_b = @new_a_b";

TEST(dialect, writes_what_to_do_where_a_row_is_there) {
  EXPECT_EQ(render(kUpsert, Dialect::kSqlite),
            "INSERT INTO t (id, a_b) VALUES (?, ?) ON CONFLICT DO UPDATE SET a_b = excluded.a_b");
  EXPECT_EQ(render(kUpsert, Dialect::kMysql),
            "INSERT INTO t (id, a_b) VALUES (?, ?) ON DUPLICATE KEY UPDATE a_b = VALUES(a_b)");
  EXPECT_THROW(render("SELECT @nothing", Dialect::kMysql), std::logic_error);
}

TEST(dialect, repeats_the_row_of_an_insertion_and_the_condition_of_a_query) {
  const Repeated rows = repeated(kUpsert, Dialect::kMysql);
  EXPECT_EQ(rows.before, "INSERT INTO t (id, a_b) VALUES ");
  EXPECT_THAT(rows.unit, ElementsAre("(", ", ", ")"));
  EXPECT_EQ(rows.joint, ",");
  EXPECT_EQ(rows.after, " ON DUPLICATE KEY UPDATE a_b = VALUES(a_b)");
  const Repeated query = repeated("SELECT a FROM t WHERE {b = ? AND c = ?} AND d = 0 @for_update", Dialect::kMysql);
  EXPECT_EQ(query.before, "SELECT a FROM t WHERE (");
  EXPECT_THAT(query.unit, ElementsAre("(b = ", " AND c = ", ")"));
  EXPECT_EQ(query.joint, " OR ");
  EXPECT_EQ(query.after, ") AND d = 0 FOR UPDATE") << "for each of them";
  EXPECT_THROW(repeated("SELECT a FROM t WHERE {b = ?} LIMIT 10", Dialect::kMysql), std::logic_error)
      << "it would be one limit for all";
  const Repeated whole = repeated("UPDATE t SET a = ? WHERE b = ?", Dialect::kMysql);
  EXPECT_EQ(whole.before + whole.joint + whole.after, "");
  EXPECT_THAT(whole.unit, ElementsAre("UPDATE t SET a = ", " WHERE b = ", ""));
}

/// A table without a place in ours.
const Statement kMake{"make", "CREATE TABLE written (id BIGINT PRIMARY KEY, text_value VARCHAR(20) NOT NULL)"};
const Statement kMakeLong{"make_long",
                          "CREATE TABLE written_long (id BIGINT PRIMARY KEY, text_value LONGTEXT NOT NULL)"};
const Statement kInsertLong{"insert_long", "INSERT INTO written_long (id, text_value) VALUES {?, ?}"};
const Statement kReadLong{"read_long", "SELECT id FROM written_long WHERE {id = ? AND text_value = ?}"};
const Statement kInsert{"insert", "INSERT INTO written (id, text_value) VALUES {?, ?}"};
const Statement kUpdate{"update", "UPDATE written SET text_value = ? WHERE id = ?"};
const Statement kPut{"put",
                     "INSERT INTO written (id, text_value) VALUES {?, ?} @or_update text_value = @new_text_value"};
const Statement kRead{"read", "SELECT text_value FROM written WHERE {id = ?}"};

class WriteBatchStore : public testing::Test, protected unit::Database {
 protected:
  WriteBatchStore() {
    session_->execute(kMake, {});
    session_->execute(kMakeLong, {});
  }
  std::vector<std::string> texts(std::vector<std::vector<Parameter>> ids) {
    std::vector<std::string> texts;
    const Session::AskEach ask{&kRead, std::move(ids), [&](const Row& row) { texts.emplace_back(row.text(0)); }};
    session_->query_each(std::span(&ask, 1));
    std::sort(texts.begin(), texts.end());
    return texts;
  }
};

TEST_F(WriteBatchStore, writes_in_stages_whatever_came_first_and_keeps_the_order_within) {
  Transaction transaction(*session_, Transaction::Kind::kWrite);
  WriteBatch batch(*session_);
  batch.later(Stage::kUpdates, kUpdate, {"changed", std::int64_t{1}});
  batch.later(Stage::kUpdates, kUpdate, {"changed again", std::int64_t{1}});
  {
    const std::string passing = "it's \\ one";
    batch.later(Stage::kRows, kInsert, {std::int64_t{1}, passing});
    batch.later(Stage::kRows, kInsert, {std::int64_t{2}, passing});
  }
  batch.later(Stage::kUpdates, kPut, {std::int64_t{2}, "put"});
  batch.later(Stage::kUpdates, kPut, {std::int64_t{3}, "put"});
  batch.commit(transaction);
  EXPECT_THAT(texts({{std::int64_t{1}}, {std::int64_t{2}}, {std::int64_t{3}}, {std::int64_t{4}}}),
              ElementsAre("changed again", "put", "put"));
}

TEST_F(WriteBatchStore, takes_more_rows_than_go_in_one_statement_and_finds_them_again) {
  constexpr std::int64_t kRows = 950;
  Transaction transaction(*session_, Transaction::Kind::kWrite);
  WriteBatch batch(*session_);
  std::vector<std::vector<Parameter>> ids;
  for (std::int64_t id = 0; id < kRows; ++id) {
    batch.later(Stage::kRows, kInsert, {id, "row"});
    ids.push_back({id});
  }
  batch.commit(transaction);
  EXPECT_EQ(texts(std::move(ids)).size(), static_cast<std::size_t>(kRows));
}

// Together they are more than MariaDB takes in one packet (16 MB).
TEST_F(WriteBatchStore, takes_texts_that_do_not_go_in_one_packet) {
  const std::string long_text(1'000'000, '\'');
  Transaction transaction(*session_, Transaction::Kind::kWrite);
  WriteBatch batch(*session_);
  for (std::int64_t id = 0; id < 24; ++id) batch.later(Stage::kRows, kInsertLong, {id, long_text});
  batch.commit(transaction);
  EXPECT_EQ(count("SELECT SUM(LENGTH(text_value)) FROM written_long"), 24'000'000);
  // Nor do questions that name them.
  std::vector<std::vector<Parameter>> sets;
  for (std::int64_t id = 0; id < 24; ++id) sets.push_back({id, long_text});
  std::vector<std::int64_t> found;
  const Session::AskEach ask{&kReadLong, std::move(sets), [&](const Row& row) { found.push_back(row.integer(0)); }};
  session_->query_each(std::span(&ask, 1));
  EXPECT_EQ(found.size(), 24U);
}

TEST_F(WriteBatchStore, leaves_nothing_when_one_statement_fails_and_the_session_serves_on) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    Transaction transaction(*session_, Transaction::Kind::kWrite);
    WriteBatch batch(*session_);
    batch.later(Stage::kRecords, kInsert, {std::int64_t{1}, "first"});
    batch.later(Stage::kRecords, kInsert, {std::int64_t{1}, "twice"});
    EXPECT_THROW(batch.commit(transaction), Duplicate);
  }
  EXPECT_THAT(texts({{std::int64_t{1}}}), IsEmpty());
}

TEST_F(WriteBatchStore, touches_an_identity_once_however_often_it_changed) {
  apply(unit::message("m-1", kNow));
  const Id identity = count("SELECT id FROM identity");
  const std::int64_t version = count("SELECT version FROM identity");
  Transaction transaction(*session_, Transaction::Kind::kWrite);
  WriteBatch batch(*session_);
  batch.touch(identity);
  batch.flush();
  batch.touch(identity);
  batch.commit(transaction);
  EXPECT_EQ(count("SELECT version FROM identity"), version + 1);
}

TEST_F(WriteBatchStore, reads_again_what_it_was_told_to_forget) {
  Transaction transaction(*session_, Transaction::Kind::kWrite);
  WriteBatch batch(*session_);
  ItemWriter writer(batch, kNow, accounts_.front(), "test");
  writer.apply(unit::message("m-1", kNow));
  const Id thread = batch.thread(accounts_.front().id, "t-1").id;
  static const Statement kClose{"close", "UPDATE thread SET status = 2"};
  batch.forgotten().execute(kClose, {});
  const WriteBatch::ThreadRow& row = batch.thread(accounts_.front().id, "t-1");
  EXPECT_EQ(row.id, thread);
  EXPECT_EQ(row.status, 2);
  writer.apply(unit::message("m-2", kNow + 1));
  batch.commit(transaction);
  EXPECT_EQ(count("SELECT in_count FROM record_thread"), 2);
}

}  // namespace
}  // namespace identities::store
