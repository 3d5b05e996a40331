#include "flat_reply.hpp"

namespace bench {

void FlatReply::quoted(std::string_view text) {
  text_ += '"';
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&') continue;
    constexpr std::string_view kHex = "0123456789abcdef";
    text_.append(text, begin, at - begin);
    text_ += "\\u00";
    text_ += kHex[c >> 4U];
    text_ += kHex[c & 15U];
    begin = at + 1;
  }
  text_.append(text, begin);
  text_ += '"';
}

std::string_view FlatReply::shown(std::string_view text) {
  std::size_t at = 0;
  for (std::size_t count = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U && ++count > kShownCharacters) break;
  return text.substr(0, at);
}

}  // namespace bench
