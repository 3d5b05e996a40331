#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "core/resolution_rules.hpp"

namespace identities::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kLineCharacters = 110;
constexpr std::size_t kMaxFileBytes = 1024 * 1024;

/// The entries of a list, as many in a line as fit.
std::string wrapped(const json::array& list) {
  std::string text = "[";
  std::size_t line = kLineCharacters;
  for (const json::value& entry : list) {
    const std::string one = json::serialize(entry);
    const bool first = text.size() == 1;
    if (line + one.size() + 2 > kLineCharacters || entry.is_object()) {
      text += first ? "\n    " : ",\n    ";
      line = 4;
    } else {
      text += ", ";
    }
    text += one;
    line += one.size() + 2;
  }
  return text + (list.empty() ? "]" : "\n  ]");
}

/// Rules as a file that an administrator edits: a member a line.
std::string printed(const json::object& rules) {
  std::string text = "{";
  for (const auto& member : rules) {
    if (text.size() > 1) text += ',';
    text += fmt::format("\n  \"{}\": ", std::string_view(member.key().data(), member.key().size()));
    text += member.value().is_array() ? wrapped(member.value().get_array()) : json::serialize(member.value());
  }
  return text + "\n}\n";
}

json::object as_object(const ResolutionRules& rules) {
  return json::parse(rules_to_json(rules)).get_object();
}

std::size_t count_missing(const json::array& from, const json::array& in) {
  return static_cast<std::size_t>(std::count_if(from.begin(), from.end(), [&](const json::value& entry) {
    return std::find(in.begin(), in.end(), entry) == in.end();
  }));
}

/// A line for each rule that is another one now. Lists are told by their counts: they may hold addresses.
std::vector<std::string> changes(const ResolutionRules& before, const ResolutionRules& after) {
  const json::object old = as_object(before);
  std::vector<std::string> lines;
  for (const auto& member : as_object(after)) {
    const json::value& was = old.at(member.key());
    if (was == member.value()) continue;
    const std::string_view name(member.key().data(), member.key().size());
    if (!was.is_array()) {
      lines.push_back(fmt::format("{}: {} -> {}", name, json::serialize(was), json::serialize(member.value())));
      continue;
    }
    const json::array& list = member.value().get_array();
    lines.push_back(fmt::format("{}: {} added, {} removed, {} in all", name, count_missing(list, was.get_array()),
                                count_missing(was.get_array(), list), list.size()));
  }
  return lines;
}

std::string_view shown_name(std::string_view path) {
  return path == "-" ? "standard input" : path;
}

std::string read_text(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) throw std::runtime_error(fmt::format("cannot read {}", path));
  }
  std::istream& input = path == "-" ? std::cin : file;
  std::string text(std::istreambuf_iterator<char>(input), {});
  if (text.size() > kMaxFileBytes)
    throw std::runtime_error(
        fmt::format("{} has {} bytes; rules have at most {}", shown_name(path), text.size(), kMaxFileBytes));
  return text;
}

template <typename Work>
auto in_database(const std::filesystem::path& config, Work&& work) {
  const Configuration configuration = read_configuration(config);
  const Clock clock = system_clock();
  store::Pool pool(store::opener(configuration.database, clock), clock, 1);
  return pool.with_session(clock.monotonic_us() + kCommandUs, std::forward<Work>(work));
}

}  // namespace

void rules_show(const std::filesystem::path& config, bool defaults) {
  const ResolutionRules rules =
      defaults ? default_rules()
               : in_database(config, [](store::Session& session) { return store::read_rules(session); });
  fmt::print("{}", printed(as_object(rules)));
}

void rules_set(const std::filesystem::path& config, const std::string& file) {
  ResolutionRules rules;
  try {
    rules = rules_from_json(read_text(file));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(
        fmt::format("{}, {}. Nothing was changed; 'identities rules show' prints rules to begin from", shown_name(file),
                    error.what()));
  }
  const auto lines = in_database(config, [&](store::Session& session) {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    const auto before = store::read_understood_rules(session);
    auto changed = changes(before.value_or(default_rules()), rules);
    if (!before) changed.emplace_back("the stored rules were not understood, and are replaced");
    if (!changed.empty()) store::write_rules(session, rules);
    transaction.commit();
    return changed;
  });
  for (const std::string& line : lines) fmt::print("{}\n", line);
  fmt::print("{}\n", lines.empty() ? "Nothing changed: these are the rules." : "All servers use them from now on.");
}

}  // namespace identities::cli
