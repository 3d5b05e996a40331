#include "panel/merge_actions.hpp"

#include <algorithm>
#include <set>

#include "panel/log_parts.hpp"
#include "store/identity_log.hpp"
#include "store/merging.hpp"

namespace identities::panel {
namespace {

std::string reply_of(Id identity, Id log) {
  JsonWriter json(96);
  json.begin_object().member_boolean("ok", true).member_id("identity", identity).member_id("log", log).end_object();
  return json.take();
}

constexpr const char* kUnknown = "nothing is known of this requester yet";

/// What the command works with: the identity as the agent sees it, and the writer.
struct Deciding {
  const ActionRequest& request;
  const Command& command;
  const Looking& looking;
  const IdentityPicture& own;
  store::Merging& merging;

  /// Compared with it. Throws NotFound, and Conflict when they are one already or not as the agent saw them.
  IdentityPicture other(Id identity) const;
  IdentityEvent join(Id identity, const store::Found& found) const;
};

/// Whom the command is about. Whoever took the requester's own address off may put it back.
Id identity_for(const Command& command) {
  const ActionRequest& request = command.request;
  if (command.selected() != 0 || request.log == 0) return command.selected();
  return taken_off_from(command.session, request.asking, command.ticket, request.log);
}

void require(bool there, const char* what) {
  if (!there) throw BadRequest(what);
}

/// As the key that is stored: an agent takes off what they see of that record, which is the text or its key.
std::string stored_value(const Deciding& deciding, const Requester& identifier) {
  for (const store::IdentifierRow& row : deciding.own.identifiers)
    if (row.record == deciding.request.record && identifier_kind(row.kind) == identifier.kind &&
        (row.shown == identifier.value || row.value == identifier.value) &&
        (identifier.scope.empty() || row.value.starts_with(identifier.scope + ":")))
      return row.value;
  throw NotFound("this identity has no such identifier in your view; it may have been taken off");
}

/// Something changed since the agent looked.
[[noreturn]] void refuse_changed() {
  throw Conflict("changed: this changed since you looked at it; look again");
}

void require_seen(const Deciding& deciding, const std::string& now) {
  if (!deciding.request.seen.empty() && deciding.request.seen != now) refuse_changed();
}

/// A part in view stays: whether a hidden one would is not told.
void require_rest(const Deciding& deciding, const std::set<Id>& leaving) {
  const auto& records = deciding.own.records;
  if (std::all_of(records.begin(), records.end(),
                  [&](const store::RecordRow& record) { return leaving.contains(record.id); }))
    throw Conflict("parts: choose fewer parts: at least one stays with this identity");
}

/// Exactly those who were looked at; another transaction may have come in between.
void require_all_seen(const Deciding& deciding, const IdentityEvent& event, std::size_t others) {
  if (!deciding.request.seen.empty() && deciding.looking.filter.all() &&
      event.records_beside().size() != deciding.own.records.size() + others)
    throw store::Contended("somebody joined or left meanwhile");
}

IdentityPicture Deciding::other(Id identity) const {
  auto seen = see(looking, identity);
  if (!seen) throw NotFound("no such identity in your view; it may have been merged or erased");
  if (seen->ref.id == own.ref.id) throw Conflict("one-already: they are one identity already");
  require_seen(*this, seen_of(own, &*seen));
  return *std::move(seen);
}

IdentityEvent Deciding::join(Id identity, const store::Found& found) const {
  const IdentityPicture joined = other(identity);
  IdentityEvent event = merging.merge(own.ref.id, joined.ref.id, found);
  require_all_seen(*this, event, joined.records.size());
  return event;
}

IdentityEvent split_off(const Deciding& deciding, const std::set<Id>& records, EventType type = EventType::kSplit) {
  require_seen(deciding, seen_of(deciding.own));
  require_rest(deciding, records);
  IdentityEvent event = deciding.merging.split(deciding.own.ref.id, records, type);
  require_all_seen(deciding, event, 0);
  return event;
}

}  // namespace

/// work(deciding) -> the event.
template <typename Work>
std::string MergeActions::run(const Commands::Call& call, const Work& work) {
  const auto repeat = [](const Command&, const store::Command& before) {
    return reply_of(before.identity, before.result);
  };
  return commands_.run(call, repeat, [&](const Command& command, Id& identity, Id& target) {
    const Asking& asking = command.request.asking;
    const Id asked = identity_for(command);
    if (asked == 0) throw NotFound(kUnknown);
    const store::ViewFilter filter(asking.view, command.ticket.account == nullptr ? 0 : command.ticket.account->id);
    const PartContext part{asking, command.accounts, command.ticket, command.now_us};
    const Looking looking{command.session, part, filter};
    const auto own = see(looking, asked);
    if (!own) throw NotFound(kUnknown);
    store::WriteBatch batch(command.session);
    store::Merging merging(batch, command.now_us, "agent:" + asking.agent.id);
    try {
      const IdentityEvent event = work(Deciding{command.request, command, looking, *own, merging});
      batch.flush();
      identity = event.identity == 0 ? own->ref.id : event.identity;
      target = event.id;
    } catch (const store::NotPossible& error) {
      throw Conflict(error.what());
    }
    return reply_of(identity, target);
  });
}

std::string MergeActions::accept(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "suggestion.accept", deadline_us, true}, [](const Deciding& deciding) {
    require(deciding.request.suggestion != 0, "/args/suggestion: expected the id of a suggestion, found nothing");
    const store::Suggestion suggestion =
        require_suggestion(deciding.looking, deciding.own, deciding.request.suggestion);
    if (suggestion.state != 0) throw Conflict("decided: a colleague decided this meanwhile; refresh");
    if (suggestion.review) return split_off(deciding, {suggestion.other_record});
    return deciding.join(suggestion.other_identity,
                         {EventType::kMerge, "J", {suggestion.record, suggestion.other_record}, suggestion.id});
  });
}

std::string MergeActions::refuse(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "suggestion.refuse", deadline_us, true}, [](const Deciding& deciding) {
    require(deciding.request.suggestion != 0, "/args/suggestion: expected the id of a suggestion, found nothing");
    const store::Suggestion suggestion =
        require_suggestion(deciding.looking, deciding.own, deciding.request.suggestion);
    if (suggestion.state != 0) throw Conflict("decided: a colleague decided this meanwhile; refresh");
    if (suggestion.review)
      return deciding.merging.judge_same(deciding.own.ref.id, {suggestion.record, suggestion.other_record},
                                         suggestion.id);
    return deciding.merging.judge_not(deciding.own.ref.id, deciding.other(suggestion.other_identity).ref.id,
                                      suggestion.id);
  });
}

std::string MergeActions::merge(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.merge", deadline_us, true}, [](const Deciding& deciding) {
    require(deciding.request.with != 0, "/args/with: expected the id of an identity, found nothing");
    return deciding.join(deciding.request.with, {});
  });
}

std::string MergeActions::split(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.split", deadline_us, true}, [](const Deciding& deciding) {
    const std::vector<Id>& records = deciding.request.records;
    require(!records.empty(), "/args/records: expected the ids of the parts to split off, found none");
    for (const Id record : records)
      if (record_of(deciding.own.records, record) == nullptr)
        throw NotFound("one of the parts is not in this identity, or not in your view; refresh");
    return split_off(deciding, std::set<Id>(records.begin(), records.end()));
  });
}

std::string MergeActions::unlink(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.unlink", deadline_us, true}, [](const Deciding& deciding) {
    const ActionRequest& request = deciding.request;
    require(request.record != 0, "/args/record: expected the id of a record, found nothing");
    if (record_of(deciding.own.records, request.record) == nullptr)
      throw NotFound("that record is not in this identity, or not in your view; refresh");
    if (!request.identifier) return split_off(deciding, {request.record}, EventType::kUnlink);
    require_seen(deciding, seen_of(deciding.own));
    return deciding.merging.unlink(deciding.own.ref.id, name_of(request.identifier->kind),
                                   stored_value(deciding, *request.identifier));
  });
}

std::string MergeActions::judge(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.judge", deadline_us, true}, [](const Deciding& deciding) {
    require(deciding.request.with != 0, "/args/with: expected the id of an identity, found nothing");
    require(deciding.request.same.has_value(), "/args/same: expected true or false, found nothing");
    if (*deciding.request.same) return deciding.join(deciding.request.with, {});
    return deciding.merging.judge_not(deciding.own.ref.id, deciding.other(deciding.request.with).ref.id, 0);
  });
}

std::string MergeActions::undo(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.undo", deadline_us, true}, [](const Deciding& deciding) {
    require(deciding.request.log != 0, "/args/log: expected the id of an entry of the log, found nothing");
    if (deciding.request.seen.empty())
      require_event(deciding.looking, deciding.own, deciding.request.log);
    else
      require_seen(deciding, seen_of(deciding.looking, deciding.own,
                                     plan_of(deciding.looking, deciding.own, deciding.request.log)));
    return deciding.merging.undo(deciding.request.log);
  });
}

}  // namespace identities::panel
