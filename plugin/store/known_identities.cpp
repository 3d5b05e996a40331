#include "store/known_identities.hpp"

namespace identities::store {
namespace {

std::string name_for(IdentifierKind kind, std::string_view key) {
  std::string name(identities::name_of(kind));
  name.append(1, ' ').append(key);
  return name;
}

std::size_t rows_of(const KnownIdentity& known) {
  return (known.records ? known.records->size() : 0) + (known.triggers ? known.triggers->size() : 0);
}

}  // namespace

std::optional<KnownIdentity> KnownIdentities::find(IdentifierKind kind, std::string_view key) const {
  const std::string name = name_for(kind, key);
  const std::lock_guard lock(mutex_);
  const auto found = identities_.find(name);
  return found == identities_.end() ? std::nullopt : std::optional(found->second);
}

void KnownIdentities::keep(IdentifierKind kind, std::string_view key, KnownIdentity known) {
  std::string name = name_for(kind, key);
  const std::size_t rows = rows_of(known);
  if (rows > kMostRows) return;
  const std::lock_guard lock(mutex_);
  if (identities_.size() >= kMost || rows_ + rows > kMostRows) {
    identities_.clear();
    rows_ = 0;
  }
  KnownIdentity& kept = identities_[std::move(name)];
  rows_ += rows - rows_of(kept);
  kept = std::move(known);
}

}  // namespace identities::store
