#include "item_json.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "core/json_writer.hpp"
#include "core/timestamp.hpp"

namespace fuzz {
namespace {

using namespace identities;

constexpr std::string_view kDirections[] = {"in", "out", "internal"};
constexpr std::string_view kKinds[] = {"message", "order", "call", "event"};
constexpr std::string_view kStatuses[] = {"open", "waiting", "closed"};
constexpr std::string_view kParties[] = {"", "first", "second", "third"};
constexpr std::string_view kTypes[] = {"flag", "number", "date", "string", "text", "list"};

template <typename Enum, std::size_t N>
std::string_view word(const std::string_view (&words)[N], Enum value) {
  return words[static_cast<std::size_t>(value)];
}

void write_identifier(JsonWriter& json, const GivenIdentifier& identifier) {
  json.begin_object().member("kind", name_of(identifier.kind)).member("value", identifier.shown);
  json.member_boolean("verified", identifier.verified);
  const bool scoped = identifier.kind == IdentifierKind::kPlatform || identifier.kind == IdentifierKind::kCustomer;
  if (scoped && identifier.key) json.member("scope", identifier.key->substr(0, identifier.key->find(':')));
  json.end_object();
}

void write_customer(JsonWriter& json, const Customer& customer) {
  json.key("customer").begin_object().member("id", customer.source_key).member("name", customer.name);
  json.key("identifiers").begin_array();
  for (const GivenIdentifier& identifier : customer.identifiers) write_identifier(json, identifier);
  json.end_array().end_object();
}

void write_interests(JsonWriter& json, const std::vector<GivenInterest>& interests) {
  json.key("interests").begin_array();
  for (const GivenInterest& interest : interests) {
    json.begin_object().member("category", interest.category).member("name", interest.name);
    json.member("words", interest.words).member("party", word(kParties, interest.party));
    if (interest.set_us) json.member("set_at", format_rfc3339(*interest.set_us));
    json.end_object();
  }
  json.end_array();
}

void write_value(JsonWriter& json, const GivenAttribute& attribute) {
  json.key("value");
  if (attribute.removed) {
    json.null();
    return;
  }
  switch (attribute.type) {
    case AttributeType::kFlag:
      json.boolean(attribute.number != 0);
      return;
    case AttributeType::kNumber:
      json.raw(boost::json::serialize(boost::json::value(attribute.number)));
      return;
    case AttributeType::kDate:
      json.string(format_rfc3339(static_cast<Microseconds>(attribute.number)));
      return;
    case AttributeType::kString:
    case AttributeType::kText:
      json.string(attribute.text);
      return;
    case AttributeType::kList:
      json.raw(attribute.text);
  }
}

void write(JsonWriter& json, const Engagement& engagement) {
  json.member("id", engagement.source_key);
  write_customer(json, engagement.customer);
  json.member("direction", word(kDirections, engagement.direction)).member("kind", word(kKinds, engagement.kind));
  json.member("channel", engagement.channel).member("occurred_at", format_rfc3339(engagement.occurred_us));
  json.member("text", engagement.text).key("thread").begin_object().member("id", engagement.thread_key);
  json.member("subject", engagement.subject).member_if("partition", engagement.partition);
  if (engagement.thread_status) json.member("status", word(kStatuses, *engagement.thread_status));
  json.end_object().key("author").begin_object().member("id", engagement.author_id);
  json.member("name", engagement.author).end_object();
  if (!engagement.attachments.empty()) json.key("attachments").raw(engagement.attachments);
  write_interests(json, engagement.interests);
}

void write(JsonWriter& json, const EngagementDeleted& deleted) {
  json.member("id", deleted.source_key);
}

void write(JsonWriter& json, const ThreadMoved& moved) {
  json.member("id", moved.thread_key).member("partition", moved.partition);
}

void write(JsonWriter& json, const ThreadUpdated& updated) {
  json.member("id", updated.thread_key).member_if("subject", updated.subject);
  if (updated.status) json.member("status", word(kStatuses, *updated.status));
}

void write(JsonWriter& json, const ThreadDeleted& deleted) {
  json.member("id", deleted.thread_key);
}

void write(JsonWriter& json, const CustomerMerged& merged) {
  json.member("from", merged.from).member("into", merged.into);
}

void write(JsonWriter& json, const Profile& profile) {
  write_customer(json, profile.customer);
  json.member("name", profile.name).member("handle", profile.handle).member("bio", profile.bio);
  json.member_if("url", profile.url);
  if (profile.fetched_us) json.member("fetched_at", format_rfc3339(*profile.fetched_us));
  write_interests(json, profile.interests);
}

void write(JsonWriter& json, const Attributes& attributes) {
  write_customer(json, attributes.customer);
  json.key("attributes").begin_array();
  for (const GivenAttribute& attribute : attributes.attributes) {
    json.begin_object().member("key", attribute.key).member("label", attribute.label);
    json.member("type", word(kTypes, attribute.type)).member("unit", attribute.unit);
    json.member("party", word(kParties, attribute.party)).member_boolean("sensitive", attribute.sensitive);
    if (attribute.set_us) json.member("set_at", format_rfc3339(*attribute.set_us));
    if (attribute.expires_us) json.member("expires_at", format_rfc3339(*attribute.expires_us));
    write_value(json, attribute);
    json.end_object();
  }
  json.end_array();
  write_interests(json, attributes.interests);
}

std::string_view type_of(const Item& item) {
  if (const auto* engagement = std::get_if<Engagement>(&item.content))
    return engagement->edited ? "engagement.edited" : "engagement.created";
  if (std::holds_alternative<EngagementDeleted>(item.content)) return "engagement.deleted";
  if (std::holds_alternative<ThreadMoved>(item.content)) return "thread.moved";
  if (std::holds_alternative<ThreadUpdated>(item.content)) return "thread.updated";
  if (std::holds_alternative<ThreadDeleted>(item.content)) return "thread.deleted";
  if (std::holds_alternative<CustomerMerged>(item.content)) return "customer.merged";
  return std::holds_alternative<Profile>(item.content) ? "profile.updated" : "attributes.updated";
}

}  // namespace

std::string to_json(const Item& item) {
  JsonWriter json;
  json.begin_object().member("type", type_of(item)).member("timestamp", format_rfc3339(item.changed_us));
  json.key("data").begin_object();
  std::visit([&](const auto& content) { write(json, content); }, item.content);
  json.end_object().end_object();
  return json.take();
}

}  // namespace fuzz
