// The master keys that a process knows. The secret "master_key" holds one, or during `identities key rotate` two, each
// a line, the newest first; the setting "master_key" in the database names the one that seals, so that the order of
// files and transactions leaves no moment in which a secret can be opened by nobody:
//
//   file     database        so
//   old      old or nothing  before
//   new old  old or nothing  whoever reads the file opens both
//   new old  new             every secret was sealed again, in one transaction
//   new      new             after
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "store/clock.hpp"

namespace identities::accounts {

/// Newest first.
using MasterKeyList = std::vector<std::string>;

/// So many keys at most are taken from a file, and kept by a process.
constexpr std::size_t kMaxMasterKeys = 4;

/// The keys in the text of the secret "master_key": 32 raw bytes, or lines of base64 of 32 bytes each. Nothing when it
/// is anything else.
std::optional<MasterKeyList> master_keys_of(std::string_view secret);

/// Names a key without telling it: 16 hexadecimal digits of a hash.
std::string fingerprint(std::string_view master_key);

/// The key that seals: the one whose fingerprint the database recorded, and the oldest where it recorded none. nullptr
/// when it recorded one that is not among them.
const std::string* sealing_key(const MasterKeyList& keys, std::string_view recorded);

/// Nothing when no key opens it.
std::optional<std::string> unseal_any(const MasterKeyList& keys, Id account, std::string_view sealed);

/// The keys of a process that serves: read again when a secret opens with none of them, for each secret at most once a
/// second. A key that was known stays known, for those who still hold what it sealed. Thread-safe.
class MasterKeys {
 public:
  /// Gives the text of the secret as it is now.
  using Read = std::function<std::optional<std::string>()>;

  MasterKeys(MasterKeyList keys, Read read, Clock clock);
  /// One that never changes.
  explicit MasterKeys(std::string key) : keys_{std::move(key)} {}

  std::optional<std::string> unseal(Id account, std::string_view sealed);

 private:
  void read_again();

  const Read read_;
  const Clock clock_;
  std::mutex mutex_;  // guards all below
  MasterKeyList keys_;
  std::set<std::string, std::less<>> closed_;  // what did not open since closed_us_
  Microseconds closed_us_ = 0;
};

}  // namespace identities::accounts
