#include "store/shared_mailbox.hpp"

#include <array>
#include <set>

#include "store/identity_log.hpp"
#include "store/membership.hpp"
#include "store/suggestions.hpp"

namespace identities::store {
namespace {

const Statement kKind{"kind_of_left", "SELECT kind FROM identity WHERE id = ?"};
const Statement kIsPerson{"make_person", "UPDATE identity SET kind = 0 WHERE id = ?"};

}  // namespace

void leave_mailbox(WriteBatch& batch, Id record, Microseconds now_us, const std::string& actor) {
  const std::array mailbox = {identities_of(batch.written(), {record}).at(record)};
  const std::vector<Member> members = lock_members(batch, mailbox);
  bool is_mailbox = false;
  batch.written().query(kKind, {mailbox[0]}, [&](const Row& row) { is_mailbox = row.integer(0) == 1; });
  if (!is_mailbox) return;
  if (members.size() == 1) {
    batch.forgotten().execute(kIsPerson, {mailbox[0]});
    return;
  }
  std::set<Id> records;
  for (const Member& member : members) records.insert(member.record);
  IdentityEvent event;
  event.id = next_event_id(batch.written(), records, now_us);
  event.at_us = now_us;
  event.actor = actor;
  event.type = EventType::kSplit;
  event.rule = "S1";
  event.identity = mailbox[0];
  const Id home = next_id(now_us);
  event.delta.made.push_back(home);
  event.delta.moves.push_back({record, mailbox[0], home});
  records.erase(record);
  event.beside.assign(records.begin(), records.end());
  append_event(batch, event);
  apply_delta(batch, event.delta, now_us);
}

}  // namespace identities::store
