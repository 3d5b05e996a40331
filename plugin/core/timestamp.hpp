// Times: integer microseconds since 1970 UTC everywhere inside; RFC 3339 at the edges. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace identities {

using Microseconds = std::int64_t;

constexpr Microseconds kSecondUs = 1'000'000;
constexpr Microseconds kMinuteUs = 60 * kSecondUs;
constexpr Microseconds kHourUs = 60 * kMinuteUs;
constexpr Microseconds kDayUs = 24 * kHourUs;

/// RFC 3339 with a zone ("2026-11-03T10:12:00.123456+08:00"), at most 40 characters, years 1900 to 9999 in UTC; digits
/// beyond microseconds are cut, a leap second becomes the second after it. Nothing when text is anything else, a date
/// that does not exist included.
std::optional<Microseconds> parse_rfc3339(std::string_view text);

/// "2026-11-03T10:12:00Z", with microseconds where there are any.
std::string format_rfc3339(Microseconds time);

/// A source's time, unless it is further ahead than clocks differ: then the latest that is believed.
constexpr Microseconds not_in_future(Microseconds time, Microseconds now_us) {
  constexpr Microseconds kSkewUs = 5 * kMinuteUs;
  return time < now_us + kSkewUs ? time : now_us + kSkewUs;
}

}  // namespace identities
