// JSON appended straight to one string: a reply is written once, in order, without a tree. Not thread-safe.
// The text can stand inside <script type="application/json"> as it is: '<', '>', '&', U+2028 and U+2029 are escaped.
// Bytes that are not UTF-8 become U+FFFD, so that a damaged row cannot break a reply.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace identities {

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t reserve_bytes = 4096) { buffer_.resize(reserve_bytes); }

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// REQUIRES: inside an object, before the member's value. name is ASCII without characters that need escaping.
  JsonWriter& key(std::string_view name) {
    char* to = room(name.size() + 4);
    if (needs_comma_) *to++ = ',';
    *to++ = '"';
    std::memcpy(to, name.data(), name.size());
    to += name.size();
    *to++ = '"';
    *to++ = ':';
    used_ = static_cast<std::size_t>(to - buffer_.data());
    needs_comma_ = false;
    return *this;
  }

  JsonWriter& string(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  /// An id: a decimal string, because it may exceed 2^53.
  JsonWriter& id(std::int64_t value);
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json) {
    separate();
    append(json);
    return *this;
  }

  JsonWriter& member(std::string_view name, std::string_view value) { return key(name).string(value); }
  JsonWriter& member_id(std::string_view name, std::int64_t value) { return key(name).id(value); }
  JsonWriter& member_integer(std::string_view name, std::int64_t value) { return key(name).integer(value); }
  JsonWriter& member_boolean(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& member_null(std::string_view name) { return key(name).null(); }
  /// Leaves the member out when value is empty.
  JsonWriter& member_if(std::string_view name, std::string_view value) {
    return value.empty() ? *this : member(name, value);
  }

  std::string_view text() const { return {buffer_.data(), used_}; }
  std::string take() {
    buffer_.resize(used_);
    used_ = 0;
    return std::move(buffer_);
  }

 private:
  /// Where the next bytes go, of which there is room for so many.
  char* room(std::size_t bytes) {
    if (buffer_.size() - used_ < bytes) buffer_.resize(2 * buffer_.size() + bytes);
    return buffer_.data() + used_;
  }
  void append(std::string_view bytes) {
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  void append(char byte) {
    *room(1) = byte;
    ++used_;
  }
  JsonWriter& open(char bracket) {
    separate();
    append(bracket);
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    append(bracket);
    needs_comma_ = true;
    return *this;
  }
  void separate() {
    if (needs_comma_) append(',');
    needs_comma_ = true;
  }
  void append_escape(unsigned code);
  void append_ascii(unsigned char c);
  std::size_t append_sequence(std::string_view rest);

  std::string buffer_;  // its first used_ bytes are the text; the rest is room
  std::size_t used_ = 0;
  bool needs_comma_ = false;
};

}  // namespace identities
