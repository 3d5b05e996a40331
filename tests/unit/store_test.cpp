// Method: a real database and a clock that the test sets.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>

#include "database.hpp"
#include "store/history_reader.hpp"
#include "store/identity_reader.hpp"
#include "store/migrate.hpp"
#include "store/note_writer.hpp"

namespace identities::store {
namespace {

using unit::customer;
using unit::Database;
using unit::deleted;
using unit::kAll;
using unit::kNow;
using unit::message;

class Store : public testing::Test, protected Database {};
/// What only a file has.
class SqliteStore : public Store {};

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
    } else if (draw(12) == 0) {
      Profile profile;
      profile.customer = customer("c-" + std::to_string(draw(3)));
      profile.handle = "@" + std::to_string(draw(4));
      profile.bio = "bio " + std::to_string(draw(4));
      if (draw(2) == 0) profile.interests.push_back({"Food", "Tea", "seen", Party::kThird, std::nullopt});
      items.push_back({at, profile});
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
      if (draw(6) == 0) engagement.text += std::string(400, 'x');
      if (draw(3) == 0) {
        const std::string& who = engagement.customer.source_key;
        const std::string email = who + (draw(2) == 0 ? "@customer.example" : "@Mail.example");
        engagement.customer.identifiers.push_back(
            {IdentifierKind::kEmail, email, normalise_email(email), draw(2) == 0});
      }
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

/// The same with threads that move and some that are deleted, at any time.
std::vector<Item> random_items_with_threads(unsigned seed, int size) {
  std::vector<Item> items = random_items(seed, size);
  std::mt19937 random(seed + 1000);
  const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  const auto insert = [&](Item item) {
    items.insert(items.begin() + draw(static_cast<int>(items.size())), std::move(item));
  };
  for (int move = 0; move < 8; ++move)
    insert(unit::thread_moved("t-" + std::to_string(draw(4)), draw(2) == 0 ? "HR" : "Closed",
                              kNow - (1 + draw(1000)) * kMinuteUs));
  for (int update = 0; update < 8; ++update)
    insert(unit::thread_updated("t-" + std::to_string(draw(4)),
                                draw(2) == 0 ? "" : "Subject " + std::to_string(draw(3)),
                                static_cast<ThreadStatus>(draw(3)), kNow - (1 + draw(1000)) * kMinuteUs));
  for (int thread = 0; thread < 1 + draw(3); ++thread)
    insert(unit::thread_deleted("t-" + std::to_string(draw(4)), kNow - (1 + draw(1000)) * kMinuteUs));
  return items;
}

/// Without the messages that are deleted one by one: what such a message told of its thread stays when it came first.
std::vector<Item> without_deleted_messages(std::vector<Item> items) {
  std::map<std::string, bool> is_deleted;
  for (const Item& item : items)
    if (const auto* gone = std::get_if<EngagementDeleted>(&item.content)) is_deleted[gone->source_key] = true;
  std::erase_if(items, [&](const Item& item) {
    const auto* engagement = std::get_if<Engagement>(&item.content);
    return engagement != nullptr && is_deleted.contains(engagement->source_key);
  });
  return items;
}

/// Rows without end, which is stopped by its deadline only.
const std::string kEndlessSql =
    "SELECT COUNT(*) FROM setting a, setting b, setting c, setting d, setting e, setting f, setting g, setting h, "
    "setting i, setting j, setting k, setting l, setting m, setting n, setting o, setting p, setting q, setting r, "
    "setting s, setting t WHERE a.name || e.name || k.name || q.name || t.name = 'none'";

class Shuffled : public Store, public testing::WithParamInterface<unsigned> {};

TEST_P(Shuffled, items_doubled_and_in_any_order_give_the_same_history) {
  const std::vector<Item> items = without_deleted_messages(random_items(GetParam(), 90));
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

TEST_P(Shuffled, moved_and_deleted_threads_give_the_same_in_any_order) {
  const std::vector<Item> items = without_deleted_messages(random_items_with_threads(GetParam(), 90));
  for (const Item& item : items) apply(item);
  const std::vector<std::string> once = picture();
  EXPECT_GT(count("SELECT COUNT(*) FROM thread WHERE partition_key = ''"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement e JOIN thread t ON t.id = e.thread_id WHERE t.partition_key = ''"),
            0);
  std::vector<Item> again = items;
  again.insert(again.end(), items.begin(), items.begin() + 30);
  for (unsigned order = 1; order < 4; ++order) {
    std::shuffle(again.begin(), again.end(), std::mt19937(GetParam() + order));
    Database fresh;
    for (const Item& item : again) fresh.apply(item);
    EXPECT_EQ(fresh.picture(), once) << "order " << order;
  }
  for (const Item& item : again) apply(item);
  EXPECT_EQ(picture(), once) << "on top of what is there";
}

TEST_P(Shuffled, items_in_deliveries_of_many_give_what_they_give_one_by_one) {
  const std::vector<Item> items = random_items_with_threads(GetParam(), 300);
  for (auto at = items.begin(); at != items.end();) {
    const auto end = at + std::min<std::ptrdiff_t>(50, items.end() - at);
    apply_together({at, end});
    at = end;
  }
  Database one_by_one;
  for (const Item& item : items) one_by_one.apply(item);
  EXPECT_EQ(picture(), one_by_one.picture());
}

TEST_P(Shuffled, counters_equal_a_recount_of_the_rows) {
  for (const Item& item : random_items_with_threads(GetParam(), 300)) apply(item);
  const std::string recount =
      "SELECT record_id, thread_id, SUM(direction = 0) i, SUM(direction = 1) o, SUM(direction = 2) n, "
      "MIN(CASE WHEN direction <> 2 THEN occurred_us END) f, MAX(CASE WHEN direction <> 2 THEN occurred_us END) l, "
      "(SELECT MIN(w.occurred_us) FROM engagement w WHERE w.record_id = e.record_id AND w.thread_id = e.thread_id "
      "AND w.direction = 0 AND w.occurred_us > COALESCE((SELECT MAX(x.occurred_us) FROM engagement x WHERE "
      "x.record_id = e.record_id AND x.thread_id = e.thread_id AND x.direction = 1), 0)) w "
      "FROM engagement e GROUP BY record_id, thread_id";
  EXPECT_EQ(count("SELECT COUNT(*) FROM (" + recount +
                  ") a JOIN record_thread b ON b.record_id = a.record_id AND b.thread_id = a.thread_id "
                  "WHERE i = in_count AND o = out_count AND n = internal_count AND "
                  "COALESCE(f, -1) = COALESCE(first_us, -1) AND COALESCE(l, -1) = COALESCE(last_us, -1) AND "
                  "COALESCE(w, -1) = COALESCE(waiting_since_us, -1)"),
            count("SELECT COUNT(*) FROM (" + recount + ") a"));
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_thread"), count("SELECT COUNT(*) FROM (" + recount + ") a"));
  EXPECT_EQ(count("SELECT COUNT(*) FROM attribute b WHERE interest_id IS NOT NULL AND evidence_count <> (SELECT "
                  "COUNT(*) FROM interest_trigger "
                  "WHERE attribute_id = b.id)"),
            0);
}

INSTANTIATE_TEST_SUITE_P(seeds, Shuffled, testing::Range(1U, 9U));

TEST_F(Store, migrating_again_changes_nothing) {
  EXPECT_TRUE(migrate(url()).empty());
  for (const MigrationStatus& status : migration_status(url())) {
    EXPECT_EQ(status.state, MigrationState::kApplied) << status.name;
    EXPECT_EQ(status.position, status.statements) << status.name;
  }
}

TEST_F(SqliteStore, is_a_file_that_only_its_owner_may_read) {
  struct stat status {};
  ASSERT_EQ(::stat(url().path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Store, a_migration_that_broke_goes_on_where_it_stopped) {
  count("UPDATE schema_migration SET done = 0, position = 5 WHERE number = 1");
  EXPECT_EQ(migration_status(url()).front().state, MigrationState::kBroken);
  EXPECT_EQ(migrate(url()).size(), 1U);
  EXPECT_EQ(count("SELECT MIN(done) FROM schema_migration"), 1);
}

TEST_F(Store, a_migration_with_another_content_is_refused) {
  count("UPDATE schema_migration SET checksum = 'x'");
  EXPECT_THROW(migrate(url()), std::runtime_error);
}

TEST_F(Store, a_database_without_our_schema_or_none_at_all_is_unavailable) {
  count("UPDATE schema_migration SET done = 0");
  EXPECT_THROW(opener(url(), clock_)(clock_.monotonic_us() + kSecondUs), Unavailable);
  DatabaseUrl absent = url();
  (absent.dialect == Dialect::kSqlite ? absent.path : absent.database) += "_absent";
  EXPECT_THROW(opener(absent, clock_)(clock_.monotonic_us() + kSecondUs), Unavailable);
  EXPECT_FALSE(std::filesystem::exists(absent.path));
}

TEST_F(SqliteStore, has_a_writer_give_up_at_its_deadline_while_another_holds_the_lock) {
  const auto other = opener(url(), clock_)(clock_.monotonic_us() + kSecondUs);
  const Transaction held(*session_, Transaction::Kind::kWrite);
  other->set_deadline(clock_.monotonic_us() + 20'000);
  EXPECT_THROW(other->begin_write(), DeadlineExceeded);
}

TEST_F(Store, a_long_query_is_stopped_at_its_deadline) {
  static const Statement kEndless{"endless", kEndlessSql};
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

TEST_F(Store, records_join_never_by_a_blocked_value) {
  const auto write = [&](const std::string& id) {
    Attributes attributes;
    attributes.customer = customer(id, {"family@customer.example"});
    apply({kNow, attributes});
  };
  write("c-1");
  count("UPDATE identifier_value SET state = 2");
  write("c-2");
  EXPECT_EQ(count("SELECT COUNT(*) FROM identity"), 2);
}

TEST_F(Store, a_shared_address_names_the_identity_of_the_asking_account_only) {
  for (std::size_t account = 0; account < 2; ++account) {
    Attributes attributes;
    attributes.customer = customer("c-1", {"info@customer.example"});
    apply({kNow, attributes}, accounts_[account]);
  }
  const auto found = [&](std::size_t account) {
    return resolve(*session_, IdentifierKind::kEmail, "info@customer.example", accounts_[account].id).value().id;
  };
  EXPECT_NE(found(0), found(1));
  EXPECT_FALSE(resolve(*session_, IdentifierKind::kEmail, "info@customer.example", 7));
}

TEST_F(Store, an_older_edit_that_comes_late_changes_nothing) {
  Item newer = message("m-1", kNow - kHourUs);
  std::get<Engagement>(newer.content).text = "newer";
  EXPECT_EQ(apply(newer), Outcome::kStored);
  const std::vector<std::string> before = picture();
  Item older = message("m-1", kNow - kHourUs);
  older.changed_us = kNow - 2 * kHourUs;
  EXPECT_EQ(apply(older), Outcome::kUnchanged);
  EXPECT_EQ(picture(), before);
}

TEST_F(Store, a_deletion_is_final_before_and_after_its_message) {
  EXPECT_EQ(apply(deleted("m-1", kNow - kDayUs)), Outcome::kDeleted);
  EXPECT_EQ(apply(message("m-1", kNow - kHourUs)), Outcome::kUnchanged) << "even when it is newer";
  EXPECT_EQ(apply(message("m-2", kNow - kHourUs)), Outcome::kStored);
  EXPECT_EQ(apply(deleted("m-2", kNow - kDayUs)), Outcome::kDeleted) << "even when it is older";
  EXPECT_EQ(apply(deleted("m-2", kNow)), Outcome::kUnchanged);
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_thread"), 0);
}

TEST_F(Store, an_edit_moves_a_message_to_another_thread_and_record_with_its_counts) {
  apply(message("m-1", kNow - kHourUs, "c-1", Direction::kIn, "t-1"));
  Item moved = message("m-1", kNow - kHourUs, "c-2", Direction::kOut, "t-2");
  moved.changed_us = kNow;
  EXPECT_EQ(apply(moved), Outcome::kUpdated);
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_thread"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_thread x JOIN record r ON r.id = x.record_id JOIN thread t ON t.id = "
                  "x.thread_id WHERE r.source_key = 'c-2' AND t.source_key = 't-2' AND out_count = 1 AND "
                  "in_count = 0 AND waiting_since_us IS NULL"),
            1);
}

TEST_F(Store, an_edit_takes_away_the_interests_that_it_no_longer_has) {
  Item item = message("m-1", kNow - kHourUs);
  std::get<Engagement>(item.content).interests.push_back({"Sport", "AFL", "words", Party::kFirst, std::nullopt});
  apply(item);
  Item edited = message("m-1", kNow - kHourUs);
  edited.changed_us = kNow;
  std::get<Engagement>(edited.content).interests.push_back({"Sport", "Chess", "words", Party::kFirst, std::nullopt});
  apply(edited);
  EXPECT_EQ(count("SELECT COUNT(*) FROM attribute"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM interest_trigger g JOIN attribute b ON b.id = g.attribute_id JOIN interest i "
                  "ON i.id = b.interest_id WHERE i.name = 'Chess'"),
            1);
}

TEST_F(Store, an_attribute_that_was_taken_away_is_not_brought_back_by_an_older_delivery) {
  const auto give = [&](const std::string& text, bool removed, Microseconds at) {
    Attributes attributes;
    attributes.customer = customer("c-1");
    attributes.attributes.emplace_back();
    attributes.attributes.back().key = "person.city";
    attributes.attributes.back().text = text;
    attributes.attributes.back().removed = removed;
    return apply({at, attributes});
  };
  const auto shown = [&] { return read_attributes(*session_, count("SELECT id FROM identity"), kAll, kNow).size(); };
  give("Perth", false, kNow - 3 * kHourUs);
  EXPECT_EQ(shown(), 1U);
  give("", true, kNow - kHourUs);
  EXPECT_EQ(shown(), 0U);
  EXPECT_EQ(give("Albany", false, kNow - 2 * kHourUs), Outcome::kUnchanged);
  EXPECT_EQ(shown(), 0U);
  give("Broome", false, kNow);
  EXPECT_EQ(shown(), 1U);
}

TEST_F(Store, an_attribute_is_shown_until_it_expires) {
  Attributes attributes;
  attributes.customer = customer("c-1");
  attributes.attributes.emplace_back();
  attributes.attributes.back().key = "person.city";
  attributes.attributes.back().expires_us = kNow + 1;
  apply({kNow - kHourUs, attributes});
  const Id identity = count("SELECT id FROM identity");
  EXPECT_EQ(read_attributes(*session_, identity, kAll, kNow).size(), 1U);
  EXPECT_EQ(read_attributes(*session_, identity, kAll, kNow + 1).size(), 0U);
}

TEST_F(Store, waiting_begins_with_the_first_message_after_the_last_answer) {
  const auto waiting = [&] { return count("SELECT COALESCE(waiting_since_us, -1) FROM record_thread"); };
  apply(message("m-1", kNow - 5 * kHourUs));
  apply(message("m-2", kNow - 4 * kHourUs));
  EXPECT_EQ(waiting(), kNow - 5 * kHourUs);
  apply(message("m-3", kNow - 3 * kHourUs, "c-1", Direction::kOut));
  EXPECT_EQ(waiting(), -1);
  apply(message("m-4", kNow - 2 * kHourUs));
  apply(message("m-5", kNow - kHourUs, "c-1", Direction::kInternal));
  EXPECT_EQ(waiting(), kNow - 2 * kHourUs) << "a comment answers nobody";
  apply(deleted("m-3", kNow));
  EXPECT_EQ(waiting(), kNow - 5 * kHourUs);
}

TEST_F(Store, accounts_are_read_again_when_the_settings_version_has_changed) {
  AccountDirectory directory;
  const auto first = directory.current(*session_, read_settings(*session_));
  EXPECT_EQ(directory.current(*session_, read_settings(*session_)), first);
  Account account = accounts_.front();
  account.id = next_id(kNow);
  account.name = account.webhook_key = "third";
  {
    Transaction transaction(*session_, Transaction::Kind::kWrite);
    insert_account(*session_, account);
    transaction.commit();
  }
  EXPECT_EQ(first->by_name("third"), nullptr);
  EXPECT_NE(directory.current(*session_, read_settings(*session_))->by_name("third"), nullptr);
}

TEST_F(Store, an_account_of_a_name_that_is_taken_is_a_duplicate_and_leaves_nothing) {
  Account account = accounts_.front();
  account.id = next_id(kNow);
  account.webhook_key = "another";
  EXPECT_THROW(
      {
        Transaction transaction(*session_, Transaction::Kind::kWrite);
        insert_account(*session_, account);
      },
      Duplicate);
  EXPECT_EQ(count("SELECT COUNT(*) FROM account"), 2);
}

TEST_F(Store, an_id_in_a_list_is_not_taken_for_its_neighbour) {
  static const Statement kListed{"listed_identities", "SELECT COUNT(*) FROM identity WHERE id IN @ids"};
  constexpr Id kLarge = 381'399'806'771'341'522;
  for (const Id id : {kLarge, kLarge + 1, kLarge + 2})
    count("INSERT INTO identity (id, version, created_us) VALUES (" + std::to_string(id) + ", 1, 0)");
  std::int64_t found = 0;
  session_->query(kListed, {std::string_view("[381399806771341523]")}, [&](const Row& row) { found = row.integer(0); });
  EXPECT_EQ(found, 1);
}

TEST_F(Store, a_statement_after_the_deadline_is_refused) {
  session_->set_deadline(clock_.monotonic_us() - 1);
  EXPECT_THROW(read_settings(*session_), DeadlineExceeded);
}

TEST_F(Store, a_broken_statement_says_its_name_and_no_value) {
  static const Statement kBroken{"broken", "SELECT ? FROM no_such_table"};
  try {
    session_->query(kBroken, {std::string_view("private value")}, [](const Row&) {});
    FAIL() << "it was accepted";
  } catch (const BrokenStatement& broken) {
    EXPECT_THAT(broken.what(), testing::HasSubstr("broken"));
    EXPECT_THAT(broken.what(), testing::Not(testing::HasSubstr("private")));
  }
}

TEST_F(Store, a_session_serves_again_after_a_statement_that_ran_into_its_deadline) {
  static const Statement kEndless{"endless_once", kEndlessSql};
  Pool pool(opener(url(), clock_), clock_, 1);
  // Connecting is not what runs late.
  pool.with_session(clock_.monotonic_us() + 10 * kSecondUs,
                    [](Session& session) { return read_settings(session).version; });
  EXPECT_THROW(pool.with_session(clock_.monotonic_us() + 10'000,
                                 [](Session& session) {
                                   session.query(kEndless, {}, [](const Row&) {});
                                   return 0;
                                 }),
               DeadlineExceeded);
  EXPECT_GT(pool.with_session(clock_.monotonic_us() + 10 * kSecondUs,
                              [](Session& session) { return read_settings(session).version; }),
            0);
}

TEST_F(SqliteStore, in_a_folder_that_is_not_there_has_an_error_that_says_so) {
  try {
    migrate(parse_database_url("sqlite:" + (folder() / "absent" / "db").string()));
    FAIL() << "it was made";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr((folder() / "absent" / "db").string()));
    EXPECT_THAT(error.what(), testing::HasSubstr("does its folder exist"));
  }
}

TEST_F(Store, a_time_in_the_future_is_clamped_and_flagged) {
  Item item = message("m-1", kNow + 300 * kDayUs);
  item.changed_us = kNow;
  apply(item);
  EXPECT_EQ(count("SELECT occurred_us FROM engagement WHERE clamped = 1"), kNow + 5 * kMinuteUs);
}

TEST_F(SqliteStore, text_that_was_replaced_or_deleted_is_to_be_purged_from_the_files) {
  const auto purged = [&] {
    const auto wish = purge_wanted(*session_);
    return wish && store::purged(*session_, *wish);
  };
  apply(message("m-1", kNow - kHourUs));
  EXPECT_FALSE(purge_wanted(*session_));
  Item replaced = message("m-1", kNow - kHourUs);
  std::get<Engagement>(replaced.content).text = "replaced";
  replaced.changed_us = kNow - kMinuteUs;
  EXPECT_EQ(apply(replaced), Outcome::kUpdated);
  EXPECT_TRUE(purged());
  EXPECT_EQ(apply(replaced), Outcome::kUnchanged);
  EXPECT_FALSE(purge_wanted(*session_));
  EXPECT_EQ(apply(deleted("m-1", kNow)), Outcome::kDeleted);
  EXPECT_TRUE(purged());
}

TEST_F(Store, a_row_whose_parent_another_transaction_deleted_may_be_written_again_by_the_whole_command) {
  if (url().dialect == Dialect::kSqlite) GTEST_SKIP() << "SQLite has one writer at a time";
  static const Statement kFindRecords{"records_of_test", "SELECT id FROM record"};
  static const Statement kHang{"hang_on_record", "INSERT INTO weak_key (kind, value, record_id) VALUES ('E1', 'x', ?)"};
  apply(message("m-1", kNow - kHourUs));
  const auto other = opener(url(), clock_)(clock_.monotonic_us() + 10 * kSecondUs);
  Id record = 0;
  Transaction transaction(*other, Transaction::Kind::kWrite);
  other->query(kFindRecords, {}, [&](const Row& row) { record = row.integer(0); });
  apply(unit::thread_deleted("t-1", kNow));
  EXPECT_THROW(other->execute(kHang, {record}), Contended);
}

TEST_F(Store, a_message_comes_back_from_a_deleted_thread_when_a_newer_version_stands_elsewhere) {
  apply(unit::thread_deleted("t-nowhere", kNow - kDayUs));
  apply(message("m-1", kNow - kHourUs, "c-1", Direction::kIn, "t-1"));
  Item taken_back = message("m-1", kNow - kHourUs, "c-1", Direction::kIn, "t-nowhere");
  taken_back.changed_us = kNow - 2 * kMinuteUs;
  EXPECT_EQ(apply(taken_back), Outcome::kDeleted);
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 0);
  Item back = message("m-1", kNow - kHourUs, "c-1", Direction::kIn, "t-1");
  back.changed_us = kNow - kMinuteUs;
  EXPECT_EQ(apply(back), Outcome::kStored);
  EXPECT_EQ(apply(taken_back), Outcome::kUnchanged) << "it is older";
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 1);
}

TEST_F(Store, an_interest_that_only_deleted_messages_spoke_for_goes_with_them) {
  Item item = message("m-1", kNow - kDayUs);
  std::get<Engagement>(item.content).interests.push_back({"Sport", "Cycling", "words", Party::kFirst, std::nullopt});
  apply(item);
  EXPECT_EQ(count("SELECT COUNT(*) FROM attribute"), 1);
  apply(deleted("m-1", kNow));
  EXPECT_EQ(count("SELECT COUNT(*) FROM attribute"), 0);
}

TEST_F(Store, a_deleted_thread_takes_along_all_that_only_it_told) {
  Item kept = message("m-1", kNow - 3 * kHourUs, "c-1", Direction::kIn, "t-kept");
  std::get<Engagement>(kept.content).customer = customer("c-1", {"ada@customer.example"});
  std::get<Engagement>(kept.content).interests.push_back({"Sport", "Cycling", "kept", Party::kFirst, std::nullopt});
  apply(kept);
  const std::vector<std::string> before = picture();
  Item gone = message("m-2", kNow - 2 * kHourUs, "c-1", Direction::kIn, "t-gone");
  auto& engagement = std::get<Engagement>(gone.content);
  engagement.customer = customer("c-1", {"ada@customer.example", "private@customer.example"});
  engagement.customer.name = "Another Name";
  engagement.text += std::string(400, 'x');
  for (const char* interest : {"Cycling", "Chess"})
    engagement.interests.push_back({"Sport", interest, "gone", Party::kFirst, std::nullopt});
  apply(gone);
  apply(message("m-3", kNow - kHourUs, "c-only", Direction::kIn, "t-gone"));
  EXPECT_EQ(count("SELECT COUNT(*) FROM record"), 2);
  EXPECT_EQ(apply(unit::thread_deleted("t-gone", kNow)), Outcome::kDeleted);
  std::vector<std::string> after = picture();
  std::erase_if(after, [](const std::string& row) { return row == "dm-2" || row == "dm-3"; });
  EXPECT_EQ(after, before);
  EXPECT_EQ(count("SELECT COUNT(*) FROM identity"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM identifier_value"), 1);
}

TEST_F(Store, an_address_told_again_after_the_deletion_in_one_delivery_finds_its_owner) {
  const auto with_address = [](const std::string& id, const std::string& thread) {
    Item item = message(id, kNow, "c-1", Direction::kIn, thread);
    std::get<Engagement>(item.content).customer = unit::customer("c-1", {"zoe@customer.example"});
    return item;
  };
  apply_together({with_address("m-1", "t-1"), unit::thread_deleted("t-1", kNow), with_address("m-2", "t-2")});
  EXPECT_EQ(count("SELECT COUNT(*) FROM identifier"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM identifier i WHERE NOT EXISTS (SELECT 1 FROM identifier_value v WHERE v.kind = "
                  "i.kind AND v.value = i.value)"),
            0);
}

TEST_F(Store, a_deleted_thread_stays_deleted_whatever_comes_late) {
  EXPECT_EQ(apply(unit::thread_deleted("t-1", kNow - kDayUs)), Outcome::kDeleted) << "before anything was said";
  EXPECT_EQ(apply(unit::thread_deleted("t-1", kNow)), Outcome::kUnchanged);
  EXPECT_EQ(apply(message("m-1", kNow - kHourUs)), Outcome::kUnchanged);
  EXPECT_EQ(apply(unit::thread_moved("t-1", "Open", kNow)), Outcome::kUnchanged);
  Item newer = message("m-1", kNow - kHourUs);
  newer.changed_us = kNow;
  EXPECT_EQ(apply(newer), Outcome::kUnchanged);
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record"), 0);
  EXPECT_EQ(find_thread(*session_, accounts_.front().id, "t-1"), 0);
}

TEST_F(Store, a_message_that_left_a_thread_before_it_was_deleted_stays) {
  apply(message("m-1", kNow - kHourUs, "c-1", Direction::kIn, "t-1"));
  Item moved = message("m-1", kNow - kHourUs, "c-1", Direction::kIn, "t-2");
  moved.changed_us = kNow;
  apply(moved);
  apply(unit::thread_deleted("t-1", kNow));
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 1);
  Item into_the_deleted = message("m-1", kNow - kHourUs, "c-1", Direction::kIn, "t-1");
  into_the_deleted.changed_us = kNow + kMinuteUs;
  EXPECT_EQ(apply(into_the_deleted), Outcome::kDeleted);
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 0);
}

TEST_F(Store, a_moved_thread_changes_one_row_and_the_versions_of_its_identities) {
  apply(message("m-1", kNow - kHourUs));
  const std::int64_t version = count("SELECT version FROM identity");
  EXPECT_EQ(apply(unit::thread_moved("t-1", "HR", kNow - kMinuteUs)), Outcome::kUpdated);
  EXPECT_EQ(count("SELECT COUNT(*) FROM thread WHERE partition_key = 'shop/HR'"), 1);
  EXPECT_EQ(count("SELECT version FROM identity"), version + 1);
  EXPECT_EQ(apply(unit::thread_moved("t-1", "Open", kNow - kHourUs)), Outcome::kUnchanged) << "it is older";
  EXPECT_EQ(count("SELECT COUNT(*) FROM thread WHERE partition_key = 'shop/HR'"), 1);
}

TEST_F(Store, an_updated_thread_has_its_newest_subject_and_status_and_raises_the_versions_of_its_identities) {
  apply(message("m-1", kNow - kHourUs));
  const std::int64_t version = count("SELECT version FROM identity");
  EXPECT_EQ(apply(unit::thread_updated("t-1", "Refund", ThreadStatus::kClosed, kNow - kMinuteUs)), Outcome::kUpdated);
  EXPECT_EQ(count("SELECT COUNT(*) FROM thread WHERE subject = 'Refund' AND status = 2"), 1);
  EXPECT_EQ(count("SELECT version FROM identity"), version + 1);
  EXPECT_EQ(apply(unit::thread_updated("t-1", "Refund", ThreadStatus::kClosed, kNow - kMinuteUs)), Outcome::kUnchanged);
  EXPECT_EQ(apply(unit::thread_updated("t-1", "", ThreadStatus::kOpen, kNow - kHourUs)), Outcome::kUnchanged)
      << "it is older";
  EXPECT_EQ(apply(unit::thread_updated("t-1", "", ThreadStatus::kOpen, kNow)), Outcome::kUpdated);
  EXPECT_EQ(count("SELECT COUNT(*) FROM thread WHERE subject = 'Refund' AND status = 0"), 1);
  EXPECT_EQ(count("SELECT version FROM identity"), version + 2);
}

TEST_F(Store, a_deleted_thread_is_not_brought_back_by_an_update) {
  apply(message("m-1", kNow - kHourUs));
  apply(unit::thread_deleted("t-1", kNow - kMinuteUs));
  EXPECT_EQ(apply(unit::thread_updated("t-1", "Refund", ThreadStatus::kOpen, kNow)), Outcome::kUnchanged);
  EXPECT_EQ(find_thread(*session_, accounts_.front().id, "t-1"), 0);
}

TEST_F(Store, a_thread_of_any_length_is_hidden_at_once_and_removed_in_steps) {
  constexpr int kMessages = 3 * kRemovedAtOnce + 7;
  std::vector<Item> items;
  for (int index = 0; index < kMessages; ++index) {
    items.push_back(message("m-" + std::to_string(index), kNow - index * kSecondUs, "c-1", Direction::kIn, "t-long"));
    std::get<Engagement>(items.back().content)
        .interests.push_back({"Sport", "Cycling", "words", Party::kFirst, std::nullopt});
  }
  items.push_back(message("kept", kNow - kDayUs, "c-1", Direction::kIn, "t-kept"));
  apply_together(items);
  apply(unit::thread_deleted("t-long", kNow));
  const auto left = [&] { return count("SELECT COUNT(*) FROM engagement"); };
  EXPECT_EQ(left(), kMessages + 1 - kRemovedAtOnce);
  EXPECT_EQ(read_settings(*session_).threads_going, 1);
  // A process that ended here left the rest to whoever runs the job next.
  int steps = 0;
  for (bool more = true; more; ++steps) {
    const std::int64_t before = left();
    Transaction transaction(*session_, Transaction::Kind::kWrite);
    more = remove_next(*session_);
    transaction.commit();
    EXPECT_LE(before - left(), kRemovedAtOnce);
  }
  EXPECT_EQ(steps, 4);
  EXPECT_EQ(left(), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_thread"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM attribute"), 0);
  EXPECT_EQ(read_settings(*session_).threads_going, 0);
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
  WriteBatch batch(*session_);
  ItemWriter writer(batch, now_us_, accounts_.front(), "test");
  for (int index = 0; index < 700; ++index)  // many at one time, so that ids decide
    writer.apply(message("m-" + std::to_string(index), kNow - (index % 90) * kMinuteUs,
                         "c-" + std::to_string(index % kRecords)));
  batch.commit(transaction);
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

}  // namespace
}  // namespace identities::store
