#include "store/rule_replay.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "store/identity_log.hpp"
#include "store/item_writer.hpp"
#include "store/linker.hpp"
#include "store/membership.hpp"
#include "store/merging.hpp"
#include "store/shared_value.hpp"
#include "store/stored_identifier.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

constexpr Microseconds kPatienceUs = 60 * kSecondUs;
/// A page of happenings, however busy the machine is.
constexpr Microseconds kPageUs = 600 * kSecondUs;
/// The thread in which everybody here was last heard of.
constexpr Id kThread = 1;

const Statement kInsertThread{
    "insert_replayed_thread",
    "INSERT INTO thread (id, account_id, source_key, partition_key, partition_us, subject_us, "
    "status_us, created_us) VALUES (1, ?, 'replay', 'replay', 0, 0, 0, 0)"};
const Statement kFind{"find_replayed",
                      "SELECT id, identity_id FROM record WHERE source_key = ? AND account_id IN (SELECT id FROM "
                      "account)"};
const Statement kHolders{"replayed_holders",
                         "SELECT r.id, r.source_key FROM identifier i JOIN record r ON r.id = i.record_id WHERE i.kind "
                         "= 'phone' AND i.value = ? AND i.detached_by <= 0 LIMIT 200"};
const Statement kUse{"use_by_then",
                     "SELECT MAX(occurred_us) FROM engagement WHERE record_id = ? AND occurred_us <= ? AND direction "
                     "<> 2"};
const Statement kSetUse{"set_replayed_use",
                        "INSERT INTO record_thread (record_id, thread_id, last_us) VALUES (?, ?, ?) @or_update last_us "
                        "= @new_last_us"};

/// Which of the records left the others: those that the event moved, else those of one side.
std::set<Id> leaving(const IdentityEvent& event) {
  std::set<Id> records;
  for (const Move& move : event.delta.moves) records.insert(move.record);
  if (!records.empty() || event.delta.added.empty()) return records;
  // The pairs are of two sides; whoever is apart from one side is of the other.
  std::map<Id, bool> sides;
  for (bool grows = true; grows;) {
    grows = false;
    const CannotLink* apart = nullptr;  // a pair that nothing is known of yet
    for (const CannotLink& link : event.delta.added) {
      const auto one = sides.find(link.record);
      const auto other = sides.find(link.other);
      if (one == sides.end() && other == sides.end()) {
        apart = &link;
      } else if (one == sides.end() || other == sides.end()) {
        const bool side = one == sides.end() ? other->second : one->second;
        sides.emplace(one == sides.end() ? link.record : link.other, !side);
        grows = true;
      }
    }
    if (grows || apart == nullptr) continue;
    sides.emplace(apart->record, false);
    grows = true;
  }
  for (const auto& [record, leaves] : sides)
    if (leaves) records.insert(record);
  return records;
}

/// That these are two people each, as the event said of them. REQUIRES: pairs are not empty.
Id write_judgement(WriteBatch& batch, const IdentityEvent& said, const std::set<std::pair<Id, Id>>& pairs) {
  IdentityEvent event;
  event.id = next_id(said.at_us);
  event.at_us = said.at_us;
  event.actor = said.actor;
  event.type = said.type == EventType::kUndo ? EventType::kSplit : said.type;
  event.rule = said.rule;
  std::set<Id> records;
  for (const auto& [one, other] : pairs) {
    event.delta.added.push_back({one, other, event.id});
    records.insert({one, other});
  }
  std::set<Id> identities;
  for (const auto& [record, identity] : identities_of(batch.written(), records)) identities.insert(identity);
  event.identity = *identities.begin();
  lock_members(batch, std::vector<Id>(identities.begin(), identities.end()));
  append_event(batch, event);
  apply_delta(batch, event.delta, said.at_us);
  return event.id;
}

}  // namespace

RuleReplay::RuleReplay(std::unique_ptr<Session> session, Pool& stored, const std::vector<Account>& accounts,
                       const ResolutionRules& rules)
    : session_(std::move(session)), stored_(stored), rules_(rules) {
  allow(kPageUs);
  Transaction transaction(*session_, Transaction::Kind::kWrite);
  for (Account account : accounts) {
    // Nobody delivers anything here.
    account.secrets.clear();
    account.webhook_key = account.name;
    insert_account(*session_, account);
    if (accounts_.empty()) session_->execute(kInsertThread, {account.id});
    accounts_.emplace(account.id, std::move(account));
  }
  transaction.commit();
}

void RuleReplay::take(std::span<const Happening> happenings) {
  allow(kPageUs);
  Transaction transaction(*session_, Transaction::Kind::kWrite);
  WriteBatch batch(*session_);
  for (const Happening& each : happenings) {
    try {
      if (const auto* arrival = std::get_if<Arrival>(&each.what))
        take(batch, *arrival);
      else
        take(batch, std::get<Judgement>(each.what));
    } catch (const NotPossible&) {
      // One that does not fit what these rules made of the others ends nothing; it is counted.
      ++not_possible_;
    }
  }
  batch.commit(transaction);
}

std::vector<GivenIdentifier> RuleReplay::given(const Arrival& arrival, const Account& account) const {
  std::vector<GivenIdentifier> all;
  for (const ToldIdentifier& told : arrival.identifiers) {
    auto identifier = keyed(told.kind, told.value, told.shown, account, rules_);
    if (!identifier) continue;
    identifier->verified = told.verified;
    all.push_back(std::move(*identifier));
  }
  return all;
}

void RuleReplay::take(WriteBatch& batch, const Arrival& arrival) {
  const auto account = accounts_.find(arrival.account);
  if (account == accounts_.end()) return;  // it was added after the replay began
  const Customer customer{std::to_string(arrival.record), arrival.name, given(arrival, account->second)};
  recall_use(batch, customer.identifiers, arrival.at_us);
  ItemWriter writer(batch, arrival.created_us, account->second, "account:" + account->second.name, rules_);
  Attributes attributes;
  attributes.customer = customer;
  if (arrival.birth_date) attributes.attributes.push_back(*arrival.birth_date);
  writer.apply({arrival.at_us, std::move(attributes)});
  if (!arrival.handle.empty()) {
    Profile profile;
    profile.customer.source_key = customer.source_key;
    profile.handle = arrival.handle;
    writer.apply({arrival.at_us, std::move(profile)});
  }
  writer.finish();
}

void RuleReplay::recall_use(WriteBatch& batch, const std::vector<GivenIdentifier>& identifiers, Microseconds until_us) {
  for (const GivenIdentifier& identifier : identifiers) {
    if (identifier.kind != IdentifierKind::kPhone || !identifier.is_sound()) continue;
    std::map<Id, Id> holders;  // here, and as it is stored
    Session& session = batch.written();
    session.query(kHolders, {std::string_view(*identifier.key)},
                  [&](const Row& row) { holders.emplace(row.integer(0), parse_id(row.text(1)).value_or(0)); });
    for (const auto& [here, there] : holders) {
      std::optional<Microseconds> used_us;
      stored_.with_session(stored_.clock().monotonic_us() + kPatienceUs, [&, record = there](Session& stored) {
        stored.query(kUse, {record, until_us}, [&](const Row& row) { used_us = optional_integer(row, 0); });
        return true;
      });
      if (used_us) session.execute(kSetUse, {here, kThread, *used_us});
    }
  }
}

void RuleReplay::take(WriteBatch& batch, const Judgement& judgement) {
  const IdentityEvent& event = judgement.event;
  if (event.type == EventType::kAutolink) return declare(batch, event);
  std::vector<Id>& done = done_[event.id];
  const auto add = [&](std::vector<Id> events) { done.insert(done.end(), events.begin(), events.end()); };
  if (event.type == EventType::kMerge || event.type == EventType::kJudgeSame) return add(merge(batch, event));
  if (event.type == EventType::kUndo) add(undo(batch, judgement));
  // Whatever else was done, what was judged to be two people stays two.
  add(keep_apart(batch, event));
  add(detach(batch, judgement));
  set_shared(batch, judgement);
}

std::pair<Id, Id> RuleReplay::find(Session& session, Id stored_record) const {
  std::pair<Id, Id> found;
  session.query(kFind, {std::string_view(std::to_string(stored_record))}, [&](const Row& row) {
    found = {row.integer(0), row.integer(1)};
  });
  return found;
}

template <typename Work>
void RuleReplay::attempt(std::vector<Id>& done, Work&& work) {
  try {
    done.push_back(work().id);
  } catch (const NotPossible&) {
    ++not_possible_;
  }
}

void RuleReplay::declare(WriteBatch& batch, const IdentityEvent& event) {
  Session& session = batch.written();
  const Id one = find(session, event.pair.first).first;
  const Id other = find(session, event.pair.second).first;
  if (one != 0 && other != 0) Linker(batch, event.at_us, event.actor, rules_).join_declared(one, other);
}

std::vector<Id> RuleReplay::merge(WriteBatch& batch, const IdentityEvent& event) {
  Session& session = batch.written();
  const auto [left, left_identity] = find(session, event.pair.first);
  const auto [right, right_identity] = find(session, event.pair.second);
  std::vector<Id> done;
  if (left == 0 || right == 0 || left_identity == right_identity) return done;
  const Found found{EventType::kMerge, event.rule, {left, right}, 0};
  attempt(done, [&, one = left_identity, other = right_identity] {
    return Merging(batch, event.at_us, event.actor).merge(one, other, found);
  });
  return done;
}

std::vector<Id> RuleReplay::undo(WriteBatch& batch, const Judgement& judgement) {
  const IdentityEvent& event = judgement.event;
  const auto known = done_.find(event.target);
  std::vector<Id> targets;
  if (known != done_.end())
    targets = known->second;
  else if (judgement.target && judgement.target->type == EventType::kAutolink)
    targets = same_link(batch.written(), *judgement.target);
  std::vector<Id> done;
  for (auto target = targets.rbegin(); target != targets.rend(); ++target)
    attempt(done, [&] { return Merging(batch, event.at_us, event.actor).undo(*target); });
  return done;
}

std::vector<Id> RuleReplay::same_link(Session& session, const IdentityEvent& link) const {
  const Id one = find(session, link.pair.first).first;
  const Id other = find(session, link.pair.second).first;
  if (one == 0 || other == 0) return {};
  std::vector<Id> found;
  for (const IdentityEvent& each : events_of(session, {one}))
    if (each.type == EventType::kAutolink && (each.pair == std::pair(one, other) || each.pair == std::pair(other, one)))
      found = {each.id};
  return found;
}

/// Whom these rules had joined already part again; the others are kept apart from now on.
std::vector<Id> RuleReplay::keep_apart(WriteBatch& batch, const IdentityEvent& event) {
  std::vector<Id> done;
  if (event.delta.added.empty()) return done;
  Session& session = batch.written();
  const std::set<Id> leave = leaving(event);
  std::map<Id, std::set<Id>> parting;  // by identity
  std::set<std::pair<Id, Id>> pairs;
  std::set<Id> left;
  std::set<Id> right;
  for (const CannotLink& link : event.delta.added) {
    const auto [one, one_identity] = find(session, link.record);
    const auto [other, other_identity] = find(session, link.other);
    if (one == 0 || other == 0) continue;
    pairs.emplace(std::min(one, other), std::max(one, other));
    left.insert(leave.contains(link.record) ? one : other);
    right.insert(leave.contains(link.record) ? other : one);
    if (one_identity == other_identity) parting[one_identity].insert(leave.contains(link.record) ? one : other);
  }
  for (const auto& [identity, records] : parting)
    attempt(done, [&, from = identity, &leaving = records] {
      return Merging(batch, event.at_us, event.actor).split(from, leaving);
    });
  // A judgement is said over what was said before, as that which answers a conflict (J1): its question is closed.
  if (event.type != EventType::kJudgeNot)
    for (const CannotLink& known : cannot_links_between(batch.written(), left, right))
      pairs.erase({known.record, known.other});
  if (pairs.empty()) return done;
  done.push_back(write_judgement(batch, event, pairs));
  return done;
}

std::vector<Id> RuleReplay::detach(WriteBatch& batch, const Judgement& judgement) {
  std::vector<Id> done;
  std::set<std::tuple<Id, std::string, std::string>> off;
  for (const auto& [record, told] : judgement.detached) {
    const auto identity = find(batch.written(), record).second;
    if (identity == 0) continue;
    // Whatever account it came by: what is looked for is how the value stands here.
    for (const auto& [id, account] : accounts_) {
      const auto identifier = keyed(told.kind, told.value, told.shown, account, rules_);
      if (!identifier) continue;
      const auto [kind, value] = stored_as(*identifier);
      if (!off.emplace(identity, kind, std::string(value)).second) continue;
      try {
        done.push_back(Merging(batch, judgement.event.at_us, judgement.event.actor).unlink(identity, kind, value).id);
      } catch (const NotPossible&) {
        // It is another country's number.
      }
    }
  }
  return done;
}

void RuleReplay::set_shared(WriteBatch& batch, const Judgement& judgement) {
  std::set<std::pair<std::string, std::string>> set;
  for (const auto& [told, shared] : judgement.shared)
    for (const auto& [id, account] : accounts_) {
      const auto identifier = keyed(told.kind, told.value, told.shown, account, rules_);
      if (!identifier) continue;
      const auto [kind, value] = stored_as(*identifier);
      const NamedValue named{kind, std::string(value)};
      if (!set.emplace(named.kind, named.value).second || holders_of(batch.written(), named).empty()) continue;
      IdentityEvent event;
      event.id = shared_since(batch.written(), named);
      if (event.id == 0) {
        // By these rules nobody said so yet; what was said of it holds all the same.
        event.id = next_id(judgement.event.at_us);
        share(batch, event, named);
      }
      apply_shared(batch, {{event.id, !shared, shared}});
    }
}

}  // namespace identities::store
