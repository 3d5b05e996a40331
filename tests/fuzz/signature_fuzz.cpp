// Method: the signature headers of a delivery as lines: id, timestamp, signature, then the body. Without the key
// nothing passes; with it, what was signed passes and the same with one byte changed does not.
#include <algorithm>

#include "accounts/standard_webhooks.hpp"
#include "core/base64.hpp"
#include "core/ids.hpp"
#include "properties.hpp"

namespace {

using namespace identities;
using accounts::SignatureFault;

constexpr Microseconds kNow = 1'793'700'720'000'000;

/// A key that no input can know.
const std::vector<std::string>& keys() {
  static const std::vector<std::string> made{random_token(24), random_token(24)};
  return made;
}

std::optional<std::string_view> take_line(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return line;
}

void check_unsigned(const accounts::SignedDelivery& delivery) {
  const SignatureFault fault = accounts::verify(delivery, keys(), kNow);
  fuzz::require(fault != SignatureFault::kNone, "what was not signed with the key does not pass");
  fuzz::require(fault != SignatureFault::kStale, "who has not signed does not learn that a timestamp is stale");
  const bool whole = delivery.id && delivery.timestamp && delivery.signature;
  fuzz::require((fault == SignatureFault::kMissingHeader) == !whole, "a missing header is called missing");
  fuzz::require(accounts::verify(delivery, {}, kNow) != SignatureFault::kNone, "nothing passes without a key");
}

void check_signed(std::string_view id, std::string_view list, std::string_view body) {
  constexpr std::int64_t kStamp = kNow / kSecondUs;
  const std::string stamp = std::to_string(kStamp);
  const std::string good = accounts::sign(keys().back(), id, kStamp, body);
  const SignatureFault fault = accounts::verify({id, stamp, good, body}, keys(), kNow);
  const bool sound_id = !id.empty() && id.size() <= 255 &&
                        std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~' && c != '/'; });
  fuzz::require(fault == (sound_id ? SignatureFault::kNone : SignatureFault::kMalformedHeader),
                "what was signed passes when its id is sound", id);
  if (!sound_id) return;
  const std::string among = good + " " + std::string(list);
  fuzz::require(accounts::verify({id, stamp, among, body}, keys(), kNow) == SignatureFault::kNone,
                "a good signature passes whatever follows it", among);
  std::string changed(body);
  if (changed.empty())
    changed = " ";
  else
    changed[list.size() % changed.size()] ^= 1;
  fuzz::require(accounts::verify({id, stamp, good, changed}, keys(), kNow) == SignatureFault::kMismatch,
                "a changed body does not pass");
  const std::string other_id = id == "a" ? "b" : "a";
  fuzz::require(accounts::verify({other_id, stamp, good, body}, keys(), kNow) == SignatureFault::kMismatch,
                "another id does not pass");
  fuzz::require(
      accounts::verify({id, std::to_string(kStamp + 1), good, body}, keys(), kNow) == SignatureFault::kMismatch,
      "another time does not pass");
}

void check_secret(std::string_view text) {
  const auto key = accounts::key_of_secret(text);
  if (!key) return;
  fuzz::require(key->size() >= accounts::kMinKeyBytes && key->size() <= accounts::kMaxKeyBytes, "a key has its length");
  const std::string again = "whsec_" + base64_encode(*key);
  fuzz::require(accounts::key_of_secret(again) == key, "a secret that is written again gives the same key", again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  accounts::SignedDelivery delivery;
  delivery.id = take_line(rest);
  delivery.timestamp = take_line(rest);
  delivery.signature = take_line(rest);
  delivery.body = rest;
  check_unsigned(delivery);
  if (delivery.id && delivery.signature) check_signed(*delivery.id, *delivery.signature, rest);
  if (delivery.signature) check_secret(*delivery.signature);
  return 0;
}
