#include "cli/configuration.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>

#include "accounts/sealed_secret.hpp"

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

}  // namespace

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
  return configuration;
}

std::optional<std::string> secret_of(const std::filesystem::path& config_path, const std::string& name) {
  const json::object object = read_object(config_path);
  const json::value* secrets = object.if_contains("secrets");
  const std::string file =
      secrets != nullptr && secrets->is_object() ? string_at(secrets->get_object(), name, "file") : std::string{};
  if (file.empty()) return std::nullopt;
  std::string text = read_file(config_path.parent_path() / file);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string require_master_key(const std::filesystem::path& config_path) {
  const auto text = secret_of(config_path, "master_key");
  if (!text)
    throw std::runtime_error(
        fmt::format("{}: /secrets/master_key/file: expected a path, found nothing", config_path.string()));
  const auto key = accounts::master_key_of(*text);
  if (!key)
    throw std::runtime_error(
        fmt::format("{}: /secrets/master_key/file: expected a file with base64 of 32 bytes", config_path.string()));
  return *key;
}

}  // namespace identities::cli
