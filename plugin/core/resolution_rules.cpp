#include "core/resolution_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <initializer_list>
#include <span>
#include <stdexcept>

#include "core/identifier.hpp"
#include "core/json_reader.hpp"
#include "core/json_writer.hpp"

namespace identities {
namespace {

namespace json = boost::json;

// Every key is compared with the lists entry by entry, so they stay short enough for that.
constexpr std::size_t kMaxProviders = 100;
constexpr std::size_t kMaxProviderDomains = 50;
constexpr std::size_t kMaxEntries = 2000;
constexpr std::size_t kMaxJsonBytes = 512 * 1024;
constexpr TextLimit kDomain{253, 1};
constexpr TextLimit kValue{320, 1};
constexpr TextLimit kLocalPart{64, 1};

/// A rule that is a number, with its range.
struct Limit {
  std::string_view name;
  std::size_t ResolutionRules::*member;
  std::int64_t min;
  std::int64_t max;
};

// At least two: one name, or one customer id, is what every value has.
constexpr Limit kLimits[] = {
    {"shared_names", &ResolutionRules::shared_names, 2, 1000},
    {"shared_customer_ids", &ResolutionRules::shared_customer_ids, 2, 1000},
    {"max_emails", &ResolutionRules::max_emails, 0, 1000},
    {"max_mobiles", &ResolutionRules::max_mobiles, 0, 1000},
    {"max_landlines", &ResolutionRules::max_landlines, 0, 1000},
    {"max_identifiers", &ResolutionRules::max_identifiers, 1, 1000},
    {"max_records", &ResolutionRules::max_records, 1, 1000},
    {"max_joined", &ResolutionRules::max_joined, 0, 100},
};

ResolutionRules make_defaults() {
  ResolutionRules rules;
  rules.folding = {
      {{"gmail.com", "googlemail.com"}, true, true},
      {{"outlook.com"}, false, true},
      {{"hotmail.com"}, false, true},
      {{"live.com"}, false, true},
      {{"icloud.com", "me.com", "mac.com"}, false, true},
      {{"fastmail.com"}, false, true},
      {{"fastmail.fm"}, false, true},
      {{"proton.me", "protonmail.com", "pm.me"}, false, true},
  };
  rules.blocked_domains = {
      // RFC 2606 and RFC 6761: nobody can have a mailbox there.
      "example", "test", "invalid", "localhost", "example.com", "example.net", "example.org", "example.edu",
      // Mailboxes that anybody may read, or that last for minutes.
      "10minutemail.com", "20minutemail.com", "dispostable.com", "discard.email", "emailondeck.com", "fakeinbox.com",
      "getairmail.com", "getnada.com", "grr.la", "guerrillamail.biz", "guerrillamail.com", "guerrillamail.de",
      "guerrillamail.info", "guerrillamail.net", "guerrillamail.org", "guerrillamailblock.com", "incognitomail.org",
      "jetable.org", "maildrop.cc", "mailcatch.com", "mailinator.com", "mailinator.net", "mailinator.org",
      "mailnesia.com", "mailnull.com", "mintemail.com", "mohmal.com", "moakt.com", "mytemp.email", "sharklasers.com",
      "sogetthis.com", "spam4.me", "spamgourmet.com", "temp-mail.io", "temp-mail.org", "tempmail.com", "tempmail.net",
      "throwawaymail.com", "trash-mail.com", "trashmail.com", "trashmail.net", "yopmail.com", "yopmail.fr",
      "yopmail.net"};
  rules.role_local_parts = {"abuse",
                            "accounting",
                            "accounts",
                            "accountspayable",
                            "admin",
                            "administration",
                            "administrator",
                            "ap",
                            "ar",
                            "assistance",
                            "billing",
                            "booking",
                            "bookings",
                            "buchhaltung",
                            "careers",
                            "compliance",
                            "contact",
                            "contacto",
                            "contactus",
                            "customercare",
                            "customerservice",
                            "dispatch",
                            "dpo",
                            "enquiries",
                            "enquiry",
                            "everyone",
                            "facturacion",
                            "feedback",
                            "finance",
                            "frontdesk",
                            "ftp",
                            "hello",
                            "help",
                            "helpdesk",
                            "hola",
                            "hostmaster",
                            "hr",
                            "info",
                            "information",
                            "inquiries",
                            "inquiry",
                            "invoices",
                            "it",
                            "jobs",
                            "kontakt",
                            "kundenservice",
                            "legal",
                            "list",
                            "mail",
                            "mailbox",
                            "management",
                            "marketing",
                            "media",
                            "news",
                            "newsletter",
                            "noc",
                            "office",
                            "operations",
                            "orders",
                            "payments",
                            "payroll",
                            "personal",
                            "post",
                            "postmaster",
                            "press",
                            "privacy",
                            "purchasing",
                            "rechnung",
                            "reception",
                            "recruiting",
                            "recruitment",
                            "reservations",
                            "returns",
                            "root",
                            "sales",
                            "security",
                            "service",
                            "servicedesk",
                            "shipping",
                            "shop",
                            "staff",
                            "subscribe",
                            "support",
                            "team",
                            "technik",
                            "unsubscribe",
                            "ventas",
                            "vertrieb",
                            "webmaster",
                            "welcome",
                            "www"};
  return rules;
}

/// Throws with the first fault; the others show when that one is mended.
void refuse(const Faults& faults) {
  if (faults.empty()) return;
  const Fault& fault = faults.front();
  throw std::invalid_argument(fmt::format("{}: expected {}; found {}", fault.pointer.empty() ? "/" : fault.pointer,
                                          fault.expected, fault.found));
}

/// Reads the JSON object into rules that start as the defaults.
class Reader {
 public:
  Reader(ResolutionRules& rules, Faults& faults) : rules_(rules), faults_(faults) {}

  void read(const json::object& object) {
    Fields fields(object, "", faults_);
    folding(fields);
    list(fields, "blocked_domains", kMaxEntries, kDomain, rules_.blocked_domains, domain, kExpectedDomain);
    // Own addresses are written as people write them, so they are normalised by the folding that was just read.
    list(
        fields, "blocked_values", kMaxEntries, kValue, rules_.blocked_values,
        [this](std::string_view text) { return whole_key(text, rules_); }, kExpectedValue);
    list(fields, "role_local_parts", kMaxEntries, kLocalPart, rules_.role_local_parts, local_part,
         "the part of an address before its \"@\"");
    for (const Limit& limit : kLimits)
      if (const auto value = fields.optional_integer(limit.name, limit.min, limit.max))
        rules_.*limit.member = static_cast<std::size_t>(*value);
    if (const auto days = fields.optional_integer("recycle_after_days", 1, 36'500))
      rules_.recycle_after_us = *days * kDayUs;
    fields.refuse_others();
  }

 private:
  static constexpr std::string_view kExpectedDomain = "a mail domain such as mailinator.com, or the last part of one";
  static constexpr std::string_view kExpectedValue =
      "an address, a number with its country such as +61290001000, or scope:id";

  static std::optional<std::string> domain(std::string_view text) { return normalise_domain(text); }

  static std::optional<std::string> local_part(std::string_view text) { return normalise_local_part(text); }

  static std::optional<std::string> whole_key(std::string_view text, const ResolutionRules& rules) {
    if (text.find('@') != std::string_view::npos) return normalise_email(text, rules);
    if (text.starts_with('+')) return normalise_phone(text, "");
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    return normalise_scoped(text.substr(0, colon), text.substr(colon + 1));
  }

  void folding(Fields& fields) {
    const json::array* providers = fields.optional_array("folding", kMaxProviders);
    if (providers == nullptr) return;
    rules_.folding.clear();
    for (std::size_t index = 0; index < providers->size(); ++index) {
      const std::string pointer = fmt::format("{}/{}", fields.at("folding"), index);
      const json::object* object = (*providers)[index].if_object();
      if (object == nullptr) {
        faults_.push_back({pointer, "an object", describe(&(*providers)[index])});
        continue;
      }
      Fields each(*object, pointer, faults_);
      ProviderFolding provider;
      list(each, "domains", kMaxProviderDomains, kDomain, provider.domains, domain, kExpectedDomain);
      if (provider.domains.empty()) each.fault("domains", "an array of 1 to 50 domains", each.any("domains"));
      provider.dots = each.flag("dots", false);
      provider.plus_tag = each.flag("plus_tag", false);
      each.refuse_others();
      refuse_second(provider, each);
      rules_.folding.push_back(std::move(provider));
    }
  }

  /// A domain in two providers would have two keys for one mailbox.
  void refuse_second(const ProviderFolding& provider, Fields& fields) {
    for (const ProviderFolding& other : rules_.folding)
      for (const std::string& name : provider.domains)
        if (std::find(other.domains.begin(), other.domains.end(), name) != other.domains.end())
          fields.fault("domains", "domains that no entry before names", fields.any("domains"));
  }

  /// Replaces `into` by the array's texts, as `normalise` gives them, each once.
  template <typename Normalise>
  void list(Fields& fields, std::string_view name, std::size_t max, TextLimit limit, std::vector<std::string>& into,
            Normalise&& normalise, std::string_view expected) {
    const json::array* array = fields.optional_array(name, max);
    if (array == nullptr) return;
    into.clear();
    for (std::size_t index = 0; index < array->size(); ++index) {
      const json::string* string = (*array)[index].if_string();
      std::optional<std::string> entry;
      if (string != nullptr && !string->empty() && string->size() <= limit.max_characters)
        entry = normalise(std::string_view(string->data(), string->size()));
      if (!entry)
        faults_.push_back(
            {fmt::format("{}/{}", fields.at(name), index), std::string(expected), describe(&(*array)[index])});
      else if (std::find(into.begin(), into.end(), *entry) == into.end())
        into.push_back(std::move(*entry));
    }
  }

  ResolutionRules& rules_;
  Faults& faults_;
};

void write_list(JsonWriter& writer, std::string_view name, const std::vector<std::string>& list) {
  writer.key(name).begin_array();
  for (const std::string& entry : list) writer.string(entry);
  writer.end_array();
}

}  // namespace

const ResolutionRules& default_rules() {
  static const ResolutionRules rules = make_defaults();
  return rules;
}

ResolutionRules rules_from_json(std::string_view text) {
  if (text.size() > kMaxJsonBytes)
    throw std::invalid_argument(fmt::format("/: expected at most {} bytes; found {}", kMaxJsonBytes, text.size()));
  json::parse_options options;
  options.max_depth = kJsonDepth;
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error, {}, options);
  if (error) throw std::invalid_argument(fmt::format("/: expected JSON; found {}", error.message()));
  ResolutionRules rules = default_rules();
  Faults faults;
  if (const json::object* object = value.if_object())
    Reader(rules, faults).read(*object);
  else
    faults.push_back({"", "an object of rules", describe(&value)});
  refuse(faults);
  return rules;
}

std::string rules_to_json(const ResolutionRules& rules) {
  JsonWriter writer;
  writer.begin_object();
  writer.key("folding").begin_array();
  for (const ProviderFolding& provider : rules.folding) {
    writer.begin_object();
    write_list(writer, "domains", provider.domains);
    writer.member_boolean("dots", provider.dots).member_boolean("plus_tag", provider.plus_tag).end_object();
  }
  writer.end_array();
  write_list(writer, "blocked_domains", rules.blocked_domains);
  write_list(writer, "blocked_values", rules.blocked_values);
  write_list(writer, "role_local_parts", rules.role_local_parts);
  for (const Limit& limit : kLimits) writer.member_integer(limit.name, static_cast<std::int64_t>(rules.*limit.member));
  writer.member_integer("recycle_after_days", rules.recycle_after_us / kDayUs);
  writer.end_object();
  return writer.take();
}

}  // namespace identities
