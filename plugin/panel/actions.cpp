#include "panel/actions.hpp"

#include <algorithm>

#include "panel/reply_parts.hpp"
#include "store/identity_writer.hpp"
#include "store/thread_removal.hpp"

namespace identities::panel {
namespace {

/// How long an agent's deletion waits for readers to let go of the old pages; the job goes on from there.
constexpr Microseconds kPurgeTryUs = 50'000;

/// The record that a note on this requester hangs on: that of the ticket's account, else the identity's oldest; made,
/// with its identity, for somebody of whom nothing was stored yet.
store::RecordRef record_for_note(const Command& command) {
  store::Session& session = command.session;
  const Asking& asking = command.request.asking;
  const ResolvedTicket& ticket = command.ticket;
  const Microseconds now_us = command.now_us;
  const ResolutionRules& rules = command.accounts.rules();
  const ResolvedRequester& requester = ticket.requesters[ticket.selected];
  if (requester.ref.id != 0) {
    const auto records = store::read_records(session, requester.ref.id, store::ViewFilter(kAllInView, 0));
    for (const store::RecordRow& record : records)
      if (ticket.account != nullptr && record.account == ticket.account->id) return {record.id, requester.ref.id};
    if (!records.empty()) return {records.front().id, requester.ref.id};
  }
  if (ticket.account == nullptr)
    throw NotFound(
        "the ticket's account is not one of ours; 'identities account add' makes it, then the note can be kept");
  const Requester& asked = asking.requesters[ticket.selected];
  Customer customer;
  customer.source_key = std::string(name_of(asked.kind)) + ":" + (requester.key.empty() ? asked.value : requester.key);
  customer.name = asked.name;
  GivenIdentifier identifier;
  identifier.kind = asked.kind;
  identifier.shown = asked.value;
  if (!requester.key.empty()) identifier.key = requester.key;
  customer.identifiers.push_back(std::move(identifier));
  store::WriteBatch batch(session);
  const store::RecordRef made = store::IdentityWriter(batch, now_us, "agent:" + asking.agent.id, rules)
                                    .find_or_make(*ticket.account, customer, now_us, 0);
  batch.flush();
  return made;
}

/// The note, when it is one of the selected identity; so nobody reaches another customer's notes by guessing ids.
store::Note require_note(store::Session& session, const ActionRequest& request, const ResolvedTicket& ticket) {
  const auto note = store::find_note(session, request.id);
  if (!note || note->identity != ticket.requesters[ticket.selected].ref.id)
    throw NotFound("no such note on this identity; a colleague may have deleted it");
  return *note;
}

void require_right_to_change(const Asking& asking, const store::Note& note) {
  if (note.author.id != asking.agent.id && !asking.has_scope("note.moderate"))
    throw Forbidden("another agent's note needs the scope note.moderate");
}

void require_version(const ActionRequest& request, const store::Note& note) {
  if (request.version && *request.version != note.version)
    throw Conflict("a colleague changed this note meanwhile; your text is still in the box");
}

/// The reply of a command on a note.
std::string reply_with(const Command& command, const store::Note& note) {
  const Id account = command.ticket.account == nullptr ? 0 : command.ticket.account->id;
  const store::ViewFilter filter(command.request.asking.view, account);
  JsonWriter json(note.text.size() + 512);
  json.begin_object().member_boolean("ok", true).member_id("identity", note.identity).key("note");
  write_note(json, PartContext{command.request.asking, command.accounts, command.ticket, command.now_us}, note, filter,
             command.session);
  json.end_object();
  return json.take();
}

/// That of one that was done before.
std::string repeated(const Command& command, const store::Command& before) {
  if (before.identity != command.selected())
    throw Conflict("key-reused: this idempotency key was used for another command; give each command its own");
  const auto note = store::find_note(command.session, before.result);
  return note ? reply_with(command, *note) : std::string(R"({"ok":true})");
}

}  // namespace

std::string Actions::add_note(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return commands_.run(
      {json, request_id, "note.add", deadline_us}, repeated, [](const Command& command, Id& identity, Id& target) {
        const ActionRequest& request = command.request;
        if (request.text.empty())
          throw BadRequest("/args/text: expected a string of 1 to 10000 characters, found nothing");
        const store::RecordRef ref = record_for_note(command);
        store::Note note;
        note.id = next_id(command.now_us);
        note.record = ref.record;
        note.identity = ref.identity;
        note.author = request.asking.agent;
        note.created_us = command.now_us;
        note.pinned = request.pinned.value_or(false);
        note.text = request.text;
        if (request.link == store::NoteLink::kEngagement) {
          const Id account = command.ticket.account == nullptr ? 0 : command.ticket.account->id;
          const store::ViewFilter filter(request.asking.view, account);
          if (!store::read_engagement(command.session, ref.identity, request.link_engagement, filter))
            throw NotFound("the message that the note was taken from is not in your view; it may have been deleted");
          note.link = request.link;
          note.link_engagement = request.link_engagement;
        } else if (request.link == store::NoteLink::kTicket && command.ticket.account != nullptr) {
          note.link = request.link;
          note.link_account = command.ticket.account->id;
          note.link_thread_key = request.asking.thread;
        }
        store::insert_note(command.session, note);
        identity = ref.identity;
        target = note.id;
        return reply_with(command, note);
      });
}

std::string Actions::edit_note(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return commands_.run({json, request_id, "note.edit", deadline_us}, repeated,
                       [](const Command& command, Id& identity, Id& target) {
                         store::Note note = require_note(command.session, command.request, command.ticket);
                         require_right_to_change(command.request.asking, note);
                         require_version(command.request, note);
                         if (command.request.text.empty())
                           throw BadRequest("/args/text: expected a string of 1 to 10000 characters, found nothing");
                         note.text = command.request.text;
                         note.edited_us = command.now_us;
                         ++note.version;
                         store::update_note(command.session, note);
                         identity = note.identity;
                         target = note.id;
                         return reply_with(command, note);
                       });
}

std::string Actions::pin_note(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return commands_.run({json, request_id, "note.pin", deadline_us}, repeated,
                       [](const Command& command, Id& identity, Id& target) {
                         store::Note note = require_note(command.session, command.request, command.ticket);
                         require_right_to_change(command.request.asking, note);
                         if (!command.request.pinned)
                           throw BadRequest("/args/pinned: expected true or false, found nothing");
                         note.pinned = *command.request.pinned;
                         ++note.version;
                         store::update_note(command.session, note);
                         identity = note.identity;
                         target = note.id;
                         return reply_with(command, note);
                       });
}

std::string Actions::delete_note(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  std::string reply = commands_.run(
      {json, request_id, "note.delete", deadline_us}, repeated, [](const Command& command, Id& identity, Id& target) {
        const store::Note note = require_note(command.session, command.request, command.ticket);
        require_right_to_change(command.request.asking, note);
        store::delete_note(command.session, note.id);
        store::want_purge(command.session);
        identity = note.identity;
        target = note.id;
        return std::string(R"({"ok":true})");
      });
  // It is deleted; that no byte of it is left in the files may take until a reader has gone.
  try {
    purge(std::min(deadline_us, pool_.clock().monotonic_us() + kPurgeTryUs));
  } catch (const std::exception&) {
    // The job tries again.
  }
  return reply;
}

std::string Actions::looked(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  const ActionRequest request = decode_action(json);
  return pool_.with_command(deadline_us, [&](store::Session& session) {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    const CurrentTicket current = resolve_ticket(session, request.asking, commands_.directory(), kAllInView);
    const ResolvedTicket& ticket = current.ticket;
    const Id identity = ticket.requesters[ticket.selected].ref.id;
    const Microseconds now_us = pool_.clock().now_us();
    if (identity != 0 && store::set_looked(session, request.asking.agent.id, identity, now_us)) {
      store::insert_audit(session, {now_us, request.asking.agent.id, "looked", identity, 0, std::string(request_id)});
      transaction.commit();
    }
    return std::string(R"({"ok":true})");
  });
}

void Actions::housekeep(Microseconds deadline_us) {
  if (!audit_.empty()) {
    pool_.with_session(deadline_us, [&](store::Session& session) {
      audit_.flush(session);
      return true;
    });
  }
  // No step begins that might not end in time; the next run goes on.
  const Microseconds begun_us = pool_.clock().monotonic_us();
  const Microseconds last_begin_us = begun_us + (deadline_us - begun_us) / 2;
  while (pool_.clock().monotonic_us() < last_begin_us && remove_deleted(deadline_us)) {
  }
  purge(deadline_us);
}

bool Actions::remove_deleted(Microseconds deadline_us) {
  return pool_.with_command(deadline_us, [&](store::Session& session) {
    if (store::read_settings(session).threads_going == 0) return false;
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    const bool more = store::remove_next(session);
    transaction.commit();
    return more;
  });
}

void Actions::purge(Microseconds deadline_us) {
  pool_.with_session(deadline_us, [&](store::Session& session) {
    const auto wish = store::purge_wanted(session);
    if (!wish || !session.purge()) return false;
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    store::purged(session, *wish);
    transaction.commit();
    return true;
  });
}

}  // namespace identities::panel
