// Ids: 63 bits, time-ordered: 41 bits of milliseconds since 2024 UTC, then 22 bits that start at random in each process
// and millisecond and count up. Never backwards within a process; a forked child draws for itself. All functions are
// thread-safe, also in a child that was forked beside other threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace identities {

using Id = std::int64_t;

/// A new id for the time now_us (microseconds since 1970 UTC). A clash with another process shows as a duplicate key;
/// the caller draws again.
Id next_id(std::int64_t now_us);

/// The smallest id that next_id could give at that time: ids at or above it were made then or later.
Id first_id_at(std::int64_t time_us);

/// The id in decimal, 1 to 19 digits, as JSON and URLs carry it; nothing when it is anything else.
std::optional<Id> parse_id(std::string_view text);

/// size random bytes of cryptographic strength as base64url without padding.
std::string random_token(std::size_t size);

}  // namespace identities
