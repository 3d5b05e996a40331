#include "store/agents.hpp"

#include <span>
#include <vector>

namespace identities::store {
namespace {

const Statement kRemember{"remember_agent", "INSERT INTO agent (id, name) VALUES (?, ?) @or_update name = @new_name"};
const Statement kNames{"names_of_agents", "SELECT id, name FROM agent WHERE {id = ?}"};

}  // namespace

void remember_agent(Session& session, std::string_view id, std::string_view name) {
  session.execute(kRemember, {id, name});
}

std::map<std::string, std::string> agents_by_id(Session& session, const std::set<std::string>& ids) {
  std::map<std::string, std::string> names;
  std::vector<std::vector<Parameter>> sets;
  sets.reserve(ids.size());
  for (const std::string& id : ids) sets.push_back({std::string_view(id)});
  const Session::AskEach ask{&kNames, std::move(sets),
                             [&](const Row& row) { names.emplace(row.text(0), row.text(1)); }};
  if (!ids.empty()) session.query_each(std::span(&ask, 1));
  return names;
}

}  // namespace identities::store
