#include "store/dialect.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace identities::store {
namespace {

struct Token {
  std::string_view name;
  std::array<std::string_view, 2> text;  // by Dialect
};

constexpr std::array<Token, 5> kTokens = {{
    {"list",
     {"(SELECT value FROM json_each(?))",
      "(SELECT listed.value FROM JSON_TABLE(?, '$[*]' COLUMNS (value VARCHAR(900) CHARACTER SET utf8mb4 COLLATE "
      "utf8mb4_bin PATH '$')) AS listed)"}},
    // As numbers: compared with text, both become doubles, which two neighbouring ids share.
    {"ids",
     {"(SELECT value FROM json_each(?))",
      "(SELECT listed.value FROM JSON_TABLE(?, '$[*]' COLUMNS (value BIGINT PATH '$')) AS listed)"}},
    {"for_update", {"", "FOR UPDATE"}},
    {"any_case", {"", "COLLATE utf8mb4_general_ci"}},
    {"straight", {"CROSS JOIN", "STRAIGHT_JOIN"}},
}};

}  // namespace

std::string_view name_of(Dialect dialect) {
  return dialect == Dialect::kSqlite ? "sqlite" : "mysql";
}

std::string render(std::string_view text, Dialect dialect) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz_";
  std::string rendered;
  rendered.reserve(text.size());
  for (;;) {
    const auto at = text.find('@');
    rendered += text.substr(0, at);
    if (at == std::string_view::npos) return rendered;
    text.remove_prefix(at + 1);
    const std::string_view name = text.substr(0, text.find_first_not_of(kLetters));
    const auto* const found =
        std::find_if(kTokens.begin(), kTokens.end(), [&](const Token& token) { return token.name == name; });
    if (found == kTokens.end()) throw std::logic_error("no dialect token @" + std::string(name));
    rendered += found->text[static_cast<std::size_t>(dialect)];
    text.remove_prefix(name.size());
  }
}

}  // namespace identities::store
