#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <system_error>

#include "cli/commands.hpp"
#include "core/base64.hpp"

namespace identities::cli {
namespace {

namespace json = boost::json;

/// Writes a file that only its owner can read; fails when it exists.
void write_private(const std::filesystem::path& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0)
    throw std::runtime_error(fmt::format("cannot make {}: {}", path.string(), std::generic_category().message(errno)));
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(file, text.data() + written, text.size() - written);
    if (count < 0) {
      const int code = errno;
      close(file);
      throw std::runtime_error(
          fmt::format("cannot write {}: {}", path.string(), std::generic_category().message(code)));
    }
    written += static_cast<std::size_t>(count);
  }
  close(file);
}

std::string random_key() {
  std::array<unsigned char, 32> key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("the system gave no random bytes");
  return base64_encode({reinterpret_cast<const char*>(key.data()), key.size()}) + "\n";
}

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

}  // namespace

void init(const InitOptions& options) {
  const std::filesystem::path directory = std::filesystem::absolute(options.directory);
  const std::filesystem::path config = directory / "identities.json";
  for (const char* name : {"identities.json", "master_key", "desk_token"})
    if (std::filesystem::exists(directory / name))
      throw std::runtime_error(fmt::format("{} exists already; nothing was written", (directory / name).string()));
  std::filesystem::create_directories(directory);
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all);

  json::object object;
  object["database"] =
      json::object{{"url", options.database_url.empty() ? "sqlite:" + (directory / "identities.db").string()
                                                        : options.database_url}};
  if (!options.public_url.empty()) object["public_url"] = options.public_url;
  if (!options.mailbox_domains.empty())
    object["sidebar"] = json::object{{"mailbox_domains", array_of(options.mailbox_domains)}};
  object["secrets"] = json::object{{"master_key", json::object{{"file", "master_key"}}},
                                   {"desk_token", json::object{{"file", "desk_token"}}}};
  object["hdhost"] = hdhost_section(options);

  write_private(directory / "master_key", random_key());
  write_private(directory / "desk_token", random_key());
  write_private(config, json::serialize(object) + "\n");
  fmt::print("Wrote {} with its keys. Next: identities migrate --config {}\n", config.string(), config.string());
}

}  // namespace identities::cli
