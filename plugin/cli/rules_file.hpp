// Files of rules as an administrator edits them. No state.
#pragma once

#include <string>
#include <vector>

#include "core/resolution_rules.hpp"

namespace identities::cli {

/// The rules of that file; "-": of standard input. Throws std::runtime_error that says what was expected and found.
ResolutionRules read_rules_file(const std::string& file);

/// A line for each rule that is another one now. Lists are told by their counts: they may hold addresses.
std::vector<std::string> changes_of_rules(const ResolutionRules& before, const ResolutionRules& after);

}  // namespace identities::cli
