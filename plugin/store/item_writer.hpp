// Applies the items of a delivery. Order-free and idempotent: the latest source time wins, a deletion is final, the
// same item twice changes nothing. What it writes is in the batch it is given, which several writers may share: flush
// or commit that. REQUIRES: inside a write transaction.
#pragma once

#include <set>
#include <utility>

#include "store/attribute_writer.hpp"
#include "store/identity_writer.hpp"
#include "store/thread_removal.hpp"

namespace identities::store {

/// What became of an item. The order is that of outcome_name.
enum class Outcome : std::uint8_t { kStored, kUpdated, kUnchanged, kDeleted };

/// "stored", "updated", "unchanged" or "deleted".
std::string_view outcome_name(Outcome outcome);

class ItemWriter {
 public:
  ItemWriter(WriteBatch& batch, Microseconds now_us, const Account& account, std::string_view actor,
             const ResolutionRules& rules = default_rules())
      : batch_(batch),
        now_us_(now_us),
        account_(account),
        identities_(batch, now_us, actor, rules),
        attributes_(batch, now_us) {}

  Outcome apply(const Item& item);

  /// Counts again what edits and deletions changed, once for each record and thread. Call it before the batch's commit.
  void finish();

 private:
  /// What an item says of its thread.
  struct ThreadFacts {
    const std::string& key;
    std::string_view partition;  // empty: nothing, as below
    std::string_view subject;
    std::optional<ThreadStatus> status;
  };

  Outcome apply_engagement(const Engagement& engagement, Microseconds changed_us);
  Outcome apply_deleted(const EngagementDeleted& deleted, Microseconds changed_us);
  Outcome apply_thread(const ThreadFacts& told, Microseconds changed_us);
  Outcome apply_thread_deleted(const ThreadDeleted& deleted);
  Outcome apply_profile(const Profile& profile, Microseconds changed_us);
  Outcome apply_attributes(const Attributes& attributes, Microseconds changed_us);
  Outcome apply_customer_merged(const CustomerMerged& merged, Microseconds changed_us);

  static ThreadFacts thread_facts(const Engagement& engagement);
  /// The thread with what the item says of it, made where there is none; 0 when it was deleted. changed: is
  /// one of them another now?
  Id thread_for(const ThreadFacts& told, Microseconds changed_us, bool* changed = nullptr);
  void insert_thread(const std::string& key, const WriteBatch::ThreadRow& row);
  void write_thread(Stage stage, const Statement& statement, const std::string& key, const WriteBatch::ThreadRow& row);
  void touch_thread(Id thread);
  /// What is known of the engagement's versions from now on.
  void remember(const std::string& source_key, const WriteBatch::KeyRow& before, const WriteBatch::KeyRow& row);
  void insert_engagement(RecordRef ref, Id thread, Id id, const Engagement& engagement);
  void remove_engagement(const StoredEngagement& stored);
  /// Removes it with its notes' links.
  void forget_engagement(Id id);
  StoredEngagement find_engagement(Id id);
  void count_in(RecordRef ref, Id thread, const Engagement& engagement, Microseconds occurred_us);
  void write_counts(bool known, const WriteBatch::CountsRow& counts, Id record, Id thread);
  void recount(Id record, Id thread);
  std::optional<Microseconds> first_in_after(Id record, Id thread, Microseconds after_us);

  WriteBatch& batch_;
  Microseconds now_us_;
  const Account& account_;
  IdentityWriter identities_;
  AttributeWriter attributes_;
  std::set<std::pair<Id, Id>> to_recount_;  // record, thread
  bool removed_text_ = false;
  std::int64_t to_remove_ = kRemovedAtOnce;  // rows of deleted threads; the job removes the others
};

}  // namespace identities::store
