// JSON appended straight to one string: a reply is written once, in order, without a tree. Not thread-safe.
// The text can stand inside <script type="application/json"> as it is: '<', '>', '&', U+2028 and U+2029 are escaped.
// Bytes that are not UTF-8 become U+FFFD, so that a damaged row cannot break a reply.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace identities {

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t reserve_bytes = 4096) { text_.reserve(reserve_bytes); }

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// REQUIRES: inside an object, before the member's value. name is ASCII without characters that need escaping.
  JsonWriter& key(std::string_view name);

  JsonWriter& string(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  /// An id: a decimal string, because it may exceed 2^53.
  JsonWriter& id(std::int64_t value);
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json);

  JsonWriter& member(std::string_view name, std::string_view value) { return key(name).string(value); }
  JsonWriter& member_id(std::string_view name, std::int64_t value) { return key(name).id(value); }
  JsonWriter& member_integer(std::string_view name, std::int64_t value) { return key(name).integer(value); }
  JsonWriter& member_boolean(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& member_null(std::string_view name) { return key(name).null(); }
  /// Leaves the member out when value is empty.
  JsonWriter& member_if(std::string_view name, std::string_view value) {
    return value.empty() ? *this : member(name, value);
  }

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace identities
