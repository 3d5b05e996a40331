// Compares one record with those that it may be the same person's as, and writes what is to be suggested. A suggestion
// is of two records, is never chained, and changes nobody. Uses the session it is given.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "store/match_store.hpp"

namespace identities::store {

struct Suggested {
  Id record = 0;    // the other one
  Id identity = 0;  // and its identity
  double weight = 0;
  std::string reasons;  // JSON of fields and outcomes, never a value
};

/// Further ones of a record are weaker, and an agent looks at a handful.
constexpr std::size_t kMostSuggestions = 5;

/// The strongest first, one for each other identity, at most kMostSuggestions; empty when the record is not there or
/// says too little. Reads only; two round trips.
std::vector<Suggested> score_record(Session& session, Id record, const StoredModel& model,
                                    const ResolutionRules& rules = default_rules());

/// The same, keeps what the record is compared by for those that come later, and writes the suggestions: not for
/// identities that an agent judged, nor for those that are suggested already. What was suggested by evidence that is
/// gone is no longer of use. Where a rule suggested the pair, that stays, and only its weight is what the surer of both
/// gives. Returns how many are new. concerned: gets the identities of which something else is shown now, whose versions
/// are to be raised (raise_identities). REQUIRES: inside a write transaction.
std::size_t suggest_for(Session& session, Id record, const StoredModel& model, Microseconds now_us,
                        const ResolutionRules& rules = default_rules(), std::set<Id>* concerned = nullptr);

}  // namespace identities::store
