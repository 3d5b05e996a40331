#include "panel/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <new>

namespace identities::panel {

std::string digest(std::string_view bytes) {
  constexpr std::size_t kDigestBytes = 12;
  // Fetched once: looking for it among the providers costs more than hashing a short text.
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256 = [] {
    std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> found(EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
    if (found == nullptr) throw std::bad_alloc();  // so that the next call tries again
    return found;
  }();
  std::array<unsigned char, 32> hash{};
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, sha256.get(), nullptr) != 1) throw std::bad_alloc();
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * kDigestBytes);
  for (std::size_t index = 0; index < kDigestBytes; ++index) {
    hex += kHex[hash[index] >> 4U];
    hex += kHex[hash[index] & 15U];
  }
  return hex;
}

}  // namespace identities::panel
