// What suggestions are found by, in the database: what each record is compared by, its keys, the records that wait to
// be compared, and the model. All of it is made out of the records, and goes with them. Uses the session it is given.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/ids.hpp"
#include "core/matching/known_person.hpp"
#include "core/resolution_rules.hpp"
#include "store/session.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

/// How many records of a key are compared. More share it where it says little, such as a frequent surname.
constexpr std::size_t kMatchCandidates = 50;

/// The record is to be compared when the job comes to it. Costs the transaction one row; a second time none.
void queue_scoring(WriteBatch& batch, Id record, Microseconds now_us);

/// Every record, oldest first, so many at a time: after a training. Returns the last one, 0 when there are no more.
/// REQUIRES: inside a write transaction.
Id queue_all_scoring(Session& session, Id after, std::size_t count, Microseconds now_us);

/// The next ones that wait, oldest first, and how many there are in all.
std::vector<Id> queued_for_scoring(Session& session, std::size_t count);
std::int64_t count_queued(Session& session);
/// REQUIRES: inside a write transaction, which reads the record afterwards. Waits for whoever queues it just now.
void drop_from_queue(Session& session, Id record);

/// What records tell of their persons, by the records' ids; one that is not there is left out. Addresses and numbers
/// that stand for several people, or for nobody, tell nothing.
struct KnownRecord {
  Id record = 0;
  Id identity = 0;
  matching::PersonFacts facts;
};
std::vector<KnownRecord> read_known(Session& session, std::span<const Id> records, const ResolutionRules& rules);

/// The ids of records behind one, ascending.
std::vector<Id> records_after(Session& session, Id after, std::size_t count);
std::int64_t count_records(Session& session);

/// What a record is compared by and found by, in place of what was there. REQUIRES: inside a write transaction.
void write_match_record(Session& session, Id record, const matching::KnownPerson& person,
                        std::span<const std::int64_t> keys);

struct Candidate {
  Id record = 0;
  Id identity = 0;
  matching::KnownPerson person;
};
/// Records that share one of the keys, at most kMatchCandidates of each key, the newest first; without those of that
/// identity and those of shared mailboxes. One round trip.
std::vector<Candidate> find_candidates(Session& session, std::span<const std::int64_t> keys, Id identity);

struct StoredModel {
  Id id = 0;
  Microseconds trained_us = 0;
  std::int64_t records = 0;
  matching::PersonModel model;
};
/// The id of the newest model; 0 when nothing was learnt yet.
Id newest_model(Session& session);
/// Nothing when there is none. Throws std::invalid_argument where it is of another version.
std::optional<StoredModel> read_model(Session& session);
/// In place of what was there. REQUIRES: inside a write transaction.
void write_model(Session& session, Id id, std::int64_t records, const matching::PersonModel& model,
                 Microseconds now_us);

}  // namespace identities::store
