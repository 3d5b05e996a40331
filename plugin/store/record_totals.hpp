// How much hangs on each record, as far as a view has it. Uses the session it is given.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "core/ids.hpp"
#include "core/timestamp.hpp"
#include "store/view_filter.hpp"

namespace identities::store {

struct RecordTotals {
  std::int64_t engagements = 0;  // without internal ones
  std::int64_t notes = 0;
  std::optional<Microseconds> first_us;
  std::optional<Microseconds> last_us;
};

/// Those that have any.
std::map<Id, RecordTotals> read_record_totals(Session& session, const std::set<Id>& records, const ViewFilter& filter);

}  // namespace identities::store
