// The names of interests and their categories, kept in memory as they are met, so that no reader joins for them.
// Thread-safe; bounded. What it holds is dropped when settings_version changes.
#pragma once

#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "store/session.hpp"

namespace identities::store {

struct InterestName {
  std::string category;
  std::string name;
};

class Taxonomy {
 public:
  /// More than a whole taxonomy; beyond that it begins anew.
  static constexpr std::size_t kMost = 50'000;

  /// The names of these interests, in their order; empty for one that is not there. Asks the session for those that it
  /// has not met.
  std::vector<InterestName> names_of(Session& session, std::int64_t settings_version, std::span<const Id> interests);

 private:
  std::mutex mutex_;  // guards the two below
  std::int64_t version_ = 0;
  std::unordered_map<Id, InterestName> names_;
};

}  // namespace identities::store
