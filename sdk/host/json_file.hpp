// json_file.hpp: reads files that people wrote. Nothing is kept open; safe on any thread.
// Limits: a file of 1 MiB, 32 levels, strings of 16 KiB (the schema checker's regular expressions recurse by length).
// Stricter than RFC 8259 asks: a name that stands twice in one object is refused, as is anything after the document.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>

#include "result.hpp"

namespace helpdesk {

inline constexpr std::size_t max_json_file_bytes = 1024 * 1024;
inline constexpr std::size_t max_json_depth = 32;
inline constexpr std::size_t max_json_string_bytes = 16 * 1024;

// The file's bytes; refused when it is no regular file, unreadable or larger than max_bytes.
result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

// The one JSON object that the text is; `file` names it in refusals.
result<boost::json::object> parse_json_object(std::string_view text, const std::string& file,
                                              std::size_t max_string_bytes = max_json_string_bytes);

result<boost::json::object> read_json_object(const std::filesystem::path& path);

}  // namespace helpdesk
