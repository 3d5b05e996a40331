// symbols.hpp: what a shared object exports, read from the file without loading it. Safe on any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "result.hpp"

namespace hdcheck {

// The names that the object defines for everybody, sorted. Weak ones, which C++ compilers make of inline code, are left
// out: they are no interface.
helpdesk::result<std::vector<std::string>> exported_names(const std::filesystem::path& library);

}  // namespace hdcheck
