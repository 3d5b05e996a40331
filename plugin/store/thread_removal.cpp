#include "store/thread_removal.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/identity_replay.hpp"
#include "store/detaching.hpp"
#include "store/identity_log.hpp"
#include "store/membership.hpp"
#include "store/note_writer.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

const Statement kTriggered{"triggered_by",
                           "SELECT DISTINCT attribute_id FROM interest_trigger WHERE engagement_id = ?"};
const Statement kDeleteTriggers{"delete_triggers", "DELETE FROM interest_trigger WHERE engagement_id = ?"};
const Statement kDeleteBody{"delete_engagement_body", "DELETE FROM engagement_body WHERE engagement_id = ?"};
const Statement kDeleteEngagement{"delete_engagement",
                                  "DELETE FROM engagement WHERE record_id = ? AND occurred_us = ? AND id = ? AND "
                                  "thread_id = ?"};
const Statement kRecountEvidence{
    "recount_evidence",
    "UPDATE attribute SET evidence_count = (SELECT COUNT(*) FROM interest_trigger WHERE attribute_id = attribute.id), "
    "set_us = COALESCE((SELECT MAX(occurred_us) FROM interest_trigger WHERE attribute_id = attribute.id), set_us) "
    "WHERE id = ?"};
const Statement kDropUnfounded{"drop_unfounded_interest", "DELETE FROM attribute WHERE id = ? AND evidence_count = 0"};

const Statement kIdentitiesTold{
    "identities_told",
    "SELECT DISTINCT r.identity_id FROM record_told x JOIN record r ON r.id = x.record_id WHERE x.thread_id = ?"};
/// Neither a partition nor the thread's own key shows it any more, and no later item gives it another partition.
const Statement kHideThread{
    "hide_thread",
    "UPDATE thread SET partition_key = '', partition_us = ?, subject = '', subject_us = ?, status = 2, status_us = ? "
    "WHERE id = ?"};
const Statement kInsertRemoval{"insert_removal", "INSERT INTO thread_removal (thread_id) VALUES (?)"};
const Statement kDeleteRemoval{"delete_removal", "DELETE FROM thread_removal WHERE thread_id = ?"};
const Statement kCountGoing{
    "count_threads_going",
    "UPDATE setting SET value = (SELECT COUNT(*) FROM thread_removal) WHERE name = 'threads_going'"};
const Statement kNextRemoval{"next_removal",
                             "SELECT thread_id FROM thread_removal ORDER BY thread_id LIMIT 1 @for_update"};
const Statement kEngagements{"engagements_of_thread",
                             "SELECT id, record_id, occurred_us FROM engagement WHERE thread_id = ? ORDER BY "
                             "occurred_us LIMIT ? @for_update"};
/// The key keeps the version it knows of, so that the same message, when it comes again, is known.
const Statement kForgetKey{"forget_engagement", "UPDATE engagement_key SET engagement_id = 0 WHERE engagement_id = ?"};
const Statement kUnlinkNotes{"unlink_notes",
                             "UPDATE note SET link_kind = 0, link_engagement_id = NULL WHERE link_engagement_id = ?"};

const Statement kUnlinkTicketNotes{
    "unlink_ticket_notes",
    "UPDATE note SET link_kind = 0, link_account_id = NULL, link_thread_key = NULL WHERE link_kind = 2 AND record_id "
    "IN "
    "(SELECT id FROM record WHERE identity_id = ?) AND link_account_id = (SELECT account_id FROM thread WHERE id = ?) "
    "AND link_thread_key = (SELECT source_key FROM thread WHERE id = ?)"};

/// The last column: nothing else told of the record, so that it may go, and retired ids lead to its identity.
const Statement kRecordsTold{
    "records_told",
    "SELECT DISTINCT x.record_id, r.identity_id, EXISTS (SELECT 1 FROM identity_redirect y WHERE y.live_id = "
    "r.identity_id) AND NOT EXISTS (SELECT 1 FROM record_told o WHERE o.record_id = x.record_id AND o.thread_id <> "
    "x.thread_id) FROM record_told x JOIN record r ON r.id = x.record_id WHERE x.thread_id = ? ORDER BY x.record_id "
    "LIMIT "
    "?"};
const Statement kDeleteCounts{"delete_counts_of_thread",
                              "DELETE FROM record_thread WHERE record_id = ? AND thread_id = ?"};
const Statement kDeleteTold{"delete_told", "DELETE FROM record_told WHERE record_id = ? AND thread_id = ?"};
const Statement kNewestName{"newest_name",
                            "SELECT name, name_us, thread_id FROM record_told WHERE record_id = ? AND name IS NOT NULL "
                            "ORDER BY name_us DESC, name DESC LIMIT 1"};
const Statement kRename{"rename_record", "UPDATE record SET name = ?, name_us = ?, name_thread_id = ? WHERE id = ?"};
const Statement kIdentifiersTold{
    "identifiers_told", "SELECT DISTINCT kind, value FROM identifier_told WHERE record_id = ? AND thread_id = ?"};
const Statement kDeleteIdentifiersTold{"delete_identifiers_told",
                                       "DELETE FROM identifier_told WHERE record_id = ? AND thread_id = ?"};
const Statement kOthersTold{"others_told",
                            "SELECT shown, first_us, verified FROM identifier_told WHERE record_id = ? AND kind = ? "
                            "AND value = ? ORDER BY first_us, shown"};
const Statement kUpdateIdentifier{
    "update_identifier",
    "UPDATE identifier SET shown = ?, first_us = ?, verified = ? WHERE kind = ? AND value = ? AND record_id = ?"};
const Statement kDeleteIdentifier{"delete_identifier",
                                  "DELETE FROM identifier WHERE kind = ? AND value = ? AND record_id = ?"};
/// What an admin has blocked stays blocked.
const Statement kDeleteValue{
    "delete_value",
    "DELETE FROM identifier_value WHERE kind = ? AND value = ? AND state <> 2 AND NOT EXISTS (SELECT 1 FROM identifier "
    "i WHERE i.kind = identifier_value.kind AND i.value = identifier_value.value)"};
const Statement kDeleteRecord{
    "delete_untold_record",
    "DELETE FROM record WHERE id = ? AND NOT EXISTS (SELECT 1 FROM record_told x WHERE x.record_id = record.id) AND "
    "NOT "
    "EXISTS (SELECT 1 FROM note n WHERE n.record_id = record.id) AND NOT EXISTS (SELECT 1 FROM engagement e WHERE "
    "e.record_id = record.id) AND NOT EXISTS (SELECT 1 FROM attribute b WHERE b.record_id = record.id)"};
const Statement kDeleteIdentity{
    "delete_empty_identity",
    "DELETE FROM identity WHERE id = ? AND NOT EXISTS (SELECT 1 FROM record r WHERE r.identity_id = identity.id)"};
const Statement kDeleteLooked{"delete_looked", "DELETE FROM looked WHERE identity_id = ?"};

struct Value {
  std::string kind;
  std::string value;
  bool operator<(const Value& other) const { return std::tie(kind, value) < std::tie(other.kind, other.value); }
};

/// What is left of an identifier when a thread no longer tells it.
void tell_again(Session& session, Id record, const Value& identifier) {
  bool told = false;
  bool verified = false;
  Microseconds first_us = 0;
  std::string shown;
  session.query(kOthersTold, {record, identifier.kind, identifier.value}, [&](const Row& row) {
    if (!told) {
      shown = row.text(0);
      first_us = row.integer(1);
    }
    told = true;
    verified |= row.integer(2) != 0;
  });
  if (told) {
    session.execute(kUpdateIdentifier,
                    {shown, first_us, std::int64_t{verified}, identifier.kind, identifier.value, record});
    return;
  }
  session.execute(kDeleteIdentifier, {identifier.kind, identifier.value, record});
  session.execute(kDeleteValue, {identifier.kind, identifier.value});
  drop_unfounded_weak_keys(session, {record});
}

/// The name and identifiers that the thread told go, as far as nothing else told them; so does a record of which
/// nothing else was ever told, unless a colleague wrote a note on it. Is it gone?
bool forget(Session& session, Id thread, Id record, Id identity) {
  session.execute(kUnlinkTicketNotes, {identity, thread, thread});
  session.execute(kDeleteCounts, {record, thread});
  session.execute(kDeleteTold, {record, thread});
  std::string name;
  Microseconds name_us = std::numeric_limits<Microseconds>::min();
  Id name_thread = 0;
  session.query(kNewestName, {record}, [&](const Row& row) {
    name = row.text(0);
    name_us = row.integer(1);
    name_thread = row.integer(2);
  });
  session.execute(kRename, {or_null(name), name_us, name_thread, record});
  std::vector<Value> identifiers;
  session.query(kIdentifiersTold, {record, thread}, [&](const Row& row) {
    identifiers.push_back({std::string(row.text(0)), std::string(row.text(1))});
  });
  session.execute(kDeleteIdentifiersTold, {record, thread});
  for (const Value& identifier : identifiers) tell_again(session, record, identifier);
  drop_unfounded_weak_keys(session, {record});
  return session.execute(kDeleteRecord, {record}) != 0;
}

/// The retired ids that lead to identities which are to lose records, and what tells where they lead on.
struct Retired {
  std::map<Id, Id> leads_to;
  Held held;
  std::map<Id, Id> places;  // of the records that they held, as far as these are left

  bool held_any(Id retired, const std::set<Id>& records) const {
    const auto before = held.before.find(retired);
    return before != held.before.end() &&
           std::any_of(records.begin(), records.end(), [&](Id record) { return before->second.contains(record); });
  }
};

/// Read before the records go: their part of the log goes with them. Costs nothing when none does.
Retired read_retired(Session& session, const std::set<Id>& going) {
  Retired retired;
  if (going.empty()) return retired;
  std::set<Id> identities;
  for (const auto& [record, identity] : identities_of(session, going)) identities.insert(identity);
  const std::vector<Id> listed(identities.begin(), identities.end());
  retired.leads_to = retired_of(session, listed);
  std::set<Id> records = going;
  for (const Member& member : members_of(session, listed)) records.insert(member.record);
  // Of what an id held, some may be elsewhere, where other events tell of it.
  for (std::size_t known = 0; known != records.size();) {
    known = records.size();
    retired.held = held_by(events_of(session, records));
    for (const auto& [old, live] : retired.leads_to)
      if (const auto before = retired.held.before.find(old); before != retired.held.before.end())
        records.insert(before->second.begin(), before->second.end());
  }
  retired.places = identities_of(session, records);
  return retired;
}

/// The records are gone from these identities. What is left empty goes; a retired id that held one of them leads on to
/// where others of its records are, and goes when none of these is left anywhere.
void settle(WriteBatch& batch, const std::set<Id>& gone, const std::set<Id>& identities, Retired retired) {
  for (const Id record : gone) retired.places.erase(record);
  std::set<Id> left;
  for (const auto& [record, identity] : retired.places) left.insert(identity);
  std::vector<Id> going;
  IdentityDelta delta;
  for (const auto& [old, live] : retired.leads_to) {
    if (left.contains(live) && !retired.held_any(old, gone)) continue;
    const Id home = home_of(old, retired.held, retired.places);
    if (home == 0)
      going.push_back(old);
    else if (home != live)
      delta.redirects.push_back({old, live, home});
  }
  if (!delta.empty()) apply_delta(batch, delta, 0);
  going.insert(going.end(), identities.begin(), identities.end());
  Session& session = batch.written();
  for (const Id each : going)
    if (session.execute(kDeleteIdentity, {each}) != 0) session.execute(kDeleteLooked, {each});
}

/// Returns how many it removed.
std::int64_t remove_engagements(Session& session, Id thread, std::int64_t most) {
  std::vector<StoredEngagement> engagements;
  session.query(kEngagements, {thread, most}, [&](const Row& row) {
    engagements.push_back({row.integer(1), row.integer(2), row.integer(0), thread, 0});
  });
  std::set<Id> interests;
  for (const StoredEngagement& engagement : engagements) {
    take_out(session, engagement, interests);
    session.execute(kForgetKey, {engagement.id});
    session.execute(kUnlinkNotes, {engagement.id});
  }
  recount_interests(session, interests);
  return static_cast<std::int64_t>(engagements.size());
}

/// The records that a thread told of, with their identities.
struct Told {
  std::map<Id, Id> records;
  std::set<Id> going;  // of which nothing else was told, and whose identity retired ids lead to
};

Told read_told(Session& session, Id thread, std::int64_t most) {
  Told told;
  session.query(kRecordsTold, {thread, most}, [&](const Row& row) {
    told.records.emplace(row.integer(0), row.integer(1));
    if (row.integer(2) != 0) told.going.insert(row.integer(0));
  });
  return told;
}

std::set<Id> identities_in(const Told& told, const Retired& retired) {
  std::set<Id> identities;
  for (const auto* records : {&told.records, &retired.places})
    for (const auto& [record, identity] : *records) identities.insert(identity);
  return identities;
}

/// Removes what the thread told of at most so many records. Returns of how many.
std::int64_t forget_records(WriteBatch& batch, Id thread, std::int64_t most) {
  Session& session = batch.forgotten();
  // The identities that lose a record and those that retired ids may lead on to are locked together, in order; then all
  // is looked at again.
  Told told = read_told(session, thread, most);
  const std::set<Id> locked = identities_in(told, read_retired(session, told.going));
  for (const Id identity : locked) batch.touch(identity);
  batch.flush();
  told = read_told(session, thread, most);
  Retired retired = read_retired(session, told.going);
  const std::set<Id> concerned = identities_in(told, retired);
  if (!std::includes(locked.begin(), locked.end(), concerned.begin(), concerned.end()))
    throw Contended("a record went to another identity meanwhile");
  std::set<Id> gone;
  std::set<Id> losing;
  for (const auto& [record, identity] : told.records)
    if (forget(session, thread, record, identity)) {
      gone.insert(record);
      losing.insert(identity);
    }
  if (!gone.empty()) settle(batch, gone, losing, std::move(retired));
  return static_cast<std::int64_t>(told.records.size());
}

}  // namespace

void take_out(Session& session, const StoredEngagement& stored, std::set<Id>& interests) {
  session.query(kTriggered, {stored.id}, [&](const Row& row) { interests.insert(row.integer(0)); });
  session.execute(kDeleteTriggers, {stored.id});
  session.execute(kDeleteBody, {stored.id});
  session.execute(kDeleteEngagement, {stored.record, stored.occurred_us, stored.id, stored.thread});
}

void count_evidence(Session& session, Id interest) {
  session.execute(kRecountEvidence, {interest});
}

void recount_interests(Session& session, const std::set<Id>& interests) {
  for (const Id interest : interests) {
    count_evidence(session, interest);
    session.execute(kDropUnfounded, {interest});
  }
}

void mark_deleted(WriteBatch& batch, Id thread) {
  constexpr Microseconds kForGood = std::numeric_limits<Microseconds>::max();
  batch.written().query(kIdentitiesTold, {thread}, [&](const Row& row) { batch.touch(row.integer(0)); });
  Session& session = batch.forgotten();
  session.execute(kHideThread, {kForGood, kForGood, kForGood, thread});
  session.execute(kInsertRemoval, {thread});
  session.execute(kCountGoing, {});
}

bool remove_rows(WriteBatch& batch, Id thread, std::int64_t& budget) {
  if (budget <= 0) return false;
  Session& session = batch.forgotten();
  budget -= remove_engagements(session, thread, budget);
  if (budget <= 0) return false;
  budget -= forget_records(batch, thread, budget);
  if (budget <= 0) return false;
  session.execute(kDeleteRemoval, {thread});
  session.execute(kCountGoing, {});
  want_purge(session);
  return true;
}

bool remove_next(Session& session) {
  Id thread = 0;
  session.query(kNextRemoval, {}, [&](const Row& row) { thread = row.integer(0); });
  if (thread == 0) return false;
  WriteBatch batch(session);
  std::int64_t budget = kRemovedAtOnce;
  remove_rows(batch, thread, budget);
  return true;
}

}  // namespace identities::store
