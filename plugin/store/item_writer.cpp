#include "store/item_writer.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <tuple>

#include "core/utf8.hpp"
#include "store/note_writer.hpp"

namespace identities::store {
namespace {

/// The tie of a key whose engagement was itself deleted: no later version brings it back. Without an engagement and
/// with another tie, its latest version stands in a deleted thread.
constexpr std::int64_t kFinal = 0;

const Statement kInsertKey{
    "insert_engagement_key",
    "INSERT INTO engagement_key (account_id, source_key, engagement_id, changed_us, tie) VALUES {?, ?, ?, ?, ?}"};
const Statement kUpdateKey{
    "update_engagement_key",
    "UPDATE engagement_key SET engagement_id = ?, changed_us = ?, tie = ? WHERE account_id = ? AND source_key = ?"};
const Statement kInsertThread{"insert_thread",
                              "INSERT INTO thread (id, account_id, source_key, partition_key, partition_us, subject, "
                              "subject_us, status, status_us, created_us) "
                              "VALUES {?, ?, ?, ?, ?, ?, ?, ?, ?, ?}"};
/// As the insertion of a row that is there, so that many go at once.
const Statement kUpdateThread{
    "update_thread",
    "INSERT INTO thread (id, account_id, source_key, partition_key, partition_us, subject, subject_us, status, "
    "status_us, created_us) VALUES {?, ?, ?, ?, ?, ?, ?, ?, ?, ?} @or_update partition_key = @new_partition_key, "
    "partition_us = @new_partition_us, subject = @new_subject, subject_us = @new_subject_us, status = @new_status, "
    "status_us = @new_status_us"};
const Statement kIdentitiesOfThread{
    "identities_of_thread",
    "SELECT DISTINCT r.identity_id FROM record_thread rt JOIN record r ON r.id = rt.record_id WHERE rt.thread_id = ?"};
const Statement kInsertEngagement{"insert_engagement",
                                  "INSERT INTO engagement (record_id, occurred_us, id, thread_id, direction, kind, "
                                  "channel, author_id, author, preview, has_more, "
                                  "edited, clamped, attachments) VALUES {?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?}"};
const Statement kInsertBody{"insert_engagement_body",
                            "INSERT INTO engagement_body (engagement_id, text) VALUES {?, ?}"};
/// Locks thread and record before their counters, as a new message does.
const Statement kFindEngagement{
    "find_engagement",
    "SELECT e.record_id, e.occurred_us, e.thread_id, r.identity_id FROM engagement e @straight "
    "thread t ON t.id = e.thread_id @straight record r ON r.id = e.record_id WHERE e.id = ? "
    "@for_update"};
const Statement kUnlinkNotes{"unlink_notes",
                             "UPDATE note SET link_kind = 0, link_engagement_id = NULL WHERE link_engagement_id = ?"};
const Statement kInsertCounts{
    "insert_record_thread",
    "INSERT INTO record_thread (in_count, out_count, internal_count, first_us, last_us, last_in_us, last_out_us, "
    "waiting_since_us, "
    "internal_first_us, internal_last_us, record_id, thread_id) VALUES {?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?}"};
/// As the insertion of a row that is there, so that many go at once.
const Statement kUpdateCounts{
    "update_record_thread",
    "INSERT INTO record_thread (in_count, out_count, internal_count, first_us, last_us, last_in_us, last_out_us, "
    "waiting_since_us, internal_first_us, internal_last_us, record_id, thread_id) VALUES "
    "{?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?} @or_update in_count = @new_in_count, out_count = @new_out_count, "
    "internal_count = @new_internal_count, first_us = @new_first_us, last_us = @new_last_us, last_in_us = "
    "@new_last_in_us, last_out_us = @new_last_out_us, waiting_since_us = @new_waiting_since_us, internal_first_us = "
    "@new_internal_first_us, internal_last_us = @new_internal_last_us"};
const Statement kFirstInAfter{"first_in_after",
                              "SELECT MIN(occurred_us) FROM engagement WHERE thread_id = ? AND occurred_us > ? AND "
                              "record_id = ? AND direction = 0"};
const Statement kDeleteCounts{"delete_record_thread",
                              "DELETE FROM record_thread WHERE record_id = ? AND thread_id = ?"};
const Statement kCounts{
    "count_record_thread",
    "SELECT COALESCE(SUM(direction = 0), 0), COALESCE(SUM(direction = 1), 0), COALESCE(SUM(direction = 2), 0), "
    "MIN(CASE WHEN direction <> 2 THEN occurred_us END), MAX(CASE WHEN direction <> 2 THEN occurred_us END), "
    "MAX(CASE WHEN direction = 0 THEN occurred_us END), MAX(CASE WHEN direction = 1 THEN occurred_us END), NULL, "
    "MIN(CASE WHEN direction = 2 THEN occurred_us END), MAX(CASE WHEN direction = 2 THEN occurred_us END) "
    "FROM engagement WHERE thread_id = ? AND record_id = ?"};
const Statement kFindProfile{"find_profile",
                             "SELECT profile_us, handle, url, bio FROM record WHERE id = ? @for_update"};
const Statement kUpdateProfile{
    "update_profile", "UPDATE record SET handle = ?, url = ?, bio = ?, fetched_us = ?, profile_us = ? WHERE id = ?"};

void earliest(std::optional<Microseconds>& time, Microseconds other) {
  time = std::min(time.value_or(other), other);
}
void latest(std::optional<Microseconds>& time, Microseconds other) {
  time = std::max(time.value_or(other), other);
}

/// Orders two versions of one engagement with the same time: an edit is after what it edited, else the content decides.
std::int64_t tie_of(const Engagement& engagement) {
  std::string content;
  const auto add = [&](std::string_view part) { content.append(std::to_string(part.size())).append(":").append(part); };
  for (const std::string* part : {&engagement.customer.source_key, &engagement.channel, &engagement.thread_key,
                                  &engagement.author_id, &engagement.author, &engagement.text, &engagement.attachments})
    add(*part);
  add(fmt::format("{} {} {}", static_cast<int>(engagement.direction), static_cast<int>(engagement.kind),
                  engagement.occurred_us));
  for (const GivenInterest& interest : engagement.interests) {
    add(interest.category);
    add(interest.name);
    add(interest.words);
  }
  std::array<unsigned char, 32> digest{};
  if (EVP_Digest(content.data(), content.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
  std::int64_t tie = engagement.edited ? 1 : 0;
  for (std::size_t index = 0; index < 7; ++index) tie = tie * 256 + digest[index];
  return tie;
}

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
    Outcome operator()(const ThreadMoved& content) const {
      return writer.apply_thread({content.thread_key, content.partition, {}, std::nullopt}, changed_us);
    }
    Outcome operator()(const ThreadUpdated& content) const {
      return writer.apply_thread({content.thread_key, {}, content.subject, content.status}, changed_us);
    }
    Outcome operator()(const ThreadDeleted& content) const { return writer.apply_thread_deleted(content); }
    Outcome operator()(const CustomerMerged& content) const {
      return writer.apply_customer_merged(content, changed_us);
    }
  };
  return std::visit(Visitor{*this, not_in_future(item.changed_us, now_us_)}, item.content);
}

Outcome ItemWriter::apply_engagement(const Engagement& engagement, Microseconds changed_us) {
  const WriteBatch::KeyRow before = batch_.key(account_.id, engagement.source_key);
  if (before.exists && before.engagement == 0 && before.tie == kFinal) return Outcome::kUnchanged;

  const std::int64_t tie = tie_of(engagement);
  const bool older = before.exists && std::tie(changed_us, tie) <= std::tie(before.changed_us, before.tie);
  // Also an older version tells of thread and customer what no newer one did; one in a deleted thread tells nothing.
  const Id thread = thread_for(thread_facts(engagement), changed_us);
  if (thread == 0) {
    if (older) return Outcome::kUnchanged;
    const bool stood_elsewhere = before.engagement != 0;
    if (stood_elsewhere) forget_engagement(before.engagement);
    remember(engagement.source_key, before, {true, 0, changed_us, tie});
    return stood_elsewhere ? Outcome::kDeleted : Outcome::kUnchanged;
  }
  const RecordRef ref = identities_.find_or_make(account_, engagement.customer, changed_us, thread,
                                                 engagement.direction == Direction::kInternal);
  if (ref.changed) batch_.touch(ref.identity);
  if (older) return Outcome::kUnchanged;

  const bool stands = before.engagement != 0;
  const Id id = stands ? before.engagement : next_id(now_us_);
  if (stands) {
    const StoredEngagement stored = find_engagement(id);
    remove_engagement(stored);
    batch_.touch(stored.identity);
    to_recount_.emplace(ref.record, thread);
  } else {
    count_in(ref, thread, engagement, not_in_future(engagement.occurred_us, now_us_));
  }
  remember(engagement.source_key, before, {true, id, changed_us, tie});
  insert_engagement(ref, thread, id, engagement);
  batch_.touch(ref.identity);
  return stands ? Outcome::kUpdated : Outcome::kStored;
}

/// before: as the decision found it. A row that is there is locked, but one that was not may have come since, where
/// the batch had to forget what it had read.
void ItemWriter::remember(const std::string& source_key, const WriteBatch::KeyRow& before,
                          const WriteBatch::KeyRow& row) {
  WriteBatch::KeyRow& known = batch_.key(account_.id, source_key);
  if (known.exists != before.exists) throw Contended("another transaction stored the same engagement meanwhile");
  if (known.exists)
    batch_.later(Stage::kUpdates, kUpdateKey, {row.engagement, row.changed_us, row.tie, account_.id, source_key});
  else
    batch_.later(Stage::kRows, kInsertKey, {account_.id, source_key, row.engagement, row.changed_us, row.tie});
  known = row;
}

Outcome ItemWriter::apply_deleted(const EngagementDeleted& deleted, Microseconds changed_us) {
  const WriteBatch::KeyRow before = batch_.key(account_.id, deleted.source_key);
  if (before.exists && before.engagement == 0 && before.tie == kFinal) return Outcome::kUnchanged;
  if (before.engagement != 0) forget_engagement(before.engagement);
  remember(deleted.source_key, before, {true, 0, changed_us, kFinal});
  return Outcome::kDeleted;
}

void ItemWriter::forget_engagement(Id id) {
  const StoredEngagement stored = find_engagement(id);
  remove_engagement(stored);
  batch_.written().execute(kUnlinkNotes, {id});
  batch_.touch(stored.identity);
}

Outcome ItemWriter::apply_thread(const ThreadFacts& told, Microseconds changed_us) {
  bool changed = false;
  thread_for(told, changed_us, &changed);
  return changed ? Outcome::kUpdated : Outcome::kUnchanged;
}

Outcome ItemWriter::apply_thread_deleted(const ThreadDeleted& deleted) {
  WriteBatch::ThreadRow& row = batch_.thread(account_.id, deleted.thread_key);
  if (row.id != 0 && row.partition.empty()) return Outcome::kUnchanged;
  if (row.id == 0) {
    // Remembered, for a deletion may come before what was said.
    constexpr Microseconds kForGood = std::numeric_limits<Microseconds>::max();
    row = {next_id(now_us_), "", kForGood, "", kForGood, static_cast<std::int64_t>(ThreadStatus::kClosed), kForGood};
    insert_thread(deleted.thread_key, row);
    return Outcome::kDeleted;
  }
  const Id thread = row.id;
  mark_deleted(batch_, thread);
  remove_rows(batch_, thread, to_remove_);
  return Outcome::kDeleted;
}

void ItemWriter::insert_thread(const std::string& key, const WriteBatch::ThreadRow& row) {
  batch_.made(row.id);
  write_thread(Stage::kRecords, kInsertThread, key, row);
}

void ItemWriter::write_thread(Stage stage, const Statement& statement, const std::string& key,
                              const WriteBatch::ThreadRow& row) {
  batch_.later(stage, statement,
               {row.id, account_.id, key, row.partition, row.partition_us, row.subject, row.subject_us, row.status,
                row.status_us, now_us_});
}

ItemWriter::ThreadFacts ItemWriter::thread_facts(const Engagement& engagement) {
  return {engagement.thread_key, engagement.partition, engagement.subject, engagement.thread_status};
}

/// Each of partition, subject and status follows the newest item that brought it; at one time the greater value wins,
/// so that the order of arrival does not matter.
Id ItemWriter::thread_for(const ThreadFacts& told, Microseconds changed_us, bool* changed) {
  constexpr Microseconds kNever = std::numeric_limits<Microseconds>::min();
  WriteBatch::ThreadRow& row = batch_.thread(account_.id, told.key);
  const bool fresh = row.id == 0;
  if (!fresh && row.partition.empty()) return 0;
  if (fresh) row = {next_id(now_us_), account_.name, kNever, {}, kNever, 0, kNever};
  const WriteBatch::ThreadRow before = row;
  const auto follow = [&](auto& value, Microseconds& value_us, auto given) {
    if (changed_us < value_us || (changed_us == value_us && given <= value)) return;
    value = given;
    value_us = changed_us;
  };
  if (!told.partition.empty())
    follow(row.partition, row.partition_us, fmt::format("{}/{}", account_.name, told.partition));
  if (!told.subject.empty()) follow(row.subject, row.subject_us, told.subject);
  if (told.status) follow(row.status, row.status_us, static_cast<std::int64_t>(*told.status));
  const auto shown = [](const WriteBatch::ThreadRow& of) { return std::tie(of.partition, of.subject, of.status); };
  const auto times = [](const WriteBatch::ThreadRow& of) {
    return std::tie(of.partition_us, of.subject_us, of.status_us);
  };
  if (changed != nullptr) *changed = shown(row) != shown(before);
  const Id id = row.id;
  if (fresh) {
    insert_thread(told.key, row);
    return id;
  }
  if (shown(row) != shown(before) || times(row) != times(before))
    write_thread(Stage::kUpdates, kUpdateThread, told.key, row);
  if (shown(row) != shown(before)) touch_thread(id);
  return id;
}

void ItemWriter::touch_thread(Id thread) {
  batch_.written().query(kIdentitiesOfThread, {thread}, [&](const Row& row) { batch_.touch(row.integer(0)); });
}

void ItemWriter::insert_engagement(RecordRef ref, Id thread, Id id, const Engagement& engagement) {
  const Microseconds occurred_us = not_in_future(engagement.occurred_us, now_us_);
  const std::string_view preview = utf8_prefix(engagement.text, kPreviewCharacters);
  const bool has_more = preview.size() < engagement.text.size();
  batch_.later(Stage::kRows, kInsertEngagement,
               {ref.record, occurred_us, id, thread, static_cast<std::int64_t>(engagement.direction),
                static_cast<std::int64_t>(engagement.kind), engagement.channel, engagement.author_id, engagement.author,
                preview, std::int64_t{has_more}, std::int64_t{engagement.edited},
                std::int64_t{occurred_us != engagement.occurred_us}, or_null(engagement.attachments)});
  if (has_more) batch_.later(Stage::kRows, kInsertBody, {id, engagement.text});
  for (const GivenInterest& interest : engagement.interests)
    attributes_.give_interest(ref.record, interest, occurred_us, {id, thread});
}

StoredEngagement ItemWriter::find_engagement(Id id) {
  StoredEngagement stored;
  stored.id = id;
  batch_.written().query(kFindEngagement, {id}, [&](const Row& row) {
    stored.record = row.integer(0);
    stored.occurred_us = row.integer(1);
    stored.thread = row.integer(2);
    stored.identity = row.integer(3);
  });
  return stored;
}

void ItemWriter::remove_engagement(const StoredEngagement& stored) {
  std::set<Id> interests;
  take_out(batch_.written(), stored, interests);
  recount_interests(batch_.written(), interests);
  to_recount_.emplace(stored.record, stored.thread);
  removed_text_ = true;
}

void ItemWriter::count_in(RecordRef ref, Id thread, const Engagement& engagement, Microseconds occurred_us) {
  WriteBatch::CountsRow& counts = batch_.counts(ref.record, thread);
  const bool known = counts.exists;
  counts.exists = true;
  ++counts.by_direction[static_cast<std::size_t>(engagement.direction)];
  if (engagement.direction == Direction::kInternal) {
    earliest(counts.internal_first_us, occurred_us);
    latest(counts.internal_last_us, occurred_us);
  } else {
    earliest(counts.first_us, occurred_us);
    latest(counts.last_us, occurred_us);
  }
  if (engagement.direction == Direction::kIn) {
    latest(counts.last_in_us, occurred_us);
    if (!counts.last_out_us || occurred_us > *counts.last_out_us) earliest(counts.waiting_since_us, occurred_us);
  } else if (engagement.direction == Direction::kOut && (!counts.last_out_us || occurred_us > *counts.last_out_us)) {
    counts.last_out_us = occurred_us;
    if (counts.waiting_since_us && *counts.waiting_since_us <= occurred_us)
      counts.waiting_since_us = first_in_after(ref.record, thread, occurred_us);
  }
  write_counts(known, counts, ref.record, thread);
}

std::optional<Microseconds> ItemWriter::first_in_after(Id record, Id thread, Microseconds after_us) {
  std::optional<Microseconds> first;
  batch_.written().query(kFirstInAfter, {thread, after_us, record},
                         [&](const Row& row) { first = optional_integer(row, 0); });
  return first;
}

void ItemWriter::write_counts(bool known, const WriteBatch::CountsRow& counts, Id record, Id thread) {
  batch_.later(known ? Stage::kUpdates : Stage::kRows, known ? kUpdateCounts : kInsertCounts,
               {counts.by_direction[0], counts.by_direction[1], counts.by_direction[2], or_null(counts.first_us),
                or_null(counts.last_us), or_null(counts.last_in_us), or_null(counts.last_out_us),
                or_null(counts.waiting_since_us), or_null(counts.internal_first_us), or_null(counts.internal_last_us),
                record, thread});
}

void ItemWriter::finish() {
  for (const auto& [record, thread] : to_recount_) recount(record, thread);
  to_recount_.clear();
  // MySQL overwrites by itself what was removed, and this row would be one that all writers wait for.
  if (removed_text_ && batch_.written().dialect() == Dialect::kSqlite) want_purge(batch_.written());
  removed_text_ = false;
}

void ItemWriter::recount(Id record, Id thread) {
  WriteBatch::CountsRow& counts = batch_.counts(record, thread);
  Session& session = batch_.written();
  session.query(kCounts, {thread, record}, [&](const Row& row) { counts = WriteBatch::counts_of(row); });
  session.execute(kDeleteCounts, {record, thread});
  counts.exists = counts.by_direction != std::array<std::int64_t, 3>{};
  if (!counts.exists) {
    counts = {};
    return;
  }
  counts.waiting_since_us =
      first_in_after(record, thread, counts.last_out_us.value_or(std::numeric_limits<Microseconds>::min()));
  write_counts(false, counts, record, thread);
}

Outcome ItemWriter::apply_profile(const Profile& profile, Microseconds changed_us) {
  Customer customer = profile.customer;
  if (!profile.name.empty()) customer.name = profile.name;
  const RecordRef ref = identities_.find_or_make(account_, customer, changed_us, 0);
  bool changed = ref.changed;
  // Interests are dated evidence of their own: those of an older profile stay true.
  for (const GivenInterest& interest : profile.interests)
    changed |= attributes_.give_interest(ref.record, interest,
                                         not_in_future(interest.set_us.value_or(changed_us), now_us_), {});
  const auto given = std::tuple(changed_us, profile.handle, profile.url, profile.bio);
  Session& session = batch_.written();
  auto stored = given;
  session.query(kFindProfile, {ref.record}, [&](const Row& row) {
    stored = std::tuple(row.integer(0), std::string(row.text(1)), std::string(row.text(2)), std::string(row.text(3)));
  });
  const bool first = std::get<0>(stored) == 0;
  if (first || given > stored) {
    session.execute(kUpdateProfile, {or_null(profile.handle), or_null(profile.url), or_null(profile.bio),
                                     or_null(profile.fetched_us), changed_us, ref.record});
    GivenProfile told = given_profile(account_.provider, profile.handle, profile.bio);
    if (!told.handle.empty()) identities_.bring_profile(ref, std::move(told), changed_us);
    changed = true;
  }
  if (!changed) return Outcome::kUnchanged;
  batch_.touch(ref.identity);
  return first ? Outcome::kStored : Outcome::kUpdated;
}

Outcome ItemWriter::apply_attributes(const Attributes& attributes, Microseconds changed_us) {
  Customer customer = attributes.customer;
  for (const GivenAttribute& attribute : attributes.attributes)
    if (attribute.key == "person.birth_date" && !attribute.removed)
      customer.birth_date = birth_date_of(attribute.type, attribute.text, attribute.number);
  const RecordRef ref = identities_.find_or_make(account_, customer, changed_us, 0);
  bool changed = ref.changed;
  for (const GivenAttribute& attribute : attributes.attributes)
    changed |= attributes_.set_attribute(ref.record, attribute, changed_us);
  for (const GivenInterest& interest : attributes.interests)
    changed |= attributes_.give_interest(ref.record, interest,
                                         not_in_future(interest.set_us.value_or(changed_us), now_us_), {});
  if (!changed) return Outcome::kUnchanged;
  batch_.touch(ref.identity);
  return Outcome::kStored;
}

/// It may come before either customer was heard of: then their records wait for what is told of them.
Outcome ItemWriter::apply_customer_merged(const CustomerMerged& merged, Microseconds changed_us) {
  const auto [first, second] = std::minmax(merged.from, merged.into);
  Customer customer;
  customer.source_key = first;
  const RecordRef one = identities_.find_or_make(account_, customer, changed_us, 0);
  customer.source_key = second;
  const RecordRef other = identities_.find_or_make(account_, customer, changed_us, 0);
  return identities_.join(one, other) ? Outcome::kStored : Outcome::kUnchanged;
}

}  // namespace identities::store
