// How agents are called who decided who is who: the log has their ids alone. Uses the session it is given.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "store/session.hpp"

namespace identities::store {

/// REQUIRES: inside a write transaction.
void remember_agent(Session& session, std::string_view id, std::string_view name);

/// Names by id; without those who never decided anything.
std::map<std::string, std::string> agents_by_id(Session& session, const std::set<std::string>& ids);

}  // namespace identities::store
