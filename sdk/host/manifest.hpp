// manifest.hpp: plugin.json, which admin and host read before any code of the plugin runs. Plain values; after reading
// they never change, so any thread may look.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "result.hpp"

namespace helpdesk {

// One thing that the plugin declares and must register.
struct Declaration {
  std::int32_t kind = 0;  // HD_WEBHOOK ... HD_JOB
  std::string id;
  std::int64_t budget_ms = 0;  // jobs: 1000, the longest step
  std::string scope;           // panels and actions: what the agent needs
  std::string prefix;          // webhooks: "/.../"
  std::vector<std::string> methods;
  std::uint64_t max_body_bytes = 0;  // webhooks
  std::int64_t every_ms = 0;         // jobs
};

struct Manifest {
  std::filesystem::path file;
  std::filesystem::path folder;
  std::string id;
  std::string version;
  std::string name;
  std::string description;
  std::filesystem::path library;        // absolute or below the folder
  std::filesystem::path config_schema;  // empty: the configuration is not checked
  std::filesystem::path assets;         // empty: none
  std::filesystem::path locales;        // empty: none
  std::vector<Declaration> declarations;
  std::map<std::string, std::string> scopes;  // id and what it allows

  // NULL when nothing of that kind and id is declared.
  const Declaration* find(std::int32_t kind, std::string_view id) const;
};

// "panel", "action" ...: the word for a kind.
std::string_view kind_name(std::int32_t kind);

result<Manifest> read_manifest(const std::filesystem::path& file);

}  // namespace helpdesk
