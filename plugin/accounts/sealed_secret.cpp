#include "accounts/sealed_secret.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <new>
#include <stdexcept>

#include "core/base64.hpp"

namespace identities::accounts {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Cipher new_cipher() {
  Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (cipher == nullptr) throw std::bad_alloc();  // OpenSSL would use it without a look
  return cipher;
}

void require(int result) {
  if (result != 1) throw std::runtime_error("AES-256-GCM failed");
}

}  // namespace

std::optional<std::string> master_key_of(std::string_view secret) {
  if (secret.size() == kMasterKeyBytes) return std::string(secret);
  auto key = base64_decode(secret);
  if (!key || key->size() != kMasterKeyBytes) return std::nullopt;
  return key;
}

std::string seal(std::string_view master_key, Id account, std::string_view secret) {
  const Cipher cipher = new_cipher();
  std::string nonce(kNonceBytes, '\0');
  require(RAND_bytes(bytes(nonce), static_cast<int>(nonce.size())));
  const std::string bound_to = std::to_string(account);
  std::string text(secret.size(), '\0');
  std::string tag(kTagBytes, '\0');
  int size = 0;
  require(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(master_key), bytes(nonce)));
  require(EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes(std::string_view(bound_to)),
                            static_cast<int>(bound_to.size())));
  require(EVP_EncryptUpdate(cipher.get(), bytes(text), &size, bytes(secret), static_cast<int>(secret.size())));
  require(EVP_EncryptFinal_ex(cipher.get(), nullptr, &size));
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag.size()), tag.data()));
  return std::string(1, kVersion) + nonce + text + tag;
}

std::optional<std::string> unseal(std::string_view master_key, Id account, std::string_view sealed) {
  if (sealed.size() < 1 + kNonceBytes + kTagBytes || sealed.front() != kVersion) return std::nullopt;
  const std::string_view nonce = sealed.substr(1, kNonceBytes);
  const std::string_view text = sealed.substr(1 + kNonceBytes, sealed.size() - 1 - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const Cipher cipher = new_cipher();
  const std::string bound_to = std::to_string(account);
  std::string secret(text.size(), '\0');
  int size = 0;
  require(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(master_key), bytes(nonce)));
  require(EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes(std::string_view(bound_to)),
                            static_cast<int>(bound_to.size())));
  require(EVP_DecryptUpdate(cipher.get(), bytes(secret), &size, bytes(text), static_cast<int>(text.size())));
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()), tag.data()));
  if (EVP_DecryptFinal_ex(cipher.get(), nullptr, &size) != 1) return std::nullopt;
  return secret;
}

}  // namespace identities::accounts
