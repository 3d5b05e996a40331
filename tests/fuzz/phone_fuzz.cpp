// Method: the first byte chooses a country or none, the rest is a number. A key is E.164 with or without an extension,
// is its own key without the country, and its use is known.
#include <array>

#include "core/identifier.hpp"
#include "properties.hpp"

namespace {

using namespace identities;

constexpr std::array<std::string_view, 12> kRegions = {"",   "AU", "US", "GB", "DE", "IT",
                                                       "MX", "AR", "BR", "JP", "CI", "ZZ"};

bool is_key(std::string_view key) {
  const std::string_view number = key.substr(0, key.find(';'));
  const std::string_view extension = key.substr(number.size());
  const auto digits = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return number.size() >= 2 && number.size() <= 18 && number.front() == '+' && digits(number.substr(1)) &&
         (extension.empty() ||
          (extension.starts_with(";ext=") && digits(extension.substr(5)) && extension.size() <= 14));
}

void check_phone(std::string_view text, std::string_view region) {
  const std::string suffix = phone_suffix(text);
  fuzz::require(suffix.size() <= 9 && (suffix.empty() || suffix.size() >= 7), "a suffix has 7 to 9 digits", suffix);
  const auto key = normalise_phone(text, region);
  if (!key) return;
  fuzz::require(is_key(*key), "a key is E.164", *key);
  fuzz::require(normalise_phone(*key) == key, "a number's key is its own key", *key);
  fuzz::require(normalise_phone(" " + std::string(text) + "\t", region) == key || text.size() > 200,
                "blanks around a number change nothing", text);
  const IdentifierKey made = make_key(IdentifierKind::kPhone, text, {"", region, default_rules()});
  fuzz::require(made.key == key && made.phone_use == phone_use(*key), "both ways give the same", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (text.empty()) return 0;
  check_phone(text.substr(1), kRegions[data[0] % kRegions.size()]);
  return 0;
}
