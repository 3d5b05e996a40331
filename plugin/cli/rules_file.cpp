#include "cli/rules_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace identities::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFileBytes = 1024 * 1024;

json::object as_object(const ResolutionRules& rules) {
  return json::parse(rules_to_json(rules)).get_object();
}

std::size_t count_missing(const json::array& from, const json::array& in) {
  return static_cast<std::size_t>(std::count_if(from.begin(), from.end(), [&](const json::value& entry) {
    return std::find(in.begin(), in.end(), entry) == in.end();
  }));
}

std::string_view shown_name(std::string_view path) {
  return path == "-" ? "standard input" : path;
}

std::string read_text(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
      throw std::runtime_error(fmt::format("{} is a folder; give the path of a file with rules", path));
    file.open(path, std::ios::binary);
    if (!file) throw std::runtime_error(fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
  }
  std::istream& input = path == "-" ? std::cin : file;
  // A byte more than rules have, so that an endless input is noticed.
  std::string text(kMaxFileBytes + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > kMaxFileBytes)
    throw std::runtime_error(
        fmt::format("{} is larger than {} bytes, which is the most that rules have", shown_name(path), kMaxFileBytes));
  return text;
}

}  // namespace

ResolutionRules read_rules_file(const std::string& file) {
  try {
    return rules_from_json(read_text(file));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(
        fmt::format("{}, {}. Nothing was changed; 'identities rules show' prints rules to begin from", shown_name(file),
                    error.what()));
  }
}

std::vector<std::string> changes_of_rules(const ResolutionRules& before, const ResolutionRules& after) {
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

}  // namespace identities::cli
