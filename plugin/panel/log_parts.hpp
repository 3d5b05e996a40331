// Why an identity is one person, and what happened to it: each identifier with the rule that brought it, the log, what
// an undo would move, and the records as parts that may be split off. What speaks of records that are not in view is
// not told.
#pragma once

#include <string>

#include "core/identity_event.hpp"
#include "panel/comparing.hpp"
#include "store/merging.hpp"

namespace identities::panel {

/// The members "why" and "seen".
void write_why(JsonWriter& json, const Looking& looking, const IdentityPicture& own);
/// The members "log", newest first, and "log_next". before: only what is older than that event; 0: from the newest.
void write_log(JsonWriter& json, const Looking& looking, const IdentityPicture& own, Id before);
/// The members "undo" and "seen". Throws as plan_of.
void write_undo_preview(JsonWriter& json, const Looking& looking, const IdentityPicture& own, Id log);
/// The members "parts" and "seen".
void write_parts(JsonWriter& json, const Looking& looking, const IdentityPicture& own);

/// The event, when it touched this identity and all that it touched is in view; of whoever asks their own event, when
/// something of it is. Throws NotFound otherwise.
IdentityEvent require_event(const Looking& looking, const IdentityPicture& own, Id log);

/// What undoing it would do. Throws NotFound, and Conflict when it cannot be undone.
store::UndoPlan plan_of(const Looking& looking, const IdentityPicture& own, Id log);
/// The member "seen" of an undo: the same as long as it would move the same records in view.
std::string seen_of(const Looking& looking, const IdentityPicture& own, const store::UndoPlan& plan);

/// Whose identity the agent took this ticket's requester off by that event; 0: nobody's.
Id taken_off_from(store::Session& session, const Asking& asking, const ResolvedTicket& ticket, Id log);

}  // namespace identities::panel
