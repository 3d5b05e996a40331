// Derives what the sidebar shows from an identity's attributes: the summary's lines, the stand-out facts, the header's
// words. Where several records hold the same key, the newest wins. Pure functions over plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/engagement.hpp"
#include "core/json_writer.hpp"

namespace identities {

/// One value to show. The UI has words for the keys it knows, and shows label and value for the others.
struct Fact {
  std::string key;
  std::string label;
  AttributeType type = AttributeType::kString;
  double number = 0;
  std::string text;
  std::string unit;
};

/// What a summary is made of: an attribute without its record.
struct Known {
  std::string_view key;
  bool interest = false;
  std::string_view category;
  std::string_view name;
  AttributeType type = AttributeType::kString;
  double number = 0;
  std::string_view text;
  std::string_view unit;
  std::int64_t evidence = 0;
  Microseconds set_us = 0;
};

enum class Group : std::uint8_t { kInterest, kCrm, kLoyalty, kService, kPerson };

/// One line of the summary.
struct SummaryLine {
  std::string id;  // "interest.<label>" or the category of the keys
  Group group = Group::kInterest;
  std::string label;
  std::int64_t count = 0;
  std::vector<std::string> top;  // interests: at most three
  std::vector<Fact> items;       // else: at most eight
};

/// Service facts that the engagements themselves give, so that a thin identity is never an empty box.
struct ServiceFacts {
  std::int64_t messages = 0;
  std::int64_t tickets_open = 0;
  std::int64_t tickets_total = 0;
  std::optional<Microseconds> first_us;
  std::optional<Microseconds> last_us;
  std::optional<Microseconds> waiting_since_us;
  std::vector<std::string> channels;
  std::vector<Microseconds> wrote_us;  // when the customer wrote, of the newest page
};

struct Summary {
  std::vector<SummaryLine> lines;      // interests by count, then crm, loyalty, service, person
  std::vector<std::string> interests;  // the top ones, at most six
  std::int64_t interest_count = 0;
  std::vector<Fact> facts;  // stand-out, in the given order, at most six; none when there is only one
};

/// fact_keys: the admin's choice of stand-out facts. offset_us: the customer's hours east of UTC, for the usual hours.
Summary summarise(const std::vector<Known>& known, const ServiceFacts& service,
                  const std::vector<std::string>& fact_keys, Microseconds offset_us);

/// The winning value of a key as text; empty when unknown.
std::string_view known_text(const std::vector<Known>& known, std::string_view key);

/// "example.org" of the first address that is not a mailbox provider's; empty when there is none. mailbox_domains: what
/// the admin added to the providers.
std::string organisation_of(const std::vector<std::string_view>& email_keys,
                            const std::vector<std::string>& mailbox_domains);

/// Shows the organisation in the line "person", which is made when there is none. Nothing when it is empty.
void add_organisation(Summary& summary, std::string organisation);

std::string_view name_of(Group group);
std::string_view name_of(AttributeType type);

/// Writes "type", "value" and, when there is one, "unit" into the open object.
void write_value(JsonWriter& json, AttributeType type, double number, std::string_view text, std::string_view unit);

}  // namespace identities
