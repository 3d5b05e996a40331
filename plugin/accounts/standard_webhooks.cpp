#include "accounts/standard_webhooks.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

#include "core/base64.hpp"

namespace identities::accounts {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kMaxIdBytes = 255;
constexpr std::size_t kMaxSignatures = 16;  // in one header; a sender that rotates sends two

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &size) == nullptr)
    throw std::runtime_error("HMAC-SHA256 failed");
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string mac(std::string_view key, std::string_view id, std::string_view timestamp, std::string_view body) {
  std::string message;
  message.reserve(id.size() + timestamp.size() + body.size() + 2);
  message.append(id).append(".").append(timestamp).append(".").append(body);
  return hmac_sha256(key, message);
}

bool valid_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxIdBytes) return false;
  for (const char c : id)
    if (c <= ' ' || c > '~' || c == '/') return false;
  return true;
}

}  // namespace

std::string make_secret() {
  std::array<unsigned char, 32> key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("the system gave no random bytes");
  return std::string(kPrefix) + base64_encode({reinterpret_cast<const char*>(key.data()), key.size()});
}

std::optional<std::string> key_of_secret(std::string_view secret) {
  if (!secret.starts_with(kPrefix)) return std::nullopt;
  auto key = base64_decode(secret.substr(kPrefix.size()));
  if (!key || key->size() < kMinKeyBytes || key->size() > kMaxKeyBytes) return std::nullopt;
  return key;
}

std::string sign(std::string_view key, std::string_view id, std::int64_t timestamp_s, std::string_view body) {
  return "v1," + base64_encode(mac(key, id, std::to_string(timestamp_s), body));
}

SignatureFault verify(const SignedDelivery& delivery, std::span<const std::string> keys, Microseconds now_us) {
  if (!delivery.id || !delivery.timestamp || !delivery.signature) return SignatureFault::kMissingHeader;
  const std::string_view stamp = *delivery.timestamp;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(stamp.data(), stamp.data() + stamp.size(), seconds);
  // 11 digits reach the year 5138; more would overflow as microseconds.
  if (!valid_id(*delivery.id) || error != std::errc{} || end != stamp.data() + stamp.size() || stamp.size() > 11 ||
      seconds < 0)
    return SignatureFault::kMalformedHeader;

  std::vector<std::string> wanted;
  wanted.reserve(keys.size());
  for (const std::string& key : keys) wanted.push_back(mac(key, *delivery.id, stamp, delivery.body));
  bool matches = false;
  std::size_t seen = 0;
  std::string_view list = *delivery.signature;
  while (!list.empty() && seen < kMaxSignatures) {
    const auto space = list.find(' ');
    const std::string_view entry = list.substr(0, space);
    list = space == std::string_view::npos ? std::string_view{} : list.substr(space + 1);
    if (!entry.starts_with("v1,")) continue;
    ++seen;
    const auto given = base64_decode(entry.substr(3));
    if (!given || given->size() != 32) continue;
    for (const std::string& each : wanted) matches |= CRYPTO_memcmp(given->data(), each.data(), each.size()) == 0;
  }
  if (seen == 0) return SignatureFault::kMalformedHeader;
  if (!matches) return SignatureFault::kMismatch;
  // Only a sender that holds the secret learns that its clock is wrong.
  const Microseconds distance = now_us - seconds * kSecondUs;
  return distance > kTimestampToleranceUs || distance < -kTimestampToleranceUs ? SignatureFault::kStale
                                                                               : SignatureFault::kNone;
}

}  // namespace identities::accounts
