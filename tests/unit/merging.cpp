#include "merging.hpp"

#include <fmt/format.h>

#include <deque>
#include <map>

#include "core/identity_event.hpp"
#include "recount.hpp"
#include "store/note_writer.hpp"

namespace identities::unit {
namespace {

/// The membership that the deltas give, applied one after the other.
std::map<Id, Id> fold(const std::vector<IdentityEvent>& events) {
  std::map<Id, Id> membership;
  for (const IdentityEvent& event : events) {
    if (event.type == EventType::kObserve) membership[event.record] = event.identity;
    for (const Move& move : event.delta.moves) membership[move.record] = move.to;
  }
  return membership;
}

}  // namespace

Id MergingDatabase::observe(const std::string& record, const std::string& name,
                            std::vector<GivenIdentifier> identifiers, std::size_t account, Microseconds at_us) {
  Attributes attributes;
  attributes.customer = {record, name, std::move(identifiers)};
  ++now_us_;
  apply({at_us, attributes}, accounts_.at(account));
  return identity_of(record);
}

Id MergingDatabase::observe(const std::string& record, const std::string& name, std::vector<std::string> emails,
                            std::size_t account) {
  return observe(record, name, customer(record, std::move(emails)).identifiers, account);
}

void MergingDatabase::write_facts(const std::string& record, std::size_t account) {
  Item item = message("m-" + record, kNow, record, Direction::kIn, "t-" + record);
  std::get<Engagement>(item.content).customer.name.clear();
  apply(item, accounts_.at(account));
  store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
  store::Note note;
  note.id = next_id(kNow);
  note.record = record_id(record);
  note.author = {"mia", "Mia"};
  note.created_us = kNow;
  note.text = "note on " + record;
  store::insert_note(*session_, note);
  transaction.commit();
}

Id MergingDatabase::record_id(const std::string& record) {
  static const store::Statement kFind{"find_test_record", "SELECT id FROM record WHERE source_key = ?"};
  Id id = 0;
  session_->query(kFind, {std::string_view(record)}, [&](const store::Row& row) { id = row.integer(0); });
  return id;
}

Id MergingDatabase::identity_of(const std::string& record) {
  static const store::Statement kFind{"find_test_identity", "SELECT identity_id FROM record WHERE source_key = ?"};
  Id id = 0;
  session_->query(kFind, {std::string_view(record)}, [&](const store::Row& row) { id = row.integer(0); });
  return id;
}

IdentityEvent MergingDatabase::split(const std::string& from, const std::set<std::string>& records) {
  std::set<Id> ids;
  for (const std::string& record : records) ids.insert(record_id(record));
  return command([&](store::Merging& merging) { return merging.split(identity_of(from), ids); });
}

std::vector<std::string> MergingDatabase::texts(const std::string& sql) {
  static std::deque<store::Statement> statements;  // a session remembers a statement by its address
  static std::deque<std::string> names;
  const auto known = std::find_if(statements.begin(), statements.end(),
                                  [&](const store::Statement& statement) { return statement.text == sql; });
  const store::Statement* statement = known == statements.end() ? nullptr : &*known;
  if (statement == nullptr) {
    names.push_back(fmt::format("test_text_{}", names.size()));
    statements.push_back({names.back(), sql});
    statement = &statements.back();
  }
  std::vector<std::string> rows;
  session_->query(*statement, {}, [&](const store::Row& row) { rows.emplace_back(row.text(0)); });
  return rows;
}

std::vector<std::string> MergingDatabase::state(bool with_cannot_links) {
  std::string sql =
      "SELECT 'm ' || r.source_key || ' ' || r.identity_id FROM record r UNION ALL "
      "SELECT 'r ' || x.identity_id || ' ' || x.live_id FROM identity_redirect x UNION ALL "
      "SELECT 'd ' || r.source_key || ' ' || i.kind || ' ' || i.value FROM identifier i JOIN record r ON r.id = "
      "i.record_id WHERE i.detached_by > 0";
  if (with_cannot_links)
    sql +=
        " UNION ALL SELECT 'c ' || a.source_key || ' ' || b.source_key FROM cannot_link c JOIN record a ON a.id = "
        "c.record_id JOIN record b ON b.id = c.other_record_id";
  return texts(sql + " ORDER BY 1");
}

std::vector<std::string> MergingDatabase::stored() {
  return texts("SELECT id || ' ' || identity_id FROM record ORDER BY id");
}

std::vector<std::string> MergingDatabase::folded() {
  static const store::Statement kEvents{"all_events",
                                        "SELECT id, type, identity_id, record_id, payload, target_id FROM identity_log "
                                        "ORDER BY id"};
  std::vector<IdentityEvent> events;
  session_->query(kEvents, {}, [&](const store::Row& row) {
    IdentityEvent& event = events.emplace_back();
    event.id = row.integer(0);
    event.type = event_type(row.text(1));
    event.identity = row.integer(2);
    event.record = row.integer(3);
    event.target = row.integer(5);
    read_payload(row.text(4), event);
  });
  std::vector<std::string> membership;
  for (const auto& [record, identity] : fold(events)) membership.push_back(fmt::format("{} {}", record, identity));
  return membership;
}

std::vector<std::string> MergingDatabase::facts() {
  return texts(
      "SELECT 'e ' || record_id || ' ' || id || ' ' || occurred_us FROM engagement UNION ALL SELECT 'n ' || record_id "
      "|| ' ' || id || ' ' || text FROM note UNION ALL SELECT 'a ' || record_id || ' ' || id FROM attribute UNION ALL "
      "SELECT 'g ' || record_id || ' ' || id FROM interest_trigger UNION ALL SELECT 'i ' || record_id || ' ' || kind "
      "|| value FROM identifier ORDER BY 1");
}

std::string MergingDatabase::broken() {
  return support::broken_invariants([&](const std::string& sql) { return count(sql); });
}

}  // namespace identities::unit
