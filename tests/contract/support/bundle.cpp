#include "bundle.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <stdexcept>

namespace contract {
namespace {

namespace json = boost::json;

constexpr const char* manifest_text = R"({
  "manifest": 1, "abi": 1, "id": "echo", "version": "1.0.0", "name": "Echo", "library": "echo.so",
  "config_schema": "config.schema.json", "assets": "ui", "locales": "locales",
  "webhooks": [{"id": "hooks", "prefix": "/hooks/v1/", "methods": ["GET", "POST"], "max_body_bytes": 2000,
                "budget_ms": 1000}],
  "panels": [{"id": "mirror", "scope": "see", "budget_ms": 300}],
  "actions": [{"id": "note", "scope": "write", "budget_ms": 300}],
  "events": [{"id": "happened", "budget_ms": 300}],
  "jobs": [{"id": "tidy", "every_ms": 100}],
  "scopes": {"see": "See", "write": "Write"}
})";

constexpr const char* schema_text = R"({
  "type": "object", "additionalProperties": false, "required": ["color"],
  "properties": {"color": {"enum": ["red", "green"]}, "size": {"type": "integer", "minimum": 1},
                 "names": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}}}
})";

constexpr const char* config_text = R"({
  "color": "red",
  "secrets": {"greeting": {"file": "greeting.secret"}, "desk": {"file": "desk.secret"}},
  "hdhost": {
    "manifest": "plugin.json", "listen": "127.0.0.1:0", "status_listen": "127.0.0.1:0", "ports_file": "ports.json",
    "threads": 4, "tokens": {"audience": "identities", "keys": [{"kid": "desk", "issuer": "support", "secret": "desk"}]},
    "cors_origins": ["http://embedder.test"]
  }
})";

}  // namespace

Bundle::Bundle(const std::string& plugin)
    : manifest(json::parse(manifest_text).as_object()), config(json::parse(config_text).as_object()) {
  std::string name = (std::filesystem::temp_directory_path() / "contract-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  std::filesystem::create_symlink(std::filesystem::path(ECHO_PLUGIN_FOLDER) / (plugin + ".so"), folder_ / "echo.so");
  for (const char* const sub : {"ui", "locales", "schemas"}) std::filesystem::create_directory(folder_ / sub);
  write("config.schema.json", schema_text);
  write("greeting.secret", "hello\n");
  write("desk.secret", token_secret);
  write("ui/app.js", "export {};\n");
  write("ui/.hidden", "not to be seen\n");
  write("locales/en.json", "{}\n");
  for (const char* const secret : {"greeting.secret", "desk.secret"}) {
    std::filesystem::permissions(folder_ / secret, std::filesystem::perms::owner_read);
  }
  write_all();
}

Bundle::~Bundle() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Bundle::write(const std::string& name, const std::string& content) const {
  std::ofstream(folder_ / name, std::ios::binary) << content;
}

void Bundle::write_all() const {
  write("plugin.json", json::serialize(manifest));
  write("config.json", json::serialize(config));
}

}  // namespace contract
