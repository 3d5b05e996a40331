#include "properties.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/utf8.hpp"

namespace fuzz {
namespace {

namespace json = boost::json;

/// "~1" and "~0" undone.
std::string name_of_token(std::string_view token) {
  std::string name;
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (token[at] == '~' && at + 1 < token.size())
      name += token[++at] == '1' ? '/' : '~';
    else
      name += token[at];
  }
  return name;
}

const json::value* child(const json::value& value, const std::string& name) {
  if (const auto* object = value.if_object()) return object->if_contains(name);
  const auto* array = value.if_array();
  if (array == nullptr || name.empty() || name.size() > 6) return nullptr;
  if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) return nullptr;
  return array->if_contains(std::stoul(name));
}

/// Every token but the last is there; the last one may be the name of a member that is missing.
bool names_a_place(std::string_view pointer, const json::value& document) {
  const json::value* at = &document;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return false;
    pointer.remove_prefix(1);
    const auto end = pointer.find('/');
    const std::string name = name_of_token(pointer.substr(0, end));
    pointer = end == std::string_view::npos ? std::string_view{} : pointer.substr(end);
    const json::value* next = child(*at, name);
    if (next == nullptr) return pointer.empty() && at->is_object();
    at = next;
  }
  return true;
}

}  // namespace

void require(bool holds, std::string_view property, std::string_view seen) {
  if (holds) return;
  std::fprintf(stderr, "property broken: %.*s\n  seen: %.*s\n", static_cast<int>(property.size()), property.data(),
               static_cast<int>(seen.size()), seen.data());
  std::abort();
}

void require_line(std::string_view text, std::size_t max_bytes) {
  require(text.size() <= max_bytes, "a text for people has a limit", text.substr(0, 2000));
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = identities::utf8_length(rest);
    require(length > 0, "a text for people is UTF-8", text);
    require(static_cast<unsigned char>(rest.front()) >= 0x20 && rest.front() != 0x7F, "a text for people is one line",
            text);
    rest.remove_prefix(length);
  }
}

void require_refusal(std::string_view message) {
  // Names may be as long as the input, and escaped to twice that.
  constexpr std::size_t kMaxBytes = 20'000;
  require(message.find("expected ") != std::string_view::npos && message.find("found") != std::string_view::npos,
          "a refusal says what was expected and what was found", message);
  require_line(message, kMaxBytes);
}

void Vocabulary::add(std::string_view text) {
  std::string words;
  for (const char c : text)
    if (c < '0' || c > '9') words += c;
  texts_.insert(std::move(words));
  require(texts_.size() <= limit_, "what is said of an input is one of few texts", text);
}

void FaultProperties::check(const identities::Faults& faults, const json::value& document) {
  for (const identities::Fault& fault : faults) check(fault.pointer, fault.expected, fault.found, document);
}

void FaultProperties::check(std::string_view pointer, std::string_view expected, std::string_view found,
                            const json::value& document) {
  require(names_a_place(pointer, document), "a fault's pointer names a place in the document", pointer);
  require(!expected.empty() && !found.empty(), "a fault says what was expected and what was found", pointer);
  require_line(expected, 400);
  require_line(found, 100);
  expected_.add(expected);
  found_.add(found);
}

}  // namespace fuzz
