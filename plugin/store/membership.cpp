#include "store/membership.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "core/identity_replay.hpp"
#include "core/value_evidence.hpp"
#include "store/detaching.hpp"
#include "store/identity_log.hpp"
#include "store/shared_mailbox.hpp"
#include "store/shared_value.hpp"

namespace identities::store {
namespace {

const Statement kLive{"live_identity",
                      "SELECT COALESCE(x.live_id, d.id) FROM identity d LEFT JOIN identity_redirect x ON x.identity_id "
                      "= d.id WHERE d.id = ?"};
const Statement kMembers{"members", "SELECT id, identity_id, account_id, name FROM record WHERE {identity_id = ?}"};
const Statement kLockRecords{
    "lock_members", "SELECT id, identity_id, account_id, name FROM record WHERE {identity_id = ?} @for_update"};
const Statement kValues{"values_of_members",
                        "SELECT DISTINCT i.kind, i.value FROM record r JOIN identifier i ON i.record_id = r.id WHERE "
                        "{r.identity_id = ?}"};
const Statement kValuesOfRecords{"values_of_records",
                                 "SELECT DISTINCT kind, value FROM identifier WHERE {record_id = ?}"};
const Statement kRaiseValue{"raise_value",
                            "UPDATE identifier_value SET version = version + 1 WHERE {kind = ? AND value = ?}"};
const Statement kRaiseIdentity{"raise_identity", "UPDATE identity SET version = version + 1 WHERE {id = ?}"};
const Statement kDropCard{"drop_card", "DELETE FROM opening_card WHERE {identity_id = ?}"};
const Statement kMove{"move_record", "UPDATE record SET identity_id = ? WHERE id = ? AND identity_id = ?"};
const Statement kIdentityOfRecord{"identity_of_record", "SELECT id, identity_id FROM record WHERE {id = ?}"};
const Statement kMake{"make_identity", "INSERT INTO identity (id, version, created_us, kind) VALUES {?, 1, ?, ?}"};
const Statement kRedirect{"redirect_identity", "INSERT INTO identity_redirect (identity_id, live_id) VALUES {?, ?}"};
const Statement kRedirectAgain{"redirect_identity_again",
                               "UPDATE identity_redirect SET live_id = ? WHERE identity_id = ? AND live_id = ?"};
const Statement kRevive{"revive_identity", "DELETE FROM identity_redirect WHERE {identity_id = ? AND live_id = ?}"};
const Statement kRedirectOf{"redirect_of",
                            "SELECT identity_id, live_id FROM identity_redirect WHERE {identity_id = ?}"};
const Statement kRetired{"retired_identities",
                         "SELECT identity_id, live_id FROM identity_redirect WHERE {live_id = ?}"};
const Statement kAddCannot{"add_cannot_link",
                           "INSERT INTO cannot_link (record_id, other_record_id, log_id) VALUES {?, ?, ?} @or_update "
                           "log_id = @new_log_id"};
const Statement kWithdrawCannot{"withdraw_cannot_link",
                                "DELETE FROM cannot_link WHERE {record_id = ? AND other_record_id = ? AND log_id = ?}"};
const Statement kDecide{"decide_suggestion", "UPDATE suggestion SET state = ?, decided_us = ? WHERE id = ?"};
const Statement kNameHolders{
    "name_holders",
    "UPDATE identifier_value SET holder_version = version, holder_id = (SELECT CASE WHEN MIN(r.identity_id) = "
    "MAX(r.identity_id) THEN MIN(r.identity_id) END FROM identifier i JOIN record r ON r.id = i.record_id WHERE i.kind "
    "= identifier_value.kind AND i.value = identifier_value.value AND i.detached_by <= 0) WHERE {kind = ? AND value = "
    "?}"};
const Statement kIdentifiersOf{"identifiers_of_members",
                               "SELECT r.identity_id, i.kind, i.value, v.state FROM record r JOIN identifier i ON "
                               "i.record_id = r.id JOIN identifier_value v ON v.kind = i.kind AND v.value = i.value "
                               "WHERE {r.identity_id = ?} AND i.detached_by <= 0"};
const Statement kKinds{"kinds_of_identities", "SELECT id, kind FROM identity WHERE {id = ?}"};
const Statement kBirthDates{
    "birth_dates",
    "SELECT r.identity_id, b.type, b.text_value, b.number_value FROM record r JOIN attribute b ON "
    "b.record_id = r.id AND b.attribute_key = 'person.birth_date' AND b.removed = 0 WHERE "
    "{r.identity_id = ?}"};
const Statement kCannotOf{"cannot_links_of",
                          "SELECT record_id, other_record_id, log_id FROM cannot_link WHERE {record_id = ?}"};

const Statement kJudgements{
    "judgements_between",
    "SELECT l.id FROM record r JOIN cannot_link c ON c.record_id = r.id JOIN record o ON o.id = c.other_record_id JOIN "
    "identity_log l ON l.id = c.log_id AND l.type = 'judge_not' WHERE r.identity_id = ? AND o.identity_id = ? UNION "
    "SELECT l.id FROM record r JOIN cannot_link c ON c.other_record_id = r.id JOIN record o ON o.id = c.record_id JOIN "
    "identity_log l ON l.id = c.log_id AND l.type = 'judge_not' WHERE r.identity_id = ? AND o.identity_id = ?"};

const Statement kSuggestedOf{"suggested_of", "SELECT record_id, other_record_id FROM suggestion WHERE {record_id = ?}"};

const Statement kSuggestionState{"suggestion_state", "SELECT state FROM suggestion WHERE id = ?"};

using Value = std::pair<std::string, std::string>;  // kind, value

std::vector<std::vector<Parameter>> sets_of(const auto& ids) {
  std::vector<std::vector<Parameter>> sets;
  sets.reserve(ids.size());
  for (const Id id : ids) sets.push_back({id});
  return sets;
}

void ask_each(Session& session, const Statement& statement, std::vector<std::vector<Parameter>> sets,
              Session::RowFunction each) {
  if (sets.empty()) return;
  const Session::AskEach ask{&statement, std::move(sets), std::move(each)};
  session.query_each(std::span(&ask, 1));
}

void execute_each(Session& session, const Statement& statement, std::vector<std::vector<Parameter>> sets) {
  if (sets.empty()) return;
  const Session::Write write{&statement, std::move(sets)};
  session.execute_all(std::span(&write, 1), false);
}

std::set<Value> values(Session& session, const Statement& statement, const auto& ids) {
  std::set<Value> found;
  ask_each(session, statement, sets_of(ids),
           [&](const Row& row) { found.emplace(std::string(row.text(0)), std::string(row.text(1))); });
  return found;
}

std::vector<std::vector<Parameter>> sets_of_values(const std::set<Value>& values) {
  std::vector<std::vector<Parameter>> sets;
  sets.reserve(values.size());
  for (const auto& [kind, value] : values) sets.push_back({std::string_view(kind), std::string_view(value)});
  return sets;
}

std::vector<Member> read_members(Session& session, const Statement& statement, std::span<const Id> identities) {
  std::vector<Member> members;
  ask_each(session, statement, sets_of(identities), [&](const Row& row) {
    members.push_back({row.integer(0), row.integer(1), row.integer(2), std::string(row.text(3))});
  });
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.record < b.record; });
  return members;
}

/// Those that are not where the move takes them from stay where they are, which is seen afterwards: in few round trips.
void move_records(Session& session, const std::vector<Move>& moves) {
  std::vector<std::vector<Parameter>> sets;
  std::map<Id, Id> wanted;
  for (const Move& move : moves) {
    sets.push_back({move.to, move.record, move.from});
    wanted[move.record] = move.to;
  }
  execute_each(session, kMove, std::move(sets));
  std::vector<std::vector<Parameter>> records;
  records.reserve(wanted.size());
  for (const auto& [record, to] : wanted) records.push_back({record});
  ask_each(session, kIdentityOfRecord, std::move(records), [&](const Row& row) {
    if (wanted.at(row.integer(0)) == row.integer(1)) wanted.erase(row.integer(0));
  });
  if (!wanted.empty()) throw Contended("a record changed meanwhile");
}

void redirect(Session& session, const std::vector<Redirect>& redirects) {
  std::vector<std::vector<Parameter>> asked;
  std::map<Id, Id> before;
  for (const Redirect& redirect : redirects) {
    asked.push_back({redirect.identity});
    before[redirect.identity] = redirect.before;
  }
  std::map<Id, Id> known;
  ask_each(session, kRedirectOf, std::move(asked), [&](const Row& row) { known[row.integer(0)] = row.integer(1); });
  std::erase_if(before, [](const auto& each) { return each.second == 0; });
  if (known != before) throw Contended("a redirect changed meanwhile");
  std::vector<std::vector<Parameter>> retire;
  std::vector<std::vector<Parameter>> revive;
  std::vector<std::vector<Parameter>> again;
  for (const Redirect& redirect : redirects) {
    if (redirect.after == 0)
      revive.push_back({redirect.identity, redirect.before});
    else if (redirect.before == 0)
      retire.push_back({redirect.identity, redirect.after});
    else
      again.push_back({redirect.after, redirect.identity, redirect.before});
  }
  execute_each(session, kRevive, std::move(revive));
  execute_each(session, kRedirectAgain, std::move(again));
  execute_each(session, kRedirect, std::move(retire));
}

}  // namespace

Id live_identity(Session& session, Id identity) {
  Id live = 0;
  session.query(kLive, {identity}, [&](const Row& row) { live = row.integer(0); });
  return live;
}

std::vector<Member> members_of(Session& session, std::span<const Id> identities) {
  return read_members(session, kMembers, identities);
}

std::vector<Member> lock_members(WriteBatch& batch, std::span<const Id> identities) {
  Session& session = batch.forgotten();
  const std::set<Id> ordered(identities.begin(), identities.end());
  const std::set<Value> before = values(session, kValues, ordered);
  execute_each(session, kRaiseValue, sets_of_values(before));
  std::vector<Member> members = read_members(session, kLockRecords, std::vector<Id>(ordered.begin(), ordered.end()));
  raise_identities(session, ordered);
  if (values(session, kValues, ordered) != before) throw Contended("an identifier was added meanwhile");
  return members;
}

void raise_identities(Session& session, const std::set<Id>& identities) {
  execute_each(session, kRaiseIdentity, sets_of(identities));
  execute_each(session, kDropCard, sets_of(identities));
}

void apply_delta(WriteBatch& batch, const IdentityDelta& delta, Microseconds now_us) {
  Session& session = batch.forgotten();
  for (const Id made : delta.made)
    session.execute(kMake, {made, now_us, std::int64_t{makes_mailbox(session, delta, made)}});
  move_records(session, delta.moves);
  redirect(session, delta.redirects);
  std::vector<std::vector<Parameter>> added;
  for (const CannotLink& link : delta.added) added.push_back({link.record, link.other, link.log});
  execute_each(session, kAddCannot, std::move(added));
  std::vector<std::vector<Parameter>> withdrawn;
  for (const CannotLink& link : delta.withdrawn) withdrawn.push_back({link.record, link.other, link.log});
  execute_each(session, kWithdrawCannot, std::move(withdrawn));
  for (const Decided& decided : delta.decided)
    session.execute(kDecide, {std::int64_t{decided.after}, decided.after == 0 ? Parameter(nullptr) : Parameter(now_us),
                              decided.suggestion});
  apply_detached(batch, delta.detached);
  apply_shared(batch, delta.shared);
  std::set<Id> moved;
  for (const Move& move : delta.moves) moved.insert(move.record);
  rename_holders(batch, moved);
}

void rename_holders(WriteBatch& batch, const std::set<Id>& records) {
  Session& session = batch.written();
  execute_each(session, kNameHolders, sets_of_values(values(session, kValuesOfRecords, records)));
}

void rename_holder(Session& session, std::string_view kind, std::string_view value) {
  execute_each(session, kNameHolders, {{kind, value}});
}

std::map<Id, Id> retired_of(Session& session, std::span<const Id> identities) {
  std::map<Id, Id> retired;
  ask_each(session, kRetired, sets_of(identities),
           [&](const Row& row) { retired.emplace(row.integer(0), row.integer(1)); });
  return retired;
}

IdentityDelta leaving(Session& session, const std::vector<Member>& members, const std::set<Id>& records,
                      Microseconds now_us) {
  std::set<Id> all;
  std::map<Id, Id> now;
  for (const Member& member : members) {
    all.insert(member.record);
    now[member.record] = member.identity;
  }
  const Id identity = now.at(*records.begin());
  const std::array one = {identity};
  const std::map<Id, Id> retired = retired_of(session, one);
  const Held held = retired.empty() ? Held{} : held_by(events_of(session, all));
  IdentityDelta delta;
  const auto once = held.left.find(records);
  Id home = once == held.left.end() ? 0 : once->second;
  if (retired.contains(home)) {
    delta.redirects.push_back({home, identity, 0});
  } else {
    home = next_id(now_us);
    delta.made.push_back(home);
  }
  for (const Id record : records) delta.moves.push_back({record, identity, home});
  follow(delta, retired, held, now);
  return delta;
}

std::map<Id, Side> read_sides(Session& session, std::span<const Id> identities) {
  std::map<Id, Side> sides;
  for (const Id identity : identities) {
    sides[identity].identity = identity;
    sides[identity].records = 0;
  }
  for (const Member& member : members_of(session, identities)) {
    Side& side = sides[member.identity];
    ++side.records;
    if (side.record == 0) side.record = member.record;
    PersonName name = parse_name(member.name);
    if (!name.tokens.empty() && std::find(side.names.begin(), side.names.end(), name) == side.names.end())
      side.names.push_back(std::move(name));
  }
  ask_each(session, kIdentifiersOf, sets_of(identities), [&](const Row& row) {
    const auto kind = identifier_kind(row.text(1));
    if (kind && (row.integer(3) == 0 || !is_ones_own(*kind, row.text(2))))
      add_to_side(sides[row.integer(0)], *kind, row.text(2));
  });
  ask_each(session, kKinds, sets_of(identities),
           [&](const Row& row) { sides[row.integer(0)].is_shared_mailbox = row.integer(1) == 1; });
  ask_each(session, kBirthDates, sets_of(identities), [&](const Row& row) {
    const auto type = static_cast<AttributeType>(std::clamp<std::int64_t>(row.integer(1), 0, 5));
    add_birth_date(sides[row.integer(0)], birth_date_of(type, row.text(2), row.number(3)));
  });
  return sides;
}

std::vector<CannotLink> cannot_links_between(Session& session, const std::set<Id>& left, const std::set<Id>& right) {
  std::vector<CannotLink> links;
  std::set<Id> all = left;
  all.insert(right.begin(), right.end());
  ask_each(session, kCannotOf, sets_of(all), [&](const Row& row) {
    const CannotLink link{row.integer(0), row.integer(1), row.integer(2)};
    const bool across = (left.contains(link.record) && right.contains(link.other)) ||
                        (right.contains(link.record) && left.contains(link.other));
    if (across) links.push_back(link);
  });
  std::sort(links.begin(), links.end(), [](const CannotLink& a, const CannotLink& b) {
    return std::tie(a.record, a.other) < std::tie(b.record, b.other);
  });
  return links;
}

std::set<Id> judgements_between(Session& session, Id left, Id right) {
  std::set<Id> judgements;
  session.query(kJudgements, {left, right, left, right}, [&](const Row& row) { judgements.insert(row.integer(0)); });
  return judgements;
}

std::vector<CannotLink> cannot_links(Session& session, const std::set<Id>& left, const std::set<Id>& right, Id log) {
  constexpr std::size_t kFewPairs = 400;
  constexpr std::size_t kOldest = 3;
  std::set<std::pair<Id, Id>> pairs;
  const auto add = [&](const std::set<Id>& all, const std::set<Id>& others, std::size_t most) {
    const auto end = std::next(others.begin(), static_cast<std::ptrdiff_t>(std::min(most, others.size())));
    for (const Id one : all)
      std::for_each(others.begin(), end, [&](Id other) { pairs.insert(std::minmax(one, other)); });
  };
  if (left.size() * right.size() <= kFewPairs) {
    add(left, right, right.size());
  } else {
    add(left, right, kOldest);
    add(right, left, kOldest);
    for (const std::set<Id>* side : {&left, &right})
      ask_each(session, kSuggestedOf, sets_of(*side), [&](const Row& row) {
        if ((side == &left ? right : left).contains(row.integer(1)))
          pairs.insert(std::minmax(row.integer(0), row.integer(1)));
      });
  }
  std::vector<CannotLink> links;
  links.reserve(pairs.size());
  for (const auto& [one, other] : pairs) links.push_back({one, other, log});
  return links;
}

void decide(Session& session, IdentityDelta& delta, Id suggestion, int state) {
  if (suggestion == 0) return;
  session.query(kSuggestionState, {suggestion}, [&](const Row& row) {
    delta.decided.push_back({suggestion, static_cast<int>(row.integer(0)), state});
  });
}

}  // namespace identities::store
