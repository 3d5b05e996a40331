// A migrated database with accounts, a clock that the test sets, and items to write into it: SQLite, or MariaDB where
// the run says so (test_database.hpp). One thread.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "core/identifier.hpp"
#include "store/item_writer.hpp"
#include "store/pool.hpp"
#include "store/view_filter.hpp"
#include "test_database.hpp"

namespace identities::unit {

constexpr Microseconds kNow = 1'795'000'000'000'000;
inline const store::ViewFilter kAll({true, {}, {}, {}}, 0);

/// A migrated database with two accounts and one session.
struct Database : support::TestDatabase {
  Database() {
    clock_ = system_clock();
    clock_.now_us = [this] { return now_us_; };
    session_ = store::opener(url(), clock_)(clock_.monotonic_us() + 10 * kSecondUs);
    session_->set_deadline(clock_.monotonic_us() + 100 * kSecondUs);
    for (const char* name : {"shop", "mail"}) {
      store::Account account;
      account.id = next_id(kNow);
      account.name = account.label = account.webhook_key = name;
      account.provider = "generic";
      store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
      store::insert_account(*session_, account);
      transaction.commit();
      accounts_.push_back(account);
    }
  }
  store::Outcome apply(const Item& item, const store::Account& account) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(*session_);
    store::ItemWriter writer(batch, now_us_, account, "test");
    const store::Outcome outcome = writer.apply(item);
    writer.finish();
    batch.commit(transaction);
    return outcome;
  }
  store::Outcome apply(const Item& item) { return apply(item, accounts_.front()); }
  /// All in one transaction, as a delivery's items are.
  void apply_together(const std::vector<Item>& items) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(*session_);
    store::ItemWriter writer(batch, now_us_, accounts_.front(), "test");
    std::vector<store::WriteBatch::Expected> expected;
    for (const Item& item : items) expected.push_back({accounts_.front().id, &item});
    batch.expect(expected);
    for (const Item& item : items) writer.apply(item);
    writer.finish();
    batch.commit(transaction);
  }

  /// What is stored, without the ids that this run made.
  std::vector<std::string> picture() {
    static const store::Statement kPicture{
        "picture",
        "SELECT 'e' || k.source_key || e.occurred_us || e.direction || e.preview || e.edited || r.source_key || "
        "t.source_key FROM engagement e "
        "JOIN engagement_key k ON k.engagement_id = e.id JOIN record r ON r.id = e.record_id JOIN thread t ON t.id = "
        "e.thread_id UNION ALL "
        "SELECT 'k' || source_key || (engagement_id = 0) || changed_us FROM engagement_key WHERE engagement_id <> 0 "
        "UNION ALL "
        "SELECT 'd' || source_key FROM engagement_key WHERE engagement_id = 0 UNION ALL "
        "SELECT 'c' || r.source_key || t.source_key || in_count || ' ' || out_count || ' ' || internal_count || ' ' || "
        "COALESCE(first_us, '-') || ' ' || "
        "COALESCE(last_us, '-') || ' ' || COALESCE(waiting_since_us, '-') || ' ' || COALESCE(internal_last_us, '-') "
        "FROM record_thread rt "
        "JOIN record r ON r.id = rt.record_id JOIN thread t ON t.id = rt.thread_id UNION ALL "
        "SELECT 't' || source_key || partition_key || subject || status FROM thread t WHERE EXISTS (SELECT 1 FROM "
        "record_thread rt WHERE rt.thread_id = t.id) UNION ALL "
        "SELECT 'g' || g.occurred_us || g.words || i.name FROM interest_trigger g JOIN attribute b ON b.id = "
        "g.attribute_id JOIN interest i ON i.id = b.interest_id UNION ALL "
        "SELECT 'a' || attribute_key || COALESCE(text_value, '-') || removed || set_us FROM attribute WHERE "
        "interest_id IS NULL UNION ALL "
        "SELECT 'b' || r.source_key || i.name || b.evidence_count || ' ' || b.set_us FROM attribute b JOIN record r ON "
        "r.id = b.record_id JOIN interest i ON i.id = b.interest_id UNION ALL "
        "SELECT 'i' || r.source_key || i.kind || i.value || i.verified || i.first_us || i.shown FROM identifier i JOIN "
        "record r "
        "ON "
        "r.id = i.record_id UNION ALL "
        "SELECT 'x' || r.source_key || x.value || COALESCE(t.source_key, '-') || x.internal || x.shown || x.verified "
        "|| x.first_us FROM identifier_told x JOIN record r ON r.id = x.record_id LEFT JOIN thread t ON t.id = "
        "x.thread_id UNION ALL "
        "SELECT 'y' || r.source_key || COALESCE(t.source_key, '-') || x.internal || COALESCE(x.name, '-') || x.name_us "
        "FROM record_told x JOIN record r ON r.id = x.record_id LEFT JOIN thread t ON t.id = x.thread_id UNION ALL "
        "SELECT 'r' || t.source_key FROM thread_removal x JOIN thread t ON t.id = x.thread_id UNION ALL "
        "SELECT 'p' || r.source_key || COALESCE(handle, '-') || COALESCE(bio, '-') || profile_us FROM record r WHERE "
        "profile_us <> 0 UNION ALL "
        "SELECT 'w' || k.source_key || y.text FROM engagement_body y JOIN engagement_key k ON k.engagement_id = "
        "y.engagement_id UNION ALL "
        "SELECT 'n' || COALESCE(name, '-') || source_key FROM record ORDER BY 1"};
    std::vector<std::string> rows;
    session_->query(kPicture, {}, [&](const store::Row& row) { rows.emplace_back(row.text(0)); });
    return rows;
  }
  Microseconds now_us_ = kNow;
  Clock clock_;
  std::unique_ptr<store::Session> session_;
  std::vector<store::Account> accounts_;
};

/// The sample's, which a test's database has: they block none of the tests' domains.
inline const ResolutionRules& sample_rules() {
  static const ResolutionRules rules = [] {
    std::ifstream file(SAMPLE_RULES);
    return rules_from_json(std::string(std::istreambuf_iterator<char>(file), {}));
  }();
  return rules;
}

/// An identifier as a source gives it. scope: whose ids they are; region: the country of numbers without theirs.
inline GivenIdentifier given(IdentifierKind kind, const std::string& text, const std::string& scope = "shop",
                             const std::string& region = "AU") {
  const IdentifierKey made = make_key(kind, text, {scope, region, sample_rules()});
  return {kind, text, made.key, false, made.blocked, made.phone_use};
}

inline Customer customer(const std::string& id, std::vector<std::string> emails = {}) {
  Customer made;
  made.source_key = id;
  made.name = "Name of " + id;
  for (const std::string& email : emails) made.identifiers.push_back(given(IdentifierKind::kEmail, email));
  return made;
}

inline Item message(const std::string& id, Microseconds occurred_us, const std::string& who = "c-1",
                    Direction direction = Direction::kIn, const std::string& thread = "t-1") {
  Engagement engagement;
  engagement.source_key = id;
  engagement.customer = customer(who);
  engagement.direction = direction;
  engagement.channel = "mail";
  engagement.occurred_us = occurred_us;
  engagement.thread_key = thread;
  engagement.text = "text of " + id;
  return {occurred_us, engagement};
}

inline Item thread_moved(const std::string& thread, const std::string& partition, Microseconds at_us) {
  return {at_us, ThreadMoved{thread, partition}};
}

inline Item thread_updated(const std::string& thread, const std::string& subject, std::optional<ThreadStatus> status,
                           Microseconds at_us) {
  return {at_us, ThreadUpdated{thread, subject, status}};
}

inline Item thread_deleted(const std::string& thread, Microseconds at_us) {
  return {at_us, ThreadDeleted{thread}};
}

inline Item deleted(const std::string& id, Microseconds at_us) {
  return {at_us, EngagementDeleted{id}};
}

}  // namespace identities::unit
