#include "store/shared_mailbox.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "store/identity_log.hpp"
#include "store/membership.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

// Of identity.kind.
constexpr std::int64_t kPerson = 0;
constexpr std::int64_t kMailbox = 1;

const Statement kKind{"identity_kind", "SELECT kind FROM identity WHERE id = ?"};
const Statement kSaysWho{"record_says_who",
                         "SELECT COUNT(*) FROM record r WHERE r.id = ? AND (r.name IS NOT NULL OR EXISTS (SELECT 1 "
                         "FROM identifier i JOIN identifier_value v ON v.kind = i.kind AND v.value = i.value WHERE "
                         "i.record_id = r.id AND v.state = 0))"};
/// With the retired ids that lead to it, so that they come back as the same.
const Statement kSetKind{"set_identity_kind",
                         "UPDATE identity SET kind = ? WHERE id = ? OR id IN (SELECT identity_id FROM "
                         "identity_redirect WHERE live_id = ?)"};

/// An event of these records, which are locked.
IdentityEvent begin(WriteBatch& batch, EventType type, const std::set<Id>& records, Microseconds now_us,
                    const std::string& actor) {
  IdentityEvent event;
  event.id = next_event_id(batch.written(), records, now_us);
  event.at_us = now_us;
  event.actor = actor;
  event.type = type;
  event.rule = code_of(LinkRule::kSharedMailbox);
  return event;
}

}  // namespace

bool is_shared_mailbox(Session& session, Id identity) {
  bool shared = false;
  session.query(kKind, {identity}, [&](const Row& row) { shared = row.integer(0) == kMailbox; });
  return shared;
}

bool says_who(Session& session, Id record) {
  bool says = false;
  session.query(kSaysWho, {record}, [&](const Row& row) { says = row.integer(0) != 0; });
  return says;
}

bool makes_mailbox(Session& session, const IdentityDelta& delta, Id made) {
  std::set<Id> from;
  std::set<Id> records;
  for (const Move& move : delta.moves) {
    if (move.to != made) continue;
    from.insert(move.from);
    records.insert(move.record);
  }
  return !records.empty() &&
         std::all_of(from.begin(), from.end(), [&](Id identity) { return is_shared_mailbox(session, identity); }) &&
         std::none_of(records.begin(), records.end(), [&](Id record) { return says_who(session, record); });
}

void leave_mailbox(WriteBatch& batch, Id record, Microseconds now_us, const std::string& actor) {
  const std::array mailbox = {identities_of(batch.written(), {record}).at(record)};
  const std::vector<Member> members = lock_members(batch, mailbox);
  if (!is_shared_mailbox(batch.written(), mailbox[0])) return;
  Id home = mailbox[0];
  if (members.size() > 1) {
    std::set<Id> records;
    for (const Member& member : members) records.insert(member.record);
    IdentityEvent event = begin(batch, EventType::kSplit, records, now_us, actor);
    event.identity = mailbox[0];
    event.delta = leaving(batch.written(), members, {record}, now_us);
    home = event.delta.moves.front().to;
    records.erase(record);
    event.beside.assign(records.begin(), records.end());
    append_event(batch, event);
    apply_delta(batch, event.delta, now_us);
  }
  batch.forgotten().execute(kSetKind, {kPerson, home, home});
}

Id enter_mailbox(WriteBatch& batch, Id record, const std::optional<Link>& link, Microseconds now_us,
                 const std::string& actor) {
  const Id own = identities_of(batch.written(), {record}).at(record);
  std::vector<Id> both = {own};
  if (link) both.push_back(link->identity);
  bool alone = true;
  std::set<Id> beside;
  for (const Member& member : lock_members(batch, both)) {
    if (member.identity == own)
      alone = alone && member.record == record;
    else
      beside.insert(member.record);
  }
  Session& session = batch.written();
  if (!alone || says_who(session, record)) return 0;
  session.execute(kSetKind, {kMailbox, own, own});
  if (beside.empty() || !is_shared_mailbox(session, link->identity) ||
      !cannot_links_between(session, {record}, beside).empty())
    return own;
  std::set<Id> records = beside;
  records.insert(record);
  IdentityEvent event = begin(batch, EventType::kAutolink, records, now_us, actor);
  event.identity = link->identity;
  event.beside.assign(beside.begin(), beside.end());
  event.pair = {record, link->other_record};
  event.delta.moves.push_back({record, own, event.identity});
  event.delta.redirects.push_back({own, 0, event.identity});
  for (const auto& [old, live] : retired_of(session, std::array{own}))
    event.delta.redirects.push_back({old, live, event.identity});
  append_event(batch, event);
  apply_delta(batch, event.delta, now_us);
  return event.identity;
}

}  // namespace identities::store
