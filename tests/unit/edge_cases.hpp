// The decided cases of who is one person: what two sources tell goes the whole way, as JSON through the decoder into a
// database of its own, once in each order of arrival. Uses the rules as the product ships them. One thread.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "merging.hpp"

namespace identities::unit {

/// An identifier as a source writes it; scope may be empty.
struct Written {
  std::string kind;
  std::string value;
  std::string scope{};
};

/// What one source tells of one customer.
struct Seen {
  std::string name{};
  std::vector<Written> told{};
  std::string account = "shop";
  std::string provider = "generic";
  std::string region = "AU";
  std::string handle{};  // this and the next one: of its profile
  std::string bio{};
  std::string city{};  // this and the next one: attributes
  std::string born{};
  Microseconds at_us = kNow;
};

/// Somebody who writes from that address.
Seen mail(std::string address, std::string name = {});
/// Who calls from that number.
Seen call(std::string number, std::string name = {}, std::string region = "AU");
/// Whom a shop knows by that id.
Seen client(std::string id, std::string scope = "shop");
/// A profile with a platform's id; an empty one: only its handle is known.
Seen profile(std::string platform, std::string id, std::string handle, std::string name = {}, std::string bio = {});

/// As the product ships them, and with an address of the company's own.
const ResolutionRules& shipped_rules();

struct Arrivals : MergingDatabase {
  /// Tells it of a new customer of that account, or of one who is known by `record`; the record's name.
  std::string arrive(const Seen& seen, std::string record = {});
  /// An item as a source posts it. Throws std::runtime_error with the fault when it breaks the schema.
  void post(const boost::json::object& item, const Seen& source);
  /// "same", "suggest" or "different". A conflict alone (J1) is "different".
  std::string between(const std::string& left, const std::string& right);
  bool suggested(const std::string& left, const std::string& right);
  /// The open conflict of the two, as it is told to the left one.
  std::optional<store::Suggestion> conflict(const std::string& left, const std::string& right);
  /// How often conflicts were told of anybody, whatever became of them.
  std::int64_t conflicts_told() { return count("SELECT COUNT(*) FROM suggestion WHERE rule = 'J1'"); }
  IdentityEvent judge_not(const std::string& left, const std::string& right, Id suggestion = 0);

 private:
  const store::Account& account_of(const Seen& seen);
  std::size_t arrived_ = 0;
};

/// What becomes of the two, where `before` came earlier; when the order matters, both with " or " between.
std::string outcome(const Seen& left, const Seen& right, const std::vector<Seen>& before = {});

}  // namespace identities::unit
