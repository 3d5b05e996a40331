// Whom a key led to when it was last asked for, so that the next reading can begin with the identity: the search for
// the holder costs as much as all the rest that an opening reads. It is only where to look: the statement that reads
// tells the versions of value and identity, and unless both are as they were the key is searched for again. They are
// enough, because a value's version is raised by whoever gives the value to one more record or moves one that has it,
// and an identity's by whatever changes the identity, losing a value included. Thread-safe; bounded.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/identifier.hpp"
#include "store/identity_reader.hpp"

namespace identities::store {

class KnownHolders {
 public:
  /// Beyond that it begins anew.
  static constexpr std::size_t kMost = 20'000;

  struct Holder {
    IdentityRef ref;
    std::int64_t value_version = 0;
    std::int64_t value_state = 0;
    bool operator==(const Holder&) const = default;
  };

  /// account: the asking one, which decides who is found where several have the key.
  std::optional<Holder> find(IdentifierKind kind, std::string_view key, Id account) const;
  void keep(IdentifierKind kind, std::string_view key, Id account, const Holder& holder);

 private:
  mutable std::mutex mutex_;  // guards holders_
  std::unordered_map<std::string, Holder> holders_;
};

/// The records of identities, as of a version of each: who pages through a history asks for them again and again.
/// Thread-safe; bounded.
class KnownRecords {
 public:
  using Rows = std::shared_ptr<const std::vector<RecordRow>>;
  /// Beyond that it begins anew.
  static constexpr std::size_t kMost = 2'000;
  /// Records in all; one identity that has more of them is not kept.
  static constexpr std::size_t kMostRows = 20'000;

  /// nullptr when they are not known as of that version.
  Rows find(IdentityRef ref) const;
  /// REQUIRES: rows are all records of that version.
  void keep(IdentityRef ref, Rows rows);

 private:
  struct OfVersion {
    std::int64_t version = 0;
    Rows rows;
  };
  mutable std::mutex mutex_;  // guards identities_
  std::unordered_map<Id, OfVersion> identities_;
  std::size_t rows_ = 0;
};

}  // namespace identities::store
