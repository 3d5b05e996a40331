#include "panel/identity_picture.hpp"

#include <algorithm>
#include <limits>

namespace identities::panel {
namespace {

std::vector<Id> record_ids(const std::vector<store::RecordRow>& records) {
  std::vector<Id> ids;
  ids.reserve(records.size());
  for (const store::RecordRow& record : records) ids.push_back(record.id);
  return ids;
}

/// The engagement in the middle of a page: half before it (itself included), half after.
store::HistoryPage read_around(store::Session& session, const store::HistoryQuery& query,
                               const store::HistoryRow& centre, const store::ViewFilter& filter) {
  store::HistoryQuery half = query;
  half.limit = query.limit / 2;
  half.cursor = {store::HistoryCursor::Direction::kBefore, centre.occurred_us, centre.id + 1};
  store::HistoryPage page = store::read_history(session, half, filter);
  half.cursor = {store::HistoryCursor::Direction::kAfter, centre.occurred_us, centre.id};
  store::HistoryPage after = store::read_history(session, half, filter);
  page.more_after = after.more_after;
  page.rows.insert(page.rows.end(), std::make_move_iterator(after.rows.begin()),
                   std::make_move_iterator(after.rows.end()));
  return page;
}

/// The time that a page speaks for, both ends included: neighbouring pages meet without a gap and without an overlap.
std::pair<Microseconds, Microseconds> trigger_window(const store::HistoryPage& page, const store::HistoryCursor& cursor,
                                                     bool around) {
  constexpr Microseconds kMin = std::numeric_limits<Microseconds>::min();
  constexpr Microseconds kMax = std::numeric_limits<Microseconds>::max();
  const Microseconds front = page.more_before ? page.rows.front().occurred_us : kMin;
  const Microseconds back = page.more_after ? page.rows.back().occurred_us : kMax;
  if (around) return {front, back};
  if (cursor.direction == store::HistoryCursor::Direction::kBefore)
    return {front, cursor.occurred_us == kMax ? kMax : cursor.occurred_us - 1};
  return {cursor.occurred_us == kMin ? kMin : cursor.occurred_us + 1, back};
}

/// Keeps the rows and triggers of a page together within kPageRowsAndTriggers: what is cut stands on the next page.
void trim(HistoryPart& part, bool from_first) {
  auto& rows = part.page.rows;
  auto& triggers = part.triggers;
  while (rows.size() > 1 && rows.size() + triggers.size() > kPageRowsAndTriggers) {
    if (from_first) {
      rows.pop_back();
      part.page.more_after = true;
      std::erase_if(triggers,
                    [&](const store::TriggerRow& trigger) { return trigger.occurred_us > rows.back().occurred_us; });
    } else {
      rows.erase(rows.begin());
      part.page.more_before = true;
      std::erase_if(triggers,
                    [&](const store::TriggerRow& trigger) { return trigger.occurred_us < rows.front().occurred_us; });
    }
  }
}

std::vector<Id> threads_of(const store::HistoryPage& page, const std::vector<store::TriggerRow>& triggers) {
  std::vector<Id> threads;
  threads.reserve(page.rows.size() + triggers.size());
  for (const store::HistoryRow& row : page.rows) threads.push_back(row.thread);
  for (const store::TriggerRow& trigger : triggers)
    if (trigger.thread != 0) threads.push_back(trigger.thread);
  std::sort(threads.begin(), threads.end());
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  return threads;
}

Known known_of(const store::AttributeRow& row) {
  return {row.key,    row.interest, row.category, row.name,     row.type,
          row.number, row.text,     row.unit,     row.evidence, row.set_us};
}

}  // namespace

const store::RecordRow* record_of(const std::vector<store::RecordRow>& records, Id id) {
  const auto found =
      std::find_if(records.begin(), records.end(), [&](const store::RecordRow& record) { return record.id == id; });
  return found == records.end() ? nullptr : &*found;
}

void read_attributes_into(IdentityPicture& picture, store::Session& session, const Asking& asking,
                          const store::ViewFilter& filter, Microseconds now_us) {
  picture.attributes = store::read_attributes(session, picture.ref.id, filter, now_us);
  if (!asking.has_scope("attribute.sensitive"))
    std::erase_if(picture.attributes, [](const store::AttributeRow& attribute) { return attribute.sensitive; });
  picture.known.reserve(picture.attributes.size());
  for (const store::AttributeRow& attribute : picture.attributes) picture.known.push_back(known_of(attribute));
}

namespace {

/// True when they stand around that engagement.
bool read_rows(HistoryPart& part, store::Session& session, Id identity, const store::HistoryQuery& query, Id around,
               const store::ViewFilter& filter) {
  const bool from_first = query.cursor.direction == store::HistoryCursor::Direction::kAfter;
  const auto centre = around == 0 ? std::nullopt : store::read_engagement(session, identity, around, filter);
  if (centre) {
    part.page = read_around(session, query, centre->row, filter);
    return true;
  }
  part.page = store::read_history(session, query, filter);
  // A cursor in the middle has something on its other side; first and last have not.
  const bool at_end = query.cursor.occurred_us == std::numeric_limits<Microseconds>::max() ||
                      query.cursor.occurred_us == std::numeric_limits<Microseconds>::min();
  (from_first ? part.page.more_before : part.page.more_after) = !at_end;
  return false;
}

/// known: all triggers of the identity, or nullptr.
void read_triggers_into(HistoryPart& part, store::Session& session, const store::HistoryQuery& query, bool centred,
                        const std::vector<store::TriggerRow>* known, const store::ViewFilter& filter) {
  // Triggers have no filter of their own, so they are left out where the rows are filtered.
  if (!query.channel.empty() || !query.search.empty()) return;
  const auto [from_us, to_us] = trigger_window(part.page, query.cursor, centred);
  if (known == nullptr) {
    part.triggers = store::read_triggers(session, query.records, from_us, to_us, query.cursor.direction, filter);
  } else {
    for (const store::TriggerRow& trigger : *known) {
      const bool is_asked =
          std::find(query.records.begin(), query.records.end(), trigger.record) != query.records.end();
      if (is_asked && trigger.occurred_us >= from_us && trigger.occurred_us <= to_us) part.triggers.push_back(trigger);
    }
  }
  if (!centred) trim(part, query.cursor.direction == store::HistoryCursor::Direction::kAfter);
}

}  // namespace

HistoryPart read_history_part(store::Session& session, Id identity, const store::HistoryQuery& query, Id around,
                              Id present_thread, const store::ViewFilter& filter) {
  HistoryPart part;
  part.present_thread = present_thread;
  if (query.records.empty()) return part;
  const bool centred = read_rows(part, session, identity, query, around, filter);
  if (part.page.rows.empty()) return part;
  read_triggers_into(part, session, query, centred, nullptr, filter);
  part.threads = store::read_threads(session, threads_of(part.page, part.triggers), identity, filter);
  return part;
}

std::optional<KnownHistoryPart> read_known_history(store::Session& session, const store::KnownIdentity& known,
                                                   const store::HistoryQuery& query, Id around,
                                                   const store::OpeningQuery& asked) {
  const store::ViewFilter everything({true, {}, {}, {}}, asked.account);
  HistoryPart part;
  if (query.records.empty()) return std::nullopt;
  const bool centred = read_rows(part, session, known.ref.id, query, around, everything);
  if (part.page.rows.empty()) return std::nullopt;
  read_triggers_into(part, session, query, centred, known.triggers.get(), everything);
  std::optional<store::ThreadsOfKey> threads = store::read_threads_of_key(
      session, threads_of(part.page, part.triggers), record_ids(*known.records), asked.kind, asked.key);
  if (!threads) return std::nullopt;
  part.threads = std::move(threads->threads);
  for (const store::ThreadRow& thread : part.threads)
    if (thread.account == asked.account && thread.source_key == asked.thread && !thread.partition_key.empty())
      part.present_thread = thread.id;
  return KnownHistoryPart{std::move(part), threads->settings_version, threads->holder};
}

namespace {

/// Gives the attributes their interests' names and keeps those that this agent may see and that have not expired.
/// Triggers of what may not be seen go with it.
void take_attributes(IdentityPicture& picture, store::Session& session, store::Taxonomy& taxonomy, const Asking& asking,
                     store::Opening& opening, Microseconds now_us) {
  std::vector<Id> interests;
  interests.reserve(opening.attributes.size());
  for (const store::UnnamedAttribute& attribute : opening.attributes) interests.push_back(attribute.interest);
  std::vector<store::InterestName> names = taxonomy.names_of(session, opening.settings.version, interests);
  const bool sensitive = asking.has_scope("attribute.sensitive");
  std::vector<store::TriggerRow>& triggers = opening.triggers;
  std::vector<bool> named(triggers.size());
  picture.attributes.reserve(opening.attributes.size());
  for (std::size_t index = 0; index < opening.attributes.size(); ++index) {
    store::AttributeRow& row = opening.attributes[index].row;
    if (row.sensitive && !sensitive) continue;
    if (row.interest) {
      row.category = names[index].category;
      row.name = names[index].name;
      for (std::size_t at = 0; at < triggers.size(); ++at) {
        if (triggers[at].attribute != row.id) continue;
        triggers[at].interest = row.name;
        triggers[at].category = row.category;
        named[at] = true;
      }
    }
    if (!row.expires_us || *row.expires_us > now_us) picture.attributes.push_back(std::move(row));
  }
  std::size_t at = 0;
  std::erase_if(triggers, [&](const store::TriggerRow&) { return !named[at++]; });
  picture.known.reserve(picture.attributes.size());
  for (const store::AttributeRow& attribute : picture.attributes) picture.known.push_back(known_of(attribute));
}

void take_history(HistoryPart& part, store::Session& session, store::Opening& opening, std::span<const Id> records,
                  const store::ViewFilter& filter) {
  store::HistoryQuery query;
  query.records.assign(records.begin(), records.end());
  query.limit = kPageRows;
  if (!opening.has_page) opening.page = store::read_history(session, query, filter);
  part.page = std::move(opening.page);
  if (part.page.rows.empty()) return;
  const auto [from_us, to_us] = trigger_window(part.page, query.cursor, false);
  if (opening.all_triggers) {
    part.triggers = std::move(opening.triggers);
    std::erase_if(part.triggers, [from = from_us, to = to_us](const store::TriggerRow& trigger) {
      return trigger.occurred_us < from || trigger.occurred_us > to;
    });
  } else {
    part.triggers = store::read_triggers(session, records, from_us, to_us, query.cursor.direction, filter);
  }
  trim(part, false);
}

}  // namespace

IdentityPicture picture_of(store::Session& session, store::Taxonomy& taxonomy, const Asking& asking,
                           store::Opening opening, Id present_thread, const store::ViewFilter& filter,
                           Microseconds now_us) {
  IdentityPicture picture;
  picture.ref = opening.ref;
  picture.history.present_thread = present_thread;
  if (picture.ref.id == 0) return picture;
  take_attributes(picture, session, taxonomy, asking, opening, now_us);
  picture.records = std::move(opening.records);
  picture.identifiers = std::move(opening.identifiers);
  picture.notes = std::move(opening.notes);
  picture.looked = opening.looked;
  take_history(picture.history, session, opening, record_ids(picture.records), filter);
  const std::vector<Id> shown = threads_of(picture.history.page, picture.history.triggers);
  if (opening.all_threads) {
    picture.totals = store::totals_of(opening.threads, present_thread);
    picture.history.threads = store::threads_among(opening.threads, shown);
  } else {
    picture.totals = store::read_totals(session, picture.ref.id, present_thread, filter);
    picture.history.threads = store::read_threads(session, shown, picture.ref.id, filter);
  }
  return picture;
}

IdentityPicture read_picture(store::Session& session, const Asking& asking, store::IdentityRef ref, Id present_thread,
                             const store::ViewFilter& filter, Microseconds now_us) {
  IdentityPicture picture;
  picture.ref = ref;
  if (ref.id == 0) return picture;
  picture.records = store::read_records(session, ref.id, filter);
  picture.identifiers = store::read_identifiers(session, ref.id, filter);
  std::erase_if(picture.identifiers, [&](const store::IdentifierRow& identifier) {
    return std::none_of(picture.records.begin(), picture.records.end(),
                        [&](const store::RecordRow& record) { return record.id == identifier.record; });
  });
  picture.notes = store::read_notes(session, ref.id);
  read_attributes_into(picture, session, asking, filter, now_us);
  picture.totals = store::read_totals(session, ref.id, present_thread, filter);
  picture.looked = store::read_looked(session, asking.agent.id, ref.id);
  store::HistoryQuery query;
  query.records = record_ids(picture.records);
  query.limit = kPageRows;
  picture.history = read_history_part(session, ref.id, query, 0, present_thread, filter);
  return picture;
}

}  // namespace identities::panel
