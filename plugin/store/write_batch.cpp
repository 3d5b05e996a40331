#include "store/write_batch.hpp"

#include <algorithm>

#include "store/stored_identifier.hpp"

namespace identities::store {
namespace {

const Statement kFindKey{
    "find_engagement_key",
    "SELECT engagement_id, changed_us, tie FROM engagement_key WHERE account_id = ? AND source_key = ? @for_update"};
const Statement kFindThread{"find_thread",
                            "SELECT id, partition_key, partition_us, subject, subject_us, status, status_us FROM "
                            "thread WHERE account_id = ? AND source_key = ? @for_update"};
const Statement kFindRecord{
    "find_record",
    "SELECT r.id, r.identity_id, r.name_us, r.name, x.record_id, x.name_us, x.name FROM record r LEFT JOIN record_told "
    "x ON x.record_id = r.id AND x.thread_id = ? AND x.internal = ? WHERE r.account_id = ? AND r.source_key = ? "
    "@for_update"};
const Statement kFindIdentifier{
    "find_identifier",
    "SELECT i.verified, i.first_us, i.shown, x.record_id, x.verified, x.first_us, x.shown FROM identifier i LEFT JOIN "
    "identifier_told x ON x.record_id = i.record_id AND x.kind = i.kind AND x.value = i.value AND x.thread_id = ? AND "
    "x.internal = ? WHERE i.kind = ? AND i.value = ? AND i.record_id = ? @for_update"};
const Statement kFindCounts{"find_record_thread",
                            "SELECT in_count, out_count, internal_count, first_us, last_us, last_in_us, last_out_us, "
                            "waiting_since_us, internal_first_us, internal_last_us FROM record_thread WHERE record_id "
                            "= ? AND thread_id = ? @for_update"};
const Statement kTouch{"touch_identity", "UPDATE identity SET version = version + 1 WHERE id = ?"};
const Statement kDropCard{"drop_card", "DELETE FROM opening_card WHERE identity_id = ?"};

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

Session::Ask WriteBatch::ask_key(const Source& source) {
  auto& [key, row] = *keys_.try_emplace(source).first;
  return {&kFindKey, {key.first, key.second}, [&row = row](const Row& found) {
            row = {true, found.integer(0), found.integer(1), found.integer(2)};
          }};
}

Session::Ask WriteBatch::ask_thread(const Source& source) {
  auto& [key, row] = *threads_.try_emplace(source).first;
  return {&kFindThread, {key.first, key.second}, [&row = row](const Row& found) {
            row = {found.integer(0), std::string(found.text(1)), found.integer(2), std::string(found.text(3)),
                   found.integer(4), found.integer(5),           found.integer(6)};
          }};
}

Session::Ask WriteBatch::ask_record(const Source& source, Place place) {
  const auto [at, fresh] = records_.try_emplace(source);
  ToldRow& told = told_.try_emplace({source, place}).first->second;
  return {&kFindRecord,
          {place.thread, place.internal, at->first.first, at->first.second},
          [&row = at->second, fresh = fresh, &told](const Row& found) {
            if (fresh) row = {found.integer(0), found.integer(1), found.integer(2), std::string(found.text(3))};
            told = {!found.is_null(4), found.integer(5), std::string(found.text(6))};
          }};
}

Session::Ask WriteBatch::ask_identifier(const Named& named, Place place) {
  const auto [at, fresh] = identifiers_.try_emplace(named);
  IdentifierRow& told = identifiers_told_.try_emplace({named, place}).first->second;
  const auto& [record, kind, value] = at->first;
  return {&kFindIdentifier,
          {place.thread, place.internal, kind, value, record},
          [&row = at->second, fresh = fresh, &told](const Row& found) {
            if (fresh) row = {true, found.integer(0) != 0, found.integer(1), std::string(found.text(2))};
            told = {!found.is_null(3), found.integer(4) != 0, found.integer(5), std::string(found.text(6))};
          }};
}

Session::Ask WriteBatch::ask_counts(Id record, Id thread) {
  CountsRow& row = counts_.try_emplace({record, thread}).first->second;
  return {&kFindCounts, {record, thread}, [&row](const Row& found) { row = counts_of(found); }};
}

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

void WriteBatch::read(const std::vector<Session::Ask>& asks) {
  if (asks.size() == 1)
    session_.query(*asks.front().statement, asks.front().parameters, asks.front().each);
  else if (!asks.empty())
    session_.query_all(asks, false);
}

WriteBatch::KeyRow& WriteBatch::key(Id account, const std::string& source_key) {
  const Source source{account, source_key};
  if (!keys_.contains(source)) read({ask_key(source)});
  return keys_.at(source);
}

WriteBatch::ThreadRow& WriteBatch::thread(Id account, const std::string& source_key) {
  const Source source{account, source_key};
  if (!threads_.contains(source)) read({ask_thread(source)});
  return threads_.at(source);
}

WriteBatch::RecordRow& WriteBatch::record(Id account, const std::string& source_key, Place place) {
  const Source source{account, source_key};
  if (const auto known = records_.find(source);
      known != records_.end() && (is_made(place.thread) || is_made(known->second.id)))
    told_.try_emplace({source, place});
  else if (!told_.contains({source, place}))
    read({ask_record(source, place)});
  return records_.at(source);
}

WriteBatch::ToldRow& WriteBatch::told(Id account, const std::string& source_key, Place place) {
  return told_.at({{account, source_key}, place});
}

WriteBatch::IdentifierRow& WriteBatch::identifier(Id record, const std::string& kind, const std::string& value,
                                                  Place place) {
  const Named named{record, kind, value};
  if (is_made(record) || (is_made(place.thread) && identifiers_.contains(named))) {
    identifiers_told_.try_emplace({named, place});
    return identifiers_.try_emplace(named).first->second;
  }
  if (!identifiers_told_.contains({named, place})) read({ask_identifier(named, place)});
  return identifiers_.at(named);
}

WriteBatch::IdentifierRow& WriteBatch::identifier_told(Id record, const std::string& kind, const std::string& value,
                                                       Place place) {
  return identifiers_told_.at({{record, kind, value}, place});
}

WriteBatch::CountsRow& WriteBatch::counts(Id record, Id thread) {
  if (is_made(record) || is_made(thread)) return counts_.try_emplace({record, thread}).first->second;
  if (!counts_.contains({record, thread})) read({ask_counts(record, thread)});
  return counts_.at({record, thread});
}

void WriteBatch::expect(std::span<const Expected> items, std::vector<Session::Ask> asks) {
  // In the order of their keys, so that two who write the same rows do not wait for each other.
  std::set<Source> keys;
  std::set<Source> threads;
  for (const Expected& each : items) {
    const auto* engagement = std::get_if<Engagement>(&each.item->content);
    if (engagement == nullptr) continue;
    keys.emplace(each.account, engagement->source_key);
    threads.emplace(each.account, engagement->thread_key);
  }
  for (const Source& source : keys)
    if (!keys_.contains(source)) asks.push_back(ask_key(source));
  for (const Source& source : threads)
    if (!threads_.contains(source)) asks.push_back(ask_thread(source));
  read(asks);

  const auto place_of = [&](Id account, const Said& said) {
    const Id thread = said.thread_key == nullptr ? 0 : threads_.at({account, *said.thread_key}).id;
    // In a thread that is yet to be made nothing was told: any place brings the record itself.
    return thread == 0 ? Place{} : Place{thread, said.internal};
  };
  asks.clear();
  std::set<std::pair<Source, Place>> wanted;
  for (const Expected& each : items)
    if (const Said said = said_by(*each.item); said.customer != nullptr)
      wanted.insert({{each.account, said.customer->source_key}, place_of(each.account, said)});
  for (const auto& [source, place] : wanted)
    if (!told_.contains({source, place})) asks.push_back(ask_record(source, place));
  read(asks);

  asks.clear();
  std::set<std::pair<Named, Place>> named;
  std::set<std::pair<Id, Id>> counted;
  for (const Expected& each : items) {
    const Said said = said_by(*each.item);
    if (said.customer == nullptr) continue;
    const Place place = place_of(each.account, said);
    const Id record = records_.at({each.account, said.customer->source_key}).id;
    if (record == 0) continue;
    if (place.thread != 0) counted.emplace(record, place.thread);
    for (const GivenIdentifier& identifier : said.customer->identifiers) {
      const StoredIdentifier stored = stored_as(identifier);
      named.insert({{record, stored.kind, std::string(stored.value)}, place});
    }
  }
  for (const auto& [name, place] : named)
    if (!identifiers_told_.contains({name, place})) asks.push_back(ask_identifier(name, place));
  for (const auto& [record, thread] : counted)
    if (!counts_.contains({record, thread})) asks.push_back(ask_counts(record, thread));
  read(asks);
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
  return session_;
}

}  // namespace identities::store
