// Deletes what was kept long enough, oldest first, a bounded number of rows at a time, so that no transaction locks for
// long and a run that broke off goes on where it was. engagement_key is not among it: it is what keeps a message that
// its source sends again after years from being stored twice. Uses the session it is given.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "store/session.hpp"

namespace identities::store {

enum class Kept : std::uint8_t { kDeliveries, kCommands, kAudit };

inline constexpr std::array<Kept, 3> kAllKept = {Kept::kDeliveries, Kept::kCommands, Kept::kAudit};

/// "deliveries", "commands" or "audit".
std::string_view name_of(Kept kept);

/// About how many rows one call deletes: some milliseconds of work. Rows of the same microsecond go together.
constexpr std::int64_t kRetentionBatch = 500;

/// Deletes the oldest rows from before that time, at most about a batch. Returns how many; less than kRetentionBatch:
/// there are no more. REQUIRES: inside a write transaction.
std::int64_t delete_oldest(Session& session, Kept kept, Microseconds before_us);

/// When the oldest row was written; nothing when there is none.
std::optional<Microseconds> oldest(Session& session, Kept kept);

}  // namespace identities::store
