#include "core/timestamp.hpp"

#include <fmt/format.h>

#include <chrono>

namespace identities {
namespace {

constexpr std::size_t kMaxCharacters = 40;  // as the schemas say
constexpr Microseconds kOldest = -2'208'988'800'000'000;
constexpr Microseconds kNewest = 253'402'300'799'999'999;

/// Takes `count` digits off the front of text; nothing when there are fewer.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// The fraction of a second in microseconds; 0 when there is none.
std::optional<Microseconds> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return 0;
  Microseconds fraction = 0;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 6) fraction = fraction * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 6; ++digits) fraction *= 10;
  return fraction;
}

/// The zone as microseconds east of UTC.
std::optional<Microseconds> take_zone(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  const bool west = !text.empty() && text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  const Microseconds offset = *hour * kHourUs + *minute * kMinuteUs;
  return west ? -offset : offset;
}

}  // namespace

std::optional<Microseconds> parse_rfc3339(std::string_view text) {
  if (text.size() > kMaxCharacters) return std::nullopt;
  const auto year = take_digits(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const Microseconds days = std::chrono::sys_days{date}.time_since_epoch().count();
  const Microseconds time =
      days * kDayUs + *hour * kHourUs + *minute * kMinuteUs + *second * kSecondUs + *fraction - *zone;
  // The years have four digits in UTC, too, so that what is read can be written.
  if (time < kOldest || time > kNewest) return std::nullopt;
  return time;
}

std::string format_rfc3339(Microseconds time) {
  const Microseconds day_number = time >= 0 ? time / kDayUs : -((-time + kDayUs - 1) / kDayUs);
  const Microseconds in_day = time - day_number * kDayUs;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day_number}}};
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 in_day / kHourUs, in_day / kMinuteUs % 60, in_day / kSecondUs % 60);
  if (in_day % kSecondUs != 0) text += fmt::format(".{:06}", in_day % kSecondUs);
  return text + "Z";
}

}  // namespace identities
