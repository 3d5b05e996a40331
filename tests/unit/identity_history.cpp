#include "identity_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/identity_replay.hpp"
#include "store/note_writer.hpp"

namespace identities::unit {
namespace {

constexpr Microseconds kDayUs = 24 * 3600 * kSecondUs;
constexpr std::size_t kMostPeople = 26;

}  // namespace

std::string RandomHistory::begin(unsigned seed, Pools pools) {
  // Other histories than the suite's: IDENTITIES_SEEDS=N adds N to each seed.
  if (const char* const more = std::getenv("IDENTITIES_SEEDS")) seed += static_cast<unsigned>(std::stoul(more));
  random_.seed(seed);
  pools_ = std::move(pools);
  prefix_ = fmt::format("h{}-", ++number_);
  told_.clear();
  people_.clear();
  return fmt::format("seed {}", seed);
}

GivenIdentifier RandomHistory::email(int number) const {
  return given(IdentifierKind::kEmail, fmt::format("e{}.{}@customer.net", number, prefix_));
}
GivenIdentifier RandomHistory::mobile(int number) const {
  return given(IdentifierKind::kPhone, fmt::format("+61400{:03}{:03}", number_, number));
}
GivenIdentifier RandomHistory::landline(int number) const {
  return given(IdentifierKind::kPhone, fmt::format("+6129{:03}{:04}", number_, number));
}
GivenIdentifier RandomHistory::customer_id(int number) const {
  return given(IdentifierKind::kCustomer, fmt::format("{}C{}", prefix_, number), "crm");
}
GivenIdentifier RandomHistory::platform_id(int number) const {
  return given(IdentifierKind::kPlatform, fmt::format("{}U{}", prefix_, number), "x");
}
GivenIdentifier RandomHistory::role() const {
  return given(IdentifierKind::kEmail, fmt::format("info@{}customer.net", prefix_));
}
GivenIdentifier RandomHistory::placeholder() const {
  return given(IdentifierKind::kPhone, "000000000");
}

Told RandomHistory::draw_of(const std::string& record) {
  Told told;
  told.record = record;
  told.name = any_of(pools_.names);
  told.account = static_cast<std::size_t>(below(2));
  told.at_us = kNow - (pools_.old_times && below(3) == 0 ? 400 * kDayUs : below(100) * kDayUs);
  told.message = below(2) == 0;
  const int wanted = 1 + below(pools_.most_identifiers);
  for (int number = 0; number < wanted; ++number) {
    const int kind = below(100);
    if (kind < 40)
      told.identifiers.push_back(email(below(pools_.emails)));
    else if (kind < 68)
      told.identifiers.push_back(mobile(below(pools_.mobiles)));
    else if (kind < 78 && pools_.customer_ids > 0)
      told.identifiers.push_back(customer_id(below(pools_.customer_ids)));
    else if (kind < 86 && pools_.platform_ids > 0)
      told.identifiers.push_back(platform_id(below(pools_.platform_ids)));
    else if (kind < 92 && pools_.landlines)
      told.identifiers.push_back(landline(below(2)));
    else if (pools_.nobodys)
      told.identifiers.push_back(below(2) == 0 ? role() : placeholder());
  }
  return told;
}

Told RandomHistory::draw() {
  if (people_.size() >= kMostPeople || (!people_.empty() && below(4) == 0)) {
    const std::string record = any_of(people_);
    Told told = draw_of(record);
    const auto first =
        std::find_if(told_.begin(), told_.end(), [&](const Told& each) { return each.record == record; });
    told.account = first->account;
    return told;
  }
  return draw_of(record_named(fmt::format("r{}", people_.size())));
}

void RandomHistory::tell(Told told) {
  told_.push_back(told);
  if (std::find(people_.begin(), people_.end(), told.record) == people_.end()) people_.push_back(told.record);
  ++now_us_;
  const Customer customer{told.record, told.name, told.identifiers};
  if (!told.message) {
    Attributes attributes;
    attributes.customer = customer;
    apply({told.at_us, attributes}, accounts_.at(told.account));
    return;
  }
  Item item = message("m-" + told.record + "-" + std::to_string(told.at_us), told.at_us, told.record, Direction::kIn,
                      "t-" + told.record);
  std::get<Engagement>(item.content).customer = customer;
  apply(item, accounts_.at(told.account));
}

void RandomHistory::add_facts(const std::string& record) {
  const auto first = std::find_if(told_.begin(), told_.end(), [&](const Told& each) { return each.record == record; });
  const int number = ++facts_;
  Item item = message(fmt::format("f-{}", number), kNow - below(5) * kSecondUs, record, Direction::kIn, "t-" + record);
  auto& engagement = std::get<Engagement>(item.content);
  engagement.customer.name.clear();
  engagement.interests.push_back({"Sport", fmt::format("Interest {}", below(3)), "so they said", Party::kFirst, {}});
  apply(item, accounts_.at(first->account));
  store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
  store::Note note;
  note.id = next_id(now_us_);
  note.record = record_id(record);
  note.author = {"mia", "Mia"};
  note.created_us = now_us_;
  note.text = fmt::format("note {}", number);
  store::insert_note(*session_, note);
  transaction.commit();
}

std::optional<IdentityEvent> RandomHistory::attempt(const std::function<IdentityEvent(store::Merging&)>& work) {
  try {
    return command(work);
  } catch (const store::NotPossible&) {
    ++refused_;
    return std::nullopt;
  }
}

std::optional<IdentityEvent> RandomHistory::merge_any() {
  const Id left = identity_of(any_of(people_));
  const Id right = identity_of(any_of(people_));
  return attempt([&](store::Merging& merging) { return merging.merge(left, right, {}); });
}

std::optional<IdentityEvent> RandomHistory::split_any() {
  const std::string from = any_of(people_);
  std::set<Id> records;
  for (const std::string& each : beside(from))
    if (each == from || below(2) == 0) records.insert(record_id(each));
  const Id identity = identity_of(from);
  return attempt([&](store::Merging& merging) { return merging.split(identity, records); });
}

std::optional<IdentityEvent> RandomHistory::judge_any() {
  const Id left = identity_of(any_of(people_));
  const Id right = identity_of(any_of(people_));
  return attempt([&](store::Merging& merging) { return merging.judge_not(left, right, 0); });
}

std::optional<IdentityEvent> RandomHistory::unlink_any() {
  const Id identity = identity_of(any_of(people_));
  const std::vector<std::string> values = texts(fmt::format(
      "SELECT DISTINCT i.kind || ' ' || i.value FROM identifier i JOIN record r ON r.id = i.record_id WHERE "
      "r.identity_id = {} AND i.detached_by <= 0 AND i.kind IN ('email', 'phone') ORDER BY 1",
      identity));
  if (values.empty()) return std::nullopt;
  const std::string chosen = any_of(values);
  const auto space = chosen.find(' ');
  const auto unlink = [&] {
    return attempt([&](store::Merging& merging) {
      return merging.unlink(identity, chosen.substr(0, space), chosen.substr(space + 1));
    });
  };
  const auto off = unlink();
  if (!off || below(3) == 0) return off;
  // Given back and taken off again, and whether the first counts after all is to be seen.
  const auto undone = undo_if_possible(off->id);
  auto again = unlink();
  return undone && below(2) == 0 ? undo_if_possible(undone->id) : again;
}

void RandomHistory::doubt(const std::string& record) {
  const std::set<std::string> all = beside(record);
  if (all.size() < 2) return;
  store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
  store::suggest(*session_, {record_id(*all.begin()), record_id(*all.rbegin()), "D3", true, 4, "[]"}, now_us_);
  transaction.commit();
}

std::optional<IdentityEvent> RandomHistory::decide_any() {
  const std::string& record = any_of(people_);
  if (below(3) == 0) doubt(record);
  const Id identity = identity_of(record);
  const std::vector<store::Suggestion> open = store::open_suggestions(*session_, identity);
  if (open.empty()) return std::nullopt;
  const store::Suggestion& chosen = open.front();
  if (chosen.review)
    return attempt([&](store::Merging& merging) {
      return below(2) == 0 ? merging.split(identity, {chosen.other_record})
                           : merging.judge_same(identity, {chosen.record, chosen.other_record}, chosen.id);
    });
  if (below(2) == 0)
    return attempt([&](store::Merging& merging) {
      return merging.merge(identity, chosen.other_identity,
                           {EventType::kMerge, "J", {chosen.record, chosen.other_record}, chosen.id});
    });
  return attempt(
      [&](store::Merging& merging) { return merging.judge_not(identity, chosen.other_identity, chosen.id); });
}

std::optional<IdentityEvent> RandomHistory::undo_if_possible(Id event) {
  return attempt([&](store::Merging& merging) { return merging.undo(event); });
}

std::optional<IdentityEvent> RandomHistory::undo_any() {
  const std::string record = any_of(people_);
  std::vector<Id> events;
  for (const IdentityEvent& event : store::events_of(*session_, {record_id(record)})) events.push_back(event.id);
  if (events.empty()) return std::nullopt;
  return undo_if_possible(any_of(events));
}

std::optional<IdentityEvent> RandomHistory::act() {
  switch (below(14)) {
    case 0:
    case 1:
    case 2:
      return merge_any();
    case 3:
    case 4:
      return split_any();
    case 5:
    case 6:
      return judge_any();
    case 7:
      return unlink_any();
    case 8:
    case 9:
      return decide_any();
    default:
      return undo_any();
  }
}

void RandomHistory::step() {
  const int kind = below(100);
  if (people_.size() < 3 || kind < 50)
    tell(draw());
  else if (kind < 55)
    tell(any_of(told_));
  else if (kind < 62)
    add_facts(any_of(people_));
  else
    act();
}

std::map<std::string, std::int64_t> RandomHistory::happened() {
  std::map<std::string, std::int64_t> times{{"refused", refused_}};
  const std::set<Id> counts = counting(log());
  for (const IdentityEvent& event : log()) {
    ++times[std::string(name_of(event.type))];
    if (event.type == EventType::kUnlink && event.rule == "S3") ++times["recycled"];
    const auto& off = event.delta.detached;
    if (event.type == EventType::kUnlink &&
        std::any_of(off.begin(), off.end(), [](const Detached& each) { return each.before != 0; }))
      ++times["unlink_again"];
    if (event.type == EventType::kAutolink) ++times[event.rule];
    if (event.type == EventType::kUndo && !counts.contains(event.id)) ++times["redo"];
    if (event.type == EventType::kUndo && !event.delta.shared.empty()) ++times["own_again"];
  }
  times["suggestion"] = count("SELECT COUNT(*) FROM suggestion");
  times["conflict"] = count("SELECT COUNT(*) FROM suggestion WHERE review = 0 AND rule LIKE 'D%'");
  times["cannot_link"] = count("SELECT COUNT(*) FROM cannot_link");
  return times;
}

std::map<std::string, std::string> RandomHistory::partition() {
  std::map<std::string, std::string> first_of;
  std::map<Id, std::string> first;  // by identity
  for (const std::string& record : people_) {
    const std::string rest = record.substr(prefix_.size());
    first_of[rest] = first.try_emplace(identity_of(record), rest).first->second;
  }
  return first_of;
}

std::set<std::string> RandomHistory::beside(const std::string& record) {
  std::set<std::string> names;
  const Id identity = identity_of(record);
  for (const std::string& each : people_)
    if (identity_of(each) == identity) names.insert(each);
  return names;
}

std::vector<std::string> RandomHistory::canonical() {
  std::vector<std::string> all = state(false);
  for (std::string& fact : facts()) all.push_back(std::move(fact));
  for (std::string& each : texts(
           "SELECT 'p ' || id || ' ' || COALESCE(name, '-') || ' ' || COALESCE(handle, '-') FROM record UNION ALL "
           "SELECT 't ' || record_id || ' ' || thread_id || ' ' || in_count || ' ' || out_count || ' ' || "
           "internal_count || ' ' || COALESCE(last_us, 0) FROM record_thread UNION ALL "
           "SELECT 's ' || record_id || ' ' || other_record_id || ' ' || rule || ' ' || state FROM suggestion UNION "
           "ALL SELECT 'k ' || record_id || ' ' || kind || ' ' || value FROM weak_key UNION ALL SELECT 'v ' || kind "
           "|| ' ' || value || ' ' || state FROM identifier_value UNION ALL SELECT 'x ' || r.id || ' ' || d.kind FROM "
           "record r JOIN identity d ON d.id = r.identity_id ORDER BY 1"))
    all.push_back(std::move(each));
  static const store::Statement kKeys{"all_keys", "SELECT DISTINCT kind, value FROM identifier ORDER BY kind, value"};
  std::vector<std::pair<IdentifierKind, std::string>> keys;
  session_->query(kKeys, {}, [&](const store::Row& row) {
    if (const auto kind = identifier_kind(row.text(0))) keys.emplace_back(*kind, row.text(1));
  });
  for (const auto& [kind, key] : keys)
    for (const store::Account& account : accounts_)
      if (const auto found = store::resolve(*session_, kind, key, account.id))
        all.push_back(fmt::format("w {} {} {} {}", name_of(kind), key, account.name, found->id));
  return all;
}

std::vector<std::string> RandomHistory::kept_apart() {
  return texts("SELECT record_id || ' ' || other_record_id FROM cannot_link ORDER BY 1");
}

std::vector<IdentityEvent> RandomHistory::log() {
  static const store::Statement kIds{"all_event_ids", "SELECT id FROM identity_log ORDER BY id"};
  std::vector<Id> ids;
  session_->query(kIds, {}, [&](const store::Row& row) { ids.push_back(row.integer(0)); });
  std::vector<IdentityEvent> events;
  for (const Id id : ids) events.push_back(*store::find_event(*session_, id));
  return events;
}

std::vector<std::string> RandomHistory::built() {
  return texts(
      "SELECT 'm ' || id || ' ' || identity_id FROM record UNION ALL SELECT 'r ' || identity_id || ' ' || live_id FROM "
      "identity_redirect UNION ALL SELECT 'c ' || record_id || ' ' || other_record_id || ' ' || log_id FROM "
      "cannot_link UNION ALL SELECT 'd ' || record_id || ' ' || detached_by FROM identifier WHERE detached_by <> 0 "
      "UNION "
      "ALL SELECT 's ' || id || ' ' || state FROM suggestion WHERE state IN (1, 2) UNION ALL SELECT 'v ' || v.log_id "
      "|| ' ' "
      "|| "
      "v.standing || ' ' || n.state FROM shared_value v JOIN identifier_value n ON n.kind = v.kind AND n.value = "
      "v.value "
      "ORDER BY 1");
}

std::vector<std::string> RandomHistory::rebuilt() {
  std::map<Id, Id> members;
  std::map<Id, Id> redirects;
  std::map<std::pair<Id, Id>, Id> apart;
  std::multiset<std::pair<Id, Id>> off;
  std::map<Id, int> decided;
  std::map<Id, bool> shared;
  for (const IdentityEvent& event : log()) {
    for (const SharedValue& each : event.delta.shared) shared[each.log] = each.after;
    for (const Detached& each : event.delta.detached) {
      if (const auto found = off.find({each.record, each.before}); found != off.end()) off.erase(found);
      off.emplace(each.record, each.after);
    }
    for (const Decided& each : event.delta.decided) decided[each.suggestion] = each.after;
    if (event.type == EventType::kObserve) members[event.record] = event.identity;
    for (const Move& move : event.delta.moves) members[move.record] = move.to;
    for (const Redirect& redirect : event.delta.redirects) {
      if (redirect.after == 0)
        redirects.erase(redirect.identity);
      else
        redirects[redirect.identity] = redirect.after;
    }
    for (const CannotLink& link : event.delta.withdrawn)
      if (const auto found = apart.find({link.record, link.other}); found != apart.end() && found->second == link.log)
        apart.erase(found);
    for (const CannotLink& link : event.delta.added) apart[{link.record, link.other}] = link.log;
  }
  std::vector<std::string> lines;
  for (const auto& [record, identity] : members) lines.push_back(fmt::format("m {} {}", record, identity));
  for (const auto& [identity, live] : redirects) lines.push_back(fmt::format("r {} {}", identity, live));
  for (const auto& [pair, log] : apart) lines.push_back(fmt::format("c {} {} {}", pair.first, pair.second, log));
  for (const auto& [record, event] : off) lines.push_back(fmt::format("d {} {}", record, event));
  for (const auto& [suggestion, state] : decided)
    if (state == 1 || state == 2) lines.push_back(fmt::format("s {} {}", suggestion, state));
  for (const auto& [log, is] : shared) lines.push_back(fmt::format("v {} {:d} {:d}", log, is, is));
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> RandomHistory::tables() {
  if (url().dialect == store::Dialect::kSqlite)
    return texts("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
  return texts(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' "
      "ORDER BY table_name");
}

const std::string& RandomHistory::row_of(const std::string& table) {
  std::string& row = rows_[table];
  if (!row.empty()) return row;
  const std::vector<std::string> columns =
      url().dialect == store::Dialect::kSqlite
          ? texts("SELECT name FROM pragma_table_info('" + table + "')")
          : texts(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = "
                "'" +
                table + "' ORDER BY ordinal_position");
  row = "'" + table + "'";
  for (const std::string& column : columns) row += " || '|' || COALESCE(`" + column + "`, '-')";
  return row;
}

std::vector<std::string> RandomHistory::dump(const std::set<std::string>& without) {
  if (rows_.empty())
    for (const std::string& table : tables()) row_of(table);
  std::vector<std::string> rows;
  for (const auto& [table, row_text] : rows_) {
    if (without.contains(table)) continue;
    for (std::string& row : texts("SELECT " + row_text + " FROM `" + table + "` ORDER BY 1"))
      rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace identities::unit
