// Method: threads and processes write, edit and delete the same and neighbouring messages, people and notes at once, on
// SQLite and on MariaDB; afterwards the invariants of the database are counted, and no call got an error that running
// the command again within its deadline would have spared it.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>
#include <set>
#include <thread>

#include "core/identifier.hpp"
#include "database_site.hpp"
#include "recount.hpp"
#include "store/item_writer.hpp"
#include "store/migrate.hpp"
#include "store/note_writer.hpp"
#include "store/pool.hpp"
#include "test_database.hpp"

namespace fault {
namespace {

namespace json = boost::json;
namespace store = identities::store;
using identities::kSecondUs;
using identities::Microseconds;

constexpr int kThreads = 6;
constexpr Microseconds kNow = 1'760'000'000'000'000;  // 2025: what is written is older than the clock

Microseconds soon() {
  return identities::system_clock().monotonic_us() + 60 * kSecondUs;
}

store::Pool pool_on(const store::DatabaseUrl& url) {
  const identities::Clock clock = identities::system_clock();
  return {store::opener(url, clock), clock, kThreads};
}

/// A random change of one of few messages, of few customers, in few threads.
identities::Item random_item(std::mt19937& random) {
  const auto below = [&](int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random); };
  const std::string id = "m-" + std::to_string(below(30));
  const Microseconds changed_us = kNow + below(1000) * kSecondUs;
  if (below(5) == 0) return {changed_us, identities::EngagementDeleted{id}};
  identities::Engagement engagement;
  engagement.source_key = id;
  engagement.customer.source_key = "c-" + std::to_string(below(4));
  engagement.customer.name = "Customer";
  const std::string mail = "c" + std::to_string(below(4)) + "@customer.example";
  engagement.customer.identifiers.push_back(
      {identities::IdentifierKind::kEmail, mail, identities::normalise_email(mail), false});
  engagement.direction = static_cast<identities::Direction>(below(3));
  engagement.channel = "mail";
  engagement.occurred_us = kNow + below(1000) * kSecondUs;
  engagement.thread_key = "t-" + std::to_string(below(3));
  engagement.text = "text " + std::to_string(below(100));
  engagement.edited = below(3) == 0;
  if (below(2) == 0) {
    identities::GivenInterest interest;
    interest.category = "Sport";
    interest.name = "Interest " + std::to_string(below(5));
    interest.words = "so they said";
    engagement.interests.push_back(interest);
  }
  return {changed_us, engagement};
}

/// Deliveries of some items each, as one writer. Returns how many failed for good.
int write_at_random(store::Pool& pool, const std::vector<store::Account>& accounts, unsigned seed, int deliveries) {
  std::mt19937 random(seed);
  int failed = 0;
  for (int number = 0; number < deliveries; ++number) {
    std::vector<identities::Item> items;
    for (int item = 0; item < 3; ++item) items.push_back(random_item(random));
    const store::Account& account = accounts[random() % accounts.size()];
    try {
      pool.with_command(soon(), [&](store::Session& session) {
        store::Transaction transaction(session, store::Transaction::Kind::kWrite);
        store::WriteBatch batch(session);
        store::ItemWriter writer(batch, pool.clock().now_us(), account, "test");
        for (const identities::Item& item : items) writer.apply(item);
        writer.finish();
        batch.commit(transaction);
        return 0;
      });
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
      ++failed;
    }
  }
  return failed;
}

template <typename Work>
void at_once(int threads, Work&& work) {
  std::barrier start(threads);
  std::vector<std::jthread> all;
  for (int number = 0; number < threads; ++number)
    all.emplace_back([&, number] {
      start.arrive_and_wait();
      work(number);
    });
}

/// SQLite, or a database of the suite's MariaDB.
class AtOnce : public testing::TestWithParam<const char*> {
 protected:
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    const bool maria = GetParam() == std::string_view("mariadb");
    if (maria && !support::has_mariadb()) GTEST_SKIP() << "mariadbd is not installed";
    std::string url;
    if (maria) {
      if (server_ == nullptr) server_ = std::make_unique<support::MariadbServer>(std::vector<std::string>{}, false);
      static int made = 0;
      const std::string name = "concurrent_" + std::to_string(++made);
      server_->make_database(name);
      url = server_->url(name);
    }
    installation_ = std::make_unique<integration::Installation>(url);
    url_ = store::parse_database_url(url.empty() ? "sqlite:" + installation_->database().string() : url);
    for (const char* name : {"shop", "mail"}) {
      hooks_.push_back(installation_->add_account(name));
      store::Account account;
      account.id = installation_->count(std::string("SELECT id FROM account WHERE name = '") + name + "'");
      account.name = account.label = account.webhook_key = name;
      account.provider = "generic";
      accounts_.push_back(account);
    }
  }
  std::string broken() const {
    return support::broken_invariants([&](const std::string& sql) { return installation_->count(sql); });
  }
  std::unique_ptr<integration::Installation> installation_;
  store::DatabaseUrl url_;
  std::vector<store::Account> accounts_;
  std::vector<integration::Account> hooks_;
  inline static std::unique_ptr<support::MariadbServer> server_;
};

TEST_P(AtOnce, threads_that_write_edit_move_and_delete_the_same_messages_keep_every_invariant) {
  store::Pool pool = pool_on(url_);
  at_once(kThreads,
          [&](int number) { EXPECT_EQ(write_at_random(pool, accounts_, static_cast<unsigned>(number), 60), 0); });
  EXPECT_EQ(broken(), "");
  EXPECT_EQ(pool.counts().open, pool.counts().idle) << "a session is lost";
}

TEST_P(AtOnce, processes_that_write_the_same_messages_keep_every_invariant) {
  std::vector<pid_t> children;
  for (unsigned number = 0; number < 3; ++number) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      store::Pool pool = pool_on(url_);
      ::_exit(write_at_random(pool, accounts_, 100 + number, 60) == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(broken(), "");
}

TEST_P(AtOnce, a_deletion_and_new_messages_of_one_thread_leave_counters_that_equal_a_recount) {
  store::Pool pool = pool_on(url_);
  const auto apply = [&](const identities::Item& item) {
    pool.with_command(soon(), [&](store::Session& session) {
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      store::WriteBatch batch(session);
      store::ItemWriter writer(batch, pool.clock().now_us(), accounts_.front(), "test");
      writer.apply(item);
      writer.finish();
      batch.commit(transaction);
      return 0;
    });
  };
  const auto message = [](int number) {
    identities::Engagement engagement;
    engagement.source_key = "m-" + std::to_string(number);
    engagement.customer.source_key = "c";
    engagement.channel = "mail";
    engagement.occurred_us = kNow + number;
    engagement.thread_key = "t";
    engagement.text = "text";
    return identities::Item{kNow, engagement};
  };
  constexpr int kMessages = 100;
  for (int number = 0; number < kMessages; ++number) apply(message(number));
  at_once(4, [&](int number) {
    for (int step = number / 2; step < kMessages; step += 2)
      if (number % 2 == 0)
        apply({kNow + 1, identities::EngagementDeleted{"m-" + std::to_string(step)}});
      else
        apply(message(kMessages + step));
  });
  EXPECT_EQ(installation_->count("SELECT SUM(in_count) FROM record_thread"), kMessages);
  EXPECT_EQ(broken(), "");
}

TEST_P(AtOnce, the_same_new_address_in_several_accounts_makes_one_identity) {
  store::Pool pool = pool_on(url_);
  constexpr int kPeople = 40;
  at_once(kThreads, [&](int number) {
    for (int person = 0; person < kPeople; ++person) {
      identities::Engagement engagement;
      engagement.source_key = "m-" + std::to_string(number) + "-" + std::to_string(person);
      engagement.customer.source_key = "c-" + std::to_string(number) + "-" + std::to_string(person);
      const std::string mail = "p" + std::to_string(person) + "@customer.example";
      engagement.customer.identifiers.push_back(
          {identities::IdentifierKind::kEmail, mail, identities::normalise_email(mail), false});
      engagement.channel = "mail";
      engagement.occurred_us = kNow;
      engagement.thread_key = engagement.source_key;
      engagement.text = "text";
      const store::Account& account = accounts_[static_cast<std::size_t>(number) % accounts_.size()];
      pool.with_command(soon(), [&](store::Session& session) {
        store::Transaction transaction(session, store::Transaction::Kind::kWrite);
        store::WriteBatch batch(session);
        store::ItemWriter writer(batch, pool.clock().now_us(), account, "test");
        writer.apply({kNow, engagement});
        writer.finish();
        batch.commit(transaction);
        return 0;
      });
    }
  });
  EXPECT_EQ(installation_->count("SELECT COUNT(*) FROM identity"), kPeople);
  EXPECT_EQ(installation_->count("SELECT COUNT(*) FROM record"), kPeople * kThreads);
  EXPECT_EQ(broken(), "");
}

std::string note_id(const contract::Response& response) {
  return std::string(json::parse(response.body).at("note").at("id").as_string());
}

TEST_P(AtOnce, two_agents_who_edit_one_note_do_not_lose_a_change_unseen) {
  installation_->start();
  constexpr const char* kAda = "ada@customer.example";
  ASSERT_EQ(
      installation_->deliver(hooks_.front(), {.body = json::serialize(integration::message("m")), .id = "d"}).status,
      200);
  const contract::Response added =
      installation_->action("note.add", kAda, {{"key", "command-0"}, {"args", json::object{{"text", "0"}}}});
  ASSERT_EQ(added.status, 200) << added.body;
  const std::string id = note_id(added);
  constexpr int kEdits = 20;
  std::atomic<int> done = 0;
  std::atomic<int> others = 0;
  at_once(2, [&](int number) {
    for (int edit = 0; edit < kEdits; ++edit) {
      const std::int64_t version = installation_->count("SELECT version FROM note WHERE id = " + id);
      const contract::Response response =
          installation_->action("note.edit", kAda,
                                {{"key", "command-" + std::to_string(number) + "-" + std::to_string(edit)},
                                 {"args", json::object{{"id", id}, {"version", version}, {"text", "edit"}}}});
      if (response.status == 200)
        ++done;
      else if (response.status != 409)
        ADD_FAILURE() << response.status << response.body;
      else
        ++others;
    }
  });
  EXPECT_EQ(done + others, 2 * kEdits);
  EXPECT_EQ(installation_->count("SELECT version FROM note"), 1 + done) << "an edit overwrote one it had not seen";
}

TEST_P(AtOnce, one_command_key_and_one_delivery_id_sent_by_all_at_once_act_once) {
  installation_->start();
  constexpr const char* kAda = "ada@customer.example";
  constexpr int kRounds = 10;
  std::mutex mutex;
  std::set<std::string> notes;
  at_once(kThreads, [&](int) {
    for (int round = 0; round < kRounds; ++round) {
      const std::string name = "round-" + std::to_string(round);
      const contract::Response delivered =
          installation_->deliver(hooks_.front(), {.body = json::serialize(integration::message(name)), .id = name});
      EXPECT_EQ(delivered.status, 200) << delivered.body;
      const contract::Response added =
          installation_->action("note.add", kAda, {{"key", "command-" + name}, {"args", json::object{{"text", name}}}});
      EXPECT_EQ(added.status, 200) << added.body;
      const std::lock_guard lock(mutex);
      if (added.status == 200) notes.insert(note_id(added));
    }
  });
  EXPECT_EQ(installation_->count("SELECT COUNT(*) FROM engagement"), kRounds);
  EXPECT_EQ(installation_->count("SELECT COUNT(*) FROM delivery"), kRounds);
  EXPECT_EQ(installation_->count("SELECT COUNT(*) FROM note"), kRounds);
  EXPECT_EQ(notes.size(), static_cast<std::size_t>(kRounds)) << "all are told of the one note";
  EXPECT_EQ(broken(), "");
}

INSTANTIATE_TEST_SUITE_P(on, AtOnce, testing::Values("sqlite", "mariadb"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace fault
