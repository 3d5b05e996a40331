// json_fields.hpp: reads one JSON object field by field, against rules. A Fields borrows the object and the Faults.
// Readers never fail at the call: the first fault is kept, a harmless value is returned, and the caller asks Faults
// once at the end. One thread at a time.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "result.hpp"

namespace helpdesk {

// pointer + "/" + name, escaped as RFC 6901 says.
std::string append_pointer(std::string_view pointer, std::string_view name);

// Control characters, which a name in a document may hold, become blanks: a refusal is one line.
std::string one_line(std::string text);

// What a value is, for a refusal: "nothing", "a string", "the number 7" ... A short scalar is shown unless hidden.
std::string describe(const boost::json::value* value, bool hide_value);

// The faults of a document, at most one at each place. Those after the first may follow from it.
class Faults {
 public:
  // `document` names it ("the token", a file); values are hidden where they may be personal or secret.
  explicit Faults(std::string document, bool hide_values = false)
      : document_(std::move(document)), hide_values_(hide_values) {}

  void add(std::string_view pointer, std::string_view expected, const boost::json::value* found);
  void add(std::string_view pointer, std::string_view expected, std::string_view found);
  bool any() const { return !all_.empty(); }
  // REQUIRES: any().
  const Refusal& first() const { return all_.front(); }
  const std::vector<Refusal>& all() const { return all_; }
  const std::string& first_pointer() const { return pointers_.front(); }

 private:
  std::string document_;
  bool hide_values_;
  std::vector<std::string> pointers_;  // of all_
  std::vector<Refusal> all_;
};

struct TextRule {
  std::string_view expected;  // in words, for the refusal
  std::size_t min_bytes = 1;
  std::size_t max_bytes = 4096;
  bool (*matches)(std::string_view) = nullptr;
};

class Fields {
 public:
  Fields(const boost::json::object& object, std::string pointer, Faults& faults)
      : object_(object), pointer_(std::move(pointer)), faults_(faults) {}

  bool has(std::string_view name) const { return object_.contains(name); }
  std::string text(std::string_view name, const TextRule& rule);
  std::string text_or(std::string_view name, std::string_view otherwise, const TextRule& rule);
  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::int64_t integer_or(std::string_view name, std::int64_t otherwise, std::int64_t min, std::int64_t max);
  bool boolean(std::string_view name);
  // NULL after a fault, and for the _or_null ones when the field is absent.
  const boost::json::object* object(std::string_view name);
  const boost::json::object* object_or_null(std::string_view name);
  const boost::json::array* array(std::string_view name, std::size_t min_size, std::size_t max_size);
  const boost::json::array* array_or_null(std::string_view name, std::size_t min_size, std::size_t max_size);
  // A fault of this object's own field.
  void refuse(std::string_view name, std::string_view expected, std::string_view found);
  // Says that the field is known, whatever is in it.
  void allow(std::string_view name) { read_.emplace(name); }
  // Refuses every field that nobody read.
  void finish();

  std::string pointer_of(std::string_view name) const { return append_pointer(pointer_, name); }

 private:
  const boost::json::value* take(std::string_view name);

  const boost::json::object& object_;
  std::string pointer_;
  Faults& faults_;
  std::set<std::string, std::less<>> read_;
};

// The object at an array's index, else NULL and a fault.
const boost::json::object* object_at(const boost::json::array& array, std::size_t index, std::string_view pointer,
                                     Faults& faults);
// The text at an array's index, else "" and a fault.
std::string text_at(const boost::json::array& array, std::size_t index, std::string_view pointer, const TextRule& rule,
                    Faults& faults);

}  // namespace helpdesk
