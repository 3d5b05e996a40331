#include "core/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "core/utf8.hpp"

namespace identities {
namespace {

/// Which bytes stand in a JSON text as they are.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
  return plain;
}();

constexpr std::size_t kLongestInteger = 20;

constexpr std::uint64_t each_byte(std::uint64_t byte) {
  return byte * 0x0101010101010101U;
}
constexpr std::uint64_t kHighBits = each_byte(0x80);

/// The high bit of each byte that is zero; a byte above one that is zero may be wrong, which is never missed.
constexpr std::uint64_t zero_bytes(std::uint64_t eight) {
  return (eight - each_byte(1)) & ~eight & kHighBits;
}

/// Do eight bytes stand in a JSON text as they are? May say no to some that do.
bool all_plain(const char* bytes) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes, sizeof eight);
  const std::uint64_t below_blank = (eight - each_byte(0x20)) & ~eight;
  std::uint64_t special = zero_bytes(eight ^ each_byte('"')) | zero_bytes(eight ^ each_byte('\\'));
  special |= zero_bytes(eight ^ each_byte('&')) | zero_bytes((eight & each_byte(0xFD)) ^ each_byte('<'));
  return (special | ((eight | below_blank) & kHighBits)) == 0;
}

}  // namespace

void JsonWriter::append_escape(unsigned code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) append(kHex[(code >> shift) & 15U]);
}

void JsonWriter::append_ascii(unsigned char c) {
  switch (c) {
    case '"':
      return append("\\\"");
    case '\\':
      return append("\\\\");
    case '\n':
      return append("\\n");
    case '\r':
      return append("\\r");
    case '\t':
      return append("\\t");
    default:
      append_escape(c);
  }
}

/// The character at the front of rest, which is not ASCII; returns its bytes.
std::size_t JsonWriter::append_sequence(std::string_view rest) {
  const std::size_t length = utf8_length(rest);
  if (length == 0) {
    append("\xEF\xBF\xBD");
    return 1;
  }
  const std::string_view sequence = rest.substr(0, length);
  if (sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9")
    append_escape(sequence.back() == '\xA8' ? 0x2028 : 0x2029);
  else
    append(sequence);
  return length;
}

JsonWriter& JsonWriter::string(std::string_view value) {
  separate();
  append('"');
  std::size_t at = 0;
  while (at < value.size()) {
    std::size_t end = at;
    while (value.size() - end >= sizeof(std::uint64_t) && all_plain(value.data() + end)) end += sizeof(std::uint64_t);
    while (end < value.size() && kPlain[static_cast<unsigned char>(value[end])]) ++end;
    append(value.substr(at, end - at));
    at = end;
    if (at == value.size()) break;
    const auto c = static_cast<unsigned char>(value[at]);
    if (c < 0x80) {
      append_ascii(c);
      ++at;
    } else {
      at += append_sequence(value.substr(at));
    }
  }
  append('"');
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  separate();
  char* const to = room(kLongestInteger);
  used_ += static_cast<std::size_t>(std::to_chars(to, to + kLongestInteger, value).ptr - to);
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  if (!std::isfinite(value)) return null();
  if (value == std::floor(value) && std::abs(value) < 9e15) return integer(static_cast<std::int64_t>(value));
  separate();
  char digits[32];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  append({digits, static_cast<std::size_t>(result.ptr - digits)});
  return *this;
}

JsonWriter& JsonWriter::id(std::int64_t value) {
  separate();
  char* const begin = room(kLongestInteger + 2);
  char* to = begin;
  *to++ = '"';
  to = std::to_chars(to, to + kLongestInteger, value).ptr;
  *to++ = '"';
  used_ += static_cast<std::size_t>(to - begin);
  return *this;
}

}  // namespace identities
