#include "store/write_batch.hpp"

#include <algorithm>

#include "store/stored_identifier.hpp"

namespace identities::store {
namespace {

// Each tells which row it found by its first columns, and locks it. A row that others hang on is locked before those.
const Statement kFindKey{"find_engagement_key",
                         "SELECT account_id, source_key, engagement_id, changed_us, tie FROM engagement_key WHERE "
                         "{account_id = ? AND source_key = ?} @for_update"};
const Statement kFindThread{
    "find_thread",
    "SELECT account_id, source_key, id, partition_key, partition_us, subject, subject_us, status, status_us FROM "
    "thread WHERE {account_id = ? AND source_key = ?} @for_update"};
const Statement kFindRecord{"find_record",
                            "SELECT account_id, source_key, id, identity_id, name_us, name, (SELECT d.kind FROM "
                            "identity d WHERE d.id = record.identity_id) FROM record WHERE {account_id = ? AND "
                            "source_key = ?} @for_update"};
const Statement kFindTold{"find_told",
                          "SELECT record_id, thread_id, internal, name_us, name FROM record_told WHERE {record_id = ? "
                          "AND thread_id = ? AND internal = ?} @for_update"};
const Statement kFindIdentifier{"find_identifier",
                                "SELECT record_id, kind, value, verified, first_us, shown FROM identifier WHERE "
                                "{record_id = ? AND kind = ? AND value = ?} @for_update"};
const Statement kFindIdentifierTold{
    "find_identifier_told",
    "SELECT record_id, kind, value, thread_id, internal, verified, first_us, shown FROM identifier_told WHERE "
    "{record_id = ? AND kind = ? AND value = ? AND thread_id = ? AND internal = ?} @for_update"};
const Statement kFindCounts{
    "find_record_thread",
    "SELECT in_count, out_count, internal_count, first_us, last_us, last_in_us, last_out_us, waiting_since_us, "
    "internal_first_us, internal_last_us, record_id, thread_id FROM record_thread WHERE {record_id = ? AND thread_id = "
    "?} @for_update"};
const Statement kTouch{"touch_identity", "UPDATE identity SET version = version + 1 WHERE {id = ?}"};
const Statement kDropCard{"drop_card", "DELETE FROM opening_card WHERE {identity_id = ?}"};

/// What an item says of whom, where; nothing for those that name no customer.
struct Said {
  const Customer* customer = nullptr;
  const std::string* thread_key = nullptr;
  std::int64_t internal = 0;
};

Said said_by(const Item& item) {
  if (const auto* engagement = std::get_if<Engagement>(&item.content))
    return {&engagement->customer, &engagement->thread_key, engagement->direction == Direction::kInternal ? 1 : 0};
  if (const auto* profile = std::get_if<Profile>(&item.content)) return {&profile->customer, nullptr, 0};
  if (const auto* attributes = std::get_if<Attributes>(&item.content)) return {&attributes->customer, nullptr, 0};
  return {};
}

}  // namespace

WriteBatch::CountsRow WriteBatch::counts_of(const Row& row) {
  return {true,
          {row.integer(0), row.integer(1), row.integer(2)},
          optional_integer(row, 3),
          optional_integer(row, 4),
          optional_integer(row, 5),
          optional_integer(row, 6),
          optional_integer(row, 7),
          optional_integer(row, 8),
          optional_integer(row, 9)};
}

void WriteBatch::want_key(Reading& reading, const Source& source) {
  const auto [at, fresh] = keys_.try_emplace(source);
  if (fresh) reading.keys.push_back({at->first.first, at->first.second});
}
void WriteBatch::want_thread(Reading& reading, const Source& source) {
  const auto [at, fresh] = threads_.try_emplace(source);
  if (fresh) reading.threads.push_back({at->first.first, at->first.second});
}
void WriteBatch::want_record(Reading& reading, const Source& source) {
  const auto [at, fresh] = records_.try_emplace(source);
  if (fresh) reading.records.push_back({at->first.first, at->first.second});
}
void WriteBatch::want_told(Reading& reading, Id record, Place place) {
  if (told_.try_emplace({record, place}).second && !is_made(record) && !is_made(place.thread))
    reading.told.push_back({record, place.thread, place.internal});
}
void WriteBatch::want_identifier(Reading& reading, const Named& named, Place place) {
  const Id of = std::get<0>(named);
  if (const auto [at, fresh] = identifiers_.try_emplace(named); fresh && !is_made(of))
    reading.identifiers.push_back({of, std::get<1>(at->first), std::get<2>(at->first)});
  if (const auto [at, fresh] = identifiers_told_.try_emplace({named, place});
      fresh && !is_made(of) && !is_made(place.thread))
    reading.identifiers_told.push_back(
        {of, std::get<1>(at->first.first), std::get<2>(at->first.first), place.thread, place.internal});
}
void WriteBatch::want_counts(Reading& reading, Id record, Id thread) {
  if (counts_.try_emplace({record, thread}).second && !is_made(record) && !is_made(thread))
    reading.counts.push_back({record, thread});
}

void WriteBatch::read(Reading&& reading, std::vector<Session::AskEach> asks) {
  const auto source = [](const Row& row) { return Source{row.integer(0), std::string(row.text(1))}; };
  const auto named = [](const Row& row) {
    return Named{row.integer(0), std::string(row.text(1)), std::string(row.text(2))};
  };
  const auto ask = [&](const Statement& statement, std::vector<std::vector<Parameter>>& sets,
                       Session::RowFunction each) {
    if (!sets.empty()) asks.push_back({&statement, std::move(sets), std::move(each)});
  };
  ask(kFindKey, reading.keys, [&](const Row& row) {
    keys_.at(source(row)) = {true, row.integer(2), row.integer(3), row.integer(4)};
  });
  ask(kFindThread, reading.threads, [&](const Row& row) {
    threads_.at(source(row)) = {row.integer(2), std::string(row.text(3)), row.integer(4), std::string(row.text(5)),
                                row.integer(6), row.integer(7),           row.integer(8)};
  });
  ask(kFindRecord, reading.records, [&](const Row& row) {
    records_.at(source(row)) = {row.integer(2), row.integer(3), row.integer(4), std::string(row.text(5)),
                                row.integer(6) == 1};
  });
  ask(kFindTold, reading.told, [&](const Row& row) {
    told_.at({row.integer(0), {row.integer(1), row.integer(2)}}) = {true, row.integer(3), std::string(row.text(4))};
  });
  ask(kFindIdentifier, reading.identifiers, [&](const Row& row) {
    identifiers_.at(named(row)) = {true, row.integer(3) != 0, row.integer(4), std::string(row.text(5))};
  });
  ask(kFindIdentifierTold, reading.identifiers_told, [&](const Row& row) {
    identifiers_told_.at({named(row), {row.integer(3), row.integer(4)}}) = {true, row.integer(5) != 0, row.integer(6),
                                                                            std::string(row.text(7))};
  });
  ask(kFindCounts, reading.counts, [&](const Row& row) {
    counts_.at({row.integer(10), row.integer(11)}) = counts_of(row);
  });
  if (asks.size() == 1 && asks.front().sets.size() == 1)
    session_.query(*asks.front().statement, asks.front().sets.front(), asks.front().each);
  else if (!asks.empty())
    session_.query_each(asks);
}

WriteBatch::KeyRow& WriteBatch::key(Id account, const std::string& source_key) {
  Reading reading;
  want_key(reading, {account, source_key});
  read(std::move(reading));
  return keys_.at({account, source_key});
}

WriteBatch::ThreadRow& WriteBatch::thread(Id account, const std::string& source_key) {
  Reading reading;
  want_thread(reading, {account, source_key});
  read(std::move(reading));
  return threads_.at({account, source_key});
}

WriteBatch::RecordRow& WriteBatch::record(Id account, const std::string& source_key) {
  Reading reading;
  want_record(reading, {account, source_key});
  read(std::move(reading));
  return records_.at({account, source_key});
}

WriteBatch::ToldRow& WriteBatch::told(Id record, Place place) {
  Reading reading;
  want_told(reading, record, place);
  read(std::move(reading));
  return told_.at({record, place});
}

WriteBatch::Identifier WriteBatch::identifier(Id record, const std::string& kind, const std::string& value,
                                              Place place) {
  const Named named{record, kind, value};
  Reading reading;
  want_identifier(reading, named, place);
  read(std::move(reading));
  return {identifiers_.at(named), identifiers_told_.at({named, place})};
}

WriteBatch::CountsRow& WriteBatch::counts(Id record, Id thread) {
  Reading reading;
  want_counts(reading, record, thread);
  read(std::move(reading));
  return counts_.at({record, thread});
}

void WriteBatch::expect(std::span<const Expected> items, std::vector<Session::AskEach> asks) {
  // In the order of their keys, so that two who write the same rows do not wait for each other.
  std::set<Source> keys;
  std::set<Source> threads;
  std::set<Source> records;
  for (const Expected& each : items) {
    if (const auto* engagement = std::get_if<Engagement>(&each.item->content)) {
      keys.emplace(each.account, engagement->source_key);
      threads.emplace(each.account, engagement->thread_key);
    }
    if (const Said said = said_by(*each.item); said.customer != nullptr)
      records.emplace(each.account, said.customer->source_key);
  }
  Reading reading;
  for (const Source& source : keys) want_key(reading, source);
  for (const Source& source : threads) want_thread(reading, source);
  for (const Source& source : records) want_record(reading, source);
  read(std::move(reading), std::move(asks));

  std::set<std::pair<Id, Place>> told;
  std::set<std::pair<Named, Place>> named;
  for (const Expected& each : items) {
    const Said said = said_by(*each.item);
    if (said.customer == nullptr) continue;
    const Id record = records_.at({each.account, said.customer->source_key}).id;
    const Id thread = said.thread_key == nullptr ? 0 : threads_.at({each.account, *said.thread_key}).id;
    if (record == 0 || (said.thread_key != nullptr && thread == 0)) continue;
    const Place place{thread, said.internal};
    told.insert({record, place});
    for (const GivenIdentifier& identifier : said.customer->identifiers) {
      const StoredIdentifier stored = stored_as(identifier);
      named.insert({{record, stored.kind, std::string(stored.value)}, place});
    }
  }
  reading = {};
  for (const auto& [record, place] : told) want_told(reading, record, place);
  for (const auto& [name, place] : named) want_identifier(reading, name, place);
  for (const auto& [record, place] : told)
    if (place.thread != 0) want_counts(reading, record, place.thread);
  read(std::move(reading));
}

void WriteBatch::later(Stage stage, const Statement& statement, std::initializer_list<Parameter> parameters) {
  std::vector<Parameter> kept(parameters);
  for (Parameter& parameter : kept) {
    if (auto* text = std::get_if<std::string_view>(&parameter))
      *text = keep(*text);
    else if (auto* blob = std::get_if<Blob>(&parameter))
      blob->bytes = keep(blob->bytes);
  }
  const auto same = [&](const Group& group) { return group.write.statement == &statement; };
  auto group = std::find_if(groups_.begin(), groups_.end(), same);
  if (group == groups_.end()) group = groups_.insert(groups_.end(), {stage, {&statement, {}}});
  group->write.sets.push_back(std::move(kept));
}

void WriteBatch::touch(Id identity) {
  if (!touched_.contains(identity)) to_touch_.insert(identity);
}

void WriteBatch::send(bool commits) {
  for (const Id identity : to_touch_) {
    later(Stage::kUpdates, kTouch, {identity});
    later(Stage::kUpdates, kDropCard, {identity});
  }
  touched_.merge(to_touch_);
  to_touch_.clear();
  std::stable_sort(groups_.begin(), groups_.end(),
                   [](const Group& left, const Group& right) { return left.stage < right.stage; });
  std::vector<Session::Write> writes;
  for (Group& group : groups_) writes.push_back(std::move(group.write));
  groups_.clear();
  if (commits || !writes.empty()) session_.execute_all(writes, commits);
  kept_.clear();
}

void WriteBatch::commit(Transaction& transaction) {
  send(true);
  transaction.committed();
}

Session& WriteBatch::forgotten() {
  flush();
  keys_.clear();
  threads_.clear();
  records_.clear();
  told_.clear();
  identifiers_.clear();
  identifiers_told_.clear();
  counts_.clear();
  made_.clear();
  locked_.clear();
  return session_;
}

}  // namespace identities::store
