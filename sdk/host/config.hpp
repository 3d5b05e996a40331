// config.hpp: the one configuration file. "hdhost" and "secrets" belong to the host; the rest is the plugin's and is
// checked against the schema that its manifest names. Plain values; read once, then any thread may look.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "manifest.hpp"
#include "result.hpp"

namespace helpdesk {

using Secrets = std::map<std::string, std::string, std::less<>>;
using SecretFiles = std::map<std::string, std::filesystem::path, std::less<>>;

struct Config {
  std::filesystem::path file;
  std::optional<boost::json::object> hdhost;  // nothing when the file has no such section
  Secrets secrets;
  SecretFiles secret_files;  // where each of them came from
  boost::json::object plugin;
};

// Reads the file and the secret files it names. A secret file may be read by nobody but its owner.
result<Config> read_config(const std::filesystem::path& file);

// One secret file without its last newline. Refused when it is empty, unreadable or open to others than its owner.
result<std::string> read_secret(const std::filesystem::path& path);

// The plugin's part as JSON text, after the schema check. A refusal names the JSON Pointer, expected and found.
result<std::string> plugin_config(const Config& config, const Manifest& manifest);

// `name` as the file means it: relative to the file's folder.
std::filesystem::path beside(const std::filesystem::path& file, std::string_view name);

}  // namespace helpdesk
