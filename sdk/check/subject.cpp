#include "subject.hpp"

namespace hdcheck {

// "a: b: expected c, found d" is taken apart at the last "expected", so that all faults look alike.
void fail_with(const helpdesk::Refusal& refusal) {
  const std::string& line = refusal.message;
  const std::size_t expected = line.rfind(": expected ");
  const std::size_t found = line.find(", found", expected == std::string::npos ? 0 : expected);
  if (expected == std::string::npos || found == std::string::npos) throw Failed{{"", "that it is accepted", line}};
  const std::size_t from = expected + 11;
  std::size_t value = found + 7;
  while (value < line.size() && (line[value] == ' ' || line[value] == ':')) ++value;
  throw Failed{{line.substr(0, expected), line.substr(from, found - from), line.substr(value)}};
}

helpdesk::Manifest manifest_of(const Asked& asked) {
  auto manifest = helpdesk::read_manifest(asked.manifest);
  if (!manifest) fail_with(manifest.error());
  return std::move(*manifest);
}

helpdesk::Config config_of(const Asked& asked) {
  if (asked.config.empty()) return helpdesk::Config{"no --config, which means {}", std::nullopt, {}, {}, {}};
  auto config = helpdesk::read_config(asked.config);
  if (!config) fail_with(config.error());
  return std::move(*config);
}

std::string config_text_of(const Asked& asked, const helpdesk::Manifest& manifest, const helpdesk::Config& config) {
  auto text = helpdesk::plugin_config(config, manifest);
  if (text) return std::move(*text);
  if (asked.config.empty()) {
    throw Failed{{"the configuration", "--config FILE, because {} breaks the schema", text.error().message}};
  }
  fail_with(text.error());
}

helpdesk::LoadedPlugin& keep(std::unique_ptr<helpdesk::LoadedPlugin> plugin) {
  return *plugin.release();
}

helpdesk::LoadedPlugin& created(const Asked& asked, Report& report) {
  helpdesk::Manifest manifest = manifest_of(asked);
  helpdesk::Config config = config_of(asked);
  const std::string text = config_text_of(asked, manifest, config);
  report.step("create");
  auto plugin =
      helpdesk::LoadedPlugin::open(std::move(manifest), text, std::move(config.secrets), helpdesk::system_clock(), {});
  if (!plugin) fail_with(plugin.error());
  return keep(std::move(*plugin));
}

helpdesk::LoadedPlugin& started(const Asked& asked, Report& report) {
  helpdesk::LoadedPlugin& plugin = created(asked, report);
  report.step("start");
  if (const auto result = plugin.start(); !result) fail_with(result.error());
  return plugin;
}

}  // namespace hdcheck
