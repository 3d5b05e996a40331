// The pivots of who this is, and why: comparison, reasons, log, preview of an undo, parts, and looking somebody up.
#pragma once

#include "panel/comparing.hpp"

namespace identities::panel {

/// Writes the answer's members into an open object; REQUIRES one of those pivots. Returns the identity that was told of
/// besides the ticket's requester, for the audit; 0: none. Throws Forbidden without the pivot's scope, NotFound and
/// Conflict.
Id write_who_is_this(JsonWriter& json, const Looking& looking, const PanelRequest& request);

}  // namespace identities::panel
