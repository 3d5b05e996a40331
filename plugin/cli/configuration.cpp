#include "cli/configuration.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>

namespace identities::cli {
namespace {

namespace json = boost::json;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error(
        fmt::format("cannot read {}; 'identities init' makes a configuration, --config names it", path.string()));
  return {std::istreambuf_iterator<char>(file), {}};
}

json::object read_object(const std::filesystem::path& path) {
  json::error_code error;
  json::value value = json::parse(read_file(path), error);
  if (error || !value.is_object())
    throw std::runtime_error(fmt::format("{}: expected one JSON object, found malformed JSON", path.string()));
  return std::move(value.get_object());
}

/// The string at parent/name; empty when it is not there.
std::string string_at(const json::object& object, std::string_view parent, std::string_view name) {
  const json::value* section = parent.empty() ? nullptr : object.if_contains(parent);
  const json::object* from = parent.empty() ? &object : section == nullptr ? nullptr : section->if_object();
  const json::value* value = from == nullptr ? nullptr : from->if_contains(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string{} : std::string(text->data(), text->size());
}

/// The path that secrets/name/file holds; empty when it is not there.
std::string file_name_of(const json::object& config, const std::string& name) {
  const json::value* secrets = config.if_contains("secrets");
  return secrets != nullptr && secrets->is_object() ? string_at(secrets->get_object(), name, "file") : std::string{};
}

}  // namespace

std::string read_secret_file(const std::filesystem::path& path) {
  std::string text = read_file(path);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

Configuration read_configuration(const std::filesystem::path& path) {
  const json::object object = read_object(path);
  Configuration configuration;
  configuration.path = path;
  configuration.public_url = string_at(object, "", "public_url");
  const std::string url = string_at(object, "database", "url");
  if (url.empty())
    throw std::runtime_error(fmt::format(
        "{}: /database/url: expected a string such as sqlite:/var/lib/identities/identities.db, found nothing",
        path.string()));
  try {
    configuration.database = store::parse_database_url(url, secret_of(path, "database_password").value_or(""));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", path.string(), error.what()));
  }
  try {
    configuration.retention = jobs::retention_settings(object);
  } catch (const std::exception&) {
    throw std::runtime_error(
        fmt::format("{}: /retention: expected days as whole numbers, found something else; 'identities config check' "
                    "tells more",
                    path.string()));
  }
  return configuration;
}

std::optional<std::string> secret_of(const std::filesystem::path& config_path, const std::string& name) {
  const std::string file = file_name_of(read_object(config_path), name);
  if (file.empty()) return std::nullopt;
  return read_secret_file(config_path.parent_path() / file);
}

std::filesystem::path secret_file_of(const std::filesystem::path& config_path, const std::string& name) {
  const std::string file = file_name_of(read_object(config_path), name);
  if (file.empty())
    throw std::runtime_error(
        fmt::format("{}: /secrets/{}/file: expected a path, found nothing", config_path.string(), name));
  std::error_code error;
  auto path = std::filesystem::canonical(config_path.parent_path() / file, error);
  if (error)
    throw std::runtime_error(
        fmt::format("{}: /secrets/{}/file: {}: {}", config_path.string(), name, file, error.message()));
  return path;
}

accounts::MasterKeyList require_master_keys(const std::filesystem::path& config_path) {
  auto keys = accounts::master_keys_of(read_secret_file(secret_file_of(config_path, "master_key")));
  if (!keys)
    throw std::runtime_error(
        fmt::format("{}: /secrets/master_key/file: expected a file with base64 of 32 bytes, found something else",
                    config_path.string()));
  return *keys;
}

}  // namespace identities::cli
