// Why an identity is one person, and what happened to it: each identifier with the rule that brought it, the log, what
// an undo would move, and the records as parts that may be split off. What speaks of records that are not in view is
// not told.
#pragma once

#include <set>

#include "core/identity_event.hpp"
#include "panel/comparing.hpp"

namespace identities::panel {

/// The member "why".
void write_why(JsonWriter& json, const Looking& looking, const IdentityPicture& own);
/// The member "log".
void write_log(JsonWriter& json, const Looking& looking, const IdentityPicture& own);
/// The member "undo". Throws NotFound, and Conflict when it cannot be undone.
void write_undo_preview(JsonWriter& json, const Looking& looking, const IdentityPicture& own, Id log);
/// The member "parts".
void write_parts(JsonWriter& json, const Looking& looking, const IdentityPicture& own);

/// The event, when it touched this identity and all that it touched is in view. Throws NotFound otherwise.
IdentityEvent require_event(const Looking& looking, const IdentityPicture& own, Id log);

}  // namespace identities::panel
