// Method: identifiers are stored by some rules, then the rules, an account's country or the normalisers' version change
// and the job walks over them. Afterwards every row must stand as if the items had come by the new rules in the first
// place, which a second database shows.
#include <gmock/gmock.h>

#include <random>

#include "core/provider.hpp"
#include "database.hpp"
#include "jobs/rekey_job.hpp"
#include "jobs/runner.hpp"
#include "recount.hpp"
#include "store/merging.hpp"
#include "store/rekeying.hpp"

namespace identities {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using unit::kNow;

/// A profile of that customer with identifiers as its account and these rules make them.
Item profile(const std::string& who, const std::vector<std::pair<IdentifierKind, std::string>>& texts,
             const store::Account& account, const ResolutionRules& rules, Microseconds at_us) {
  Profile profile;
  profile.customer.source_key = who;
  for (const auto& [kind, text] : texts) {
    const std::string_view scope = key_scope(kind, account.provider, account.name);
    IdentifierKey made = make_key(kind, text, {scope, account.region, rules, account.provider});
    profile.customer.identifiers.push_back({kind, text, made.key, false, made.blocked, made.phone_use});
  }
  return {at_us, profile};
}

struct Stand : unit::Database {
  void use(const ResolutionRules& rules, const std::string& region) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::write_rules(*session_, rules);
    for (store::Account& account : accounts_) {
      account.region = region;
      store::set_region(*session_, account.id, region);
    }
    transaction.commit();
    rules_ = rules;
  }

  void tell(const std::string& who, const std::vector<std::pair<IdentifierKind, std::string>>& texts,
            Microseconds at_us, std::size_t account = 0) {
    apply(profile(who, texts, accounts_[account], rules_, at_us), accounts_[account]);
  }

  /// Walks to the end; how many transactions it took.
  int rekey(std::int64_t limit = store::kRekeyBatch) {
    store::AccountDirectory directory;
    for (int steps = 1;; ++steps) {
      store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
      const auto accounts = directory.current(*session_, store::read_settings(*session_));
      const bool done = store::rekey_some(*session_, *accounts, limit).done;
      transaction.commit();
      if (done) return steps;
    }
  }

  /// Every identifier with its value's state and who told it, without ids.
  std::vector<std::string> rows() {
    static const store::Statement kRows{
        "rekey_rows",
        "SELECT i.kind, i.value, r.source_key, i.shown, i.verified, i.first_us, i.key_version, v.state FROM identifier "
        "i JOIN record r ON r.id = i.record_id JOIN identifier_value v ON v.kind = i.kind AND v.value = i.value"};
    static const store::Statement kTold{
        "rekey_told",
        "SELECT t.kind, t.value, r.source_key, t.shown, t.verified, t.first_us, t.internal, 0 FROM identifier_told t "
        "JOIN record r ON r.id = t.record_id"};
    static const store::Statement kLeft{
        "values_without_identifier",
        "SELECT v.kind, v.value, '', '', 0, 0, 0, v.state FROM identifier_value v WHERE NOT EXISTS (SELECT 1 FROM "
        "identifier i WHERE i.kind = v.kind AND i.value = v.value)"};
    std::vector<std::string> all;
    for (const store::Statement* statement : {&kRows, &kTold, &kLeft}) {
      session_->query(*statement, {}, [&](const store::Row& row) {
        std::string line(statement->name);
        for (int column = 0; column < 4; ++column) line += " " + std::string(row.text(column));
        for (int column = 4; column < 8; ++column) line += " " + std::to_string(row.integer(column));
        all.push_back(line);
      });
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  ResolutionRules rules_ = default_rules();
};

const std::vector<std::pair<IdentifierKind, std::string>> kTexts = {
    {IdentifierKind::kEmail, "john.smith@acme.io"},
    {IdentifierKind::kEmail, "JohnSmith@acme.io"},
    {IdentifierKind::kEmail, "john.smith+a@acme.io"},
    {IdentifierKind::kEmail, "info@acme.io"},
    {IdentifierKind::kEmail, "ann@example.com"},
    {IdentifierKind::kEmail, "no address"},
    {IdentifierKind::kPhone, "0412 345 678"},
    {IdentifierKind::kPhone, "+61412345678"},
    {IdentifierKind::kPhone, "02 9374 4000"},
    {IdentifierKind::kPhone, "(415) 555-2671"},
    {IdentifierKind::kCustomer, "0031x00000ABCde"},
    {IdentifierKind::kPlatform, "42"},
    {IdentifierKind::kCustomer, "guest"},
};

const std::vector<std::string> kRules = {
    R"({})",
    R"({"folding":[{"domains":["acme.io"],"dots":true,"plus_tag":true}],"blocked_domains":["test"]})",
    R"({"folding":[{"domains":["acme.io"],"plus_tag":true}],"role_local_parts":["johnsmith"]})",
    R"({"blocked_values":["john.smith@acme.io","+61412345678","shop:42"],"role_local_parts":[]})",
};

std::vector<std::string> difference(const std::vector<std::string>& from, const std::vector<std::string>& rows) {
  std::vector<std::string> left;
  std::set_difference(from.begin(), from.end(), rows.begin(), rows.end(), std::back_inserter(left));
  return left;
}

TEST(StoreRekey, changed_rules_give_what_they_would_have_given_from_the_first) {
  std::mt19937 random(5);
  for (int round = 0; round < 6; ++round) {
    const bool finest = round % 2 == 0;
    const ResolutionRules before = rules_from_json(kRules[finest ? 0 : random() % kRules.size()]);
    const ResolutionRules after = rules_from_json(kRules[random() % kRules.size()]);
    const char* const regions[] = {"", "AU", "US"};
    const std::string region_before = finest ? "" : regions[random() % 3];
    const std::string region_after = regions[random() % 3];
    Stand changed;
    Stand fresh;
    changed.use(before, region_before);
    changed.rekey();
    fresh.use(after, region_after);
    for (int item = 0; item < 20; ++item) {
      std::vector<std::pair<IdentifierKind, std::string>> texts;
      for (std::size_t count = 1 + random() % 3; texts.size() < count;)
        texts.push_back(kTexts[random() % kTexts.size()]);
      const std::string who = "c-" + std::to_string(random() % 6);
      const Microseconds at_us = kNow + static_cast<Microseconds>(random() % 1000);
      changed.tell(who, texts, at_us, item % 2);
      fresh.tell(who, texts, at_us, item % 2);
    }
    changed.use(after, region_after);
    changed.rekey(7);
    EXPECT_THAT(difference(changed.rows(), fresh.rows()), IsEmpty()) << "too many, round " << round;
    // What the former rules took for one is stored once, so that others can tell it apart no more.
    if (finest) {
      EXPECT_THAT(difference(fresh.rows(), changed.rows()), IsEmpty()) << "too few, round " << round;
    }
  }
}

TEST(StoreRekey, a_walk_goes_on_where_it_was_and_ends) {
  Stand stand;
  stand.use(default_rules(), "AU");
  for (int number = 0; number < 25; ++number)
    stand.tell("c-" + std::to_string(number), {{IdentifierKind::kEmail, "a.b" + std::to_string(number) + "@acme.io"}},
               kNow);
  EXPECT_TRUE(store::rekey_wanted(*stand.session_));
  EXPECT_EQ(stand.rekey(10), 3);
  EXPECT_FALSE(store::rekey_wanted(*stand.session_));
  stand.use(rules_from_json(kRules[1]), "AU");
  EXPECT_TRUE(store::rekey_wanted(*stand.session_));
  EXPECT_GE(stand.rekey(10), 3);
  EXPECT_EQ(stand.count("SELECT COUNT(*) FROM identifier WHERE value LIKE 'a.b%'"), 0);
  EXPECT_EQ(stand.count("SELECT COUNT(*) FROM identifier_told WHERE value LIKE 'ab%'"), 25);
}

TEST(StoreRekey, a_walk_meets_each_identifier_once_where_many_have_one_value_and_at_the_end_of_a_kind) {
  constexpr int kMany = 7;
  Stand stand;
  stand.use(default_rules(), "AU");
  for (int number = 0; number < kMany; ++number)
    stand.tell("c-" + std::to_string(number),
               {{IdentifierKind::kEmail, "one@acme.io"}, {IdentifierKind::kPhone, "+61400123456"}}, kNow);
  for (const int limit : {1, 2, 3, 5, 14, 15}) {
    store::want_rekey(*stand.session_);
    stand.count("UPDATE identifier SET key_version = 0");
    EXPECT_EQ(stand.rekey(limit), 2 * kMany / limit + 1) << limit;
    EXPECT_EQ(stand.count("SELECT COUNT(*) FROM identifier WHERE key_version = 0"), 0) << limit;
  }
}

TEST(StoreRekey, a_row_of_an_older_version_gets_the_version_and_the_key_of_today) {
  Stand stand;
  stand.use(default_rules(), "AU");
  stand.rekey();
  stand.tell("c-1", {{IdentifierKind::kEmail, "john.smith@gmail.com"}, {IdentifierKind::kEmail, "ann@acme.io"}}, kNow);
  const std::vector<std::string> rows = stand.rows();
  stand.count("UPDATE identifier SET key_version = 1");
  stand.count("UPDATE identifier SET value = 'john.smith@gmail.com' WHERE value = 'johnsmith@gmail.com'");
  stand.count("UPDATE identifier_value SET value = 'john.smith@gmail.com' WHERE value = 'johnsmith@gmail.com'");
  stand.count("UPDATE identifier_told SET value = 'john.smith@gmail.com' WHERE value = 'johnsmith@gmail.com'");
  stand.count("UPDATE setting SET value = '1.0' WHERE name = 'rekey_done'");
  EXPECT_NE(stand.rows(), rows);
  stand.rekey();
  EXPECT_EQ(stand.rows(), rows);
}

TEST(StoreRekey, what_strangers_made_shared_stays_shared) {
  Stand stand;
  stand.use(default_rules(), "AU");
  stand.rekey();
  stand.tell("c-1", {{IdentifierKind::kEmail, "family@acme.io"}}, kNow);
  stand.count("UPDATE identifier_value SET state = 1 WHERE value = 'family@acme.io'");
  stand.use(rules_from_json(kRules[3]), "AU");
  stand.rekey();
  EXPECT_EQ(stand.count("SELECT state FROM identifier_value WHERE value = 'family@acme.io'"), 1);
}

/// Three strangers with one address; the event that made it theirs together.
Id share(Stand& stand, const char* address) {
  for (const char* name : {"Ann Lee", "Raj Patel", "Olga Berg"}) {
    Item item =
        profile(std::string("c-") + name, {{IdentifierKind::kEmail, address}}, stand.accounts_[0], stand.rules_, kNow);
    std::get<Profile>(item.content).customer.name = name;
    stand.apply(item, stand.accounts_[0]);
  }
  return stand.count("SELECT MAX(id) FROM identity_log WHERE type = 'block_value'");
}
void undo(Stand& stand, Id event) {
  store::Transaction transaction(*stand.session_, store::Transaction::Kind::kWrite);
  store::WriteBatch batch(*stand.session_);
  store::Merging(batch, ++stand.now_us_, "agent:mia").undo(event);
  batch.commit(transaction);
}

TEST(StoreRekey, what_was_said_of_a_value_is_said_of_it_by_its_new_key) {
  for (const bool undone : {false, true}) {
    SCOPED_TRACE(undone);
    Stand stand;
    stand.use(rules_from_json(kRules[0]), "AU");
    stand.rekey();
    const Id shared = share(stand, "jo.kim@acme.io");
    if (undone) undo(stand, shared);
    stand.use(rules_from_json(kRules[1]), "AU");
    stand.rekey();
    ASSERT_EQ(stand.count("SELECT COUNT(*) FROM identifier_value WHERE value = 'jokim@acme.io'"), 1);
    EXPECT_EQ(stand.count("SELECT state FROM identifier_value"), undone ? 0 : 1);
    EXPECT_EQ(stand.count("SELECT COUNT(*) FROM shared_value WHERE value = 'jokim@acme.io'"), 1);
    Item item = profile("c-9", {{IdentifierKind::kEmail, "jo.kim@acme.io"}}, stand.accounts_[0], stand.rules_, kNow);
    std::get<Profile>(item.content).customer.name = "Ann Lee";
    stand.apply(item, stand.accounts_[0]);
    EXPECT_EQ(stand.count("SELECT COUNT(DISTINCT identity_id) FROM record"), undone ? 3 : 4);
    EXPECT_EQ(stand.count("SELECT COUNT(*) FROM identity_log WHERE type = 'block_value'"), 1);
    if (!undone) undo(stand, shared);
    EXPECT_EQ(stand.count("SELECT state FROM identifier_value"), 0);
  }
}

TEST(StoreRekey, an_undo_frees_no_value_that_the_rules_call_nobodys) {
  Stand stand;
  stand.use(rules_from_json(kRules[0]), "AU");
  stand.rekey();
  const Id shared = share(stand, "johnsmith@acme.io");
  stand.use(rules_from_json(kRules[2]), "AU");
  stand.rekey();
  undo(stand, shared);
  EXPECT_EQ(stand.count("SELECT state FROM identifier_value"), 1);
  for (const char* who : {"c-9", "c-10"})
    stand.apply(profile(who, {{IdentifierKind::kEmail, "johnsmith@acme.io"}}, stand.accounts_[0], stand.rules_, kNow),
                stand.accounts_[0]);
  EXPECT_EQ(stand.count("SELECT COUNT(*) FROM identity WHERE kind = 1"), 1);
  for (const auto& invariant : support::kInvariants)
    EXPECT_EQ(stand.count(std::string(invariant.violations)), 0) << invariant.name;
}

TEST(StoreRekey, whoever_has_another_key_has_another_version_and_no_card) {
  Stand stand;
  stand.use(default_rules(), "AU");
  stand.rekey();
  stand.tell("c-1", {{IdentifierKind::kEmail, "john.smith@acme.io"}}, kNow);
  stand.tell("c-2", {{IdentifierKind::kEmail, "zoe@other.io"}}, kNow);
  const auto version = [&](const char* who) {
    return stand.count(std::string("SELECT d.version FROM identity d JOIN record r ON r.identity_id = d.id WHERE "
                                   "r.source_key = '") +
                       who + "'");
  };
  const std::int64_t moved = version("c-1");
  const std::int64_t still = version("c-2");
  stand.use(rules_from_json(kRules[1]), "AU");
  stand.rekey();
  EXPECT_GT(version("c-1"), moved);
  EXPECT_EQ(version("c-2"), still);
}

TEST(StoreRekey, the_job_does_it_when_it_is_wanted) {
  Stand stand;
  stand.use(default_rules(), "");
  stand.tell("c-1", {{IdentifierKind::kPhone, "0412 345 678"}}, kNow);
  store::Pool pool(store::opener(stand.url(), stand.clock_), stand.clock_, 1);
  std::vector<std::unique_ptr<jobs::Job>> list;
  list.push_back(std::make_unique<jobs::RekeyJob>(stand.clock_));
  jobs::Runner runner(pool, "test", std::move(list));
  const auto step = [&] { return runner.step("rekey", stand.clock_.monotonic_us() + jobs::Runner::kStepUs, true); };
  EXPECT_EQ(step().outcome, jobs::Outcome::kFinished);
  EXPECT_EQ(step().outcome, jobs::Outcome::kResting);
  stand.use(default_rules(), "AU");
  const jobs::StepReport report = step();
  EXPECT_EQ(report.outcome, jobs::Outcome::kFinished);
  EXPECT_THAT(report.changes, ElementsAre(testing::Pair("identifiers", 1)));
  EXPECT_EQ(stand.count("SELECT COUNT(*) FROM identifier WHERE kind = 'phone' AND value = '+61412345678'"), 1);
  EXPECT_EQ(stand.count("SELECT COUNT(*) FROM identifier_value WHERE kind = 'raw.phone'"), 0);
}

}  // namespace
}  // namespace identities
