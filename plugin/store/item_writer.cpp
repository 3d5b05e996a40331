#include "store/item_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/utf8.hpp"

namespace identities::store {
namespace {

constexpr Microseconds kFutureSkewUs = 5 * kMinuteUs;  // clocks differ; beyond that a time is clamped and flagged

const Statement kFindKey{
    "find_engagement_key",
    "SELECT engagement_id, changed_us FROM engagement_key WHERE account_id = ? AND source_key = ?"};
const Statement kInsertKey{
    "insert_engagement_key",
    "INSERT INTO engagement_key (account_id, source_key, engagement_id, changed_us) VALUES (?, ?, ?, ?)"};
const Statement kUpdateKey{
    "update_engagement_key",
    "UPDATE engagement_key SET engagement_id = ?, changed_us = ? WHERE account_id = ? AND source_key = ?"};
const Statement kFindThread{"find_thread", "SELECT id, changed_us FROM thread WHERE account_id = ? AND source_key = ?"};
const Statement kInsertThread{
    "insert_thread",
    "INSERT INTO thread (id, account_id, source_key, partition_key, subject, status, changed_us, created_us) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kUpdateThread{"update_thread",
                              "UPDATE thread SET subject = COALESCE(?, subject), status = COALESCE(?, status), "
                              "partition_key = COALESCE(?, partition_key), "
                              "changed_us = ? WHERE id = ?"};
const Statement kInsertEngagement{"insert_engagement",
                                  "INSERT INTO engagement (record_id, occurred_us, id, thread_id, direction, kind, "
                                  "channel, author, preview, has_more, edited, "
                                  "clamped, attachments) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kInsertBody{"insert_engagement_body",
                            "INSERT INTO engagement_body (engagement_id, text) VALUES (?, ?)"};
const Statement kFindEngagement{"find_engagement",
                                "SELECT e.record_id, e.occurred_us, e.thread_id, r.identity_id FROM engagement e JOIN "
                                "record r ON r.id = e.record_id WHERE e.id = ?"};
const Statement kDeleteEngagement{"delete_engagement",
                                  "DELETE FROM engagement WHERE record_id = ? AND occurred_us = ? AND id = ?"};
const Statement kDeleteBody{"delete_engagement_body", "DELETE FROM engagement_body WHERE engagement_id = ?"};
const Statement kTriggered{"triggered_by",
                           "SELECT DISTINCT attribute_id FROM interest_trigger WHERE engagement_id = ?"};
const Statement kDeleteTriggers{"delete_triggers", "DELETE FROM interest_trigger WHERE engagement_id = ?"};
const Statement kRecountEvidence{"recount_evidence",
                                 "UPDATE attribute SET evidence_count = (SELECT COUNT(*) FROM interest_trigger WHERE "
                                 "attribute_id = attribute.id) WHERE id = ?"};
/// An interest that only deleted messages spoke for goes with them.
const Statement kDropUnfounded{"drop_unfounded_interest", "DELETE FROM attribute WHERE id = ? AND evidence_count = 0"};
const Statement kUnlinkNotes{"unlink_notes",
                             "UPDATE note SET link_kind = 0, link_engagement_id = NULL WHERE link_engagement_id = ?"};
const Statement kFindCounts{"find_record_thread",
                            "SELECT first_us, last_us, last_in_us, last_out_us, waiting_since_us FROM record_thread "
                            "WHERE record_id = ? AND thread_id = ?"};
const Statement kInsertCounts{"insert_record_thread",
                              "INSERT INTO record_thread (record_id, thread_id, in_count, out_count, internal_count, "
                              "first_us, last_us, last_in_us, "
                              "last_out_us, waiting_since_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kUpdateCounts{
    "update_record_thread",
    "UPDATE record_thread SET in_count = in_count + ?, out_count = out_count + ?, internal_count = internal_count + ?, "
    "first_us = ?, "
    "last_us = ?, last_in_us = ?, last_out_us = ?, waiting_since_us = ? WHERE record_id = ? AND thread_id = ?"};
const Statement kFirstInAfter{"first_in_after",
                              "SELECT MIN(occurred_us) FROM engagement WHERE thread_id = ? AND occurred_us > ? AND "
                              "record_id = ? AND direction = 0"};
const Statement kDeleteCounts{"delete_record_thread",
                              "DELETE FROM record_thread WHERE record_id = ? AND thread_id = ?"};
const Statement kCounts{"count_record_thread",
                        "SELECT COALESCE(SUM(direction = 0), 0), COALESCE(SUM(direction = 1), 0), "
                        "COALESCE(SUM(direction = 2), 0), MIN(occurred_us), "
                        "MAX(occurred_us), MAX(CASE WHEN direction = 0 THEN occurred_us END), MAX(CASE WHEN direction "
                        "= 1 THEN occurred_us END) "
                        "FROM engagement WHERE thread_id = ? AND record_id = ?"};
const Statement kFindCategory{"find_category", "SELECT id FROM interest_category WHERE label = ?"};
const Statement kInsertCategory{"insert_category", "INSERT INTO interest_category (id, label) VALUES (?, ?)"};
const Statement kFindInterest{"find_interest", "SELECT id FROM interest WHERE category_id = ? AND name = ?"};
const Statement kInsertInterest{"insert_interest", "INSERT INTO interest (id, category_id, name) VALUES (?, ?, ?)"};
const Statement kCountInterest{"count_interest", "UPDATE setting SET value = value + 1 WHERE name = 'interest_count'"};
const Statement kFindAttribute{"find_attribute",
                               "SELECT id, set_us FROM attribute WHERE record_id = ? AND attribute_key = ?"};
const Statement kInsertAttribute{
    "insert_attribute",
    "INSERT INTO attribute (id, record_id, attribute_key, interest_id, label, type, number_value, text_value, unit, "
    "party, sensitive, "
    "removed, set_us, expires_us, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kUpdateAttribute{"update_attribute",
                                 "UPDATE attribute SET label = ?, type = ?, number_value = ?, text_value = ?, unit = "
                                 "?, party = ?, sensitive = ?, removed = ?, "
                                 "set_us = ?, expires_us = ? WHERE id = ?"};
const Statement kRefreshInterest{"refresh_interest",
                                 "UPDATE attribute SET set_us = ?, removed = 0 WHERE id = ? AND set_us < ?"};
const Statement kSameTrigger{
    "same_trigger",
    "SELECT 1 FROM interest_trigger WHERE attribute_id = ? AND occurred_us = ? AND engagement_id IS NULL"};
const Statement kInsertTrigger{"insert_trigger",
                               "INSERT INTO interest_trigger (record_id, occurred_us, id, attribute_id, engagement_id, "
                               "thread_id, words) VALUES (?, ?, ?, ?, ?, ?, ?)"};
const Statement kProfileTime{"profile_time", "SELECT profile_us FROM record WHERE id = ?"};
const Statement kUpdateProfile{
    "update_profile", "UPDATE record SET handle = ?, url = ?, bio = ?, fetched_us = ?, profile_us = ? WHERE id = ?"};

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  constexpr std::array<std::string_view, 4> kNames = {"stored", "updated", "unchanged", "deleted"};
  return kNames[static_cast<std::size_t>(outcome)];
}

Outcome ItemWriter::apply(const Item& item) {
  struct Visitor {
    ItemWriter& writer;
    Microseconds changed_us;
    Outcome operator()(const Engagement& content) const { return writer.apply_engagement(content, changed_us); }
    Outcome operator()(const EngagementDeleted& content) const { return writer.apply_deleted(content, changed_us); }
    Outcome operator()(const Profile& content) const { return writer.apply_profile(content, changed_us); }
    Outcome operator()(const Attributes& content) const { return writer.apply_attributes(content, changed_us); }
  };
  return std::visit(Visitor{*this, item.changed_us}, item.content);
}

Microseconds ItemWriter::clamp(Microseconds time) const {
  return std::min(time, now_us_ + kFutureSkewUs);
}

Outcome ItemWriter::apply_engagement(const Engagement& engagement, Microseconds changed_us) {
  bool known = false;
  Id id = 0;
  Microseconds known_us = 0;
  session_.query(kFindKey, {account_.id, engagement.source_key}, [&](const Row& row) {
    known = true;
    id = row.integer(0);
    known_us = row.integer(1);
  });
  if (known && (id == 0 || known_us >= changed_us)) return Outcome::kUnchanged;

  const RecordRef ref = identities_.find_or_make(account_, engagement.customer, changed_us);
  const Id thread = thread_for(engagement, changed_us);
  if (known) {
    const StoredEngagement before = find_engagement(id);
    remove_engagement(before);
    if (before.identity != ref.identity) identities_.touch(before.identity);
    session_.execute(kUpdateKey, {id, changed_us, account_.id, engagement.source_key});
  } else {
    id = next_id(now_us_);
    session_.execute(kInsertKey, {account_.id, engagement.source_key, id, changed_us});
  }
  insert_engagement(ref, thread, id, engagement);
  count_in(ref, thread, engagement, clamp(engagement.occurred_us));
  identities_.touch(ref.identity);
  return known ? Outcome::kUpdated : Outcome::kStored;
}

Outcome ItemWriter::apply_deleted(const EngagementDeleted& deleted, Microseconds changed_us) {
  bool known = false;
  Id id = 0;
  session_.query(kFindKey, {account_.id, deleted.source_key}, [&](const Row& row) {
    known = true;
    id = row.integer(0);
  });
  if (known && id == 0) return Outcome::kUnchanged;
  if (!known) {
    session_.execute(kInsertKey, {account_.id, deleted.source_key, std::int64_t{0}, changed_us});
    return Outcome::kDeleted;
  }
  const StoredEngagement stored = find_engagement(id);
  remove_engagement(stored);
  session_.execute(kUnlinkNotes, {id});
  session_.execute(kUpdateKey, {std::int64_t{0}, changed_us, account_.id, deleted.source_key});
  identities_.touch(stored.identity);
  return Outcome::kDeleted;
}

Id ItemWriter::thread_for(const Engagement& engagement, Microseconds changed_us) {
  Id id = 0;
  Microseconds known_us = 0;
  session_.query(kFindThread, {account_.id, engagement.thread_key}, [&](const Row& row) {
    id = row.integer(0);
    known_us = row.integer(1);
  });
  const std::string partition =
      engagement.partition.empty() ? account_.name : account_.name + "/" + engagement.partition;
  const auto status = static_cast<std::int64_t>(engagement.thread_status.value_or(ThreadStatus::kOpen));
  if (id == 0) {
    id = next_id(now_us_);
    session_.execute(kInsertThread, {id, account_.id, engagement.thread_key, partition, engagement.subject, status,
                                     changed_us, now_us_});
  } else if (changed_us >= known_us) {
    session_.execute(
        kUpdateThread,
        {or_null(engagement.subject), engagement.thread_status ? Parameter(status) : Parameter(nullptr),
         engagement.partition.empty() ? Parameter(nullptr) : Parameter(std::string_view(partition)), changed_us, id});
  }
  return id;
}

void ItemWriter::insert_engagement(RecordRef ref, Id thread, Id id, const Engagement& engagement) {
  const Microseconds occurred_us = clamp(engagement.occurred_us);
  const std::string_view preview = utf8_prefix(engagement.text, kPreviewCharacters);
  const bool has_more = preview.size() < engagement.text.size();
  session_.execute(kInsertEngagement,
                   {ref.record, occurred_us, id, thread, static_cast<std::int64_t>(engagement.direction),
                    static_cast<std::int64_t>(engagement.kind), engagement.channel, engagement.author, preview,
                    std::int64_t{has_more}, std::int64_t{engagement.edited},
                    std::int64_t{occurred_us != engagement.occurred_us}, or_null(engagement.attachments)});
  if (has_more) session_.execute(kInsertBody, {id, engagement.text});
  for (const GivenInterest& interest : engagement.interests)
    give_interest(ref.record, interest, occurred_us, {id, thread});
}

ItemWriter::StoredEngagement ItemWriter::find_engagement(Id id) {
  StoredEngagement stored;
  stored.id = id;
  session_.query(kFindEngagement, {id}, [&](const Row& row) {
    stored.record = row.integer(0);
    stored.occurred_us = row.integer(1);
    stored.thread = row.integer(2);
    stored.identity = row.integer(3);
  });
  return stored;
}

void ItemWriter::remove_engagement(const StoredEngagement& stored) {
  std::vector<Id> attributes;
  session_.query(kTriggered, {stored.id}, [&](const Row& row) { attributes.push_back(row.integer(0)); });
  session_.execute(kDeleteTriggers, {stored.id});
  for (const Id attribute : attributes) {
    session_.execute(kRecountEvidence, {attribute});
    session_.execute(kDropUnfounded, {attribute});
  }
  session_.execute(kDeleteBody, {stored.id});
  session_.execute(kDeleteEngagement, {stored.record, stored.occurred_us, stored.id});
  recount(stored.record, stored.thread);
}

void ItemWriter::count_in(RecordRef ref, Id thread, const Engagement& engagement, Microseconds occurred_us) {
  bool known = false;
  Microseconds first = occurred_us;
  Microseconds last = occurred_us;
  std::optional<Microseconds> last_in;
  std::optional<Microseconds> last_out;
  std::optional<Microseconds> waiting;
  session_.query(kFindCounts, {ref.record, thread}, [&](const Row& row) {
    known = true;
    first = std::min(first, row.integer(0));
    last = std::max(last, row.integer(1));
    last_in = optional_integer(row, 2);
    last_out = optional_integer(row, 3);
    waiting = optional_integer(row, 4);
  });
  if (engagement.direction == Direction::kIn) {
    last_in = std::max(last_in.value_or(occurred_us), occurred_us);
    if (!last_out || occurred_us > *last_out) waiting = std::min(waiting.value_or(occurred_us), occurred_us);
  } else if (engagement.direction == Direction::kOut && (!last_out || occurred_us > *last_out)) {
    last_out = occurred_us;
    if (waiting && *waiting <= occurred_us) {
      waiting.reset();
      session_.query(kFirstInAfter, {thread, occurred_us, ref.record},
                     [&](const Row& row) { waiting = optional_integer(row, 0); });
    }
  }
  const std::int64_t in = engagement.direction == Direction::kIn;
  const std::int64_t out = engagement.direction == Direction::kOut;
  const std::int64_t internal = engagement.direction == Direction::kInternal;
  if (known)
    session_.execute(kUpdateCounts, {in, out, internal, first, last, or_null(last_in), or_null(last_out),
                                     or_null(waiting), ref.record, thread});
  else
    session_.execute(kInsertCounts, {ref.record, thread, in, out, internal, first, last, or_null(last_in),
                                     or_null(last_out), or_null(waiting)});
}

void ItemWriter::recount(Id record, Id thread) {
  std::array<std::int64_t, 3> counts{};
  Microseconds first = 0;
  Microseconds last = 0;
  std::optional<Microseconds> last_in;
  std::optional<Microseconds> last_out;
  session_.query(kCounts, {thread, record}, [&](const Row& row) {
    counts = {row.integer(0), row.integer(1), row.integer(2)};
    first = row.integer(3);
    last = row.integer(4);
    last_in = optional_integer(row, 5);
    last_out = optional_integer(row, 6);
  });
  session_.execute(kDeleteCounts, {record, thread});
  if (counts[0] + counts[1] + counts[2] == 0) return;
  std::optional<Microseconds> waiting;
  session_.query(kFirstInAfter, {thread, last_out.value_or(-kDayUs), record},
                 [&](const Row& row) { waiting = optional_integer(row, 0); });
  session_.execute(kInsertCounts, {record, thread, counts[0], counts[1], counts[2], first, last, or_null(last_in),
                                   or_null(last_out), or_null(waiting)});
}

Id ItemWriter::interest_for(const GivenInterest& interest) {
  Id category = 0;
  session_.query(kFindCategory, {interest.category}, [&](const Row& row) { category = row.integer(0); });
  if (category == 0) {
    category = next_id(now_us_);
    session_.execute(kInsertCategory, {category, interest.category});
  }
  Id id = 0;
  session_.query(kFindInterest, {category, interest.name}, [&](const Row& row) { id = row.integer(0); });
  if (id == 0) {
    id = next_id(now_us_);
    session_.execute(kInsertInterest, {id, category, interest.name});
    session_.execute(kCountInterest, {});
  }
  return id;
}

bool ItemWriter::give_interest(Id record, const GivenInterest& interest, Microseconds at_us, const Evidence& evidence) {
  const Id interest_id = interest_for(interest);
  const std::string key = fmt::format("interest.{}", interest_id);
  Id attribute = 0;
  session_.query(kFindAttribute, {record, key}, [&](const Row& row) { attribute = row.integer(0); });
  if (attribute == 0) {
    attribute = next_id(now_us_);
    session_.execute(
        kInsertAttribute,
        {attribute, record, key, interest_id, "", static_cast<std::int64_t>(AttributeType::kFlag), 1.0, nullptr, "",
         static_cast<std::int64_t>(interest.party), std::int64_t{0}, std::int64_t{0}, at_us, nullptr, now_us_});
  } else {
    bool known = false;
    if (evidence.engagement == 0) session_.query(kSameTrigger, {attribute, at_us}, [&](const Row&) { known = true; });
    if (known) return false;
    session_.execute(kRefreshInterest, {at_us, attribute, at_us});
  }
  session_.execute(kInsertTrigger, {record, at_us, next_id(now_us_), attribute, id_or_null(evidence.engagement),
                                    id_or_null(evidence.thread), interest.words});
  session_.execute(kRecountEvidence, {attribute});
  return true;
}

bool ItemWriter::set_attribute(Id record, const GivenAttribute& attribute, Microseconds changed_us) {
  const Microseconds set_us = attribute.set_us.value_or(changed_us);
  Id id = 0;
  Microseconds known_us = 0;
  session_.query(kFindAttribute, {record, attribute.key}, [&](const Row& row) {
    id = row.integer(0);
    known_us = row.integer(1);
  });
  if (id != 0 && known_us >= set_us) return false;
  const bool numeric = attribute.type == AttributeType::kFlag || attribute.type == AttributeType::kNumber ||
                       attribute.type == AttributeType::kDate;
  const auto type = static_cast<std::int64_t>(attribute.type);
  const auto party = static_cast<std::int64_t>(attribute.party);
  const Parameter number = numeric && !attribute.removed ? Parameter(attribute.number) : Parameter(nullptr);
  const Parameter text =
      !numeric && !attribute.removed ? Parameter(std::string_view(attribute.text)) : Parameter(nullptr);
  const std::int64_t sensitive = attribute.sensitive;
  const std::int64_t removed = attribute.removed;
  if (id != 0)
    session_.execute(kUpdateAttribute, {attribute.label, type, number, text, attribute.unit, party, sensitive, removed,
                                        set_us, or_null(attribute.expires_us), id});
  else
    session_.execute(kInsertAttribute,
                     {next_id(now_us_), record, attribute.key, nullptr, attribute.label, type, number, text,
                      attribute.unit, party, sensitive, removed, set_us, or_null(attribute.expires_us), now_us_});
  return true;
}

Outcome ItemWriter::apply_profile(const Profile& profile, Microseconds changed_us) {
  Customer customer = profile.customer;
  if (!profile.name.empty()) customer.name = profile.name;
  const RecordRef ref = identities_.find_or_make(account_, customer, changed_us);
  Microseconds known_us = 0;
  session_.query(kProfileTime, {ref.record}, [&](const Row& row) { known_us = row.integer(0); });
  if (known_us >= changed_us) return Outcome::kUnchanged;
  session_.execute(kUpdateProfile, {or_null(profile.handle), or_null(profile.url), or_null(profile.bio),
                                    or_null(profile.fetched_us), changed_us, ref.record});
  for (const GivenInterest& interest : profile.interests)
    give_interest(ref.record, interest, clamp(interest.set_us.value_or(changed_us)), {});
  identities_.touch(ref.identity);
  return known_us == 0 ? Outcome::kStored : Outcome::kUpdated;
}

Outcome ItemWriter::apply_attributes(const Attributes& attributes, Microseconds changed_us) {
  const RecordRef ref = identities_.find_or_make(account_, attributes.customer, changed_us);
  bool changed = false;
  for (const GivenAttribute& attribute : attributes.attributes)
    changed |= set_attribute(ref.record, attribute, changed_us);
  for (const GivenInterest& interest : attributes.interests)
    changed |= give_interest(ref.record, interest, clamp(interest.set_us.value_or(changed_us)), {});
  if (!changed) return Outcome::kUnchanged;
  identities_.touch(ref.identity);
  return Outcome::kStored;
}

}  // namespace identities::store
