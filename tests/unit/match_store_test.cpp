// Method: made people stored as a helpdesk's customers, learnt from and compared by the job's own steps, on a real
// database; then what agents decided, and what is erased.
#include <gmock/gmock.h>

#include <future>

#include "core/ids.hpp"
#include "database.hpp"
#include "jobs/suggest_job.hpp"
#include "people.hpp"
#include "store/match_scoring.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

using matching::PersonModel;
using testing::HasSubstr;
using testing::Not;

/// A model of made people; it is what an installation with such customers learns.
const PersonModel& learnt_model() {
  static const PersonModel kModel = [] {
    std::vector<matching::KnownPerson> persons;
    for (const bench::PersonRow& row : bench::people_with_copies(21, 3'000))
      persons.push_back(matching::person_of(
          {row.given_name + " " + row.surname, "", row.city, row.birth_date, {row.email}, {row.phone}}));
    return matching::learn_from(persons, 2);
  }();
  return kModel;
}

class MatchStore : public testing::Test, protected unit::Database {
 protected:
  MatchStore() {
    in_write([&] { write_model(*session_, next_id(unit::kNow), 3'000, learnt_model(), unit::kNow); });
  }

  template <typename Work>
  void in_write(Work&& work) {
    Transaction transaction(*session_, Transaction::Kind::kWrite);
    work();
    transaction.commit();
  }
  void execute(const std::string& sql) {
    statements_.push_back(std::make_unique<Statement>(Statement{"by_test", sql}));
    in_write([&] { session_->execute(*statements_.back(), {}); });
  }

  /// A customer who wrote once. Returns the record.
  Id add(const std::string& key, const std::string& name, const std::string& email, const std::string& city = {}) {
    Item item = unit::message("m-" + key, unit::kNow, key);
    Customer& customer = std::get<Engagement>(item.content).customer;
    customer.name = name;
    customer.identifiers.clear();
    if (!email.empty())
      customer.identifiers.push_back({IdentifierKind::kEmail, email, normalise_email(email, default_rules()), false});
    apply(item);
    const Id record = count("SELECT id FROM record WHERE source_key = '" + key + "'");
    if (!city.empty())
      execute("INSERT INTO attribute (id, record_id, attribute_key, type, text_value, set_us, created_us) VALUES (" +
              std::to_string(next_id(unit::kNow)) + ", " + std::to_string(record) + ", 'person.city', 3, '" + city +
              "', 1, 1)");
    queue(record);
    return record;
  }

  void queue(Id record) {
    in_write([&] {
      WriteBatch batch(*session_);
      queue_scoring(batch, record, unit::kNow);
      batch.flush();
    });
  }

  /// Rule E3 says that they may be one.
  bool by_rule_e3(Id one, Id other) {
    bool is_new = false;
    in_write([&] { is_new = suggest(*session_, by_rule(one, other, "E3", false, false), unit::kNow); });
    return is_new;
  }

  jobs::Progress run_job() {
    jobs::SuggestJob job(clock_);
    jobs::Progress progress = job.step(*session_, step_);
    while (!progress.done) progress = job.step(*session_, step_);
    return progress;
  }
  std::int64_t open() { return count("SELECT COUNT(*) FROM suggestion WHERE state = 0"); }
  std::int64_t all() { return count("SELECT COUNT(*) FROM suggestion"); }

  jobs::Step step_{0, 0, unit::kNow, [](Session&) {}};
  std::vector<std::unique_ptr<Statement>> statements_;
};

TEST_F(MatchStore, two_records_of_one_person_are_suggested_once_with_fields_and_outcomes) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@quill.example-post.net", "Leeds");
  const Id other = add("c-2", "Xanthe Quillfeather", "", "Leeds");
  run_job();
  ASSERT_EQ(open(), 1);
  EXPECT_EQ(count("SELECT record_id FROM suggestion"), std::min(one, other));
  EXPECT_EQ(count("SELECT other_record_id FROM suggestion"), std::max(one, other));
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE rule = 'match' AND weight >= 3 AND review = 0"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE reasons LIKE '%\"name\"%\"same\"%' AND reasons NOT LIKE "
                  "'%anthe%' AND reasons NOT LIKE '%eeds%'"),
            1);
}

TEST_F(MatchStore, strangers_and_namesakes_are_not_suggested) {
  add("c-1", "John Smith", "");
  add("c-2", "John Smith", "");
  add("c-3", "Priya Patel", "priya@post-a.net", "Leeds");
  add("c-4", "Walter Kerton", "walter@post-b.net", "York");
  run_job();
  EXPECT_EQ(all(), 0);
}

TEST_F(MatchStore, the_job_empties_the_queue_and_then_rests) {
  add("c-1", "Ann Quiggley", "ann@post-a.net");
  jobs::SuggestJob job(clock_);
  EXPECT_TRUE(job.is_wanted(*session_));
  EXPECT_EQ(run_job().changes["records compared"], 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM match_queue"), 0);
  EXPECT_FALSE(job.is_wanted(*session_));
}

TEST_F(MatchStore, without_a_model_the_job_rests_and_the_queue_waits) {
  execute("DELETE FROM match_model");
  add("c-1", "Ann Quiggley", "ann@post-a.net");
  jobs::SuggestJob job(clock_);
  EXPECT_FALSE(job.is_wanted(*session_));
  EXPECT_TRUE(job.step(*session_, step_).done);
  EXPECT_EQ(count("SELECT COUNT(*) FROM match_queue"), 1);
}

TEST_F(MatchStore, a_record_queued_twice_waits_once) {
  const Id record = add("c-1", "Ann Quiggley", "ann@post-a.net");
  in_write([&] {
    WriteBatch batch(*session_);
    queue_scoring(batch, record, unit::kNow + 1);
    batch.flush();
  });
  EXPECT_EQ(count("SELECT COUNT(*) FROM match_queue"), 1);
}

TEST_F(MatchStore, a_refused_pair_is_never_suggested_again) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  add("c-2", "Xanthe Quillfeather", "", "Leeds");
  run_job();
  execute("UPDATE suggestion SET state = 2, decided_us = 1");
  in_write([&] { suggest_for(*session_, one, *read_model(*session_), unit::kNow); });
  EXPECT_EQ(all(), 1);
  EXPECT_EQ(open(), 0);
}

TEST_F(MatchStore, a_refusal_holds_for_the_other_records_of_the_identities) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  add("c-2", "Xanthe Quillfeather", "", "Leeds");
  run_job();
  execute("UPDATE suggestion SET state = 2, decided_us = 1");
  const Id third = add("c-3", "Xanthe Quillfeather", "", "Leeds");
  execute("UPDATE record SET identity_id = (SELECT identity_id FROM (SELECT identity_id FROM record WHERE id = " +
          std::to_string(one) + ") AS x) WHERE id = " + std::to_string(third));
  run_job();
  EXPECT_EQ(all(), 1);
}

TEST_F(MatchStore, who_an_agent_told_apart_is_not_suggested) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  const Id other = add("c-2", "Xanthe Quillfeather", "", "Leeds");
  execute("INSERT INTO cannot_link (record_id, other_record_id, log_id) VALUES (" +
          std::to_string(std::min(one, other)) + ", " + std::to_string(std::max(one, other)) + ", 1)");
  run_job();
  EXPECT_EQ(all(), 0);
}

TEST_F(MatchStore, records_of_one_identity_are_not_suggested) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  const Id other = add("c-2", "Xanthe Quillfeather", "", "Leeds");
  execute("UPDATE record SET identity_id = (SELECT identity_id FROM (SELECT identity_id FROM record WHERE id = " +
          std::to_string(one) + ") AS x) WHERE id = " + std::to_string(other));
  run_job();
  EXPECT_EQ(all(), 0);
}

TEST_F(MatchStore, a_shared_mailbox_takes_no_part) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  execute("UPDATE identity SET kind = 1 WHERE id = (SELECT identity_id FROM record WHERE id = " + std::to_string(one) +
          ")");
  add("c-2", "Xanthe Quillfeather", "", "Leeds");
  run_job();
  EXPECT_EQ(all(), 0);
}

TEST_F(MatchStore, a_suggestion_whose_evidence_is_gone_is_no_longer_of_use_and_comes_back_with_it) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  add("c-2", "Xanthe Quillfeather", "", "Leeds");
  run_job();
  ASSERT_EQ(open(), 1);
  const StoredModel model = *read_model(*session_);
  execute("UPDATE attribute SET text_value = 'York' WHERE record_id = " + std::to_string(one));
  execute("UPDATE record SET name = 'Walter Kerton' WHERE id = " + std::to_string(one));
  in_write([&] { suggest_for(*session_, one, model, unit::kNow); });
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE state = 3"), 1);
  execute("UPDATE attribute SET text_value = 'Leeds' WHERE record_id = " + std::to_string(one));
  execute("UPDATE record SET name = 'Xanthe Quillfeather' WHERE id = " + std::to_string(one));
  in_write([&] { suggest_for(*session_, one, model, unit::kNow); });
  EXPECT_EQ(open(), 1);
  EXPECT_EQ(all(), 1);
}

TEST_F(MatchStore, the_queue_is_read_in_the_order_of_its_index) {
  const bool sqlite = url().dialect == Dialect::kSqlite;
  const Statement plan{"plan_of_queue", std::string(sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") +
                                            "SELECT record_id FROM match_queue ORDER BY queued_us, record_id LIMIT 20"};
  std::string told;
  session_->query(plan, {}, [&](const Row& row) {
    for (int column = 0; column < (sqlite ? 4 : 10); ++column) told += std::string(row.text(column)) + "|";
  });
  EXPECT_THAT(told, HasSubstr("match_queue_next"));
  EXPECT_THAT(told, Not(HasSubstr(sqlite ? "TEMP B-TREE" : "filesort")));
}

TEST_F(MatchStore, a_change_that_is_committed_while_the_job_runs_is_compared) {
  add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  const Id other = add("c-2", "Ann Nobody", "", "Leeds");
  auto second = opener(url(), clock_)(clock_.monotonic_us() + 10 * kSecondUs);
  second->set_deadline(clock_.monotonic_us() + 100 * kSecondUs);
  // A delivery has changed the record and queued it anew, and commits once the job waits for it.
  Transaction delivery(*session_, Transaction::Kind::kWrite);
  const Statement rename{"rename_by_test", "UPDATE record SET name = 'Xanthe Quillfeather' WHERE id = ?"};
  session_->execute(rename, {other});
  WriteBatch batch(*session_);
  queue_scoring(batch, other, unit::kNow);
  batch.flush();
  std::future<void> job = std::async(std::launch::async, [&] {
    jobs::SuggestJob suggest(clock_);
    while (!suggest.step(*second, step_).done) {
    }
  });
  if (url().dialect == Dialect::kMysql) {
    auto watching = opener(url(), clock_)(clock_.monotonic_us() + 10 * kSecondUs);
    watching->set_deadline(clock_.monotonic_us() + 60 * kSecondUs);
    // The locks' own table is read ten times a second at most, and not while it is asked more often.
    const Statement waits{"waiting",
                          "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE "
                          "'DELETE FROM match_queue%'"};
    for (std::int64_t waiting = 0; waiting == 0 && job.wait_for(std::chrono::seconds(0)) != std::future_status::ready;)
      watching->query(waits, {}, [&](const Row& row) { waiting = row.integer(0); });
  }
  delivery.commit();
  job.get();
  run_job();
  EXPECT_EQ(open(), 1) << "of what it is called now";
}

TEST_F(MatchStore, what_the_job_suggests_reaches_who_looks_at_either) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  const Id other = add("c-2", "Xanthe Quillfeather", "", "Leeds");
  const auto versions = [&] {
    std::vector<std::int64_t> both;
    for (const Id record : {one, other})
      both.push_back(count("SELECT d.version FROM identity d JOIN record r ON r.identity_id = d.id WHERE r.id = " +
                           std::to_string(record)));
    return both;
  };
  const auto before = versions();
  run_job();
  ASSERT_EQ(open(), 1);
  const auto suggested = versions();
  EXPECT_GT(suggested[0], before[0]);
  EXPECT_GT(suggested[1], before[1]);
  queue(one);
  run_job();
  EXPECT_EQ(versions(), suggested) << "nothing else is shown";
  execute("UPDATE attribute SET text_value = 'York' WHERE record_id = " + std::to_string(one));
  execute("UPDATE record SET name = 'Walter Kerton' WHERE id = " + std::to_string(one));
  queue(one);
  run_job();
  ASSERT_EQ(open(), 0);
  EXPECT_GT(versions()[0], suggested[0]) << "outdated";
  EXPECT_GT(versions()[1], suggested[1]);
}

TEST_F(MatchStore, a_rules_evidence_opens_again_what_comparing_found_outdated) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  const Id other = add("c-2", "Xanthe Quillfeather", "", "Leeds");
  run_job();
  execute("UPDATE suggestion SET state = 3, decided_us = 1");
  EXPECT_TRUE(by_rule_e3(one, other));
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE rule = 'E3' AND state = 0 AND weight = 4"), 1);
  EXPECT_FALSE(by_rule_e3(one, other)) << "nothing new";
}

TEST_F(MatchStore, a_rules_evidence_outlives_that_of_comparing_and_the_surer_weight_counts) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  const Id other = add("c-2", "Xanthe Quillfeather", "", "Leeds");
  run_job();
  const std::string surer = "SELECT COUNT(*) FROM suggestion WHERE rule = 'E3' AND state = 0 AND weight > 4";
  ASSERT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE rule = 'match' AND weight > 4"), 1);
  EXPECT_TRUE(by_rule_e3(one, other));
  EXPECT_EQ(count(surer), 1);
  queue(one);
  run_job();
  EXPECT_EQ(count(surer), 1) << "found again";
  execute("UPDATE attribute SET text_value = 'York' WHERE record_id = " + std::to_string(one));
  execute("UPDATE record SET name = 'Walter Kerton' WHERE id = " + std::to_string(one));
  queue(one);
  run_job();
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE rule = 'E3' AND state = 0 AND weight = 4"), 1);
  EXPECT_EQ(all(), 1);
  execute("UPDATE attribute SET text_value = 'Leeds' WHERE record_id = " + std::to_string(one));
  execute("UPDATE record SET name = 'Xanthe Quillfeather' WHERE id = " + std::to_string(one));
  queue(one);
  run_job();
  EXPECT_EQ(count(surer), 1);
  execute("UPDATE suggestion SET state = 2");
  EXPECT_FALSE(by_rule_e3(one, other)) << "an agent refused it";
}

TEST_F(MatchStore, erasing_a_record_leaves_nothing_of_it) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  add("c-2", "Xanthe Quillfeather", "", "Leeds");
  run_job();
  add("c-3", "Ann Quiggley", "ann@post-c.net");
  const std::string id = std::to_string(one);
  ASSERT_GT(count("SELECT COUNT(*) FROM match_key WHERE record_id = " + id), 0);
  execute("DELETE FROM engagement WHERE record_id = " + id);
  execute("DELETE FROM record WHERE id = " + id);
  for (const char* table : {"match_key", "match_record", "match_queue", "suggestion"})
    EXPECT_EQ(count("SELECT COUNT(*) FROM " + std::string(table) + " WHERE record_id = " + id), 0) << table;
  EXPECT_EQ(count("SELECT COUNT(*) FROM match_model WHERE model LIKE '%uillfeather%'"), 0);
}

TEST_F(MatchStore, scoring_alone_writes_nothing) {
  const Id one = add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  const Id other = add("c-2", "Xanthe Quillfeather", "", "Leeds");
  run_job();
  execute("DELETE FROM suggestion");
  const std::vector<Suggested> found = score_record(*session_, one, *read_model(*session_));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().record, other);
  EXPECT_THAT(found.front().reasons, Not(HasSubstr("Xanthe")));
  EXPECT_EQ(all(), 0);
  EXPECT_TRUE(score_record(*session_, 12345, *read_model(*session_)).empty()) << "there is no such record";
}

TEST_F(MatchStore, training_reads_what_customers_told) {
  add("c-1", "Xanthe Quillfeather", "xanthe@post-a.net", "Leeds");
  add("c-2", "Ann", "info@post-b.net");
  const std::vector<Id> ids = records_after(*session_, 0, 10);
  ASSERT_EQ(ids.size(), 2U);
  const auto known = read_known(*session_, ids, default_rules());
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known[0].facts.name, "Xanthe Quillfeather");
  EXPECT_EQ(known[0].facts.city, "Leeds");
  EXPECT_EQ(known[0].facts.emails, std::vector<std::string>{"xanthe@post-a.net"});
  EXPECT_TRUE(known[1].facts.emails.empty()) << "a role's mailbox tells of nobody";
}

}  // namespace
}  // namespace identities::store
