// Method: two lines as two names. A parsed name is short, of Latin letters, and parses to itself; two names compare the
// same both ways, and each with itself.
#include <algorithm>

#include "core/person_name.hpp"
#include "properties.hpp"

namespace {

using namespace identities;

PersonName check_name(std::string_view text) {
  const PersonName name = parse_name(text);
  std::string joined;
  fuzz::require(name.tokens.size() <= 16, "a name has at most 16 words", text);
  for (const std::string& token : name.tokens) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    fuzz::require(!token.empty() && std::all_of(token.begin(), token.end(), fits), "a word is Latin", token);
    joined += (joined.empty() ? "" : " ") + token;
  }
  fuzz::require(joined.size() <= 200, "a name is short", joined);
  fuzz::require(!name.tokens.empty() || name.suffix.empty(), "nobody has a suffix", text);
  const std::string whole = name.suffix.empty() ? joined : joined + " " + name.suffix;
  fuzz::require(parse_name(whole) == name, "a parsed name parses to itself", whole);
  return name;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto line = std::min(text.find('\n'), text.size());
  const PersonName left = check_name(text.substr(0, line));
  const PersonName right = check_name(text.substr(std::min(line + 1, text.size())));
  for (const bool same : {false, true}) {
    fuzz::require(compare_names(left, right, same) == compare_names(right, left, same), "the order does not count",
                  text);
    const NameAgreement own = left.tokens.empty() ? NameAgreement::kMissing : NameAgreement::kCompatible;
    fuzz::require(compare_names(left, left, same) == own, "a name agrees with itself", text);
  }
  return 0;
}
