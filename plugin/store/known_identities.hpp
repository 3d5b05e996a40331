// What paging through a history asks for again with every page, as it was with the page before: whom the key leads to,
// that identity's records and interests' triggers, and how far a page reaches. It is only where to begin: the statement
// that ends the reading of a page tells the versions by which it is seen whether all this still holds.
// Thread-safe; bounded.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/identifier.hpp"
#include "store/history_reader.hpp"
#include "store/identity_reader.hpp"

namespace identities::store {

struct KnownIdentity {
  IdentityRef ref;
  std::int64_t settings_version = 0;
  std::shared_ptr<const std::vector<RecordRow>> records;
  std::shared_ptr<const std::vector<TriggerRow>> triggers;  // nullptr: more than are kept
  Microseconds reach_us = 0;                                // of the page read last; 0: not known
};

class KnownIdentities {
 public:
  /// Beyond that it begins anew.
  static constexpr std::size_t kMost = 2'000;
  /// Records and triggers in all; one identity that has more of them is not kept.
  static constexpr std::size_t kMostRows = 20'000;

  std::optional<KnownIdentity> find(IdentifierKind kind, std::string_view key) const;
  /// REQUIRES: all of it is of known.ref's version.
  void keep(IdentifierKind kind, std::string_view key, KnownIdentity known);

 private:
  mutable std::mutex mutex_;  // guards the two below
  std::unordered_map<std::string, KnownIdentity> identities_;
  std::size_t rows_ = 0;
};

}  // namespace identities::store
