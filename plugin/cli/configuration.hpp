// What the admin command needs of the configuration file. Throws std::runtime_error that names the file, the setting
// and what to do.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "accounts/master_keys.hpp"
#include "core/timestamp.hpp"
#include "jobs/retention_job.hpp"
#include "store/database_url.hpp"

namespace identities::cli {

struct Configuration {
  std::filesystem::path path;
  store::DatabaseUrl database;
  std::string public_url;  // empty when not set
  jobs::RetentionSettings retention;
};

Configuration read_configuration(const std::filesystem::path& path);

/// The text of the file that secrets/name/file names, without its last newline; nothing when there is no such secret.
std::optional<std::string> secret_of(const std::filesystem::path& config_path, const std::string& name);

/// The text of a secret's file, without its last newline.
std::string read_secret_file(const std::filesystem::path& path);

/// Where that secret is; symbolic links are followed. Throws when there is no such secret or no such file.
std::filesystem::path secret_file_of(const std::filesystem::path& config_path, const std::string& name);

/// Reads the keys out of the file that secrets.master_key names, the newest first.
accounts::MasterKeyList require_master_keys(const std::filesystem::path& config_path);

/// How long the command waits for the database.
constexpr Microseconds kCommandUs = 60 * kSecondUs;

}  // namespace identities::cli
