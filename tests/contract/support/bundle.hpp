// bundle.hpp: a private temporary folder with a plugin's bundle and a configuration, for one test. Removed at the end.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>

namespace contract {

inline constexpr const char* token_secret = "0123456789abcdef0123456789abcdef";

class Bundle {
 public:
  // `plugin`: which build of the echo plugin, "echo", "echo_wrong_id" ...
  explicit Bundle(const std::string& plugin = "echo");
  ~Bundle();
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::string manifest_file() const { return folder_ / "plugin.json"; }
  std::string config_file() const { return folder_ / "config.json"; }

  void write(const std::string& name, const std::string& content) const;
  // Writes manifest and config as they are now.
  void write_all() const;

  boost::json::object manifest;  // in order; a test changes it and calls write_all
  boost::json::object config;
  boost::json::object& hdhost() { return config["hdhost"].as_object(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace contract
