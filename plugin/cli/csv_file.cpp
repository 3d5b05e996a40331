#include "cli/csv_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>

#include "core/utf8.hpp"

namespace identities::cli {
namespace {

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

CsvFile::CsvFile(const std::filesystem::path& path) : name_(path.string()) {
  read(path);
  parse();
}

void CsvFile::fail(std::size_t line, const std::string& what) const {
  throw std::runtime_error(fmt::format("{}, line {}: {}", name_, line, what));
}

void CsvFile::read(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    throw std::runtime_error(fmt::format("{}: there is no such file; give the path of the CSV file to read", name_));
  if (std::filesystem::is_directory(status))
    throw std::runtime_error(fmt::format("{} is a folder; give the path of a CSV file", name_));
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(fmt::format("{} cannot be read: {}", name_, std::strerror(errno)));
  // Read to its end, not by its size: it may be a pipe.
  std::vector<char> piece(1 << 20);
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())), file.gcount() > 0) {
    text_.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text_.size() > kMostCsvBytes)
      throw std::runtime_error(fmt::format(
          "{} is larger than {} MB, which is the most that is matched at once; split it, by country for example", name_,
          kMostCsvBytes >> 20));
  }
  if (file.bad()) throw std::runtime_error(fmt::format("{} cannot be read: {}", name_, std::strerror(errno)));
}

void CsvFile::choose_delimiter() {
  const std::string_view first = std::string_view(text_).substr(at_, text_.find('\n', at_) - at_);
  std::ptrdiff_t most = 0;
  for (const char each : {',', ';', '\t'}) {
    const auto count = std::count(first.begin(), first.end(), each);
    if (count <= most) continue;
    most = count;
    delimiter_ = each;
  }
}

void CsvFile::parse() {
  const std::string_view text = text_;
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    fail(1,
         "the file is UTF-16; expected UTF-8: export it as \"CSV UTF-8\", or convert it by "
         "iconv -f UTF-16 -t UTF-8");
  if (text.starts_with("\xef\xbb\xbf")) at_ = 3;
  choose_delimiter();
  if (!record(header_))
    fail(1, "the file is empty; expected a line with the names of the columns, then one line a record");
  std::set<std::string_view> names;
  for (const std::string_view name : header_) {
    if (!name.empty() && !names.insert(name).second)
      fail(1, fmt::format("two columns are called \"{}\"; give each a name of its own", name));
  }
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t line = line_;
    fields.clear();
    if (!record(fields)) return;
    if (fields.size() == 1 && fields[0].empty() && header_.size() > 1) continue;  // an empty line
    if (fields.size() != header_.size())
      fail(line, fmt::format("{} fields, expected {} as in the header; is there a delimiter or a line break in a field "
                             "without quotes?",
                             fields.size(), header_.size()));
    if (lines_.size() == kMostCsvRows)
      fail(line, fmt::format("more than {} records, which is the most that are matched at once; split the file",
                             kMostCsvRows));
    cells_.insert(cells_.end(), fields.begin(), fields.end());
    lines_.push_back(line);
  }
}

bool CsvFile::record(std::vector<std::string_view>& fields) {
  if (at_ >= text_.size()) return false;
  const std::size_t begin = at_;
  const std::size_t line = line_;
  for (;;) {
    fields.push_back(field());
    if (fields.size() > kMostCsvColumns)
      fail(line, fmt::format("more than {} columns; is this a CSV file?", kMostCsvColumns));
    const bool more = at_ < text_.size() && text_[at_] == delimiter_;
    if (at_ - begin > kMostCsvRecordBytes)
      fail(line, fmt::format("a record of more than {} KB; is a quote not closed, or is this no CSV file?",
                             kMostCsvRecordBytes >> 10));
    if (!more) break;
    ++at_;
  }
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size() && text_[at_] == '\n') ++at_;
  ++line_;
  return true;
}

std::string_view CsvFile::field() {
  if (at_ < text_.size() && text_[at_] == '"') return quoted_field();
  const std::size_t begin = at_;
  while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n' && text_[at_] != '\r') {
    if (text_[at_] == '\0') fail(line_, "a NUL byte; expected text: is this a CSV file, or was it cut off?");
    ++at_;
  }
  const std::string_view found = std::string_view(text_).substr(begin, at_ - begin);
  if (!is_utf8(found))
    fail(line_,
         "bytes that are not UTF-8; export the file as \"CSV UTF-8\", or convert it by "
         "iconv -f WINDOWS-1252 -t UTF-8");
  return found;
}

std::string_view CsvFile::quoted_field() {
  const std::size_t line = line_;
  const std::size_t begin = ++at_;
  bool doubled = false;
  for (;; ++at_) {
    if (at_ >= text_.size() || at_ - begin > kMostCsvRecordBytes)
      fail(line, "a field begins with a quote that nothing closes; close it, or double the quotes inside a field");
    if (text_[at_] == '\0') fail(line_, "a NUL byte; expected text: is this a CSV file, or was it cut off?");
    if (text_[at_] == '\n') ++line_;
    if (text_[at_] != '"') continue;
    if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
    doubled = true;
    ++at_;
  }
  std::string_view found = std::string_view(text_).substr(begin, at_ - begin);
  ++at_;
  const bool ends = at_ >= text_.size() || text_[at_] == delimiter_ || text_[at_] == '\n' || text_[at_] == '\r';
  if (!ends) fail(line_, "text behind a closing quote; double the quotes inside a field");
  if (!is_utf8(found)) fail(line, "bytes that are not UTF-8; export the file as \"CSV UTF-8\"");
  if (!doubled) return found;
  std::string& plain = unquoted_.emplace_back();
  for (std::size_t i = 0; i < found.size(); ++i) {
    plain += found[i];
    if (found[i] == '"') ++i;
  }
  return plain;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace identities::cli
