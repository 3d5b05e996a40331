#include "config.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "json_fields.hpp"
#include "json_file.hpp"
#include "schema_check.hpp"

namespace helpdesk {
namespace {

namespace json = boost::json;

constexpr std::size_t max_secret_bytes = 64 * 1024;
constexpr std::size_t max_secrets = 64;
constexpr mode_t others = S_IRWXG | S_IRWXO;

bool is_secret_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

std::optional<Refusal> read_secrets(const json::object& section, Config& config) {
  const std::filesystem::path& file = config.file;
  Faults faults(file.string());
  Fields names(section, "/secrets", faults);
  if (section.size() > max_secrets) {
    faults.add("/secrets", fmt::format("at most {} secrets", max_secrets), std::to_string(section.size()));
  }
  for (const auto& entry : section) {
    const std::string_view name = entry.key();
    if (!is_secret_name(name)) names.refuse(name, "a name of 1 to 64 of A-Z a-z 0-9 _ - .", "another");
    const json::object* const object = names.object(name);
    if (object == nullptr) break;
    Fields fields(*object, names.pointer_of(name), faults);
    const std::string path = fields.text("file", {"the path of a file", 1, 4096});
    fields.finish();
    if (faults.any()) break;
    auto secret = read_secret(beside(file, path));
    if (!secret) return secret.error();
    config.secrets.emplace(name, std::move(*secret));
    config.secret_files.emplace(name, beside(file, path));
  }
  return faults.any() ? std::optional(faults.first()) : std::nullopt;
}

}  // namespace

result<std::string> read_secret(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && (info.st_mode & others) != 0) {
    return Refusal{one_line(fmt::format("{}: expected a secret file for its owner alone (chmod 600), found mode {:o}",
                                        path.string(), info.st_mode & 07777U))};
  }
  auto text = read_file(path, max_secret_bytes);
  if (!text) return text;
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty()) return Refusal{one_line(fmt::format("{}: expected a secret, found an empty file", path.string()))};
  return text;
}

std::filesystem::path beside(const std::filesystem::path& file, std::string_view name) {
  std::error_code ec;
  return (std::filesystem::absolute(file, ec).parent_path() / name).lexically_normal();
}

result<Config> read_config(const std::filesystem::path& file) {
  auto object = read_json_object(file);
  if (!object) return object.error();
  Config config;
  config.file = file;
  Faults faults(file.string());
  Fields top(*object, "", faults);
  if (const json::object* const section = top.object_or_null("hdhost")) config.hdhost = *section;
  const json::object* const secrets = top.object_or_null("secrets");
  if (faults.any()) return faults.first();
  if (secrets != nullptr) {
    if (auto refusal = read_secrets(*secrets, config)) return *refusal;
  }
  object->erase("hdhost");
  object->erase("secrets");
  config.plugin = std::move(*object);
  return config;
}

result<std::string> plugin_config(const Config& config, const Manifest& manifest) {
  if (!manifest.config_schema.empty()) {
    const auto schema = read_json_object(manifest.config_schema);
    if (!schema) return schema.error();
    if (auto refusal = check_schema(config.plugin, config.file.string(), *schema, manifest.config_schema.string())) {
      return *refusal;
    }
  }
  return {boost::system::in_place_value, json::serialize(config.plugin)};
}

}  // namespace helpdesk
