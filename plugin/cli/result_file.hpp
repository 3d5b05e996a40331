// A result that a command writes: the whole file or none, so that what is half-written is never taken for it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace identities::cli {

/// Throws std::runtime_error when the output is the input, or no place to write to: "-" is standard output, a pipe or
/// a device is written to as it comes, everything else is or becomes a regular file.
void require_writable(const std::filesystem::path& output, const std::filesystem::path& input);

/// Replaces a regular file only when all of the text is on disk. Throws std::runtime_error.
void write_result(const std::filesystem::path& output, std::string_view text);

}  // namespace identities::cli
