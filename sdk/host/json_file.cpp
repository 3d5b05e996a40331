#include "json_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parser.hpp>
#include <cerrno>
#include <set>
#include <system_error>
#include <vector>

#include "json_fields.hpp"

namespace helpdesk {
namespace {

namespace json = boost::json;

constexpr std::size_t read_step_bytes = 16 * 1024;  // most files are smaller

struct OpenFile {
  explicit OpenFile(const std::filesystem::path& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd >= 0) ::close(fd);
  }
  const int fd;
};

std::string errno_text() {
  return std::error_code(errno, std::generic_category()).message();
}

// Walks a document that has been parsed before and finds what the value tree cannot show any more: names that stand
// twice in one object, and strings that are too long. The first fault is kept as "pointer: text".
struct StrictHandler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  struct Level {
    std::set<std::string, std::less<>> names;
    std::string current;
  };
  explicit StrictHandler(std::size_t max_bytes) : max_string_bytes(max_bytes) {}

  const std::size_t max_string_bytes;
  std::vector<Level> levels;
  std::string name;
  std::string pointer;
  std::string fault;

  void note(std::string text) {
    if (!fault.empty()) return;
    for (const Level& level : levels) pointer = append_pointer(pointer, level.current);
    fault = std::move(text);
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) {
    levels.push_back({{}, "*"});
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) {
    levels.pop_back();
    return true;
  }
  bool on_object_begin(json::error_code&) {
    levels.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    levels.pop_back();
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    name.append(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    name.append(part);
    levels.back().current = name;
    if (!levels.back().names.insert(std::move(name)).second)
      note("expected each name once in an object, found it twice");
    name.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t size, json::error_code&) {
    if (size > max_string_bytes) {
      note(fmt::format("expected a string of at most {} bytes, found {}", max_string_bytes, size));
    }
    return true;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

Refusal syntax_refusal(const std::string& file, std::string_view text, std::size_t offset, json::error_code ec) {
  if (ec == json::error::incomplete) {
    return {fmt::format("{}: expected one whole JSON object, found that the file ends in the middle of it", file)};
  }
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t last_break = before.rfind('\n');
  const std::size_t column = last_break == std::string_view::npos ? offset + 1 : offset - last_break;
  return {fmt::format("{}: line {}, column {}: expected JSON, found a fault: {}", file, line, column, ec.message())};
}

}  // namespace

result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const OpenFile file(path);
  if (file.fd < 0)
    return Refusal{one_line(fmt::format("{}: expected a readable file, found: {}", path.string(), errno_text()))};
  struct stat info {};
  std::string text;
  std::string fault;
  if (::fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    fault = "expected a regular file, found another kind";
  } else {
    std::size_t used = 0;
    for (ssize_t got = 1; got != 0 && used <= max_bytes;) {
      if (used == text.size()) text.resize(std::min(used + read_step_bytes, max_bytes + 1));
      got = ::read(file.fd, text.data() + used, text.size() - used);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        fault = fmt::format("expected a readable file, found: {}", errno_text());
        break;
      }
      used += static_cast<std::size_t>(got);
    }
    text.resize(used);
    if (used > max_bytes) fault = fmt::format("expected a file of at most {} bytes, found a larger one", max_bytes);
  }
  if (!fault.empty()) return Refusal{one_line(fmt::format("{}: {}", path.string(), fault))};
  return {boost::system::in_place_value, std::move(text)};
}

result<json::object> parse_json_object(std::string_view text, const std::string& file, std::size_t max_string_bytes) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Refusal{fmt::format("{}: expected one JSON object, found nothing", file)};
  }
  json::parse_options options;
  options.max_depth = max_json_depth;
  json::parser parser({}, options);
  json::error_code ec;
  const std::size_t consumed = parser.write_some(text.data(), text.size(), ec);
  if (ec) return syntax_refusal(file, text, consumed, ec);
  if (text.find_first_not_of(" \t\r\n", consumed) != std::string_view::npos) {
    return syntax_refusal(file, text, consumed, json::error::extra_data);
  }
  json::value document = parser.release();
  if (!document.is_object()) {
    return Refusal{fmt::format("{}: expected one JSON object, found {}", file, describe(&document, false))};
  }
  json::basic_parser<StrictHandler> strict(options, max_string_bytes);
  strict.write_some(false, text.data(), text.size(), ec);
  const std::string& fault = strict.handler().fault;
  if (!fault.empty()) return Refusal{one_line(fmt::format("{}: {}: {}", file, strict.handler().pointer, fault))};
  return std::move(document.as_object());
}

result<json::object> read_json_object(const std::filesystem::path& path) {
  auto text = read_file(path, max_json_file_bytes);
  if (!text) return text.error();
  return parse_json_object(*text, path.string());
}

}  // namespace helpdesk
