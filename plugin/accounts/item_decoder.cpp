#include "accounts/item_decoder.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/json_writer.hpp"
#include "core/provider.hpp"
#include "core/utf8.hpp"

namespace identities::accounts {
namespace {

namespace json = boost::json;

// The limits of manifest/schemas/engagement.json; each keeps one row readable and its index keys short.
constexpr TextLimit kSourceKey{200, 1};
constexpr TextLimit kPartition{200, 1};
constexpr TextLimit kName{200};
constexpr TextLimit kLabel{100};
constexpr TextLimit kText{500'000};
constexpr TextLimit kUrl{2048};
constexpr std::size_t kMaxIdentifiers = 25;
constexpr std::size_t kMaxAttachments = 50;
constexpr std::size_t kMaxMessageInterests = 50;
constexpr std::size_t kMaxInterests = 500;
constexpr std::size_t kMaxAttributes = 200;
constexpr std::size_t kMaxListEntries = 100;

std::string text_or_empty(const std::optional<std::string_view>& text) {
  return std::string(text.value_or(std::string_view{}));
}

std::string element_pointer(const std::string& array_pointer, std::size_t index) {
  return fmt::format("{}/{}", array_pointer, index);
}

/// lower-case letters first, then letters, digits and the extra characters.
bool is_word(std::string_view text, std::string_view extra) {
  if (text.empty() || text.front() < 'a' || text.front() > 'z') return false;
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || extra.find(c) != std::string_view::npos)) return false;
  return true;
}

/// Calls each(object, pointer) for the elements of an optional array of objects.
template <typename Each>
void for_objects(Fields& fields, std::string_view name, std::size_t max, Faults& faults, Each&& each) {
  const json::array* array = fields.optional_array(name, max);
  if (array == nullptr) return;
  for (std::size_t index = 0; index < array->size(); ++index) {
    const std::string pointer = element_pointer(fields.at(name), index);
    if (const auto* object = (*array)[index].if_object())
      each(*object, pointer);
    else
      faults.push_back({pointer, "an object", describe(&(*array)[index])});
  }
}

class Decoder {
 public:
  Decoder(const Source& source, Faults& faults) : source_(source), faults_(faults) {}

  std::optional<Item> item(const json::object& object, const std::string& pointer) {
    const std::size_t before = faults_.size();
    Fields fields(object, pointer, faults_);
    const std::size_t type = fields.choice(
        "type", {"engagement.created", "engagement.edited", "engagement.deleted", "profile.updated",
                 "attributes.updated", "thread.moved", "thread.updated", "thread.deleted", "customer.merged"});
    Item item;
    item.changed_us = fields.time("timestamp");
    refuse_future(fields, "timestamp", item.changed_us);
    const json::object* data = fields.object("data");
    fields.refuse_others();
    if (faults_.size() != before || data == nullptr) return std::nullopt;
    Fields content(*data, pointer + "/data", faults_);
    switch (type) {
      case 0:
      case 1:
        item.content = engagement(content, type == 1);
        break;
      case 2:
        item.content = EngagementDeleted{std::string(content.text("id", kSourceKey))};
        break;
      case 3:
        item.content = profile(content);
        break;
      case 4:
        item.content = attributes(content);
        break;
      case 5:
        item.content = ThreadMoved{std::string(content.text("id", kSourceKey)),
                                   std::string(content.text("partition", kPartition))};
        break;
      case 6:
        item.content = thread_updated(content);
        break;
      case 7:
        item.content = ThreadDeleted{std::string(content.text("id", kSourceKey))};
        break;
      default:
        item.content = customer_merged(content);
    }
    content.refuse_others();
    if (faults_.size() != before) return std::nullopt;
    return item;
  }

 private:
  /// The latest change wins for good, so one from the far future would keep every true one out.
  void refuse_future(Fields& fields, std::string_view name, Microseconds time) {
    if (time > source_.now_us + kDayUs)
      fields.fault(name, fmt::format("a time at most a day after this server's, {}", format_rfc3339(source_.now_us)),
                   fields.any(name));
  }

  ThreadUpdated thread_updated(Fields& fields) {
    const std::size_t before = faults_.size();
    ThreadUpdated updated;
    updated.thread_key = fields.text("id", kSourceKey);
    updated.subject = text_or_empty(fields.optional_text("subject", TextLimit{255, 1}));
    updated.status = status(fields);
    if (faults_.size() == before && updated.subject.empty() && !updated.status)
      fields.fault("status", "a status, a subject or both", fields.any("status"));
    return updated;
  }

  CustomerMerged customer_merged(Fields& fields) {
    const std::size_t before = faults_.size();
    CustomerMerged merged{std::string(fields.text("from", kSourceKey)), std::string(fields.text("into", kSourceKey))};
    if (faults_.size() == before && merged.from == merged.into)
      fields.fault("into", "the id of another customer than \"from\"", fields.any("into"));
    return merged;
  }

  static std::optional<ThreadStatus> status(Fields& fields) {
    const auto chosen = fields.optional_choice("status", {"open", "waiting", "closed"});
    return chosen ? std::optional(static_cast<ThreadStatus>(*chosen)) : std::nullopt;
  }

  Engagement engagement(Fields& fields, bool edited) {
    Engagement engagement;
    engagement.edited = edited;
    engagement.source_key = fields.text("id", kSourceKey);
    engagement.customer = customer(fields);
    engagement.direction = static_cast<Direction>(fields.choice("direction", {"in", "out", "internal"}));
    engagement.kind =
        static_cast<EngagementKind>(fields.optional_choice("kind", {"message", "order", "call", "event"}).value_or(0));
    engagement.channel = word(fields, "channel", {32, 1}, "_");
    engagement.occurred_us = fields.time("occurred_at");
    engagement.text = fields.text("text", kText);
    if (const json::object* object = fields.object("thread")) {
      Fields thread(*object, fields.at("thread"), faults_);
      engagement.thread_key = thread.text("id", kSourceKey);
      engagement.subject = text_or_empty(thread.optional_text("subject", {255}));
      engagement.thread_status = status(thread);
      engagement.partition = text_or_empty(thread.optional_text("partition", kPartition));
      thread.refuse_others();
    }
    if (const json::object* object = fields.optional_object("author")) {
      Fields author(*object, fields.at("author"), faults_);
      engagement.author_id = text_or_empty(author.optional_text("id", kName));
      engagement.author = text_or_empty(author.optional_text("name", kName));
      author.refuse_others();
    }
    engagement.attachments = attachments(fields);
    engagement.interests = interests(fields, kMaxMessageInterests);
    return engagement;
  }

  Profile profile(Fields& fields) {
    Profile profile;
    profile.customer = customer(fields);
    profile.name = text_or_empty(fields.optional_text("name", kName));
    profile.handle = text_or_empty(fields.optional_text("handle", kName));
    profile.bio = text_or_empty(fields.optional_text("bio", {2000}));
    if (const auto url = fields.optional_text("url", kUrl)) {
      if (!url->starts_with("https://") && !url->starts_with("http://"))
        faults_.push_back({fields.at("url"), "an address that begins with https:// or http://", "another scheme"});
      profile.url = *url;
    }
    profile.fetched_us = fields.optional_time("fetched_at");
    profile.interests = interests(fields, kMaxInterests);
    return profile;
  }

  Attributes attributes(Fields& fields) {
    Attributes attributes;
    attributes.customer = customer(fields);
    for_objects(fields, "attributes", kMaxAttributes, faults_,
                [&](const json::object& object, const std::string& pointer) {
                  Fields each(object, pointer, faults_);
                  attributes.attributes.push_back(attribute(each));
                  each.refuse_others();
                });
    attributes.interests = interests(fields, kMaxInterests);
    return attributes;
  }

  Customer customer(Fields& fields) {
    Customer customer;
    const json::object* object = fields.object("customer");
    if (object == nullptr) return customer;
    Fields given(*object, fields.at("customer"), faults_);
    customer.source_key = given.text("id", kSourceKey);
    customer.name = text_or_empty(given.optional_text("name", kName));
    for_objects(given, "identifiers", kMaxIdentifiers, faults_,
                [&](const json::object& element, const std::string& pointer) {
                  Fields each(element, pointer, faults_);
                  customer.identifiers.push_back(identifier(each));
                  each.refuse_others();
                });
    given.refuse_others();
    add_phones_of_platform(customer);
    return customer;
  }

  /// A user id of WhatsApp's is a phone number, too, by which its owner is known elsewhere.
  void add_phones_of_platform(Customer& customer) const {
    const std::size_t count = customer.identifiers.size();
    for (std::size_t index = 0; index < count; ++index) {
      const GivenIdentifier& platform = customer.identifiers[index];
      if (platform.kind != IdentifierKind::kPlatform) continue;
      const auto number = phone_of_platform_id(source_.provider, platform.shown);
      if (!number) continue;
      GivenIdentifier phone{IdentifierKind::kPhone, *number, {}, platform.verified};
      give_key(phone, {});
      const auto is_same = [&](const GivenIdentifier& other) {
        return other.kind == IdentifierKind::kPhone && other.key == phone.key;
      };
      if (phone.key && std::none_of(customer.identifiers.begin(), customer.identifiers.end(), is_same))
        customer.identifiers.push_back(std::move(phone));
    }
  }

  GivenIdentifier identifier(Fields& fields) {
    GivenIdentifier identifier;
    identifier.kind = static_cast<IdentifierKind>(fields.choice("kind", {"email", "phone", "platform", "customer"}));
    identifier.shown = fields.text("value", {320, 1});
    identifier.verified = fields.flag("verified", false);
    std::string scope;
    if (fields.any("scope") != nullptr) scope = word(fields, "scope", {64, 1}, "_.-");
    give_key(identifier, scope);
    return identifier;
  }

  void give_key(GivenIdentifier& identifier, std::string_view scope) const {
    if (scope.empty()) scope = key_scope(identifier.kind, source_.provider, source_.account);
    IdentifierKey made =
        make_key(identifier.kind, identifier.shown, {scope, source_.region, source_.rules, source_.provider});
    identifier.key = std::move(made.key);
    identifier.blocked = made.blocked;
    identifier.phone_use = made.phone_use;
  }

  std::vector<GivenInterest> interests(Fields& fields, std::size_t max) {
    std::vector<GivenInterest> list;
    for_objects(fields, "interests", max, faults_, [&](const json::object& object, const std::string& pointer) {
      Fields each(object, pointer, faults_);
      GivenInterest interest;
      interest.category = each.text("category", {100, 1});
      interest.name = each.text("name", {200, 1});
      interest.words = text_or_empty(each.optional_text("words", {280}));
      interest.party = party(each);
      interest.set_us = each.optional_time("set_at");
      refuse_future(each, "set_at", interest.set_us.value_or(0));
      each.refuse_others();
      list.push_back(std::move(interest));
    });
    return list;
  }

  static Party party(Fields& fields) {
    return static_cast<Party>(1 + fields.optional_choice("party", {"first", "second", "third"}).value_or(0));
  }

  /// The attachments as the JSON array that the row holds; empty when there are none.
  std::string attachments(Fields& fields) {
    JsonWriter list(128);
    bool any = false;
    list.begin_array();
    for_objects(fields, "attachments", kMaxAttachments, faults_,
                [&](const json::object& object, const std::string& pointer) {
                  Fields each(object, pointer, faults_);
                  const std::string_view name = each.text("name", {255, 1});
                  const auto type = each.optional_text("type", {127});
                  const auto size = each.optional_integer("size", 0, std::int64_t{1} << 50);
                  each.refuse_others();
                  list.begin_object().member("name", name).member_if("type", type.value_or(std::string_view{}));
                  if (size) list.member_integer("size", *size);
                  list.end_object();
                  any = true;
                });
    list.end_array();
    return any ? list.take() : std::string{};
  }

  GivenAttribute attribute(Fields& fields) {
    GivenAttribute attribute;
    attribute.key = fields.text("key", {63, 1});
    const auto dot = attribute.key.find('.');
    if (dot == std::string::npos || !is_word(std::string_view(attribute.key).substr(0, dot), "_") ||
        !is_word(std::string_view(attribute.key).substr(dot + 1), "_") || attribute.key.starts_with("interest."))
      fields.fault("key", "category.name in lower case, such as person.city, and not of the category interest",
                   fields.any("key"));
    attribute.label = text_or_empty(fields.optional_text("label", kLabel));
    attribute.type =
        static_cast<AttributeType>(fields.choice("type", {"flag", "number", "date", "string", "text", "list"}));
    attribute.unit = text_or_empty(fields.optional_text("unit", {16}));
    attribute.party = party(fields);
    attribute.sensitive = fields.flag("sensitive", false);
    attribute.set_us = fields.optional_time("set_at");
    refuse_future(fields, "set_at", attribute.set_us.value_or(0));
    attribute.expires_us = fields.optional_time("expires_at");
    value(fields, attribute);
    return attribute;
  }

  void value(Fields& fields, GivenAttribute& attribute) {
    const json::value* value = fields.any("value");
    if (value != nullptr && value->is_null()) {
      attribute.removed = true;
      return;
    }
    switch (attribute.type) {
      case AttributeType::kFlag:
        if (value != nullptr && value->is_bool())
          attribute.number = value->get_bool() ? 1 : 0;
        else
          fields.fault("value", "true, false, or null to take it away", value);
        return;
      case AttributeType::kNumber:
        if (value != nullptr && value->is_number() && std::isfinite(value->to_number<double>()))
          attribute.number = value->to_number<double>();
        else
          fields.fault("value", "a finite number, or null to take it away", value);
        return;
      case AttributeType::kDate:
        if (value != nullptr && value->is_string()) {
          const auto& string = value->get_string();
          std::string text(string.data(), string.size());
          if (text.size() == 10) text += "T00:00:00Z";
          if (const auto time = parse_rfc3339(text)) {
            attribute.number = static_cast<double>(*time);
            return;
          }
        }
        fields.fault("value", "a date such as 2026-11-03, a time as RFC 3339, or null to take it away", value);
        return;
      case AttributeType::kString:
      case AttributeType::kText:
        if (value == nullptr)
          fields.fault("value", "a string, or null to take it away", value);
        else
          attribute.text = fields.text("value", {attribute.type == AttributeType::kString ? 255U : 10'000U});
        return;
      case AttributeType::kList:
        list_value(fields, attribute, value);
    }
  }

  static void list_value(Fields& fields, GivenAttribute& attribute, const json::value* value) {
    constexpr std::string_view kExpected =
        "an array of at most 100 strings of at most 200 characters, or null to take it away";
    const json::array* array = value == nullptr ? nullptr : value->if_array();
    bool fits = array != nullptr && array->size() <= kMaxListEntries;
    JsonWriter list(128);
    list.begin_array();
    for (std::size_t index = 0; fits && index < array->size(); ++index) {
      const json::string* entry = (*array)[index].if_string();
      fits = entry != nullptr && utf8_count({entry->data(), entry->size()}) <= 200;
      if (fits) list.string({entry->data(), entry->size()});
    }
    list.end_array();
    if (!fits) fields.fault("value", std::string(kExpected), value);
    attribute.text = list.take();
  }

  std::string word(Fields& fields, std::string_view name, TextLimit limit, std::string_view extra) {
    const std::string_view text = fields.text(name, limit);
    if (!text.empty() && !is_word(text, extra))
      fields.fault(name, fmt::format("lower-case letters, digits and \"{}\", a letter first", extra), fields.any(name));
    return std::string(text);
  }

  const Source& source_;
  Faults& faults_;
};

}  // namespace

std::optional<Item> decode_item(const json::value& value, const std::string& pointer, const Source& source,
                                Faults& faults) {
  if (const auto* object = value.if_object()) return Decoder(source, faults).item(*object, pointer);
  faults.push_back({pointer, "an object", describe(&value)});
  return std::nullopt;
}

}  // namespace identities::accounts
