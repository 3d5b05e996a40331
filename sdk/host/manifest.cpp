#include "manifest.hpp"

#include <fmt/format.h>
#include <helpdesk/plugin.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "json_fields.hpp"
#include "json_file.hpp"

namespace helpdesk {
namespace {

namespace json = boost::json;

constexpr std::int64_t max_budget_ms = 60'000;
constexpr std::int64_t job_step_ms = 1'000;
constexpr std::int64_t max_every_ms = 24 * 3'600'000;
constexpr std::int64_t max_webhook_body_bytes = 64 * 1024 * 1024;
constexpr std::size_t max_declarations = 256;

bool only(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || extra.find(c) != std::string_view::npos;
  });
}

bool is_id(std::string_view text) {
  return text.front() >= 'a' && text.front() <= 'z' && only(text, "._-");
}

bool is_version(std::string_view text) {
  return only(text, ".+-");
}

// Below the manifest's folder: relative, without "..".
bool is_inside(std::string_view text) {
  const std::filesystem::path path(text);
  return path.is_relative() && std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

// "/a/b/": the host's own routes keep their names.
bool is_prefix(std::string_view text) {
  if (text.size() < 3 || text.front() != '/' || text.back() != '/') return false;
  if (text.find("//") != std::string_view::npos || text.find("..") != std::string_view::npos) return false;
  for (const std::string_view own : {"/v1/", "/assets/", "/desk/", "/healthz/", "/readyz/", "/metrics/"}) {
    if (text.starts_with(own)) return false;
  }
  return only(text, "/_-.");
}

bool is_method(std::string_view text) {
  return text == "GET" || text == "POST" || text == "PUT" || text == "PATCH" || text == "DELETE";
}

const TextRule id_rule{"a lower-case id of 1 to 64 of a-z 0-9 . _ - beginning with a letter", 1, 64, is_id};
const TextRule line_rule{"a text of 1 to 1000 bytes", 1, 1000};
const TextRule file_rule{"a relative path without ..", 1, 255, is_inside};

void read_webhook(Fields& fields, Declaration& declaration, Faults& faults) {
  declaration.prefix = fields.text(
      "prefix", {"a path of a-z 0-9 _ - . like \"/hooks/v1/\" that no route of the host has", 3, 128, is_prefix});
  declaration.max_body_bytes = static_cast<std::uint64_t>(fields.integer("max_body_bytes", 1, max_webhook_body_bytes));
  const json::array* const methods = fields.array("methods", 1, 5);
  for (std::size_t i = 0; methods != nullptr && i < methods->size(); ++i) {
    std::string method = text_at(*methods, i, fields.pointer_of("methods"),
                                 {"GET, POST, PUT, PATCH or DELETE", 1, 8, is_method}, faults);
    if (std::find(declaration.methods.begin(), declaration.methods.end(), method) != declaration.methods.end()) {
      fields.refuse("methods", "each method once", "one twice");
    }
    declaration.methods.push_back(std::move(method));
  }
}

void read_declarations(Fields& top, std::string_view name, std::int32_t kind, Manifest& manifest, Faults& faults) {
  const json::array* const entries = top.array_or_null(name, 0, max_declarations);
  for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    const json::object* const entry = object_at(*entries, i, top.pointer_of(name), faults);
    if (entry == nullptr) return;
    Fields fields(*entry, append_pointer(top.pointer_of(name), std::to_string(i)), faults);
    Declaration declaration;
    declaration.kind = kind;
    declaration.id = fields.text("id", id_rule);
    if (kind == HD_JOB) {
      declaration.budget_ms = job_step_ms;
      declaration.every_ms = fields.integer("every_ms", 100, max_every_ms);
    } else {
      declaration.budget_ms = fields.integer("budget_ms", 1, max_budget_ms);
    }
    if (kind == HD_WEBHOOK) read_webhook(fields, declaration, faults);
    if (kind == HD_PANEL || kind == HD_ACTION) {
      declaration.scope = fields.text("scope", id_rule);
      if (!faults.any() && !manifest.scopes.contains(declaration.scope)) {
        fields.refuse("scope", "one of the manifest's \"scopes\"", fmt::format("\"{}\"", declaration.scope));
      }
    }
    fields.finish();
    for (const Declaration& other : manifest.declarations) {
      if (other.kind == kind && other.id == declaration.id) {
        fields.refuse("id", "an id used once among the " + std::string(name),
                      fmt::format("\"{}\" again", declaration.id));
      }
      if (kind == HD_WEBHOOK && other.kind == kind &&
          (other.prefix.starts_with(declaration.prefix) || declaration.prefix.starts_with(other.prefix))) {
        fields.refuse("prefix", "a prefix that no other begins with", fmt::format("\"{}\"", declaration.prefix));
      }
    }
    manifest.declarations.push_back(std::move(declaration));
  }
}

std::filesystem::path below(const std::filesystem::path& folder, const std::string& name) {
  return name.empty() ? std::filesystem::path{} : folder / name;
}

}  // namespace

const Declaration* Manifest::find(std::int32_t kind, std::string_view wanted) const {
  for (const Declaration& declaration : declarations) {
    if (declaration.kind == kind && declaration.id == wanted) return &declaration;
  }
  return nullptr;
}

std::string_view kind_name(std::int32_t kind) {
  switch (kind) {
    case HD_WEBHOOK:
      return "webhook";
    case HD_PANEL:
      return "panel";
    case HD_ACTION:
      return "action";
    case HD_EVENT:
      return "event";
    case HD_JOB:
      return "job";
    default:
      return "unknown kind";
  }
}

result<Manifest> read_manifest(const std::filesystem::path& file) {
  const auto object = read_json_object(file);
  if (!object) return object.error();
  Faults faults(file.string());
  Fields top(*object, "", faults);
  Manifest manifest;
  manifest.file = file;
  std::error_code ec;
  manifest.folder = std::filesystem::absolute(file, ec).parent_path();
  top.integer("manifest", 1, 1);
  top.integer("abi", 1, 1);
  manifest.id = top.text("id", id_rule);
  manifest.version = top.text("version", {"a version like \"1.2.3\"", 1, 64, is_version});
  manifest.name = top.text("name", line_rule);
  manifest.description = top.text_or("description", "", line_rule);
  manifest.library = below(manifest.folder, top.text("library", file_rule));
  manifest.config_schema = below(manifest.folder, top.text_or("config_schema", "", file_rule));
  manifest.assets = below(manifest.folder, top.text_or("assets", "", file_rule));
  manifest.locales = below(manifest.folder, top.text_or("locales", "", file_rule));
  if (const json::object* const scopes = top.object_or_null("scopes")) {
    Fields fields(*scopes, "/scopes", faults);
    for (const auto& scope : *scopes) {
      const std::string_view id = scope.key();
      if (id.empty() || id.size() > 64 || !is_id(id)) fields.refuse(id, id_rule.expected, "another name");
      manifest.scopes.emplace(id, fields.text(id, line_rule));
    }
  }
  read_declarations(top, "webhooks", HD_WEBHOOK, manifest, faults);
  read_declarations(top, "panels", HD_PANEL, manifest, faults);
  read_declarations(top, "actions", HD_ACTION, manifest, faults);
  read_declarations(top, "events", HD_EVENT, manifest, faults);
  read_declarations(top, "jobs", HD_JOB, manifest, faults);
  top.finish();
  if (faults.any()) return faults.first();
  return manifest;
}

}  // namespace helpdesk
