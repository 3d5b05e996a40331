// The checks of a plugin's description and life: what it is, what it makes of its host's process, how it begins and
// ends. Each runs in a process of its own.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <cstring>
#include <helpdesk/plugin.hpp>

#include "inputs.hpp"
#include "json_file.hpp"
#include "plugin_entry.hpp"
#include "process_state.hpp"
#include "subject.hpp"
#include "symbols.hpp"

namespace hdcheck {
namespace {

constexpr const char* entry_name = "hd_plugin_entry_v1";
constexpr std::int64_t ready_budget_us = 1'000'000;
constexpr std::size_t huge_config_bytes = 2 * 1024 * 1024;

void require_kind(const char* what, const std::filesystem::path& path, std::filesystem::file_type wanted) {
  if (path.empty()) return;
  std::error_code ec;
  if (std::filesystem::status(path, ec).type() == wanted) return;
  throw Failed{{what, wanted == std::filesystem::file_type::directory ? "a folder" : "a file",
                fmt::format("none at {}", path.string())}};
}

void check_manifest(const Asked& asked, Report&) {
  const helpdesk::Manifest manifest = manifest_of(asked);
  require_kind("library", manifest.library, std::filesystem::file_type::regular);
  require_kind("config_schema", manifest.config_schema, std::filesystem::file_type::regular);
  require_kind("assets", manifest.assets, std::filesystem::file_type::directory);
  require_kind("locales", manifest.locales, std::filesystem::file_type::directory);
  if (manifest.config_schema.empty()) return;
  if (const auto schema = helpdesk::read_json_object(manifest.config_schema); !schema) fail_with(schema.error());
}

void check_configuration(const Asked& asked, Report&) {
  config_text_of(asked, manifest_of(asked), config_of(asked));
}

void check_symbols(const Asked& asked, Report&) {
  const auto names = exported_names(manifest_of(asked).library);
  if (!names) fail_with(names.error());
  if (names->size() == 1 && names->front() == entry_name) return;
  constexpr std::size_t shown_names = 4;
  std::string found;
  for (std::size_t i = 0; i < std::min(names->size(), shown_names); ++i) {
    found += fmt::format("{}{}", i == 0 ? "" : ", ", (*names)[i]);
  }
  if (names->size() > shown_names) found += fmt::format(" and {} more", names->size() - shown_names);
  throw Failed{{"exported symbols", entry_name, names->empty() ? "none" : found}};
}

void require_same(const hd_plugin* first, const hd_plugin& copy, const hd_plugin* now, const char* when) {
  if (now != first) throw Failed{{"hd_plugin", fmt::format("the same description {}", when), "another address"}};
  if (std::memcmp(&copy, now, std::min<std::size_t>(sizeof(copy), now->size)) != 0) {
    throw Failed{{"hd_plugin", fmt::format("constant data {}", when), "that it changed"}};
  }
}

void check_entry(const Asked& asked, Report& report) {
  report.step("loading the library");
  const helpdesk::Manifest manifest = manifest_of(asked);
  const auto load = [&] {
    const auto entry = helpdesk::load_entry(manifest);
    if (!entry) fail_with(entry.error());
    return *entry;
  };
  const hd_plugin* const plugin = load();
  hd_plugin copy{};
  std::memcpy(&copy, plugin, std::min<std::size_t>(sizeof(copy), plugin->size));
  if (plugin->reserved != 0) throw Failed{{"hd_plugin->reserved", "0", std::to_string(plugin->reserved)}};
  require_same(plugin, copy, load(), "at each call of the entry");
}

void check_create(const Asked& asked, Report& report) {
  helpdesk::LoadedPlugin& plugin = created(asked, report);
  const std::size_t declared = plugin.manifest().declarations.size();
  if (plugin.registrations().size() == declared) return;
  throw Failed{{"registrations", std::to_string(declared), std::to_string(plugin.registrations().size())}};
}

void check_create_quiet(const Asked& asked, Report& report) {
  const Resources before = Resources::now();
  created(asked, report);
  const Resources after = Resources::now();
  if (after.threads != before.threads) {
    throw Failed{{"create", "no thread of the plugin's", fmt::format("{} more", after.threads - before.threads)}};
  }
  if (after.descriptors != before.descriptors) {
    const auto more = static_cast<std::int64_t>(after.descriptors) - static_cast<std::int64_t>(before.descriptors);
    throw Failed{{"create", "no descriptor left open before start", fmt::format("{} more", more)}};
  }
}

// What a plugin does with a configuration that its manifest's schema would not have let through.
void try_config(const Asked& asked, Report& report, const std::string& name, const std::string& text, bool may_take) {
  report.step(fmt::format("create with a configuration of {}", name));
  helpdesk::Manifest manifest = manifest_of(asked);
  const std::string prefix = fmt::format("{}: create: the plugin refused (status ", manifest.id);
  auto plugin =
      helpdesk::LoadedPlugin::open(std::move(manifest), text, config_of(asked).secrets, helpdesk::system_clock(), {});
  const std::string what = fmt::format("a configuration of {}", name);
  if (plugin) {
    keep(std::move(*plugin));
    if (may_take) return;
    throw Failed{{what, "that create refuses it, for the manifest names a config_schema", "that it was taken"}};
  }
  const std::string& message = plugin.error().message;
  if (!message.starts_with(prefix)) fail_with(plugin.error());
  const std::size_t colon = message.find("): ", prefix.size());
  if (colon == std::string::npos || colon + 3 == message.size()) {
    throw Failed{{what, "a message that says why it was refused", "none"}};
  }
}

void check_broken_config(const Asked& asked, Report& report) {
  const bool has_schema = !manifest_of(asked).config_schema.empty();
  for (const auto& [name, text] : broken_objects()) {
    // Whoever looks at no more than the braces may be taken in by what stands between them.
    const bool looks_whole = text.starts_with('{') && text.ends_with('}');
    try_config(asked, report, name, text, !has_schema || looks_whole);
  }
  std::string deep;
  for (int i = 0; i < 50'000; ++i) deep += "{\"a\":";
  try_config(asked, report, "deep objects", deep, !has_schema);
  try_config(asked, report, "an empty object", "{}", true);
  try_config(asked, report, "a huge string", "{\"a\":\"" + std::string(huge_config_bytes, 'x') + "\"}", true);
  const auto plain = config_of(asked).plugin;
  for (const auto& member : plain) {
    for (const boost::json::value& other :
         {boost::json::value(nullptr), boost::json::value(-1), boost::json::value(""),
          boost::json::value(boost::json::array{}), boost::json::value(boost::json::object{})}) {
      boost::json::object changed = plain;
      changed[member.key()] = other;
      try_config(asked, report, fmt::format("/{} as {}", std::string_view(member.key()), boost::json::serialize(other)),
                 boost::json::serialize(changed), true);
    }
  }
}

void check_start(const Asked& asked, Report& report) {
  started(asked, report);
}

// A started plugin of a forked process reports by its exit status alone; its line is found again by the parent.
[[noreturn]] void start_in_child(helpdesk::LoadedPlugin& plugin, int descriptor) {
  const auto result = plugin.start();
  const std::string fault = result ? "" : result.error().message;
  const bool told = ::write(descriptor, fault.data(), fault.size()) == static_cast<ssize_t>(fault.size());
  ::_exit(result && told ? EXIT_SUCCESS : EXIT_FAILURE);
}

void check_start_after_fork(const Asked& asked, Report& report) {
  helpdesk::LoadedPlugin& plugin = created(asked, report);
  for (int child = 1; child <= 2; ++child) {
    report.step(fmt::format("start in forked process {}", child));
    int ends[2];
    if (::pipe(ends) != 0) throw std::bad_alloc();
    const pid_t pid = ::fork();
    if (pid == 0) start_in_child(plugin, ends[1]);
    ::close(ends[1]);
    char buffer[1024];
    const ssize_t size = std::max<ssize_t>(0, ::read(ends[0], buffer, sizeof(buffer)));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (status == 0) continue;
    throw Failed{{fmt::format("start in process {} of two forked after create", child), "that it succeeds",
                  size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : "that the process crashed"}};
  }
}

void check_ready(const Asked& asked, Report& report) {
  helpdesk::LoadedPlugin& plugin = started(asked, report);
  const helpdesk::Clock& clock = plugin.clock();
  for (const std::int64_t budget_us : {ready_budget_us, std::int64_t{-1}}) {
    const std::string what = budget_us > 0 ? "ready" : "ready with a deadline that has passed";
    report.step(what);
    const std::int64_t began_us = clock.monotonic_us();
    const helpdesk::CallOutput output = plugin.ready(began_us + budget_us);
    const std::int64_t late_ms = (clock.monotonic_us() - began_us - std::max<std::int64_t>(0, budget_us)) / 1000;
    if (late_ms > asked.slack_ms) {
      throw Failed{{what, fmt::format("an answer by the deadline and {} ms", asked.slack_ms),
                    fmt::format("one {} ms late", late_ms)}};
    }
    if (output.status != HD_OK && output.status != HD_UNAVAILABLE && output.status != HD_DEADLINE_EXCEEDED) {
      throw Failed{{what, "HD_OK or HD_UNAVAILABLE", fmt::format("status {}: {}", output.status, output.message)}};
    }
    if (output.status != HD_OK && output.message.empty()) {
      throw Failed{{what, "a message that says why it is not ready", "none"}};
    }
  }
}

void call_all(helpdesk::LoadedPlugin& plugin) {
  Caller caller(plugin, Watch::nothing);
  for (const helpdesk::Registration& registration : plugin.registrations()) {
    const std::int64_t budget_us = registration.declaration->budget_ms * 1000;
    caller.call(registration, plain_input(plugin.manifest(), *registration.declaration),
                plugin.clock().monotonic_us() + budget_us);
  }
}

void check_process(const Asked& asked, Report& report) {
  const ProcessState before = ProcessState::now();
  const auto require_unchanged = [&](const char* after) {
    if (auto fault = before.difference(ProcessState::now())) {
      fault->what += fmt::format(" after {}", after);
      throw Failed{std::move(*fault)};
    }
  };
  helpdesk::LoadedPlugin& plugin = created(asked, report);
  require_unchanged("create");
  if (const auto result = plugin.start(); !result) fail_with(result.error());
  require_unchanged("start");
  call_all(plugin);
  require_unchanged("calls");
}

void check_stop(const Asked& asked, Report& report) {
  {
    helpdesk::LoadedPlugin& never_started = created(asked, report);
    report.step("destroy without a start");
    if (const auto ended = never_started.end(); !ended) fail_with(ended.error());
  }
  helpdesk::LoadedPlugin& plugin = started(asked, report);
  call_all(plugin);
  report.step("stop and destroy");
  if (const auto ended = plugin.end(); !ended) fail_with(ended.error());
}

}  // namespace

std::vector<Check> first_life_checks() {
  return {{"manifest", false, {}, &check_manifest},
          {"configuration", false, {"manifest"}, &check_configuration},
          {"symbols", false, {"manifest"}, &check_symbols},
          {"entry", false, {"manifest"}, &check_entry},
          {"create", false, {"entry", "configuration"}, &check_create},
          {"create-quiet", false, {"create"}, &check_create_quiet},
          {"broken-configuration", false, {"create"}, &check_broken_config},
          {"start", false, {"create"}, &check_start},
          {"start-after-fork", false, {"start"}, &check_start_after_fork},
          {"ready", false, {"start"}, &check_ready}};
}

std::vector<Check> last_life_checks() {
  return {{"process", false, {"start", "deadline"}, &check_process},
          {"stop", false, {"start", "deadline"}, &check_stop}};
}

}  // namespace hdcheck
