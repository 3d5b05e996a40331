// Method: plugin.json with that content. What is accepted keeps the manifest's promises; a refusal is one line that
// names the file, what was expected and what was found.
#include "manifest.hpp"

#include <helpdesk/plugin.h>

#include <algorithm>

#include "scratch_file.hpp"

namespace {

using helpdesk::Declaration;

bool is_below(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const std::filesystem::path inside = path.lexically_normal().lexically_relative(folder.lexically_normal());
  return !inside.empty() && *inside.begin() != "..";
}

void check_accepted(const helpdesk::Manifest& manifest) {
  fuzz::require(is_below(manifest.library, manifest.folder), "the library is below the manifest's folder",
                manifest.library.string());
  for (const auto* path : {&manifest.config_schema, &manifest.assets, &manifest.locales})
    fuzz::require(path->empty() || is_below(*path, manifest.folder), "a path is below the manifest's folder",
                  path->string());
  for (const Declaration& declaration : manifest.declarations) {
    fuzz::require(manifest.find(declaration.kind, declaration.id) == &declaration, "an id is declared once",
                  declaration.id);
    fuzz::require(declaration.budget_ms > 0 && declaration.budget_ms <= 60'000, "a budget has a limit", declaration.id);
    const bool scoped = declaration.kind == HD_PANEL || declaration.kind == HD_ACTION;
    fuzz::require(!scoped || manifest.scopes.contains(declaration.scope), "a scope is declared", declaration.scope);
    if (declaration.kind != HD_WEBHOOK) continue;
    fuzz::require(declaration.prefix.starts_with('/') && declaration.prefix.ends_with('/'), "a prefix is a path",
                  declaration.prefix);
    fuzz::require(!declaration.methods.empty() && declaration.max_body_bytes > 0, "a webhook takes something",
                  declaration.id);
    const auto overlaps =
        std::count_if(manifest.declarations.begin(), manifest.declarations.end(), [&](const Declaration& other) {
          return other.kind == HD_WEBHOOK && other.prefix.starts_with(declaration.prefix);
        });
    fuzz::require(overlaps == 1, "no webhook's prefix begins with another's", declaration.prefix);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::ScratchFile file;
  file.write(data, size);
  const auto manifest = helpdesk::read_manifest(file.path());
  if (manifest) {
    check_accepted(*manifest);
    return 0;
  }
  const std::string& message = manifest.error().message;
  fuzz::require(message.starts_with(file.path() + ": "), "a refusal begins with the file", message);
  fuzz::require_refusal(message);
  return 0;
}
