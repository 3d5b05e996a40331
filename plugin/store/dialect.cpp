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

constexpr std::array<Token, 6> kTokens = {{
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
    {"or_update", {"ON CONFLICT DO UPDATE SET", "ON DUPLICATE KEY UPDATE"}},
}};

/// What the row that could not be inserted brings for a column.
std::string brought(std::string_view column, Dialect dialect) {
  const std::string name(column);
  return dialect == Dialect::kSqlite ? "excluded." + name : "VALUES(" + name + ")";
}

}  // namespace

std::string_view name_of(Dialect dialect) {
  return dialect == Dialect::kSqlite ? "sqlite" : "mysql";
}

std::string render(std::string_view text, Dialect dialect) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view kNew = "new_";
  std::string rendered;
  rendered.reserve(text.size());
  for (;;) {
    const auto at = text.find_first_of("@{}");
    rendered += text.substr(0, at);
    if (at == std::string_view::npos) return rendered;
    const char found_at = text[at];
    text.remove_prefix(at + 1);
    if (found_at != '@') {
      rendered += found_at == '{' ? '(' : ')';
      continue;
    }
    const std::string_view name = text.substr(0, text.find_first_not_of(kLetters));
    text.remove_prefix(name.size());
    if (name.starts_with(kNew)) {
      rendered += brought(name.substr(kNew.size()), dialect);
      continue;
    }
    const auto* const found =
        std::find_if(kTokens.begin(), kTokens.end(), [&](const Token& token) { return token.name == name; });
    if (found == kTokens.end()) throw std::logic_error("no dialect token @" + std::string(name));
    rendered += found->text[static_cast<std::size_t>(dialect)];
  }
}

std::string places(std::size_t count) {
  std::string list = "?";
  for (std::size_t index = 1; index < count; ++index) list += ", ?";
  return list;
}

Repeated repeated(std::string_view text, Dialect dialect) {
  const auto open = text.find('{');
  const auto close = text.find('}');
  const bool has_braces = open != std::string_view::npos && close != std::string_view::npos;
  const std::string unit = render(has_braces ? text.substr(open, close + 1 - open) : text, dialect);
  Repeated repeated;
  if (has_braces) {
    repeated.before = render(text.substr(0, open), dialect);
    repeated.after = render(text.substr(close + 1), dialect);
    repeated.joint = repeated.before.starts_with("INSERT ") ? "," : " OR ";
    if (repeated.joint != ",") {
      if (repeated.after.find("LIMIT") != std::string::npos)
        throw std::logic_error("a limit behind a repeated condition holds for all of its sets: " + std::string(text));
      // What stands behind them holds for all of them.
      repeated.before += '(';
      repeated.after.insert(0, 1, ')');
    }
  }
  std::size_t begin = 0;
  for (auto at = unit.find('?'); at != std::string::npos; at = unit.find('?', begin)) {
    repeated.unit.push_back(unit.substr(begin, at - begin));
    begin = at + 1;
  }
  repeated.unit.push_back(unit.substr(begin));
  return repeated;
}

}  // namespace identities::store
