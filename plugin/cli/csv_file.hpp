// A CSV file as other programs export it (RFC 4180): fields in quotes with doubled quotes inside, CRLF or LF, a byte
// order mark, comma, semicolon or tab. Read whole; the fields are views into it, so it is neither copied nor moved.
// What is wrong is an error that names the line, what is there, what was expected, and what to do; never a value.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace identities::cli {

/// Beyond these a file is no export of customers but a mistake or an attack.
constexpr std::size_t kMostCsvBytes = std::size_t{2} << 30;
constexpr std::size_t kMostCsvRows = 20'000'000;
constexpr std::size_t kMostCsvColumns = 1'000;
constexpr std::size_t kMostCsvRecordBytes = 1 << 20;

class CsvFile {
 public:
  /// Throws std::runtime_error.
  explicit CsvFile(const std::filesystem::path& path);
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  [[nodiscard]] const std::vector<std::string_view>& header() const { return header_; }
  [[nodiscard]] std::size_t rows() const { return header_.empty() ? 0 : cells_.size() / header_.size(); }
  [[nodiscard]] std::string_view cell(std::size_t row, std::size_t column) const {
    return cells_[row * header_.size() + column];
  }
  /// On which line the row begins; the header is on line 1.
  [[nodiscard]] std::size_t line_of(std::size_t row) const { return lines_[row]; }

 private:
  void read(const std::filesystem::path& path);
  void parse();
  /// Reads one record from at_ on; false at the end of the file.
  bool record(std::vector<std::string_view>& fields);
  std::string_view field();
  std::string_view quoted_field();
  void choose_delimiter();
  [[noreturn]] void fail(std::size_t line, const std::string& what) const;

  std::string name_;
  std::string text_;
  std::deque<std::string> unquoted_;  // fields with quotes inside
  std::vector<std::string_view> header_;
  std::vector<std::string_view> cells_;
  std::vector<std::size_t> lines_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  char delimiter_ = ',';
};

/// A field as it is written: in quotes where it needs them.
std::string csv_field(std::string_view text);

}  // namespace identities::cli
