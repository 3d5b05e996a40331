#include "core/time_zone.hpp"

#include <unicode/timezone.h>

#include <memory>

namespace identities {

std::optional<Microseconds> offset_east(std::string_view zone, Microseconds time) {
  if (zone.empty() || zone.size() > 64) return std::nullopt;
  const std::unique_ptr<icu::TimeZone> found(icu::TimeZone::createTimeZone(
      icu::UnicodeString::fromUTF8(icu::StringPiece(zone.data(), static_cast<int32_t>(zone.size())))));
  if (*found == icu::TimeZone::getUnknown()) return std::nullopt;
  int32_t raw_ms = 0;
  int32_t daylight_ms = 0;
  UErrorCode status = U_ZERO_ERROR;
  const Microseconds time_ms = time / 1000;
  found->getOffset(static_cast<UDate>(time_ms), false, raw_ms, daylight_ms, status);
  if (U_FAILURE(status)) return std::nullopt;
  return (static_cast<Microseconds>(raw_ms) + daylight_ms) * 1000;
}

}  // namespace identities
