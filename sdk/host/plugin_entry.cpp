#include "plugin_entry.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "contained.hpp"

namespace helpdesk {
namespace {

constexpr const char* entry_name = "hd_plugin_entry_v1";
constexpr int last_probed_version = 9;

Refusal refused(const std::filesystem::path& library, std::string_view what, std::string_view expected,
                std::string_view found) {
  return {fmt::format("{}: {}: expected {}, found {}", library.string(), what, expected, found)};
}

// A null terminated string of the plugin's, or a word for none.
std::string_view named(const char* text) {
  return text == nullptr ? "nothing" : text;
}

// A plugin of a later contract exports another name; saying so spares its reader a search.
std::string other_version(void* object) {
  for (int version = 2; version <= last_probed_version; ++version) {
    const std::string name = fmt::format("hd_plugin_entry_v{}", version);
    if (::dlsym(object, name.c_str()) != nullptr) return fmt::format("{} (contract version {})", name, version);
  }
  return "none";
}

// How many bytes the file must have by its own head: all that the loader maps, and the table of sections, which a
// linker writes last. 0 where the head is no ELF of this machine's word size; then the loader says what it found.
std::uintmax_t bytes_promised(const std::filesystem::path& library) {
  std::ifstream file(library, std::ios::binary);
  ElfW(Ehdr) head{};
  file.read(reinterpret_cast<char*>(&head), sizeof(head));
  if (!file || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phentsize != sizeof(ElfW(Phdr))) return 0;
  std::uintmax_t promised = head.e_shoff + std::uintmax_t{head.e_shnum} * head.e_shentsize;
  const std::uintmax_t segments_end = head.e_phoff + std::uintmax_t{head.e_phnum} * sizeof(ElfW(Phdr));
  std::vector<ElfW(Phdr)> segments(head.e_phnum);
  file.seekg(static_cast<std::streamoff>(head.e_phoff));
  file.read(reinterpret_cast<char*>(segments.data()),
            static_cast<std::streamsize>(segments.size() * sizeof(ElfW(Phdr))));
  if (!file) return std::max(promised, segments_end);
  for (const ElfW(Phdr) & segment : segments) {
    if (segment.p_type == PT_LOAD) promised = std::max<std::uintmax_t>(promised, segment.p_offset + segment.p_filesz);
  }
  return promised;
}

}  // namespace

result<const hd_plugin*> load_entry(const Manifest& manifest) {
  const std::filesystem::path& library = manifest.library;
  void* object = nullptr;
  const hd_plugin* plugin = nullptr;
  // The loader would map a file that is cut off, as one that is still being copied, and touching what is missing kills
  // the process.
  std::error_code unreadable;
  const std::uintmax_t size = std::filesystem::file_size(library, unreadable);
  const std::uintmax_t promised = unreadable ? 0 : bytes_promised(library);
  if (promised > size) {
    return refused(library, "library", fmt::format("the {} bytes that its head promises", promised),
                   fmt::format("{}; copy it beside, then rename it", size));
  }
  // The constructors of the object's own globals run in here.
  if (const auto thrown = contained([&] { object = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); }))
    return refused(library, "library", "a shared object that loads", *thrown);
  if (object == nullptr) {
    return refused(library, "library", "a shared object that loads", clean_line(named(::dlerror())));
  }
  const auto entry = reinterpret_cast<const hd_plugin* (*)()>(::dlsym(object, entry_name));
  if (entry == nullptr) {
    return refused(library, "symbol", fmt::format("the exported function {} (contract version 1)", entry_name),
                   other_version(object));
  }
  if (const auto thrown = contained([&] { plugin = entry(); }))
    return refused(library, "entry", "a description of the plugin", *thrown);
  if (plugin == nullptr) return refused(library, "entry", "a description of the plugin", "NULL");
  if (!HD_HAS(plugin, destroy)) {
    return refused(library, "hd_plugin.size", fmt::format("at least {}", offsetof(hd_plugin, extension)),
                   std::to_string(plugin->size));
  }
  if (named(plugin->id) != manifest.id) {
    return refused(library, "id", fmt::format("\"{}\" as in the manifest", manifest.id), clean_line(named(plugin->id)));
  }
  if (named(plugin->version) != manifest.version) {
    return refused(library, "version", fmt::format("\"{}\" as in the manifest", manifest.version),
                   clean_line(named(plugin->version)));
  }
  if (plugin->create == nullptr || plugin->start == nullptr || plugin->ready == nullptr || plugin->stop == nullptr ||
      plugin->destroy == nullptr) {
    return refused(library, "hd_plugin", "create, start, ready, stop and destroy", "one of them NULL");
  }
  return plugin;
}

}  // namespace helpdesk
