// A reply of the panel as far as two installations with the same data must agree: without ids, which each makes for
// itself, and what hangs on them or on the clock. Pure.
#pragma once

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace support {

namespace json = boost::json;

/// Ids are numbers of 18 digits and more; the first that appears becomes #0, the next #1.
inline std::string without_ids(const std::string& text) {
  constexpr std::size_t kIdDigits = 18;
  std::string plain;
  std::map<std::string, std::size_t> ids;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
    if (end - at >= kIdDigits) {
      const std::string id = text.substr(at, end - at);
      plain += "#" + std::to_string(ids.try_emplace(id, ids.size()).first->second);
      at = end;
    } else if (end > at) {
      plain += text.substr(at, end - at);
      at = end;
    } else {
      plain += text[at++];
    }
  }
  return plain;
}

inline void sort_by_text(json::value& array) {
  std::vector<std::pair<std::string, json::value>> sorted;
  for (const json::value& each : array.as_array()) {
    json::object content = each.as_object();
    content.erase("id");
    content.erase("record");
    sorted.emplace_back(json::serialize(content), each);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  array.as_array().clear();
  for (auto& [text, each] : sorted) array.as_array().push_back(std::move(each));
}

/// An object whose members are named by ids, in the order of what they hold.
inline void sort_members(json::value& object) {
  std::map<std::string, std::pair<std::string, json::value>> sorted;
  for (const auto& member : object.as_object())
    sorted[without_ids(json::serialize(member.value()))] = {std::string(member.key()), member.value()};
  object.as_object().clear();
  for (auto& [text, member] : sorted) object.as_object()[member.first] = std::move(member.second);
}

/// A reply as far as it must be equal: attributes, profiles, sources and threads stand in the order in which they
/// were made.
inline std::string canonical(const std::string& reply) {
  if (!reply.starts_with('{')) return reply;
  json::object object = json::parse(reply).as_object();
  for (const char* own : {"version", "as_of_us"}) object.erase(own);
  if (auto* attributes = object.if_contains("attributes")) {
    sort_by_text(attributes->at("rows"));
    sort_by_text(attributes->at("profiles"));
  }
  if (auto* history = object.if_contains("history")) sort_members(history->at("threads"));
  if (auto* identity = object.if_contains("identity")) sort_by_text(identity->at("sources"));
  return without_ids(json::serialize(object));
}

}  // namespace support
