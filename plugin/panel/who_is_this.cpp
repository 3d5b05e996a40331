#include "panel/who_is_this.hpp"

#include <string>

#include "panel/log_parts.hpp"

namespace identities::panel {
namespace {

void require_scope(const Asking& asking, std::string_view scope) {
  if (!asking.has_scope(scope)) throw Forbidden("this needs the scope " + std::string(scope));
}

}  // namespace

Id write_who_is_this(JsonWriter& json, const Looking& looking, const PanelRequest& request) {
  if (request.pivot == Pivot::kFind) {
    require_scope(request.asking, "identity.find");
    return write_found(json, looking, *request.find);
  }
  require_scope(request.asking, "identity.merge");
  const ResolvedTicket& ticket = looking.part.ticket;
  store::IdentityRef ref = ticket.requesters[ticket.selected].ref;
  // Whoever took the requester's own address off may put it back.
  if (ref.id == 0 && request.pivot == Pivot::kUndo)
    ref.id = taken_off_from(looking.session, request.asking, ticket, request.log);
  if (ref.id == 0) throw NotFound("nothing is known of this requester yet");
  const IdentityPicture own =
      read_picture(looking.session, request.asking, ref, ticket.thread, looking.filter, looking.part.now_us);
  write_accounts(json, looking.part, own.records);
  switch (request.pivot) {
    case Pivot::kCompare:
      return write_comparison(json, looking, own, request.suggestion, request.with);
    case Pivot::kWhy:
      write_why(json, looking, own);
      break;
    case Pivot::kLog:
      write_log(json, looking, own, request.log_before);
      break;
    case Pivot::kUndo:
      write_undo_preview(json, looking, own, request.log);
      break;
    default:
      write_parts(json, looking, own);
      break;
  }
  return 0;
}

}  // namespace identities::panel
