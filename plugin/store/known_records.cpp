#include "store/known_records.hpp"

namespace identities::store {

KnownRecords::Rows KnownRecords::find(IdentityRef ref) const {
  const std::lock_guard lock(mutex_);
  const auto found = identities_.find(ref.id);
  return found == identities_.end() || found->second.version != ref.version ? nullptr : found->second.rows;
}

void KnownRecords::keep(IdentityRef ref, Rows rows) {
  const std::lock_guard lock(mutex_);
  if (rows->size() > kMostRows) return;
  if (identities_.size() >= kMost || rows_ + rows->size() > kMostRows) {
    identities_.clear();
    rows_ = 0;
  }
  OfVersion& kept = identities_[ref.id];
  if (kept.rows != nullptr) rows_ -= kept.rows->size();
  rows_ += rows->size();
  kept = {ref.version, std::move(rows)};
}

}  // namespace identities::store
