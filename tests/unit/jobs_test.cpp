// Method: several runners, each with its own pool and clock, over one real database; time passes by setting their
// clocks on SQLite, and by moving the lease row where the server's own clock counts. Nothing waits.
#include <gmock/gmock.h>

#include <chrono>
#include <future>

#include "core/ids.hpp"
#include "database.hpp"
#include "jobs/retention_job.hpp"
#include "jobs/runner.hpp"
#include "store/audit_log.hpp"
#include "store/lease.hpp"

namespace identities::jobs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using unit::kNow;

TEST(LeaseRules, a_lease_is_free_when_it_ended_or_cannot_be_true) {
  const store::LeaseRow held{"job", "other", 1000 * kSecondUs};
  EXPECT_FALSE(store::is_free(held, 999 * kSecondUs, 0));
  EXPECT_TRUE(store::is_free(held, 1000 * kSecondUs, 0));
  // Set back by an hour: nobody can have taken it until then.
  EXPECT_TRUE(store::is_free(held, 1000 * kSecondUs - kHourUs, 0));
  EXPECT_FALSE(store::is_free(held, 1000 * kSecondUs - store::kLeaseUs, 0));
}

TEST(LeaseRules, a_lease_given_back_rests_for_its_interval_unless_it_was_given_back_in_the_future) {
  const store::LeaseRow rested{"job", "", 1000 * kSecondUs};
  EXPECT_FALSE(store::is_free(rested, 1000 * kSecondUs + kHourUs - 1, kHourUs));
  EXPECT_TRUE(store::is_free(rested, 1000 * kSecondUs + kHourUs, kHourUs));
  EXPECT_TRUE(store::is_free(rested, 999 * kSecondUs, kHourUs));
  EXPECT_TRUE(store::is_free({"job", "", 0}, kNow, kHourUs)) << "what was broken off does not rest";
}

/// Does as many steps as it was told, each in a transaction of its own, and notes who did them.
class CountingJob : public Job {
 public:
  CountingJob(std::string who, std::vector<std::string>& log, int steps)
      : who_(std::move(who)), log_(log), steps_(steps) {}
  std::string_view name() const override { return "count"; }
  Microseconds interval_us() const override { return kHourUs; }
  Progress step(store::Session& session, const Step& step) override {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    step.hold(session);
    if (fails_) throw store::Unavailable("as told");
    log_.push_back(who_);
    transaction.commit();
    return {--steps_ <= 0, {{"counts", 1}}};
  }
  bool fails_ = false;

 private:
  const std::string who_;
  std::vector<std::string>& log_;
  int steps_;
};

class StoreJobs : public testing::Test, protected unit::Database {
 protected:
  /// A process with a clock of its own.
  struct Process {
    Process(StoreJobs& test, const std::string& who, int steps)
        : clock{[this] { return now_us; }, system_clock().monotonic_us},
          pool(std::make_unique<store::Pool>(store::opener(test.url(), clock), clock, 1)) {
      auto made = std::make_unique<CountingJob>(who, test.log_, steps);
      job = made.get();
      std::vector<std::unique_ptr<Job>> list;
      list.push_back(std::move(made));
      runner = std::make_unique<Runner>(*pool, who, std::move(list));
    }
    StepReport step(bool rested = false) {
      return runner->step("count", system_clock().monotonic_us() + 30 * kSecondUs, rested);
    }
    Microseconds now_us = kNow;
    Clock clock;
    std::unique_ptr<store::Pool> pool;
    CountingJob* job = nullptr;
    std::unique_ptr<Runner> runner;
  };

  bool is_sqlite() const { return url().dialect == store::Dialect::kSqlite; }
  /// Lets the lease's time pass: for all clocks that count.
  void let_lease_end(std::initializer_list<Process*> processes) {
    for (Process* process : processes) process->now_us += store::kLeaseUs + kSecondUs;
    if (!is_sqlite()) count("UPDATE lease SET until_us = until_us - 31000000 WHERE holder <> ''");
  }
  std::string holder() {
    const auto row = store::find_lease(*session_, "count");
    return row ? row->holder : "no row";
  }
  std::vector<std::string> log_;
};

TEST_F(StoreJobs, one_runner_does_the_job_and_gives_the_lease_back) {
  Process one(*this, "one", 2);
  EXPECT_EQ(one.step().outcome, Outcome::kGoesOn);
  EXPECT_EQ(holder(), "one");
  const StepReport last = one.step();
  EXPECT_EQ(last.outcome, Outcome::kFinished);
  EXPECT_THAT(last.changes, ElementsAre(Pair("counts", 2)));
  EXPECT_EQ(holder(), "");
  EXPECT_EQ(one.step().outcome, Outcome::kResting);
}

TEST_F(StoreJobs, of_two_runners_one_has_the_job_and_the_other_does_nothing) {
  Process one(*this, "one", 3);
  Process two(*this, "two", 3);
  EXPECT_EQ(one.step().outcome, Outcome::kGoesOn);
  EXPECT_EQ(two.step().outcome, Outcome::kElsewhere);
  EXPECT_EQ(one.step().outcome, Outcome::kGoesOn);
  EXPECT_EQ(one.step().outcome, Outcome::kFinished);
  EXPECT_EQ(two.step(true).outcome, Outcome::kGoesOn) << "given back: whoever is told not to let it rest may go on";
  EXPECT_THAT(log_, ElementsAre("one", "one", "one", "two"));
}

TEST_F(StoreJobs, a_job_that_was_done_rests_for_the_other_runner_too) {
  Process one(*this, "one", 1);
  Process two(*this, "two", 1);
  EXPECT_EQ(one.step().outcome, Outcome::kFinished);
  EXPECT_EQ(two.step().outcome, Outcome::kResting);
  EXPECT_THAT(log_, ElementsAre("one"));
}

TEST_F(StoreJobs, a_runner_that_died_is_replaced_when_its_lease_ends_and_not_before) {
  Process two(*this, "two", 1);
  {
    Process one(*this, "one", 9);
    EXPECT_EQ(one.step().outcome, Outcome::kGoesOn);
  }
  EXPECT_EQ(two.step(true).outcome, Outcome::kElsewhere);
  let_lease_end({&two});
  const StepReport taken = two.step(true);
  EXPECT_EQ(taken.outcome, Outcome::kFinished);
  EXPECT_EQ(taken.former, "one");
}

TEST_F(StoreJobs, a_runner_that_was_silent_too_long_changes_nothing_after_it_was_replaced) {
  Process one(*this, "one", 9);
  Process two(*this, "two", 9);
  EXPECT_EQ(one.step().outcome, Outcome::kGoesOn);
  let_lease_end({&one, &two});
  EXPECT_EQ(two.step().outcome, Outcome::kGoesOn);
  EXPECT_EQ(one.step().outcome, Outcome::kLost);
  EXPECT_THAT(log_, ElementsAre("one", "two"));
  EXPECT_EQ(holder(), "two");
}

TEST_F(StoreJobs, a_step_makes_the_lease_last_longer) {
  Process one(*this, "one", 9);
  Process two(*this, "two", 9);
  one.step();
  for (int i = 0; i < 3; ++i) {
    for (Process* process : {&one, &two}) process->now_us += 20 * kSecondUs;
    if (!is_sqlite()) count("UPDATE lease SET until_us = until_us - 20000000 WHERE holder <> ''");
    EXPECT_EQ(one.step().outcome, Outcome::kGoesOn);
    EXPECT_EQ(two.step(true).outcome, Outcome::kElsewhere);
  }
}

TEST_F(StoreJobs, a_step_that_fails_keeps_the_lease_and_goes_on) {
  Process one(*this, "one", 1);
  one.job->fails_ = true;
  EXPECT_THROW(one.step(), store::Unavailable);
  EXPECT_EQ(holder(), "one");
  one.job->fails_ = false;
  EXPECT_EQ(one.step().outcome, Outcome::kFinished);
}

TEST_F(StoreJobs, a_runner_that_ends_lets_another_go_on_at_once) {
  Process one(*this, "one", 9);
  Process two(*this, "two", 1);
  one.step();
  one.runner->release(system_clock().monotonic_us() + 30 * kSecondUs);
  EXPECT_EQ(holder(), "");
  EXPECT_EQ(two.step().outcome, Outcome::kFinished) << "it was not finished, so it does not rest";
}

// On MySQL the server's clock counts and those of the machines do not. On SQLite there is one machine, whose clock may
// be set; what was written by a clock far ahead is not believed.
TEST_F(StoreJobs, a_machine_whose_clock_is_wrong_neither_steals_a_lease_nor_keeps_it_for_ever) {
  Process right(*this, "right", 9);
  Process ahead(*this, "ahead", 9);
  ahead.now_us += 365 * kDayUs;
  EXPECT_EQ(right.step().outcome, Outcome::kGoesOn);
  if (is_sqlite()) {
    EXPECT_EQ(ahead.step().outcome, Outcome::kGoesOn) << "the one clock was set ahead: the lease is over";
    EXPECT_EQ(right.step().outcome, Outcome::kLost);
    EXPECT_EQ(right.step(true).outcome, Outcome::kGoesOn) << "and set back: a lease of a year is none";
  } else {
    EXPECT_EQ(ahead.step().outcome, Outcome::kElsewhere);
    EXPECT_EQ(right.step().outcome, Outcome::kGoesOn);
  }
}

TEST_F(StoreJobs, two_takers_of_what_both_saw_free_do_not_both_get_it) {
  const auto seen = store::find_lease(*session_, "count");
  ASSERT_FALSE(seen);
  EXPECT_TRUE(store::take_lease(*session_, "count", seen, "one", kNow));
  EXPECT_FALSE(store::take_lease(*session_, "count", seen, "two", kNow));
  const auto held = store::find_lease(*session_, "count");
  EXPECT_TRUE(store::take_lease(*session_, "count", held, "three", kNow + kMinuteUs));
  EXPECT_FALSE(store::take_lease(*session_, "count", held, "four", kNow + kMinuteUs));
  EXPECT_EQ(holder(), "three");
}

/// Does what it is told while it stands in its step.
class MeetingJob : public Job {
 public:
  MeetingJob(std::string name, std::function<void()> meanwhile)
      : name_(std::move(name)), meanwhile_(std::move(meanwhile)) {}
  std::string_view name() const override { return name_; }
  Microseconds interval_us() const override { return kHourUs; }
  Progress step(store::Session&, const Step&) override {
    meanwhile_();
    return {};
  }

 private:
  const std::string name_;
  const std::function<void()> meanwhile_;
};

TEST_F(StoreJobs, a_step_keeps_no_other_job_waiting_and_is_not_begun_twice) {
  constexpr std::chrono::seconds kPatience{20};
  store::Pool pool(store::opener(url(), clock_), clock_, 3);
  const auto deadline = [&] { return clock_.monotonic_us() + 60 * kSecondUs; };
  std::unique_ptr<Runner> runner;
  std::future<StepReport> same;
  std::future<StepReport> other;
  bool went_on = false;
  std::vector<std::unique_ptr<Job>> jobs;
  jobs.push_back(std::make_unique<MeetingJob>("slow", [&] {
    same = std::async(std::launch::async, [&] { return runner->step("slow", deadline()); });
    other = std::async(std::launch::async, [&] { return runner->step("quick", deadline()); });
    went_on = same.wait_for(kPatience) == std::future_status::ready &&
              other.wait_for(kPatience) == std::future_status::ready && runner->names().size() == 2;
  }));
  jobs.push_back(std::make_unique<MeetingJob>("quick", [] {}));
  runner = std::make_unique<Runner>(pool, "one", std::move(jobs));
  EXPECT_EQ(runner->step("slow", deadline()).outcome, Outcome::kFinished);
  EXPECT_TRUE(went_on) << "both waited for the slow job's step";
  EXPECT_EQ(same.get().outcome, Outcome::kElsewhere);
  EXPECT_EQ(other.get().outcome, Outcome::kFinished);
}

TEST_F(StoreJobs, a_release_waits_for_the_step_that_runs_and_gives_its_lease_back) {
  store::Pool pool(store::opener(url(), clock_), clock_, 2);
  std::unique_ptr<Runner> runner;
  std::future<void> released;
  std::vector<std::unique_ptr<Job>> jobs;
  jobs.push_back(std::make_unique<MeetingJob>("count", [&] {
    if (released.valid()) return;
    released = std::async(std::launch::async, [&] { runner->release(clock_.monotonic_us() + 60 * kSecondUs); });
    throw store::Unavailable("as told");
  }));
  runner = std::make_unique<Runner>(pool, "one", std::move(jobs));
  EXPECT_THROW(runner->step("count", clock_.monotonic_us() + 60 * kSecondUs), store::Unavailable);
  released.get();
  EXPECT_EQ(holder(), "");
}

TEST(JobHolder, fits_its_column_and_differs) {
  EXPECT_LE(holder_name().size(), 64U);
  EXPECT_NE(holder_name(), holder_name());
}

class StoreRetention : public testing::Test, protected unit::Database {
 protected:
  StoreRetention() {
    // Both clocks say kNow; the server's own is left out by giving the step its time.
    step_.now_us = kNow;
    step_.yield_us = clock_.monotonic_us() + 60 * kSecondUs;
    step_.hold = [this](store::Session&) { ++held_; };
  }
  /// Rows of each kind, one each second, the newest that old.
  void fill(int rows, Microseconds age_us) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    for (int i = 0; i < rows; ++i) {
      const Microseconds at_us = kNow - age_us - i * kSecondUs;
      const std::string key = std::to_string(next_id(kNow));
      session_->execute(kDelivery, {accounts_.front().id, key, next_id(at_us), store::Blob{std::string(32, 's')}, at_us,
                                    std::int64_t{200}, std::string_view{"[]"}});
      session_->execute(kCommand, {key, at_us});
      session_->execute(kAudit, {first_id_at(at_us) + i, at_us});
    }
    transaction.commit();
  }
  Progress run(const RetentionSettings& settings) { return RetentionJob(settings, clock_).step(*session_, step_); }
  std::vector<std::int64_t> counts() {
    return {count("SELECT COUNT(*) FROM delivery"), count("SELECT COUNT(*) FROM command"),
            count("SELECT COUNT(*) FROM audit")};
  }

  inline static const store::Statement kDelivery{
      "test_delivery",
      "INSERT INTO delivery (account_id, source_key, id, body_sha256, received_us, status, results) VALUES (?, ?, ?, "
      "?, ?, ?, ?)"};
  inline static const store::Statement kCommand{
      "test_command",
      "INSERT INTO command (agent_id, command_key, action, identity_id, at_us, result_id) VALUES ('mia', ?, "
      "'note.add', 1, ?, 1)"};
  inline static const store::Statement kAudit{
      "test_audit", "INSERT INTO audit (id, at_us, agent_id, action, request_id) VALUES (?, ?, 'mia', 'read', 'r')"};
  Step step_;
  int held_ = 0;
};

TEST_F(StoreRetention, each_kind_is_kept_as_long_as_it_was_set_to) {
  fill(10, 20 * kDayUs);
  fill(10, kHourUs);
  const Progress progress = run({30, 7, 0});
  EXPECT_TRUE(progress.done);
  EXPECT_THAT(progress.changes, ElementsAre(Pair("commands", 10)));
  EXPECT_THAT(counts(), ElementsAre(20, 10, 20));
  EXPECT_THAT(run({10, 0, 10}).changes, ElementsAre(Pair("audit", 10), Pair("deliveries", 10)));
  EXPECT_THAT(counts(), ElementsAre(10, 10, 10));
}

TEST_F(StoreRetention, what_is_exactly_as_old_as_it_is_kept_stays) {
  fill(1, 7 * kDayUs);
  EXPECT_THAT(run({7, 7, 7}).changes, IsEmpty());
  step_.now_us += kSecondUs;
  now_us_ += kSecondUs;
  EXPECT_THAT(run({7, 7, 7}).changes, ElementsAre(Pair("audit", 1), Pair("commands", 1), Pair("deliveries", 1)));
}

TEST_F(StoreRetention, zero_keeps_for_ever) {
  fill(5, 3000 * kDayUs / 3);
  EXPECT_THAT(run({0, 0, 0}).changes, IsEmpty());
  EXPECT_THAT(counts(), ElementsAre(5, 5, 5));
}

TEST_F(StoreRetention, rows_go_in_batches_each_in_its_own_transaction_under_the_lease) {
  fill(1200, 500 * kDayUs);
  const Progress progress = run({30, 0, 0});
  EXPECT_THAT(progress.changes, ElementsAre(Pair("deliveries", 1200)));
  EXPECT_EQ(held_, 3) << "500, 500 and 200";
}

TEST_F(StoreRetention, a_step_whose_time_is_up_ends_after_a_batch_and_the_next_goes_on) {
  fill(1200, 500 * kDayUs);
  step_.hold = [this](store::Session&) { step_.yield_us = 0; };
  const RetentionSettings settings{30, 7, 400};
  // The job reads yield_us of the step that it was given, which the first hold has set.
  EXPECT_FALSE(RetentionJob(settings, clock_).step(*session_, step_).done);
  EXPECT_THAT(counts(), ElementsAre(700, 1200, 1200));
  int steps = 1;
  for (bool done = false; !done; ++steps) {
    step_.yield_us = clock_.monotonic_us() + 60 * kSecondUs;
    done = RetentionJob(settings, clock_).step(*session_, step_).done;
    ASSERT_LT(steps, 20);
  }
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0));
  EXPECT_GE(steps, 8);
}

TEST_F(StoreRetention, a_batch_whose_lease_is_lost_deletes_nothing) {
  fill(10, 500 * kDayUs);
  step_.hold = [](store::Session&) { throw LeaseLost("as told"); };
  EXPECT_THROW(run({30, 7, 400}), LeaseLost);
  EXPECT_THAT(counts(), ElementsAre(10, 10, 10));
}

TEST_F(StoreRetention, a_clock_that_runs_ahead_deletes_nothing_too_early) {
  fill(10, kDayUs);
  now_us_ += 1000 * kDayUs;  // this machine's
  EXPECT_THAT(run({30, 7, 400}).changes, IsEmpty());
  now_us_ = kNow;
  step_.now_us += 1000 * kDayUs;  // the server's
  EXPECT_THAT(run({30, 7, 400}).changes, IsEmpty());
}

TEST(RetentionSettings, come_from_the_configuration_or_are_the_defaults) {
  const RetentionSettings none = retention_settings({});
  EXPECT_EQ(none.deliveries_days, 30);
  EXPECT_EQ(none.commands_days, 7);
  EXPECT_EQ(none.audit_days, 400);
  const RetentionSettings some = retention_settings({{"retention", {{"commands_days", 0}, {"audit_days", 90}}}});
  EXPECT_EQ(some.deliveries_days, 30);
  EXPECT_EQ(some.commands_days, 0);
  EXPECT_EQ(some.audit_days, 90);
}

}  // namespace
}  // namespace identities::jobs
