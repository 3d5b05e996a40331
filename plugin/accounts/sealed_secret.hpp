// Secrets at rest: AES-256-GCM under the 32-byte master key, bound to the account they belong to. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace identities::accounts {

constexpr std::size_t kMasterKeyBytes = 32;

/// The master key's bytes out of the secret "master_key": base64 of 32 bytes, or 32 raw bytes. Nothing when it is
/// neither.
std::optional<std::string> master_key_of(std::string_view secret);

/// version byte, 12-byte nonce, ciphertext, 16-byte tag.
std::string seal(std::string_view master_key, Id account, std::string_view secret);

/// Nothing when the key, the account or a byte is wrong.
std::optional<std::string> unseal(std::string_view master_key, Id account, std::string_view sealed);

}  // namespace identities::accounts
