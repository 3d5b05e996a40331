#include "core/json_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/utf8.hpp"

namespace identities {
namespace {

std::string_view text_of(const boost::json::string& string) {
  return {string.data(), string.size()};
}

std::string expected_text(TextLimit limit) {
  return limit.min_characters == 0
             ? fmt::format("a string of at most {} characters", limit.max_characters)
             : fmt::format("a string of {} to {} characters", limit.min_characters, limit.max_characters);
}

std::string expected_choice(const std::vector<std::string_view>& choices) {
  return fmt::format("one of \"{}\"", fmt::join(choices, "\", \""));
}

constexpr std::string_view kExpectedTime = "a time as RFC 3339 with a zone, such as 2026-11-03T10:12:00Z";

}  // namespace

std::string pointer_token(std::string_view name) {
  std::string token = "/";
  // A member's name comes from outside: it is cut, so that an error stays short.
  for (const char c : utf8_prefix(name, 64)) {
    if (c == '~')
      token += "~0";
    else if (c == '/')
      token += "~1";
    else
      token += c;
  }
  return token;
}

std::string describe(const boost::json::value* value) {
  if (value == nullptr) return "nothing";
  switch (value->kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "a flag";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      return "a number";
    case boost::json::kind::string:
      return fmt::format("a string of {} characters", utf8_count(text_of(value->get_string())));
    case boost::json::kind::array:
      return fmt::format("an array of {}", value->get_array().size());
    case boost::json::kind::object:
      return fmt::format("an object of {} members", value->get_object().size());
  }
  return "nothing";
}

const boost::json::value* Fields::find(std::string_view name) {
  asked_.push_back(name);
  return object_.if_contains(name);
}

const boost::json::value* Fields::find_required(std::string_view name, std::string_view expected) {
  const auto* value = find(name);
  if (value == nullptr) fault(name, std::string(expected), nullptr);
  return value;
}

void Fields::fault(std::string_view name, std::string expected, const boost::json::value* found) {
  faults_.push_back({at(name), std::move(expected), describe(found)});
}

std::optional<std::string_view> Fields::checked_text(std::string_view name, const boost::json::value& value,
                                                     TextLimit limit) {
  if (const auto* string = value.if_string()) {
    const std::string_view text = text_of(*string);
    const std::size_t count = utf8_count(text);
    if (count >= limit.min_characters && count <= limit.max_characters && text.find('\0') == std::string_view::npos)
      return text;
    if (text.find('\0') != std::string_view::npos) {
      faults_.push_back({at(name), "a string without the character U+0000", "U+0000"});
      return std::nullopt;
    }
  }
  fault(name, expected_text(limit), &value);
  return std::nullopt;
}

std::string_view Fields::text(std::string_view name, TextLimit limit) {
  const auto* value = find(name);
  if (value != nullptr) return checked_text(name, *value, limit).value_or(std::string_view{});
  fault(name, expected_text(limit), nullptr);
  return {};
}

std::optional<std::string_view> Fields::optional_text(std::string_view name, TextLimit limit) {
  const auto* value = find(name);
  return value == nullptr ? std::nullopt : checked_text(name, *value, limit);
}

bool Fields::flag(std::string_view name, bool otherwise) {
  const auto* value = find(name);
  if (value == nullptr) return otherwise;
  if (const auto* flag = value->if_bool()) return *flag;
  fault(name, "true or false", value);
  return otherwise;
}

std::optional<std::int64_t> Fields::optional_integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* integer = value->if_int64(); integer != nullptr && *integer >= min && *integer <= max)
    return *integer;
  fault(name, fmt::format("an integer from {} to {}", min, max), value);
  return std::nullopt;
}

std::optional<Id> Fields::optional_id(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (const auto* string = value->if_string())
    if (const auto id = parse_id(text_of(*string))) return id;
  fault(name, "an id: a string of 1 to 19 digits", value);
  return std::nullopt;
}

Microseconds Fields::time(std::string_view name) {
  const auto* value = find_required(name, kExpectedTime);
  if (value == nullptr) return 0;
  return optional_time(name).value_or(0);
}

std::optional<Microseconds> Fields::optional_time(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* string = value->if_string())
    if (const auto time = parse_rfc3339(text_of(*string))) return time;
  fault(name, std::string(kExpectedTime), value);
  return std::nullopt;
}

std::size_t Fields::choice(std::string_view name, const std::vector<std::string_view>& choices) {
  if (find_required(name, expected_choice(choices)) == nullptr) return 0;
  return optional_choice(name, choices).value_or(0);
}

std::optional<std::size_t> Fields::optional_choice(std::string_view name,
                                                   const std::vector<std::string_view>& choices) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* string = value->if_string()) {
    const auto found = std::find(choices.begin(), choices.end(), text_of(*string));
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  }
  fault(name, expected_choice(choices), value);
  return std::nullopt;
}

const boost::json::object* Fields::object(std::string_view name) {
  return find_required(name, "an object") == nullptr ? nullptr : optional_object(name);
}

const boost::json::object* Fields::optional_object(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (const auto* object = value->if_object()) return object;
  fault(name, "an object", value);
  return nullptr;
}

const boost::json::array* Fields::optional_array(std::string_view name, std::size_t max) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (const auto* array = value->if_array(); array != nullptr && array->size() <= max) return array;
  fault(name, fmt::format("an array of at most {}", max), value);
  return nullptr;
}

const boost::json::value* Fields::any(std::string_view name) {
  return find(name);
}

void Fields::refuse_others() {
  // A name of the sender's own may be personal data: shown only when it looks like a name of a schema.
  const auto looks_harmless = [](std::string_view name) {
    return name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
           });
  };
  for (const auto& member : object_) {
    const std::string_view name{member.key().data(), member.key().size()};
    if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
    if (looks_harmless(name))
      fault(name, "no such member", &member.value());
    else
      faults_.push_back(
          {pointer_, "only members of the schema", fmt::format("another name, of {} characters", utf8_count(name))});
  }
}

}  // namespace identities
