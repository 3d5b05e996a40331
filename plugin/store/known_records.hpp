// The records of identities, as of a version of each: who pages through a history asks for them again and again.
// Thread-safe; bounded.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "store/identity_reader.hpp"

namespace identities::store {

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
