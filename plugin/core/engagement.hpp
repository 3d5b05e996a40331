// The items of a delivery, decoded: what an outside system or the host tells about a customer. Plain values that own
// their text. Shapes and limits: manifest/schemas/engagement.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/identifier.hpp"
#include "core/timestamp.hpp"

namespace identities {

enum class Direction : std::uint8_t { kIn, kOut, kInternal };
enum class EngagementKind : std::uint8_t { kMessage, kOrder, kCall, kEvent };
enum class ThreadStatus : std::uint8_t { kOpen, kWaiting, kClosed };
enum class AttributeType : std::uint8_t { kFlag, kNumber, kDate, kString, kText, kList };
enum class Party : std::uint8_t { kFirst = 1, kSecond = 2, kThird = 3 };

/// Characters of an engagement's text that its row carries.
constexpr std::size_t kPreviewCharacters = 280;

struct GivenIdentifier {
  IdentifierKind kind = IdentifierKind::kEmail;
  std::string shown;               // as the source wrote it
  std::optional<std::string> key;  // normalised; nothing when it identifies nobody
  bool verified = false;
  BlockedReason blocked = BlockedReason::kNone;
  PhoneUse phone_use = PhoneUse::kPersonal;  // of a phone

  /// May it join two records without an agent?
  bool is_sound() const {
    return key && blocked == BlockedReason::kNone &&
           (kind != IdentifierKind::kPhone || phone_use == PhoneUse::kPersonal);
  }
};

struct Customer {
  std::string source_key;
  std::string name;
  std::vector<GivenIdentifier> identifiers;
  std::string birth_date{};  // where it comes with them, as birth_date_of gives it; else empty
};

struct GivenInterest {
  std::string category;
  std::string name;
  std::string words;
  Party party = Party::kFirst;
  std::optional<Microseconds> set_us;
};

struct Engagement {
  std::string source_key;
  Customer customer;
  Direction direction = Direction::kIn;
  EngagementKind kind = EngagementKind::kMessage;
  std::string channel;
  Microseconds occurred_us = 0;
  std::string thread_key;
  std::string subject;
  std::optional<ThreadStatus> thread_status;
  std::string partition;  // of the thread, within its account; may be empty
  std::string author_id;
  std::string author;
  std::string text;
  std::string attachments;  // a JSON array; empty when there are none
  std::vector<GivenInterest> interests;
  bool edited = false;
};

struct EngagementDeleted {
  std::string source_key;
};

/// A ticket that is in another partition now.
struct ThreadMoved {
  std::string thread_key;
  std::string partition;  // within its account
};

/// A ticket whose subject or status changed without a message.
struct ThreadUpdated {
  std::string thread_key;
  std::string subject;  // empty: as it was
  std::optional<ThreadStatus> status;
};

/// A ticket that is gone for good, with all that was said in it. One that its source restores is another thread.
struct ThreadDeleted {
  std::string thread_key;
};

struct Profile {
  Customer customer;
  std::string name;
  std::string handle;
  std::string url;
  std::string bio;
  std::optional<Microseconds> fetched_us;
  std::vector<GivenInterest> interests;
};

struct GivenAttribute {
  std::string key;
  std::string label;
  AttributeType type = AttributeType::kString;
  bool removed = false;
  double number = 0;  // flags as 0 and 1, dates as microseconds
  std::string text;   // strings, texts, and lists as a JSON array
  std::string unit;
  Party party = Party::kFirst;
  bool sensitive = false;
  std::optional<Microseconds> set_us;
  std::optional<Microseconds> expires_us;
};

struct Attributes {
  Customer customer;
  std::vector<GivenAttribute> attributes;
  std::vector<GivenInterest> interests;
};

/// The source made one customer of two: what it knew by `from` is in `into` from now on.
struct CustomerMerged {
  std::string from;  // as Customer::source_key, both
  std::string into;
};

struct Item {
  Microseconds changed_us = 0;  // when it changed at its source; the latest wins
  std::variant<Engagement, EngagementDeleted, Profile, Attributes, ThreadMoved, ThreadUpdated, ThreadDeleted,
               CustomerMerged>
      content;
};

}  // namespace identities
