// Method: work is held up while others bring theirs, so that who does what together is certain; deliveries go into a
// real database.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <mutex>
#include <semaphore>
#include <thread>

#include "accounts/intake.hpp"
#include "database.hpp"

namespace identities::accounts {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using unit::kNow;

struct Number {
  int value = 0;
  bool done = false;
};

class Gathered : public testing::Test {
 protected:
  void run(Number& job, std::size_t weight = 1, Microseconds patience_us = 60 * kSecondUs) {
    gathering_.run(job, weight, clock_.monotonic_us() + patience_us,
                   [this](std::span<Number* const> jobs) { do_all(jobs); });
  }
  /// Brings a job by a thread of its own, and returns once it waits for the one that is being done.
  std::jthread bring(Number& job, std::size_t weight = 1) {
    const std::size_t before = gathering_.waiting();
    std::jthread thread([this, &job, weight] {
      try {
        run(job, weight);
      } catch (const std::runtime_error&) {
        ++failed_;
      }
    });
    while (gathering_.waiting() == before) std::this_thread::yield();
    return thread;
  }
  /// Brings one that is begun at once and held up.
  std::jthread hold(Number& job) {
    std::jthread thread([this, &job] { run(job); });
    begun_.acquire();
    return thread;
  }
  void do_all(std::span<Number* const> jobs) {
    begun_.release();
    go_on_.acquire();
    const std::lock_guard lock(mutex_);
    rounds_.emplace_back();
    for (Number* job : jobs) {
      rounds_.back().push_back(job->value);
      job->done = true;
    }
    if (rounds_.back().front() < 0) throw std::runtime_error("negative");
  }

  const Clock clock_ = system_clock();
  Gathering<Number> gathering_{clock_, {3, 10, 1}};
  std::counting_semaphore<100> begun_{0};
  std::counting_semaphore<100> go_on_{0};
  std::atomic<int> failed_ = 0;
  std::mutex mutex_;  // guards rounds_
  std::vector<std::vector<int>> rounds_;
};

TEST_F(Gathered, who_comes_alone_waits_for_nobody) {
  go_on_.release();
  Number one{1};
  run(one);
  EXPECT_TRUE(one.done);
  EXPECT_THAT(rounds_, ElementsAre(ElementsAre(1)));
  EXPECT_EQ(gathering_.waiting(), 0U);
}

TEST_F(Gathered, what_comes_meanwhile_is_done_together_as_far_as_it_fits) {
  std::vector<Number> numbers{{1}, {2}, {3}, {4}, {5}};
  {
    std::vector<std::jthread> threads;
    threads.push_back(hold(numbers[0]));
    for (std::size_t index = 1; index < numbers.size(); ++index) threads.push_back(bring(numbers[index]));
    go_on_.release(100 - 1);
  }
  EXPECT_THAT(rounds_, ElementsAre(ElementsAre(1), ElementsAre(2, 3, 4), ElementsAre(5)));
  EXPECT_THAT(numbers, Each(testing::Field(&Number::done, true)));
}

TEST_F(Gathered, what_is_heavy_together_is_done_apart) {
  std::vector<Number> numbers{{1}, {2}, {3}};
  {
    std::vector<std::jthread> threads;
    threads.push_back(hold(numbers[0]));
    threads.push_back(bring(numbers[1], 8));
    threads.push_back(bring(numbers[2], 1000));  // more than the limit, by itself
    go_on_.release(50);
  }
  EXPECT_THAT(rounds_, ElementsAre(ElementsAre(1), ElementsAre(2), ElementsAre(3)));
}

TEST_F(Gathered, what_one_throws_all_of_the_round_get_and_the_next_goes_on) {
  std::vector<Number> numbers{{1}, {-2}, {3}, {4}, {5}};
  {
    std::vector<std::jthread> threads;
    threads.push_back(hold(numbers[0]));
    for (std::size_t index = 1; index < numbers.size(); ++index) threads.push_back(bring(numbers[index]));
    go_on_.release(50);
  }
  EXPECT_EQ(failed_, 3);
  EXPECT_THAT(rounds_, ElementsAre(ElementsAre(1), ElementsAre(-2, 3, 4), ElementsAre(5)));
}

TEST_F(Gathered, whose_deadline_passes_leaves_and_the_one_behind_it_leads) {
  std::vector<Number> numbers{{1}, {2}, {3}};
  {
    std::vector<std::jthread> threads;
    threads.push_back(hold(numbers[0]));
    std::atomic<bool> late = false;
    std::jthread leaves([&] {
      try {
        run(numbers[1], 1, 50'000);
      } catch (const store::DeadlineExceeded&) {
        late = true;
      }
    });
    while (gathering_.waiting() == 0) std::this_thread::yield();
    threads.push_back(bring(numbers[2]));
    leaves.join();
    EXPECT_TRUE(late);
    go_on_.release(50);
  }
  EXPECT_THAT(rounds_, ElementsAre(ElementsAre(1), ElementsAre(3)));
  EXPECT_FALSE(numbers[1].done);
  EXPECT_EQ(gathering_.waiting(), 0U);
}

class IntakeStore : public testing::Test, protected unit::Database {
 protected:
  /// A delivery of one message with this text.
  struct Delivered {
    Delivered(const store::Account& account, const std::string& id, const std::string& text,
              const std::string& thread = "t-1")
        : id_(id) {
      decoded = decode_items(
          boost::json::parse(R"({"type":"engagement.created","timestamp":"2026-11-03T10:12:00Z","data":{"id":"m-)" +
                             id + R"(","customer":{"id":"c-)" + thread +
                             R"("},"direction":"in","channel":"mail","occurred_at":"2026-11-03T10:12:00Z",)"
                             R"("thread":{"id":")" +
                             thread + R"("},"text":")" + text + R"("}})"),
          account, default_rules(), kNow);
    }
    std::string id_;
    std::vector<Decoded> decoded;
  };
  Received received(const Delivered& delivered, const std::string& hash) {
    return {accounts_.front(),
            settings_.version,
            delivered.id_,
            hash,
            kNow,
            delivered.decoded,
            100,
            "r-1",
            clock_.monotonic_us() + 60 * kSecondUs};
  }
  Stored store(const Delivered& delivered) { return intake_.store(received(delivered, std::string(32, 'h'))); }
  /// The fates of all of them, each brought by its own thread at the same time.
  std::vector<Fate> store_at_once(const std::vector<Delivered>& deliveries) {
    std::vector<Fate> fates(deliveries.size(), Fate::kSettingsChanged);
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < deliveries.size(); ++index)
      threads.emplace_back(
          [&, index] { fates[index] = intake_.store(received(deliveries[index], std::string(32, 'h'))).fate; });
    threads.clear();
    return fates;
  }

  store::Settings settings_ = store::read_settings(*session_);
  store::Pool pool_{store::opener(url(), clock_), clock_, 4};
  Intake intake_{pool_};
};

TEST_F(IntakeStore, deliveries_at_once_are_each_stored_once_with_a_fate_of_their_own) {
  std::vector<Delivered> deliveries;
  for (int number = 0; number < 30; ++number)
    deliveries.emplace_back(accounts_.front(), "d-" + std::to_string(number % 20), "hello");
  const std::vector<Fate> fates = store_at_once(deliveries);
  EXPECT_EQ(std::count(fates.begin(), fates.end(), Fate::kStored), 20);
  EXPECT_EQ(std::count(fates.begin(), fates.end(), Fate::kDuplicate), 10);
  EXPECT_EQ(count("SELECT COUNT(*) FROM delivery"), 20);
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 20);
  EXPECT_EQ(count("SELECT in_count FROM record_thread"), 20);
}

// The database refuses one of them, by a trigger: the others do not go down with it.
TEST_F(IntakeStore, one_that_cannot_be_stored_takes_no_other_along) {
  count(url().dialect == store::Dialect::kSqlite
            ? "CREATE TRIGGER refuse BEFORE INSERT ON engagement WHEN NEW.preview = 'poison' BEGIN SELECT RAISE(ABORT, "
              "'no'); END"
            : "CREATE TRIGGER refuse BEFORE INSERT ON engagement FOR EACH ROW IF NEW.preview = 'poison' THEN SIGNAL "
              "SQLSTATE '45000'; END IF");
  std::vector<Delivered> deliveries;
  for (int number = 0; number < 12; ++number)
    deliveries.emplace_back(accounts_.front(), "d-" + std::to_string(number), number == 5 ? "poison" : "hello");
  std::vector<std::string> errors(deliveries.size());
  std::vector<std::jthread> threads;
  for (std::size_t index = 0; index < deliveries.size(); ++index)
    threads.emplace_back([&, index] {
      try {
        intake_.store(received(deliveries[index], std::string(32, 'h')));
      } catch (const store::BrokenStatement& error) {
        errors[index] = error.what();
      }
    });
  threads.clear();
  for (std::size_t index = 0; index < deliveries.size(); ++index) EXPECT_EQ(errors[index].empty(), index != 5) << index;
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 11);
  EXPECT_EQ(count("SELECT COUNT(*) FROM delivery"), 11);
}

// SQLite locks the whole file, so there nothing is held.
TEST_F(IntakeStore, who_meets_a_lock_keeps_nobody_waiting_who_does_not) {
  ASSERT_EQ(store(Delivered(accounts_.front(), "d-0", "hello", "locked")).fate, Fate::kStored);
  const auto other = store::opener(url(), clock_)(clock_.monotonic_us() + 10 * kSecondUs);
  other->set_deadline(clock_.monotonic_us() + 60 * kSecondUs);
  std::optional<store::Transaction> held;
  if (url().dialect == store::Dialect::kMysql) {
    static const store::Statement kHold{"hold", "SELECT id FROM thread WHERE source_key = 'locked' FOR UPDATE"};
    held.emplace(*other, store::Transaction::Kind::kWrite);
    other->query(kHold, {}, [](const store::Row&) {});
  }
  std::vector<Delivered> waiting;
  for (int number = 1; number <= 6; ++number)
    waiting.emplace_back(accounts_.front(), "d-" + std::to_string(number), "hello", "locked");
  std::vector<Fate> fates(waiting.size(), Fate::kSettingsChanged);
  std::vector<std::jthread> threads;
  for (std::size_t index = 0; index < waiting.size(); ++index)
    threads.emplace_back([&, index] { fates[index] = store(waiting[index]).fate; });
  for (int number = 0; number < 10; ++number)
    EXPECT_EQ(store(Delivered(accounts_.front(), "o-" + std::to_string(number), "hello", "free")).fate, Fate::kStored);
  held.reset();
  threads.clear();
  EXPECT_THAT(fates, Each(Fate::kStored));
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 17);
}

TEST_F(IntakeStore, nothing_is_stored_by_settings_that_are_no_more) {
  const Delivered delivered(accounts_.front(), "d-1", "hello");
  ++settings_.version;
  EXPECT_EQ(intake_.store(received(delivered, std::string(32, 'h'))).fate, Fate::kSettingsChanged);
  EXPECT_EQ(count("SELECT COUNT(*) FROM delivery"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 0);
}

TEST_F(IntakeStore, another_body_under_the_same_id_is_told) {
  const Delivered delivered(accounts_.front(), "d-1", "hello");
  EXPECT_EQ(intake_.store(received(delivered, std::string(32, 'h'))).fate, Fate::kStored);
  EXPECT_EQ(intake_.store(received(delivered, std::string(32, 'i'))).fate, Fate::kIdReused);
  EXPECT_EQ(intake_.store(received(delivered, std::string(32, 'h'))).fate, Fate::kDuplicate);
}

TEST_F(IntakeStore, a_try_stores_nothing) {
  const Delivered delivered(accounts_.front(), "d-1", "hello");
  const Stored tried = intake_.try_out(received(delivered, std::string(32, 'h')));
  EXPECT_EQ(tried.delivery.results, R"([{"index":0,"status":"stored"}])");
  EXPECT_EQ(count("SELECT COUNT(*) FROM delivery"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record"), 0);
}

}  // namespace
}  // namespace identities::accounts
