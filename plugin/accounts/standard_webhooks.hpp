// Standard Webhooks signatures (v1: HMAC-SHA256 over "id.timestamp.body"), checked on the raw bytes and in constant
// time. Source: the Standard Webhooks specification, version 1. Pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/timestamp.hpp"

namespace identities::accounts {

/// How far a delivery's timestamp may be from now.
constexpr Microseconds kTimestampToleranceUs = 5 * kMinuteUs;
/// Bytes of a key; the specification asks for 24 to 64.
constexpr std::size_t kMinKeyBytes = 24;
constexpr std::size_t kMaxKeyBytes = 64;

enum class SignatureFault { kNone, kMissingHeader, kMalformedHeader, kStale, kMismatch };

struct SignedDelivery {
  std::optional<std::string_view> id;         // webhook-id
  std::optional<std::string_view> timestamp;  // webhook-timestamp, seconds
  std::optional<std::string_view> signature;  // webhook-signature: space-separated list
  std::string_view body;
};

/// "whsec_" + base64 of a fresh 32-byte key.
std::string make_secret();

/// The key's bytes of a "whsec_..." secret; nothing when it is malformed.
std::optional<std::string> key_of_secret(std::string_view secret);

/// "v1,<base64>" for a delivery that is sent at timestamp_s.
std::string sign(std::string_view key, std::string_view id, std::int64_t timestamp_s, std::string_view body);

/// Accepts when any v1 signature in the list fits any of the keys.
SignatureFault verify(const SignedDelivery& delivery, std::span<const std::string> keys, Microseconds now_us);

}  // namespace identities::accounts
