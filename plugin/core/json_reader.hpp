// Reads typed members out of parsed JSON and collects what is wrong, each with its JSON Pointer (RFC 6901). A fault
// names what was found by type and length, never by value, because a value may be personal data.
// Not thread-safe; Fields borrows the object and the faults.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/timestamp.hpp"

namespace identities {

struct Fault {
  std::string pointer;
  std::string expected;
  std::string found;
};

using Faults = std::vector<Fault>;

/// Limits of every JSON text that comes in: nothing of ours nests deeper than 6.
constexpr std::size_t kJsonDepth = 16;

/// One token for a JSON Pointer, '~' and '/' escaped, with its leading '/'.
std::string pointer_token(std::string_view name);

/// "string of 12 characters", "array of 3", "number", "nothing" ... for Fault::found.
std::string describe(const boost::json::value* value);

struct TextLimit {
  std::size_t max_characters;
  std::size_t min_characters = 0;
};

class Fields {
 public:
  Fields(const boost::json::object& object, std::string pointer, Faults& faults)
      : object_(object), pointer_(std::move(pointer)), faults_(faults) {}

  std::string_view text(std::string_view name, TextLimit limit);                          // required
  std::optional<std::string_view> optional_text(std::string_view name, TextLimit limit);  // absent: nothing
  bool flag(std::string_view name, bool otherwise);
  std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<Id> optional_id(std::string_view name);
  Microseconds time(std::string_view name);
  std::optional<Microseconds> optional_time(std::string_view name);
  /// The index in `choices`; 0 and a fault when it is none of them.
  std::size_t choice(std::string_view name, const std::vector<std::string_view>& choices);
  std::optional<std::size_t> optional_choice(std::string_view name, const std::vector<std::string_view>& choices);
  const boost::json::object* object(std::string_view name);  // required
  const boost::json::object* optional_object(std::string_view name);
  /// Absent: nullptr without a fault. More than max elements: a fault.
  const boost::json::array* optional_array(std::string_view name, std::size_t max);
  /// Any value; nullptr when absent, without a fault.
  const boost::json::value* any(std::string_view name);

  std::string at(std::string_view name) const { return pointer_ + pointer_token(name); }
  void fault(std::string_view name, std::string expected, const boost::json::value* found);
  /// A fault for each member that no call above asked for.
  void refuse_others();

 private:
  const boost::json::value* find(std::string_view name);
  const boost::json::value* find_required(std::string_view name, std::string_view expected);
  std::optional<std::string_view> checked_text(std::string_view name, const boost::json::value& value, TextLimit limit);

  const boost::json::object& object_;
  std::string pointer_;
  Faults& faults_;
  std::vector<std::string_view> asked_;
};

}  // namespace identities
