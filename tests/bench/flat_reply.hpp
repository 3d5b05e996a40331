// The floor's reply: JSON appended by hand from rows of the flat schema, whatever they come from, to a buffer that is
// used again and again. The columns are those of flat.cpp's statements, in their order. One thread.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class FlatReply {
 public:
  FlatReply() { text_.reserve(64 * 1024); }

  void begin() { text_.clear(); }
  /// Opens the list of that name; each row that follows is one of its elements, until the next list or finish().
  void list(std::string_view name) {
    close_list();
    text_ += ",\"";
    text_ += name;
    text_ += "\":[";
    in_list_ = first_ = true;
  }

  template <typename Row>
  void identity(const Row& row) {
    text_ += "{\"id\":\"";
    number(row.integer(0));
    text_ += "\",\"name\":";
    quoted(row.text(1));
    text_ += ",\"company\":";
    quoted(row.text(2));
    text_ += ",\"title\":";
    quoted(row.text(3));
    text_ += ",\"locale\":";
    quoted(row.text(4));
    text_ += ",\"spent\":";
    number(row.integer(5));
    text_ += ",\"engagements\":";
    number(row.integer(6));
    text_ += ",\"first_us\":";
    number(row.integer(7));
    text_ += ",\"waiting_since_us\":";
    number(row.integer(8));
  }
  template <typename Row>
  void identifier(const Row& row) {
    text_ += separated("{\"kind\":");
    quoted(row.text(0));
    text_ += ",\"value\":";
    quoted(row.text(1));
    text_ += '}';
  }
  template <typename Row>
  void note(const Row& row) {
    text_ += separated("{\"id\":\"");
    number(row.integer(0));
    text_ += "\",\"author\":";
    quoted(row.text(1));
    text_ += ",\"text\":";
    quoted(row.text(2));
    text_ += ",\"created_us\":";
    number(row.integer(3));
    text_ += '}';
  }
  template <typename Row>
  void interest(const Row& row) {
    text_ += separated("{\"category\":");
    quoted(row.text(0));
    text_ += ",\"name\":";
    quoted(row.text(1));
    text_ += ",\"score\":";
    number(row.integer(2));
    text_ += ",\"at_us\":";
    number(row.integer(3));
    text_ += ",\"words\":";
    quoted(row.text(4));
    text_ += '}';
  }
  template <typename Row>
  void engagement(const Row& row) {
    text_ += separated("{\"id\":\"");
    number(row.integer(0));
    text_ += "\",\"at_us\":";
    number(row.integer(1));
    text_ += ",\"channel\":";
    quoted(row.text(2));
    text_ += ",\"account\":";
    quoted(row.text(3));
    text_ += ",\"direction\":\"";
    text_ += kWays[static_cast<std::size_t>(row.integer(4))];
    text_ += "\",\"by\":";
    quoted(row.text(5));
    text_ += ",\"thread\":";
    quoted(row.text(6));
    text_ += ",\"subject\":";
    quoted(row.text(7));
    text_ += row.integer(8) != 0 ? ",\"status\":\"closed\",\"text\":" : ",\"status\":\"open\",\"text\":";
    quoted(shown(row.text(9)));
    text_ += '}';
  }

  /// Ends the reply and fills it with blanks up to `size` bytes. Valid until the next begin().
  std::string_view finish(std::size_t size) {
    close_list();
    text_ += '}';
    own_size_ = text_.size();
    if (text_.size() < size) text_.append(size - text_.size(), ' ');
    return text_;
  }
  /// Bytes of the last reply without the blanks.
  std::size_t own_size() const { return own_size_; }

  static constexpr std::size_t kShownCharacters = 200;

 private:
  static constexpr std::array<std::string_view, 3> kWays = {"in", "out", "internal"};

  std::string_view separated(std::string_view opening) {
    if (!first_) text_ += ',';
    first_ = false;
    return opening;
  }
  void close_list() {
    if (in_list_) text_ += ']';
    in_list_ = false;
  }
  void number(std::int64_t value) {
    char digits[20];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void quoted(std::string_view text);
  static std::string_view shown(std::string_view text);

  std::string text_;
  std::size_t own_size_ = 0;
  bool in_list_ = false;
  bool first_ = true;
};

}  // namespace bench
