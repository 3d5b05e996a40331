// inputs.hpp: what handlers are called with: one plain call for each, and many hostile ones. Made data, the same in
// every run. Safe on any thread.
#pragma once

#include <string>
#include <vector>

#include "guarded_call.hpp"
#include "manifest.hpp"

namespace hdcheck {

struct NamedInput {
  std::string name;
  Input input;
};

// A call as a host would make it; panels and actions get requester, ticket, agent, every scope and a view of all.
Input plain_input(const helpdesk::Manifest& manifest, const helpdesk::Declaration& declaration);

// Bodies of no and of broken JSON, too deep, too large, with every field of the plain one left out or of another type;
// for webhooks also paths, queries, methods and headers. Empty for jobs, which have no input.
std::vector<NamedInput> hostile_inputs(const helpdesk::Manifest& manifest, const helpdesk::Declaration& declaration);

// Texts that are no JSON object.
std::vector<std::pair<std::string, std::string>> broken_objects();

}  // namespace hdcheck
