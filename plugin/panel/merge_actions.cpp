#include "panel/merge_actions.hpp"

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

/// What the command works with: the identity as the agent sees it, and the writer.
struct Deciding {
  const ActionRequest& request;
  const Command& command;
  const Looking& looking;
  const IdentityPicture& own;
  store::Merging& merging;

  Id other(Id identity) const {
    const auto seen = see(looking, identity);
    if (!seen) throw NotFound("no such identity in your view; it may have been merged or erased");
    return seen->ref.id;
  }
};

/// Whom the command is about. Whoever took an identifier off may find nobody by it any more, and may still put it back.
Id identity_for(const Command& command) {
  if (command.selected() != 0 || command.request.log == 0) return command.selected();
  const auto event = store::find_event(command.session, command.request.log);
  if (!event || event->actor != "agent:" + command.request.asking.agent.id) return 0;
  const std::vector<Id> records = event->records();
  const auto identities = store::identities_of(command.session, std::set<Id>(records.begin(), records.end()));
  return identities.empty() ? 0 : identities.begin()->second;
}

void require(bool there, const char* what) {
  if (!there) throw BadRequest(what);
}

/// As the key that is stored: an agent takes off what they see, which is the text or its key.
std::string stored_value(const Deciding& deciding, const Requester& identifier) {
  for (const store::IdentifierRow& row : deciding.own.identifiers)
    if (identifier_kind(row.kind) == identifier.kind &&
        (row.shown == identifier.value || row.value == identifier.value))
      return row.value;
  throw NotFound("this identity has no such identifier in your view; it may have been taken off");
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
    if (asked == 0) throw NotFound("nothing is known of this requester yet");
    const store::ViewFilter filter(asking.view, command.ticket.account == nullptr ? 0 : command.ticket.account->id);
    const PartContext part{asking, command.accounts, command.ticket, command.now_us};
    const Looking looking{command.session, part, filter};
    const auto own = see(looking, asked);
    if (!own) throw NotFound("nothing of this identity is in your view");
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
  return run({json, request_id, "suggestion.accept", deadline_us}, [](const Deciding& deciding) {
    require(deciding.request.suggestion != 0, "/args/suggestion: expected the id of a suggestion, found nothing");
    const store::Suggestion suggestion =
        require_suggestion(deciding.looking, deciding.own, deciding.request.suggestion);
    if (suggestion.state != 0) throw Conflict("a colleague decided this meanwhile; refresh");
    if (suggestion.review) return deciding.merging.split(deciding.own.ref.id, {suggestion.other_record});
    return deciding.merging.merge(
        deciding.own.ref.id, suggestion.other_identity,
        {EventType::kMerge, "J", {suggestion.record, suggestion.other_record}, suggestion.id});
  });
}

std::string MergeActions::refuse(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "suggestion.refuse", deadline_us}, [](const Deciding& deciding) {
    require(deciding.request.suggestion != 0, "/args/suggestion: expected the id of a suggestion, found nothing");
    const store::Suggestion suggestion =
        require_suggestion(deciding.looking, deciding.own, deciding.request.suggestion);
    if (suggestion.state != 0) throw Conflict("a colleague decided this meanwhile; refresh");
    if (suggestion.review)
      return deciding.merging.judge_same(deciding.own.ref.id, {suggestion.record, suggestion.other_record},
                                         suggestion.id);
    return deciding.merging.judge_not(deciding.own.ref.id, suggestion.other_identity, suggestion.id);
  });
}

std::string MergeActions::merge(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.merge", deadline_us}, [](const Deciding& deciding) {
    require(deciding.request.with != 0, "/args/with: expected the id of an identity, found nothing");
    return deciding.merging.merge(deciding.own.ref.id, deciding.other(deciding.request.with), {});
  });
}

std::string MergeActions::split(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.split", deadline_us}, [](const Deciding& deciding) {
    const std::vector<Id>& records = deciding.request.records;
    require(!records.empty(), "/args/records: expected the ids of the parts to split off, found none");
    for (const Id record : records)
      if (record_of(deciding.own.records, record) == nullptr)
        throw NotFound("one of the parts is not in this identity, or not in your view; refresh");
    return deciding.merging.split(deciding.own.ref.id, std::set<Id>(records.begin(), records.end()));
  });
}

std::string MergeActions::unlink(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.unlink", deadline_us}, [](const Deciding& deciding) {
    const ActionRequest& request = deciding.request;
    require(request.record != 0, "/args/record: expected the id of a record, found nothing");
    if (record_of(deciding.own.records, request.record) == nullptr)
      throw NotFound("that record is not in this identity, or not in your view; refresh");
    if (!request.identifier) return deciding.merging.split(deciding.own.ref.id, {request.record}, EventType::kUnlink);
    return deciding.merging.unlink(deciding.own.ref.id, name_of(request.identifier->kind),
                                   stored_value(deciding, *request.identifier));
  });
}

std::string MergeActions::judge(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.judge", deadline_us}, [](const Deciding& deciding) {
    require(deciding.request.with != 0, "/args/with: expected the id of an identity, found nothing");
    require(deciding.request.same.has_value(), "/args/same: expected true or false, found nothing");
    const Id other = deciding.other(deciding.request.with);
    if (*deciding.request.same) return deciding.merging.merge(deciding.own.ref.id, other, {});
    return deciding.merging.judge_not(deciding.own.ref.id, other, 0);
  });
}

std::string MergeActions::undo(std::string_view json, std::string_view request_id, Microseconds deadline_us) {
  return run({json, request_id, "identity.undo", deadline_us}, [](const Deciding& deciding) {
    require(deciding.request.log != 0, "/args/log: expected the id of an entry of the log, found nothing");
    require_event(deciding.looking, deciding.own, deciding.request.log);
    return deciding.merging.undo(deciding.request.log);
  });
}

}  // namespace identities::panel
