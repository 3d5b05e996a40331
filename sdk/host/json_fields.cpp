#include "json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace helpdesk {
namespace {

namespace json = boost::json;

constexpr std::size_t max_shown_bytes = 60;
constexpr std::size_t max_faults = 64;  // nobody reads more, and a hostile document may hold any number

bool obeys(const json::value* value, const TextRule& rule) {
  if (value == nullptr || !value->is_string()) return false;
  const std::string_view text = value->get_string();
  return text.size() >= rule.min_bytes && text.size() <= rule.max_bytes &&
         (rule.matches == nullptr || rule.matches(text));
}

}  // namespace

std::string append_pointer(std::string_view pointer, std::string_view name) {
  std::string out(pointer);
  out += '/';
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

std::string describe(const json::value* value, bool hide_value) {
  if (value == nullptr) return "nothing";
  switch (value->kind()) {
    case json::kind::null:
      return "null";
    case json::kind::object:
      return "an object";
    case json::kind::array:
      return fmt::format("an array of {}", value->get_array().size());
    case json::kind::bool_:
      return hide_value ? "a boolean" : (value->get_bool() ? "true" : "false");
    case json::kind::string: {
      if (hide_value) return "a string";
      const std::string shown = one_line(json::serialize(*value));
      return shown.size() <= max_shown_bytes ? shown : fmt::format("a string of {} bytes", value->get_string().size());
    }
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return hide_value ? "a number" : json::serialize(*value);
  }
  return "another kind";
}

void Faults::add(std::string_view pointer, std::string_view expected, const json::value* found) {
  add(pointer, expected, describe(found, hide_values_));
}

void Faults::add(std::string_view pointer, std::string_view expected, std::string_view found) {
  if (all_.size() == max_faults || std::find(pointers_.begin(), pointers_.end(), pointer) != pointers_.end()) return;
  all_.push_back({one_line(
      fmt::format("{}: {}: expected {}, found {}", document_, pointer.empty() ? "(root)" : pointer, expected, found))});
  pointers_.emplace_back(pointer);
}

const json::value* Fields::take(std::string_view name) {
  read_.emplace(name);
  return object_.if_contains(name);
}

std::string Fields::text(std::string_view name, const TextRule& rule) {
  const json::value* const value = take(name);
  if (obeys(value, rule)) return std::string(value->get_string());
  faults_.add(pointer_of(name), rule.expected, value);
  return {};
}

std::string Fields::text_or(std::string_view name, std::string_view otherwise, const TextRule& rule) {
  return has(name) ? text(name, rule) : (allow(name), std::string(otherwise));
}

std::int64_t Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const json::value* const value = take(name);
  if (value != nullptr && value->is_int64() && value->get_int64() >= min && value->get_int64() <= max) {
    return value->get_int64();
  }
  faults_.add(pointer_of(name), fmt::format("an integer from {} to {}", min, max), value);
  return min;
}

std::int64_t Fields::integer_or(std::string_view name, std::int64_t otherwise, std::int64_t min, std::int64_t max) {
  return has(name) ? integer(name, min, max) : (allow(name), otherwise);
}

bool Fields::boolean(std::string_view name) {
  const json::value* const value = take(name);
  if (value != nullptr && value->is_bool()) return value->get_bool();
  faults_.add(pointer_of(name), "true or false", value);
  return false;
}

const json::object* Fields::object(std::string_view name) {
  const json::value* const value = take(name);
  if (value != nullptr && value->is_object()) return &value->get_object();
  faults_.add(pointer_of(name), "an object", value);
  return nullptr;
}

const json::object* Fields::object_or_null(std::string_view name) {
  return has(name) ? object(name) : (allow(name), nullptr);
}

const json::array* Fields::array(std::string_view name, std::size_t min_size, std::size_t max_size) {
  const json::value* const value = take(name);
  if (value != nullptr && value->is_array() && value->get_array().size() >= min_size &&
      value->get_array().size() <= max_size) {
    return &value->get_array();
  }
  faults_.add(pointer_of(name), fmt::format("an array of {} to {} entries", min_size, max_size), value);
  return nullptr;
}

const json::array* Fields::array_or_null(std::string_view name, std::size_t min_size, std::size_t max_size) {
  return has(name) ? array(name, min_size, max_size) : (allow(name), nullptr);
}

void Fields::refuse(std::string_view name, std::string_view expected, std::string_view found) {
  faults_.add(pointer_of(name), expected, found);
}

void Fields::finish() {
  for (const auto& entry : object_) {
    if (!read_.contains(std::string_view(entry.key()))) {
      faults_.add(pointer_of(entry.key()), "no such field", std::string_view("it"));
    }
  }
}

const json::object* object_at(const json::array& array, std::size_t index, std::string_view pointer, Faults& faults) {
  if (array[index].is_object()) return &array[index].get_object();
  faults.add(append_pointer(pointer, std::to_string(index)), "an object", &array[index]);
  return nullptr;
}

std::string text_at(const json::array& array, std::size_t index, std::string_view pointer, const TextRule& rule,
                    Faults& faults) {
  if (obeys(&array[index], rule)) return std::string(array[index].get_string());
  faults.add(append_pointer(pointer, std::to_string(index)), rule.expected, &array[index]);
  return {};
}

}  // namespace helpdesk
