#include "accounts/master_keys.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "accounts/sealed_secret.hpp"

namespace identities::accounts {
namespace {

constexpr std::size_t kMaxClosed = 1000;  // secrets that are looked for in a second, so that memory is bounded

}  // namespace

std::optional<MasterKeyList> master_keys_of(std::string_view secret) {
  MasterKeyList keys;
  if (auto only = master_key_of(secret)) {
    keys.push_back(std::move(*only));
    return keys;
  }
  while (!secret.empty()) {
    const auto end = secret.find('\n');
    auto key = master_key_of(secret.substr(0, end));
    if (!key || keys.size() == kMaxMasterKeys) return std::nullopt;
    keys.push_back(std::move(*key));
    secret = end == std::string_view::npos ? std::string_view{} : secret.substr(end + 1);
  }
  return keys.empty() ? std::nullopt : std::optional(std::move(keys));
}

std::string fingerprint(std::string_view master_key) {
  const std::string named = "identities master key " + std::string(master_key);
  std::array<unsigned char, 32> digest{};
  EVP_Digest(named.data(), named.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + 8, ""));
}

const std::string* sealing_key(const MasterKeyList& keys, std::string_view recorded) {
  if (recorded.empty()) return &keys.back();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return fingerprint(key) == recorded; });
  return found == keys.end() ? nullptr : &*found;
}

std::optional<std::string> unseal_any(const MasterKeyList& keys, Id account, std::string_view sealed) {
  for (const std::string& key : keys)
    if (auto plain = unseal(key, account, sealed)) return plain;
  return std::nullopt;
}

MasterKeys::MasterKeys(MasterKeyList keys, Read read, Clock clock)
    : read_(std::move(read)), clock_(std::move(clock)), keys_(std::move(keys)) {}

std::optional<std::string> MasterKeys::unseal(Id account, std::string_view sealed) {
  MasterKeyList keys;
  {
    const std::lock_guard lock(mutex_);
    keys = keys_;
  }
  if (auto plain = unseal_any(keys, account, sealed)) return plain;
  const std::lock_guard lock(mutex_);
  if (!read_) return std::nullopt;
  const Microseconds now_us = clock_.monotonic_us();
  if (now_us >= closed_us_ + kSecondUs) {
    closed_.clear();
    closed_us_ = now_us;
  }
  if (closed_.contains(sealed) || closed_.size() == kMaxClosed) return std::nullopt;
  if (keys == keys_) read_again();
  auto plain = unseal_any(keys_, account, sealed);
  if (!plain) closed_.emplace(sealed);
  return plain;
}

void MasterKeys::read_again() {
  const auto text = read_();
  auto fresh = text ? master_keys_of(*text) : std::nullopt;
  if (!fresh) return;
  for (const std::string& known : keys_)
    if (std::find(fresh->begin(), fresh->end(), known) == fresh->end()) fresh->push_back(known);
  if (fresh->size() > kMaxMasterKeys) fresh->resize(kMaxMasterKeys);
  keys_ = std::move(*fresh);
}

}  // namespace identities::accounts
