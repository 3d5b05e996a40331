#include "symbols.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>

#include <unistd.h>
#include <string_view>

#include <algorithm>

namespace hdcheck {
namespace {

struct File {
  explicit File(const std::filesystem::path& path) : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor >= 0) elf = ::elf_begin(descriptor, ELF_C_READ, nullptr);
  }
  ~File() {
    if (elf != nullptr) ::elf_end(elf);
    if (descriptor >= 0) ::close(descriptor);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor;
  Elf* elf = nullptr;
};

bool is_exported(const GElf_Sym& symbol) {
  const auto visibility = GELF_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS && GELF_ST_BIND(symbol.st_info) == STB_GLOBAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

void add_names(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, std::vector<std::string>& names) {
  Elf_Data* const data = ::elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const std::size_t count = data->d_size / header.sh_entsize;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (::gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr || !is_exported(symbol)) continue;
    const char* const name = ::elf_strptr(elf, header.sh_link, symbol.st_name);
    // AddressSanitizer marks each exported object of a plugin built with it; the marks are not the plugin's.
    if (name != nullptr && !std::string_view(name).starts_with("__odr_asan.")) names.emplace_back(name);
  }
}

}  // namespace

helpdesk::result<std::vector<std::string>> exported_names(const std::filesystem::path& library) {
  ::elf_version(EV_CURRENT);
  const File file(library);
  GElf_Ehdr head;
  if (file.elf == nullptr || ::elf_kind(file.elf) != ELF_K_ELF || ::gelf_getehdr(file.elf, &head) == nullptr ||
      head.e_type != ET_DYN) {
    return helpdesk::Refusal{fmt::format("{}: expected a shared object, found another file", library.string())};
  }
  std::vector<std::string> names;
  for (Elf_Scn* section = nullptr; (section = ::elf_nextscn(file.elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (::gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_DYNSYM) {
      add_names(file.elf, section, header, names);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace hdcheck
