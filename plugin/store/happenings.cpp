#include "store/happenings.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "core/identity_replay.hpp"
#include "core/link_rules.hpp"
#include "store/identity_log.hpp"
#include "store/shared_value.hpp"

namespace identities::store {
namespace {

constexpr std::int64_t kPage = 500;
constexpr Microseconds kPatienceUs = 60 * kSecondUs;
constexpr Id kAtTheEnd = std::numeric_limits<Id>::max();

const Statement kRecords{"happened_records",
                         "SELECT id, account_id, identity_id, name, name_us, handle, created_us FROM record WHERE id > "
                         "? ORDER BY id LIMIT ?"};
const Statement kIdentifiers{"happened_identifiers",
                             "SELECT record_id, kind, value, shown, verified, first_us, created_us FROM identifier "
                             "WHERE {record_id = ?}"};
const Statement kBirthDates{"happened_birth_dates",
                            "SELECT record_id, type, number_value, text_value, set_us FROM attribute WHERE {record_id "
                            "= ?} AND attribute_key = 'person.birth_date' AND removed = 0"};
const Statement kJudgements{"happened_judgements",
                            "SELECT id FROM identity_log WHERE id > ? AND id <= ? AND ((type IN ('merge', 'split', "
                            "'unlink', 'judge_not', 'judge_same', 'undo') AND actor LIKE 'agent:%') OR (type = "
                            "'autolink' AND record_id IS NULL)) ORDER BY id"};
/// Have those two records a customer id in common?
const Statement kSameCustomer{"happened_same_customer",
                              "SELECT COUNT(*) FROM identifier i JOIN identifier o ON o.kind = i.kind AND o.value = "
                              "i.value WHERE i.record_id = ? AND o.record_id = ? AND i.kind = 'customer'"};
const Statement kDetached{
    "happened_detached",
    "SELECT record_id, kind, value, shown FROM identifier WHERE {record_id = ? AND detached_by = ?}"};
const Statement kShared{"happened_shared",
                        "SELECT shown FROM identifier WHERE kind = ? AND value = ? ORDER BY record_id LIMIT 1"};

// Of the database aside.
const Statement kMakeAside{"make_aside",
                           "CREATE TABLE aside (moment BIGINT NOT NULL, record_id BIGINT NOT NULL, kind VARCHAR(16) "
                           "NOT NULL, value BLOB NOT NULL, account_id BIGINT NOT NULL, shown VARCHAR(400) NOT NULL, "
                           "verified SMALLINT NOT NULL, first_us BIGINT NOT NULL, created_us BIGINT NOT NULL, PRIMARY "
                           "KEY (moment, record_id, kind, value)) WITHOUT ROWID"};
const Statement kPutAside{"put_aside", "INSERT INTO aside VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kAside{"read_aside",
                       "SELECT moment, record_id, kind, value, account_id, shown, verified, first_us, created_us FROM "
                       "aside WHERE moment <= ? ORDER BY moment, record_id, kind, value LIMIT ?"};
const Statement kTaken{"drop_aside", "DELETE FROM aside WHERE (moment, record_id, kind, value) <= (?, ?, ?, ?)"};

template <typename Work>
void read(Pool& pool, Work&& work) {
  pool.with_session(pool.clock().monotonic_us() + kPatienceUs, [&](Session& session) {
    Transaction transaction(session, Transaction::Kind::kRead);
    work(session);
    transaction.commit();
    return true;
  });
}

GivenAttribute birth_date_of(const Row& row) {
  GivenAttribute attribute;
  attribute.key = "person.birth_date";
  attribute.type = static_cast<AttributeType>(std::clamp<std::int64_t>(row.integer(1), 0, 5));
  attribute.number = row.number(2);
  attribute.text = row.text(3);
  attribute.set_us = row.integer(4);
  return attribute;
}

Arrival arrival_of(const Row& row) {
  Arrival arrival;
  arrival.record = row.integer(0);
  arrival.account = row.integer(1);
  arrival.identity = row.integer(2);
  arrival.name = row.text(3);
  arrival.handle = row.text(5);
  arrival.created_us = row.integer(6);
  // A record without a name has a time before all.
  arrival.at_us = arrival.name.empty() ? arrival.created_us : row.integer(4);
  return arrival;
}

/// Did somebody say so? What the rules found they find again, or not; two existing records that are one customer by D1
/// without an id of theirs in common are declared by their source.
bool is_said(Session& session, const IdentityEvent& event) {
  if (event.type != EventType::kAutolink) return true;
  if (event.rule != code_of(LinkRule::kCustomerId)) return false;
  bool has_id = false;
  session.query(kSameCustomer, {event.pair.first, event.pair.second},
                [&](const Row& row) { has_id = row.integer(0) != 0; });
  return !has_id;
}

void bring(Arrival& arrival, ToldIdentifier identifier) {
  arrival.at_us = arrival.identifiers.empty() ? identifier.first_us : std::min(arrival.at_us, identifier.first_us);
  arrival.identifiers.push_back(std::move(identifier));
}

}  // namespace

Happenings::Happenings(Pool& stored, Session& aside) : stored_(stored), aside_(aside) {
  aside_.execute(kMakeAside, {});
}

std::vector<Happening> Happenings::next() {
  std::vector<Happening> page;
  while (page.empty() && !ended_) {
    if (records_.empty() && !all_read_) read_records();
    Id until = all_read_ ? kAtTheEnd : records_.back().moment;
    page = take_from_aside(until);
    add_judgements(until, page);
    for (; !records_.empty() && records_.front().moment <= until; records_.pop_front())
      page.push_back(std::move(records_.front()));
    std::stable_sort(page.begin(), page.end(),
                     [](const Happening& a, const Happening& b) { return a.moment < b.moment; });
    after_ = until;
    ended_ = until == kAtTheEnd;
  }
  return page;
}

void Happenings::read_records() {
  std::map<Id, Arrival*> by_record;
  std::vector<Happening> later;
  std::map<std::pair<Id, Microseconds>, Arrival> got_later;
  read(stored_, [&](Session& session) {
    std::vector<std::vector<Parameter>> sets;
    session.query(kRecords, {last_read_, kPage}, [&](const Row& row) {
      records_.push_back({row.integer(0), arrival_of(row)});
      sets.push_back({row.integer(0)});
    });
    all_read_ = std::ssize(sets) < kPage;
    if (sets.empty()) return;
    for (Happening& each : records_) by_record[each.moment] = &std::get<Arrival>(each.what);
    const auto identifier = [&](const Row& row) {
      Arrival& record = *by_record.at(row.integer(0));
      const Microseconds created_us = row.integer(6);
      ToldIdentifier told{std::string(row.text(1)), std::string(row.text(2)), std::string(row.text(3)),
                          row.integer(4) != 0, row.integer(5)};
      if (created_us <= record.created_us) return bring(record, std::move(told));
      Arrival& got = got_later[{record.record, created_us}];
      got.record = record.record;
      got.account = record.account;
      got.created_us = created_us;
      bring(got, std::move(told));
    };
    const auto birth_date = [&](const Row& row) { by_record.at(row.integer(0))->birth_date = birth_date_of(row); };
    const std::array<Session::AskEach, 2> asks = {
        {{&kIdentifiers, sets, identifier}, {&kBirthDates, sets, birth_date}}};
    session.query_each(asks);
  });
  if (!records_.empty()) last_read_ = records_.back().moment;
  later.reserve(got_later.size());
  for (auto& [place, arrival] : got_later)
    later.push_back({std::max(first_id_at(arrival.created_us), arrival.record + 1), std::move(arrival)});
  put_aside(later);
}

void Happenings::put_aside(const std::vector<Happening>& later) {
  if (later.empty()) return;
  Transaction transaction(aside_, Transaction::Kind::kWrite);
  for (const Happening& each : later) {
    const auto& arrival = std::get<Arrival>(each.what);
    for (const ToldIdentifier& told : arrival.identifiers)
      aside_.execute(kPutAside, {each.moment, arrival.record, std::string_view(told.kind), std::string_view(told.value),
                                 arrival.account, std::string_view(told.shown), std::int64_t{told.verified},
                                 told.first_us, arrival.created_us});
  }
  transaction.commit();
}

std::vector<Happening> Happenings::take_from_aside(Id& until) {
  std::vector<Happening> taken;
  std::int64_t rows = 0;
  std::string kind;
  std::string value;
  aside_.query(kAside, {until, kPage}, [&](const Row& row) {
    ++rows;
    const Id moment = row.integer(0);
    const Id record = row.integer(1);
    kind = row.text(2);
    value = row.text(3);
    if (taken.empty() || taken.back().moment != moment || std::get<Arrival>(taken.back().what).record != record) {
      Arrival arrival;
      arrival.record = record;
      arrival.account = row.integer(4);
      arrival.created_us = row.integer(8);
      taken.push_back({moment, std::move(arrival)});
    }
    bring(std::get<Arrival>(taken.back().what),
          {kind, value, std::string(row.text(5)), row.integer(6) != 0, row.integer(7)});
  });
  if (rows == 0) return taken;
  if (rows == kPage) until = taken.back().moment;
  aside_.execute(kTaken, {taken.back().moment, std::get<Arrival>(taken.back().what).record, std::string_view(kind),
                          std::string_view(value)});
  return taken;
}

void Happenings::add_judgements(Id until, std::vector<Happening>& to) {
  read(stored_, [&](Session& session) {
    std::vector<Id> ids;
    session.query(kJudgements, {after_, until}, [&](const Row& row) { ids.push_back(row.integer(0)); });
    for (const Id id : ids) {
      auto event = find_event(session, id);
      if (!event || !is_said(session, *event)) continue;
      Judgement judgement{std::move(*event), {}, {}, {}};
      if (judgement.event.type == EventType::kUndo) judgement.target = find_event(session, judgement.event.target);
      std::vector<std::vector<Parameter>> sets;
      if (judgement.event.type == EventType::kUnlink && !judgement.event.delta.detached.empty()) {
        const std::vector<Id>& touched = judgement.event.touched;
        const auto since = events_of(session, {touched.begin(), touched.end()});
        for (const Id record : touched) sets.push_back({record, mark_of(since, record, id)});
      }
      const Session::AskEach ask{&kDetached, std::move(sets), [&](const Row& row) {
                                   judgement.detached.push_back({row.integer(0),
                                                                 {std::string(row.text(1)), std::string(row.text(2)),
                                                                  std::string(row.text(3)), false, 0}});
                                 }};
      if (!ask.sets.empty()) session.query_each(std::span(&ask, 1));
      for (const SharedValue& each : judgement.event.delta.shared)
        if (const auto value = shared_by(session, each.log))
          session.query(kShared, {std::string_view(value->kind), std::string_view(value->value)}, [&](const Row& row) {
            judgement.shared.push_back({{value->kind, value->value, std::string(row.text(0)), false, 0}, each.after});
          });
      to.push_back({id, std::move(judgement)});
    }
  });
}

}  // namespace identities::store
