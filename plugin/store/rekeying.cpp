#include "store/rekeying.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "store/shared_value.hpp"
#include "store/stored_identifier.hpp"

namespace identities::store {
namespace {

const Statement kMarks{"rekey_marks",
                       "SELECT name, value FROM setting WHERE name IN ('rekey_at', 'rekey_done', 'rekey_wanted')"};
const Statement kSetMark{"set_rekey_mark", "UPDATE setting SET value = ? WHERE name = ?"};
const Statement kInsertMark{"insert_rekey_mark", "INSERT INTO setting (name, value) VALUES (?, ?)"};
const Statement kRulesBefore{"rules_before", "SELECT value FROM rule_set WHERE name = 'rekeyed'"};
const Statement kDeleteRulesBefore{"delete_rules_before", "DELETE FROM rule_set WHERE name = 'rekeyed'"};
const Statement kInsertRulesBefore{"insert_rules_before", "INSERT INTO rule_set (name, value) VALUES ('rekeyed', ?)"};
/// The rest of a value, of its kind, and of the kinds after it: each is one range of the primary key. As one condition
/// they are read from the beginning of the kind, page after page.
std::string next_of(std::string_view range, std::string_view order) {
  return fmt::format(
      "SELECT i.kind, i.value, i.record_id, i.shown, i.key_version, r.account_id, r.identity_id FROM identifier i "
      "@straight record r ON r.id = i.record_id WHERE {} ORDER BY {} LIMIT ?",
      range, order);
}
const Statement kNextOfValue{"rekey_next_of_value",
                             next_of("i.kind = ? AND i.value = ? AND i.record_id > ?", "i.record_id")};
const Statement kNextOfKind{"rekey_next_of_kind", next_of("i.kind = ? AND i.value > ?", "i.value, i.record_id")};
const Statement kNextKind{"rekey_next_kind", next_of("i.kind > ?", "i.kind, i.value, i.record_id")};
const Statement kLockValue{"lock_rekeyed_value",
                           "UPDATE identifier_value SET version = version + 1 WHERE kind = ? AND value = ?"};
const Statement kInsertValue{"insert_rekeyed_value",
                             "INSERT INTO identifier_value (kind, value, state) VALUES (?, ?, ?)"};
const Statement kSetState{"set_value_state",
                          "UPDATE identifier_value SET state = ?, version = version + 1 WHERE kind = ? AND value = ? "
                          "AND state = ? AND NOT EXISTS (SELECT 1 FROM shared_value s WHERE s.kind = "
                          "identifier_value.kind AND s.value = identifier_value.value AND s.standing = 1)"};
const Statement kDeleteValue{
    "delete_rekeyed_value",
    "DELETE FROM identifier_value WHERE kind = ? AND value = ? AND NOT EXISTS (SELECT 1 FROM identifier i WHERE i.kind "
    "= identifier_value.kind AND i.value = identifier_value.value)"};
const Statement kSetVersion{"set_key_version",
                            "UPDATE identifier SET key_version = ? WHERE kind = ? AND value = ? AND record_id = ?"};
const Statement kIdentifier{
    "rekeyed_identifier",
    "SELECT shown, verified, first_us, detached_by FROM identifier WHERE kind = ? AND value = ? "
    "AND record_id = ? @for_update"};
const Statement kMove{"move_identifier",
                      "UPDATE identifier SET kind = ?, value = ?, key_version = ? WHERE kind = ? AND value = ? AND "
                      "record_id = ?"};
const Statement kJoin{"join_identifiers",
                      "UPDATE identifier SET shown = ?, verified = ?, first_us = ?, detached_by = ? WHERE kind = ? AND "
                      "value = ? AND record_id = ?"};
const Statement kDelete{"delete_rekeyed", "DELETE FROM identifier WHERE kind = ? AND value = ? AND record_id = ?"};
const Statement kTold{"rekeyed_told",
                      "SELECT thread_id, internal, shown, verified, first_us FROM identifier_told WHERE record_id = ? "
                      "AND kind = ? AND value = ?"};
const Statement kMoveTold{"move_told",
                          "UPDATE identifier_told SET kind = ?, value = ? WHERE record_id = ? AND kind = ? AND value = "
                          "? AND thread_id = ? AND internal = ?"};
const Statement kJoinTold{"join_told",
                          "UPDATE identifier_told SET shown = ?, verified = ?, first_us = ? WHERE record_id = ? AND "
                          "kind = ? AND value = ? AND thread_id = ? AND internal = ?"};
const Statement kDeleteTold{
    "delete_rekeyed_told",
    "DELETE FROM identifier_told WHERE record_id = ? AND kind = ? AND value = ? AND thread_id = "
    "? AND internal = ?"};
const Statement kTouch{"touch_rekeyed", "UPDATE identity SET version = version + 1 WHERE id = ?"};
const Statement kDropCard{"drop_rekeyed_card", "DELETE FROM opening_card WHERE identity_id = ?"};

constexpr std::int64_t kNormal = 0;
constexpr std::int64_t kShared = 1;

/// The primary key of an identifier.
struct Place {
  std::string kind;
  std::string value;
  Id record = 0;
};

struct Marks {
  std::string at;    // the target of the walk that goes on, and where it is
  std::string done;  // the target of the last one that ended
  std::int64_t wanted = 0;

  /// What a walk is for: these normalisers, after that many wishes.
  std::string target() const { return fmt::format("{}.{}", kIdentifierKeyVersion, wanted); }
};

Marks read_marks(Session& session) {
  Marks marks;
  session.query(kMarks, {}, [&](const Row& row) {
    if (row.text(0) == "rekey_at") marks.at = row.text(1);
    if (row.text(0) == "rekey_done") marks.done = row.text(1);
    if (row.text(0) == "rekey_wanted") marks.wanted = integer_of(row.text(1));
  });
  return marks;
}

void set_mark(Session& session, std::string_view name, std::string_view value) {
  bool there = false;
  session.query(kMarks, {}, [&](const Row& row) { there |= row.text(0) == name; });
  if (there)
    session.execute(kSetMark, {value, name});
  else
    session.execute(kInsertMark, {name, value});
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

std::string written(const std::string& target, const Place& place) {
  return fmt::format("{} {} {} {}", target, place.kind, place.record, hex(place.value));
}

/// Where the walk for that target is; its beginning when `text` is of another.
Place place_of(std::string_view text, const std::string& target) {
  Place place;
  const auto word = [&] {
    const std::string_view first = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(first.size() + 1, text.size()));
    return first;
  };
  if (word() != target) return place;
  place.kind = word();
  place.record = integer_of(word());
  place.value = from_hex(word());
  return place;
}

struct Stored {
  Place place;
  std::string shown;
  std::int64_t key_version = 0;
  Id account = 0;
  Id identity = 0;
};

std::vector<Stored> read_next(Session& session, const Place& from, std::int64_t limit) {
  std::vector<Stored> rows;
  const auto add = [&](const Row& row) {
    rows.push_back({{std::string(row.text(0)), std::string(row.text(1)), row.integer(2)},
                    std::string(row.text(3)),
                    row.integer(4),
                    row.integer(5),
                    row.integer(6)});
  };
  const auto left = [&] { return limit - std::ssize(rows); };
  session.query(kNextOfValue, {from.kind, from.value, from.record, left()}, add);
  if (left() > 0) session.query(kNextOfKind, {from.kind, from.value, left()}, add);
  if (left() > 0) session.query(kNextKind, {from.kind, left()}, add);
  return rows;
}

/// What several tellers said of one identifier: the earliest decides how it is written.
struct Said {
  std::string shown;
  std::int64_t verified = 0;
  Microseconds first_us = 0;
  std::int64_t detached_by = 0;

  void take_in(const Said& other) {
    if (std::tie(other.first_us, other.shown) < std::tie(first_us, shown)) {
      first_us = other.first_us;
      shown = other.shown;
    }
    verified = std::max(verified, other.verified);
    detached_by = std::max(detached_by, other.detached_by);
  }
};

class Rekeying {
 public:
  Rekeying(Session& session, const Accounts& accounts) : session_(session), accounts_(accounts) {
    std::string text;
    session_.query(kRulesBefore, {}, [&](const Row& row) { text = row.text(0); });
    if (!text.empty()) before_ = rules_from_json(text);
  }

  Rekeyed take(const std::vector<Stored>& rows) {
    for (const Stored& row : rows) plan(row);
    lock();
    for (const Step& step : steps_) perform(step);
    for (const auto& [value, state] : states_) set_state(value, state);
    for (const Id identity : touched_) {
      session_.execute(kTouch, {identity});
      session_.execute(kDropCard, {identity});
    }
    return done_;
  }

 private:
  using Value = std::pair<std::string, std::string>;  // kind, value
  struct Step {
    const Stored* row;
    Place to;
    bool sound;
  };
  struct State {
    bool sound = true;
    bool changed = false;  // it was not so by the rules of the last walk, or was written before there were any
    std::set<Id> identities;
  };

  void plan(const Stored& row) {
    const Account* account = accounts_.by_id(row.account);
    if (account == nullptr) return;
    const auto now = keyed(row.place.kind, row.place.value, row.shown, *account, accounts_.rules());
    if (!now) return;
    const auto [kind, value] = stored_as(*now);
    const bool moves = kind != row.place.kind || value != row.place.value;
    const auto before = before_ ? keyed(row.place.kind, row.place.value, row.shown, *account, *before_) : std::nullopt;
    if (moves || row.key_version != kIdentifierKeyVersion)
      steps_.push_back({&row, {kind, std::string(value), row.place.record}, now->is_sound()});
    if (moves) {
      values_.insert({row.place.kind, row.place.value});
      values_.insert({kind, std::string(value)});
    } else {
      State& state = states_[{kind, std::string(value)}];
      state.sound = now->is_sound();
      state.changed |= before ? before->is_sound() != state.sound : row.key_version != kIdentifierKeyVersion;
      state.identities.insert(row.identity);
    }
  }

  /// The rows of all values that lose or get an identifier, in their order, as every transaction that links has it.
  void lock() {
    for (const Value& value : values_)
      if (session_.execute(kLockValue, {value.first, value.second}) == 0) absent_.insert(value);
  }

  void perform(const Step& step) {
    const Place& from = step.row->place;
    if (step.to.kind == from.kind && step.to.value == from.value) {
      session_.execute(kSetVersion, {std::int64_t{kIdentifierKeyVersion}, from.kind, from.value, from.record});
      return;
    }
    const auto old = read(from);
    if (!old) return;  // it went before its value was locked
    if (absent_.erase({step.to.kind, step.to.value}) != 0)
      session_.execute(kInsertValue, {step.to.kind, step.to.value, step.sound ? kNormal : kShared});
    if (auto there = read(step.to)) {
      there->take_in(*old);
      session_.execute(kJoin, {there->shown, there->verified, there->first_us, there->detached_by, step.to.kind,
                               step.to.value, step.to.record});
      session_.execute(kDelete, {from.kind, from.value, from.record});
    } else {
      session_.execute(kMove, {step.to.kind, step.to.value, std::int64_t{kIdentifierKeyVersion}, from.kind, from.value,
                               from.record});
    }
    move_told(from, step.to);
    rekey_shared(session_, {from.kind, from.value}, {step.to.kind, step.to.value});
    session_.execute(kDeleteValue, {from.kind, from.value});
    touched_.insert(step.row->identity);
    ++done_.identifiers;
  }

  std::optional<Said> read(const Place& place) {
    std::optional<Said> said;
    session_.query(kIdentifier, {place.kind, place.value, place.record}, [&](const Row& row) {
      said = {std::string(row.text(0)), row.integer(1), row.integer(2), row.integer(3)};
    });
    return said;
  }

  using Told = std::map<std::pair<Id, std::int64_t>, Said>;  // by thread and internal

  Told read_told(const Place& place) {
    Told told;
    session_.query(kTold, {place.record, place.kind, place.value}, [&](const Row& row) {
      told[{row.integer(0), row.integer(1)}] = {std::string(row.text(2)), row.integer(3), row.integer(4), 0};
    });
    return told;
  }

  void move_told(const Place& from, const Place& to) {
    Told there = read_told(to);
    for (const auto& [where, said] : read_told(from)) {
      const auto [thread, internal] = where;
      const auto found = there.find(where);
      if (found == there.end()) {
        session_.execute(kMoveTold, {to.kind, to.value, from.record, from.kind, from.value, thread, internal});
        continue;
      }
      found->second.take_in(said);
      session_.execute(kJoinTold, {found->second.shown, found->second.verified, found->second.first_us, to.record,
                                   to.kind, to.value, thread, internal});
      session_.execute(kDeleteTold, {from.record, from.kind, from.value, thread, internal});
    }
  }

  /// What became shared because strangers used it stays so: only what the rules said is taken back.
  void set_state(const Value& value, const State& state) {
    if (!state.changed) return;
    const std::int64_t to = state.sound ? kNormal : kShared;
    if (session_.execute(kSetState, {to, value.first, value.second, kNormal + kShared - to}) == 0) return;
    touched_.insert(state.identities.begin(), state.identities.end());
    ++done_.values;
  }

  Session& session_;
  const Accounts& accounts_;
  std::optional<ResolutionRules> before_;  // the rules of the last walk
  std::vector<Step> steps_;
  std::set<Value> values_;
  std::set<Value> absent_;
  std::map<Value, State> states_;
  std::set<Id> touched_;
  Rekeyed done_;
};

}  // namespace

bool rekey_wanted(Session& session) {
  const Marks marks = read_marks(session);
  return marks.done != marks.target();
}

void want_rekey(Session& session) {
  set_mark(session, "rekey_wanted", std::to_string(read_marks(session).wanted + 1));
}

Rekeyed rekey_some(Session& session, const Accounts& accounts, std::int64_t limit) {
  const Marks marks = read_marks(session);
  const std::string target = marks.target();
  if (marks.done == target) return {true, 0, 0};
  const std::vector<Stored> rows = read_next(session, place_of(marks.at, target), limit);
  Rekeyed rekeyed = Rekeying(session, accounts).take(rows);
  rekeyed.done = std::ssize(rows) < limit;
  if (!rekeyed.done) {
    set_mark(session, "rekey_at", written(target, rows.back().place));
    return rekeyed;
  }
  set_mark(session, "rekey_at", "");
  set_mark(session, "rekey_done", target);
  session.execute(kDeleteRulesBefore, {});
  session.execute(kInsertRulesBefore, {rules_to_json(accounts.rules())});
  return rekeyed;
}

}  // namespace identities::store
