#include "core/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace identities {
namespace {

bool continues(unsigned char c) {
  return (c & 0xC0U) == 0x80U;
}

std::size_t step(std::string_view text) {
  const std::size_t length = utf8_length(text);
  return length == 0 ? 1 : length;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : (first & 0xF0U) == 0xE0U       ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t index = 1; index < length; ++index)
    if (!continues(byte(index))) return 0;
  const unsigned char second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return length;
}

std::size_t utf8_count(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(step(text));
  return count;
}

std::string_view utf8_prefix(std::string_view text, std::size_t count) {
  if (text.size() <= count) return text;
  std::size_t at = 0;
  // Eight ASCII characters at a time: most text is little else.
  for (std::uint64_t eight = 0; count >= sizeof eight && text.size() - at >= sizeof eight; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if ((eight & 0x8080808080808080U) != 0) break;
    count -= sizeof eight;
  }
  for (; count > 0 && at < text.size(); --count)
    at += static_cast<unsigned char>(text[at]) < 0x80 ? 1 : step(text.substr(at));
  return text.substr(0, at);
}

}  // namespace identities
