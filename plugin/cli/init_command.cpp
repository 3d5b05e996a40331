#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/private_file.hpp"
#include "core/base64.hpp"

namespace identities::cli {
namespace {

namespace json = boost::json;

json::array array_of(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

json::object hdhost_section(const InitOptions& options) {
  json::object section{
      {"manifest", std::filesystem::absolute(options.manifest).string()},
      {"listen", options.listen},
      {"status_listen", options.status_listen},
      {"ports_file", "ports.json"},
      {"tokens", json::object{{"audience", "identities"},
                              {"keys", json::array{json::object{
                                           {"kid", "desk"}, {"issuer", "support"}, {"secret", "desk_token"}}}}}}};
  if (!options.cors_origins.empty()) section["cors_origins"] = array_of(options.cors_origins);
  if (!options.desk_pages.empty())
    section["desk"] = json::object{{"pages", std::filesystem::absolute(options.desk_pages).string()},
                                   {"data", std::filesystem::absolute(options.desk_data).string()}};
  return section;
}

std::string key_text() {
  return base64_encode(random_key()) + "\n";
}

/// The password of a MySQL user: out of the file, or asked for. Never an argument, which every process may read.
std::string database_password(const InitOptions& options) {
  std::string password;
  if (options.password_file.empty()) {
    password =
        ask_secret(fmt::format("Password of {}", options.database_url.substr(0, options.database_url.find('?'))));
  } else {
    password = read_secret_file(options.password_file);
  }
  if (password.empty())
    throw std::runtime_error(
        "the database's password: expected a line from --password-file or at the prompt, found nothing");
  return password;
}

void tell_grants(const store::DatabaseUrl& url) {
  fmt::print(
      "Its administrator makes the database, if that is not done yet:\n"
      "  CREATE DATABASE `{0}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"
      "  CREATE USER '{1}'@'{2}' IDENTIFIED BY '...';\n"
      "  GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON `{0}`.* TO '{1}'@'{2}';\n"
      "and for 'identities migrate', to this user or another whom a second configuration names:\n"
      "  GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE ROUTINE, ALTER ROUTINE ON `{0}`.* TO '{1}'@'{2}';\n",
      url.database, url.user, url.host == "localhost" || url.host.starts_with("127.") ? "localhost" : "%");
}

}  // namespace

void init(const InitOptions& options) {
  const std::filesystem::path directory = std::filesystem::absolute(options.directory);
  const std::filesystem::path config = directory / "identities.json";
  const std::string url =
      options.database_url.empty() ? "sqlite:" + (directory / "identities.db").string() : options.database_url;
  const store::DatabaseUrl database = store::parse_database_url(url);
  const bool mysql = database.dialect == store::Dialect::kMysql;
  if (!mysql && (!options.password_file.empty() || options.no_password))
    throw std::runtime_error(
        "--password-file and --no-password: expected with a --database mysql://..., found with SQLite");
  const bool has_password = mysql && !options.no_password;
  for (const char* name : {"identities.json", "master_key", "desk_token", "database_password"})
    if (std::filesystem::exists(directory / name))
      throw std::runtime_error(fmt::format("{} exists already; nothing was written", (directory / name).string()));
  const std::string password = has_password ? database_password(options) : std::string{};
  std::filesystem::create_directories(directory);
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all);

  json::object object;
  object["database"] = json::object{{"url", url}};
  if (!options.public_url.empty()) object["public_url"] = options.public_url;
  if (!options.mailbox_domains.empty())
    object["sidebar"] = json::object{{"mailbox_domains", array_of(options.mailbox_domains)}};
  json::object secrets;
  for (const char* name : {"master_key", "desk_token"}) {
    make_private(directory / name, key_text());
    secrets[name] = json::object{{"file", name}};
  }
  if (has_password) {
    make_private(directory / "database_password", password + "\n");
    secrets["database_password"] = json::object{{"file", "database_password"}};
  }
  object["secrets"] = std::move(secrets);
  object["hdhost"] = hdhost_section(options);
  make_private(config, json::serialize(object) + "\n");
  fmt::print("Wrote {} with its keys.\n", config.string());
  if (mysql) tell_grants(database);
  fmt::print("Next: identities migrate --config {}\n", config.string());
}

}  // namespace identities::cli
