// A suggestion that contradicts an agent (J1): somebody judged two identities to be two people, and since then they
// have something in common that would have joined them. What of that an agent may be told: the judgement and what came
// since are each hidden where they are out of view. Pure but for what it reads with the session of `looking`.
#pragma once

#include <optional>

#include "core/identity_event.hpp"
#include "panel/comparing.hpp"

namespace identities::panel {

struct Contradiction {
  bool in_common = false;                  // both records have what would have joined them, in view
  bool judged = false;                     // a judgement counts; none does once it was taken back
  std::optional<IdentityEvent> judgement;  // the newest of those that is in view

  /// Without a judgement it is a suggestion as any other; a hidden one is not hinted at.
  bool may_be_told() const { return in_common && (judgement || !judged); }
};

/// REQUIRES: the suggestion's rule is J1, and its record is one of own.
Contradiction contradiction_of(const Looking& looking, const IdentityPicture& own, const store::Suggestion& suggestion);

/// The member "judged": who judged, when, and by which rule they would have been joined since. Nothing of a suggestion
/// that contradicts nobody. REQUIRES: it may be told.
void write_judged(JsonWriter& json, const Looking& looking, const IdentityPicture& own,
                  const store::Suggestion& suggestion);

}  // namespace identities::panel
