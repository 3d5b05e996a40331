#include "store/taxonomy.hpp"

#include "core/json_writer.hpp"

namespace identities::store {
namespace {

const Statement kNames{"interest_names",
                       "SELECT i.id, c.label, i.name FROM interest i JOIN interest_category c ON c.id = i.category_id "
                       "WHERE i.id IN @ids"};

std::unordered_map<Id, InterestName> read(Session& session, const std::vector<Id>& ids) {
  JsonWriter list(24 * ids.size());
  list.begin_array();
  for (const Id id : ids) list.integer(id);
  list.end_array();
  std::unordered_map<Id, InterestName> found;
  session.query(kNames, {list.text()}, [&](const Row& row) {
    found.try_emplace(row.integer(0), InterestName{std::string(row.text(1)), std::string(row.text(2))});
  });
  return found;
}

}  // namespace

std::vector<InterestName> Taxonomy::names_of(Session& session, std::int64_t settings_version,
                                             std::span<const Id> interests) {
  std::vector<InterestName> names(interests.size());
  std::vector<Id> unknown;
  const auto look = [&] {
    unknown.clear();
    for (std::size_t index = 0; index < interests.size(); ++index) {
      if (interests[index] == 0) continue;
      const auto known = names_.find(interests[index]);
      if (known == names_.end())
        unknown.push_back(interests[index]);
      else
        names[index] = known->second;
    }
  };
  {
    const std::lock_guard lock(mutex_);
    if (version_ != settings_version || names_.size() > kMost) names_.clear();
    version_ = settings_version;
    look();
  }
  if (unknown.empty()) return names;
  auto found = read(session, unknown);
  const std::lock_guard lock(mutex_);
  names_.merge(found);
  look();
  return names;
}

}  // namespace identities::store
