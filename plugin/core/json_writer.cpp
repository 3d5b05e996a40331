#include "core/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "core/utf8.hpp"

namespace identities {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_escape(std::string& text, unsigned code) {
  text += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) text += kHex[(code >> shift) & 15U];
}

/// Which bytes stand in a JSON text as they are.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
  return plain;
}();

bool plain(unsigned char c) {
  return kPlain[c];
}

void append_ascii(std::string& text, unsigned char c) {
  switch (c) {
    case '"':
      text += "\\\"";
      return;
    case '\\':
      text += "\\\\";
      return;
    case '\n':
      text += "\\n";
      return;
    case '\r':
      text += "\\r";
      return;
    case '\t':
      text += "\\t";
      return;
    default:
      append_escape(text, c);
  }
}

}  // namespace

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  text_ += bracket;
  needs_comma_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (needs_comma_) text_ += ',';
  needs_comma_ = true;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  text_ += '"';
  text_ += name;
  text_ += "\":";
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view value) {
  separate();
  text_ += '"';
  std::size_t at = 0;
  while (at < value.size()) {
    std::size_t end = at;
    while (end < value.size() && plain(static_cast<unsigned char>(value[end]))) ++end;
    text_.append(value.data() + at, end - at);
    at = end;
    if (at == value.size()) break;
    const auto c = static_cast<unsigned char>(value[at]);
    if (c < 0x80) {
      append_ascii(text_, c);
      ++at;
      continue;
    }
    const std::size_t length = utf8_length(value.substr(at));
    if (length == 0) {
      text_ += "\xEF\xBF\xBD";
      ++at;
    } else if (const auto sequence = value.substr(at, length);
               sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9") {
      append_escape(text_, sequence.back() == '\xA8' ? 0x2028 : 0x2029);
      at += length;
    } else {
      text_ += sequence;
      at += length;
    }
  }
  text_ += '"';
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  separate();
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  text_.append(digits, result.ptr);
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  if (!std::isfinite(value)) return null();
  if (value == std::floor(value) && std::abs(value) < 9e15) return integer(static_cast<std::int64_t>(value));
  separate();
  char digits[32];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  text_.append(digits, result.ptr);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  text_ += "null";
  return *this;
}

JsonWriter& JsonWriter::id(std::int64_t value) {
  separate();
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  text_ += '"';
  text_.append(digits, result.ptr);
  text_ += '"';
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

}  // namespace identities
