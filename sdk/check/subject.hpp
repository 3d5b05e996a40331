// subject.hpp: the plugin that a check is about, opened by the host library as any host would. Every step fails the
// check with the library's own line. One thread; the plugin's own functions are as LoadedPlugin says.
#pragma once

#include <memory>
#include <string>

#include "check.hpp"
#include "loaded_plugin.hpp"

namespace hdcheck {

helpdesk::Manifest manifest_of(const Asked& asked);
helpdesk::Config config_of(const Asked& asked);
// The plugin's part as JSON, after the schema check.
std::string config_text_of(const Asked& asked, const helpdesk::Manifest& manifest, const helpdesk::Config& config);

// From now on it lives until the process ends: whether a plugin ends well is one check's business, not every check's.
helpdesk::LoadedPlugin& keep(std::unique_ptr<helpdesk::LoadedPlugin> plugin);

// Both are kept.
helpdesk::LoadedPlugin& created(const Asked& asked, Report& report);
helpdesk::LoadedPlugin& started(const Asked& asked, Report& report);

// Fails with a line of the host library, which holds what, expected and found already.
[[noreturn]] void fail_with(const helpdesk::Refusal& refusal);

}  // namespace hdcheck
