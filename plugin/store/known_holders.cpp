#include "store/known_holders.hpp"

namespace identities::store {
namespace {

std::string name_for(IdentifierKind kind, std::string_view key, Id account) {
  std::string name = std::to_string(account);
  name.append(1, ' ').append(identities::name_of(kind)).append(1, ' ').append(key);
  return name;
}

}  // namespace

std::optional<KnownHolders::Holder> KnownHolders::find(IdentifierKind kind, std::string_view key, Id account) const {
  const std::string name = name_for(kind, key, account);
  const std::lock_guard lock(mutex_);
  const auto found = holders_.find(name);
  return found == holders_.end() ? std::nullopt : std::optional(found->second);
}

void KnownHolders::keep(IdentifierKind kind, std::string_view key, Id account, const Holder& holder) {
  std::string name = name_for(kind, key, account);
  const std::lock_guard lock(mutex_);
  if (holders_.size() >= kMost) holders_.clear();
  holders_.insert_or_assign(std::move(name), holder);
}

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
