#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/rules_file.hpp"

namespace identities::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kLineCharacters = 110;

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
  fmt::print("{}", printed(json::parse(rules_to_json(rules)).get_object()));
}

void rules_set(const std::filesystem::path& config, const std::string& file) {
  const ResolutionRules rules = read_rules_file(file);
  bool written = false;
  const auto lines = in_database(config, [&](store::Session& session) {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    const auto before = store::read_understood_rules(session);
    auto changed = changes_of_rules(before.value_or(default_rules()), rules);
    if (!before) changed.emplace_back("the stored rules were not understood, and are replaced");
    written = !changed.empty();
    if (written) store::write_rules(session, rules);
    transaction.commit();
    return changed;
  });
  for (const std::string& line : lines) fmt::print("{}\n", line);
  fmt::print("{}\n", written ? "All servers use them from now on." : "Nothing changed: these are the rules.");
}

}  // namespace identities::cli
