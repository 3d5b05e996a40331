// Method: the plugin's part of a configuration file with that content. What its schema lets through is taken by the
// plugin's own create, but for a database's address, of which the schema knows the beginning alone; a refusal is one
// line that says what was expected and what was found.
#include <helpdesk/plugin.h>

#include <algorithm>
#include <string_view>

#include "config.hpp"
#include "scratch_file.hpp"

namespace {

/// What create may ask of a host; every registration is welcome.
hd_host host() {
  hd_host host{};
  host.size = sizeof host;
  host.now_us = [](void*) -> std::int64_t { return 0; };
  host.monotonic_us = [](void*) -> std::int64_t { return 0; };
  host.log = [](void*, std::int32_t, hd_bytes) {};
  host.secret = [](void*, hd_bytes, char* buffer, std::uint64_t capacity) -> std::int64_t {
    if (capacity >= 32) std::fill_n(buffer, 32, 'k');
    return 32;
  };
  host.add = [](void*, const hd_registration*, hd_error*) -> hd_status { return HD_OK; };
  host.extension = [](void*, hd_bytes) -> const void* { return nullptr; };
  return host;
}

void check_plugin_part(const std::string& json) {
  static const hd_host kHost = host();
  const hd_plugin* plugin = hd_plugin_entry_v1();
  void* instance = nullptr;
  hd_error error{};
  const hd_status status = plugin->create(&kHost, {json.data(), json.size()}, &instance, &error);
  if (status == HD_OK) {
    plugin->destroy(instance);
    return;
  }
  const std::string_view message = error.message;
  fuzz::require_refusal(message);
  fuzz::require(message.starts_with("database.url: "), "the plugin takes what its schema lets through", message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::ScratchFile file;
  static const helpdesk::Manifest manifest = [] {
    helpdesk::Manifest made;
    made.config_schema = MANIFEST_FOLDER "/config.schema.json";
    return made;
  }();
  file.write(data, size);
  const auto config = helpdesk::read_config(file.path());
  if (!config) {
    fuzz::require_refusal(config.error().message);
    return 0;
  }
  const auto plugin_part = helpdesk::plugin_config(*config, manifest);
  if (plugin_part)
    check_plugin_part(*plugin_part);
  else
    fuzz::require_refusal(plugin_part.error().message);
  return 0;
}
