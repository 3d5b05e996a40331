#include "core/value_evidence.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <new>
#include <set>

#include "core/mail_provider.hpp"
#include "core/matching/value.hpp"
#include "core/timestamp.hpp"

namespace identities {
namespace {

// Kinds of weak keys.
constexpr std::string_view kFolded = "email";             // an address without tag and accents, where it has any
constexpr std::string_view kSuffix = "phone";             // of a number that made no key
constexpr std::string_view kPlusSuffix = "phone.plus";    // of one that did not, though its country is written
constexpr std::string_view kPlusNumber = "phone.whole";   // all its digits
constexpr std::string_view kKeyedSuffix = "phone.key";    // of one that did
constexpr std::string_view kTrunk = "phone.trunk";        // the number before an extension
constexpr std::string_view kLocal = "local";              // what stands before a mail provider's domain
constexpr std::string_view kMisspelt = "local.misspelt";  // and before one that is misspelt
constexpr std::string_view kHandle = "handle";
constexpr std::string_view kAnyHandle = "handle.any";  // on whatever platform
constexpr std::string_view kLinked = "handle.linked";  // the same one on another platform, which the profile links
constexpr std::string_view kPair = "handle.pair";      // a profile's own and one that it links

/// Shorter local parts are several people's at several providers.
constexpr std::size_t kTellingLocalPart = 8;
constexpr std::size_t kMaxLinks = 10;

constexpr std::string_view kExtension = ";ext=";

/// Letters without their marks: "josé" becomes "jose".
std::string without_marks(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFKDInstance(status);
  if (status == U_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (U_FAILURE(status)) return std::string(text);
  const icu::UnicodeString given =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  const icu::UnicodeString apart = decompose->normalize(given, status);
  if (status == U_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (U_FAILURE(status)) return std::string(text);
  icu::UnicodeString bare;
  for (int32_t at = 0; at < apart.length(); at = apart.moveIndex32(at, 1)) {
    const UChar32 character = apart.char32At(at);
    if (u_charType(character) != U_NON_SPACING_MARK) bare.append(character);
  }
  std::string plain;
  bare.toUTF8String(plain);
  return plain;
}

std::string_view platform_in(std::string_view handle) {
  return handle.substr(0, handle.find(':'));
}
std::string_view name_in(std::string_view handle) {
  return handle.substr(handle.find(':') + 1);
}

/// The same for both profiles of a pair that link each other.
std::string pair_of(std::string_view one, std::string_view other) {
  return std::string(std::min(one, other)).append(" ").append(std::max(one, other));
}

struct Folded {
  std::string address;
  bool had_tag = false;
};

/// The address that somebody may also write for it.
Folded folded(std::string_view email) {
  const auto sign = email.find('@');
  std::string_view local = email.substr(0, sign);
  const auto plus = local.find('+');
  const bool tagged = plus != std::string_view::npos && plus > 0;
  if (tagged) local = local.substr(0, plus);
  return {without_marks(local).append(email.substr(sign)), tagged};
}

bool is_written_with_country(std::string_view number) {
  const auto first = number.find_first_of("+0123456789");
  return first != std::string_view::npos && number[first] == '+';
}

std::string digits_of(std::string_view number) {
  std::string digits;
  std::copy_if(number.begin(), number.end(), std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

std::string_view local_part(std::string_view email) {
  const std::string_view local = email.substr(0, email.find('@'));
  return local.substr(0, local.find('+'));
}

std::string_view domain_of(std::string_view email) {
  return email.substr(email.find('@') + 1);
}

/// What stands before a provider's domain, as its owner writes it and as the provider folds it.
std::set<std::string> local_parts(const GivenIdentifier& email) {
  static const ResolutionRules kUnfolded;
  std::set<std::string> locals = {std::string(local_part(*email.key))};
  if (const auto written = normalise_email(email.shown, kUnfolded)) locals.emplace(local_part(*written));
  return locals;
}

Evidence suggesting(std::string_view code, bool needs_name = false) {
  Evidence evidence;
  evidence.code = code;
  evidence.needs_name = needs_name;
  return evidence;
}

Evidence linking(LinkRule rule) {
  Evidence evidence;
  evidence.rule = rule;
  evidence.code = code_of(rule);
  return evidence;
}

void add_email(std::vector<LookUp>& look_ups, const std::string& key) {
  look_ups.push_back({"~" + std::string(kFolded), key, suggesting("E3")});
  const Folded plain = folded(key);
  if (plain.address == key) return;
  const std::string_view code = plain.had_tag ? "E3" : "E1";
  look_ups.push_back({"~" + std::string(kFolded), plain.address, suggesting(code)});
  look_ups.push_back({std::string(name_of(IdentifierKind::kEmail)), plain.address, suggesting(code)});
}

void add_phone(std::vector<LookUp>& look_ups, const GivenIdentifier& identifier) {
  const std::string suffix = phone_suffix(identifier.key ? *identifier.key : identifier.shown);
  if (!suffix.empty()) {
    // Two numbers that both name their country are compared as a whole.
    const bool plus = !identifier.key && is_written_with_country(identifier.shown);
    look_ups.push_back({"~" + std::string(kSuffix), suffix, suggesting("T1")});
    if (plus) look_ups.push_back({"~" + std::string(kPlusNumber), digits_of(identifier.shown), suggesting("T1")});
    if (!identifier.key && !plus)
      for (const std::string_view kind : {kKeyedSuffix, kPlusSuffix})
        look_ups.push_back({"~" + std::string(kind), suffix, suggesting("T1")});
  }
  if (!identifier.key) return;
  const auto extension = identifier.key->find(kExtension);
  if (extension == std::string::npos)
    look_ups.push_back({"~" + std::string(kTrunk), *identifier.key, suggesting("T2")});
  else
    look_ups.push_back(
        {std::string(name_of(IdentifierKind::kPhone)), identifier.key->substr(0, extension), suggesting("T2")});
}

/// People take one name at several providers, and write their provider wrongly.
void add_local_part(std::vector<LookUp>& look_ups, const GivenIdentifier& email) {
  const std::string_view domain = domain_of(*email.key);
  const bool provider = is_mail_provider(domain);
  if (!provider && !is_misspelt_provider(domain)) return;
  for (const std::string& local : local_parts(email)) {
    const bool tells_little = !provider || local.size() < kTellingLocalPart;
    look_ups.push_back({"~" + std::string(kLocal), local, suggesting("P", tells_little)});
    if (provider) look_ups.push_back({"~" + std::string(kMisspelt), local, suggesting("P", true)});
  }
}

/// What having the very same key means; nothing for one that identifies nobody.
std::optional<Evidence> same_key(const GivenIdentifier& identifier, bool is_shared) {
  const IdentifierKind kind = identifier.kind;
  const std::string& key = *identifier.key;
  if (identifier.blocked == BlockedReason::kRole) return linking(LinkRule::kSharedMailbox);
  if (identifier.blocked != BlockedReason::kNone) return std::nullopt;
  if (kind == IdentifierKind::kCustomer) return linking(LinkRule::kCustomerId);
  if (kind == IdentifierKind::kPlatform) return linking(LinkRule::kPlatformId);
  if (kind == IdentifierKind::kEmail) return is_shared ? suggesting("S2", true) : linking(LinkRule::kEmail);
  const bool has_extension = key.find(kExtension) != std::string::npos;
  switch (identifier.phone_use) {
    case PhoneUse::kNever:
      return suggesting("T3", true);
    case PhoneUse::kHousehold: {
      Evidence evidence = suggesting(has_extension ? "T2" : "D4", true);
      evidence.household = true;
      return evidence;
    }
    case PhoneUse::kPersonal:
      break;
  }
  if (is_shared) return suggesting("S2", true);
  Evidence evidence = linking(LinkRule::kMobile);
  evidence.recycles = true;
  return evidence;
}

bool says_nothing(const GivenIdentifier& identifier) {
  return identifier.blocked == BlockedReason::kPlaceholder ||
         is_placeholder(identifier.key ? *identifier.key : identifier.shown);
}

}  // namespace

std::vector<LookUp> look_ups(const GivenIdentifier& identifier, bool is_shared) {
  std::vector<LookUp> found;
  if (says_nothing(identifier)) return found;
  if (identifier.key) {
    if (auto evidence = same_key(identifier, is_shared))
      found.push_back({std::string(name_of(identifier.kind)), *identifier.key, std::move(*evidence)});
    if (identifier.blocked != BlockedReason::kNone) return found;
  }
  if (identifier.kind == IdentifierKind::kEmail && identifier.key) {
    add_email(found, *identifier.key);
    add_local_part(found, identifier);
  }
  if (identifier.kind == IdentifierKind::kPhone) add_phone(found, identifier);
  return found;
}

std::vector<LookUp> look_ups(const GivenProfile& profile) {
  std::vector<LookUp> found;
  const auto add = [&](std::string_view kind, std::string value, std::string_view code, bool needs_name = false) {
    Evidence evidence = suggesting(code, needs_name);
    evidence.yields_to_ids = true;
    found.push_back({"~" + std::string(kind), std::move(value), evidence});
  };
  if (profile.handle.empty()) return found;
  add(kHandle, profile.handle, "H1");
  for (const std::string& link : profile.links) {
    add(kPair, pair_of(profile.handle, link), "H2");
    if (name_in(link) == name_in(profile.handle)) add(kHandle, link, "P");
  }
  add(kLinked, profile.handle, "P");
  const std::string_view name = name_in(profile.handle);
  if (!is_common_given_name(name)) add(kAnyHandle, std::string(name), "P", true);
  return found;
}

std::vector<WeakKey> weak_keys(const GivenIdentifier& identifier) {
  std::vector<WeakKey> keys;
  if (says_nothing(identifier) || identifier.blocked != BlockedReason::kNone) return keys;
  if (identifier.kind == IdentifierKind::kEmail && identifier.key) {
    Folded plain = folded(*identifier.key);
    if (plain.address != *identifier.key) keys.push_back({std::string(kFolded), std::move(plain.address)});
    const std::string_view domain = domain_of(*identifier.key);
    const bool provider = is_mail_provider(domain);
    if (provider || is_misspelt_provider(domain))
      for (const std::string& local : local_parts(identifier))
        keys.push_back({std::string(provider ? kLocal : kMisspelt), local});
  }
  if (identifier.kind == IdentifierKind::kPhone) {
    std::string suffix = phone_suffix(identifier.key ? *identifier.key : identifier.shown);
    const bool plus = !identifier.key && is_written_with_country(identifier.shown);
    if (!suffix.empty()) {
      keys.push_back({std::string(identifier.key ? kKeyedSuffix : plus ? kPlusSuffix : kSuffix), std::move(suffix)});
      if (plus) keys.push_back({std::string(kPlusNumber), digits_of(identifier.shown)});
    }
    const auto extension = identifier.key ? identifier.key->find(kExtension) : std::string::npos;
    if (extension != std::string::npos) keys.push_back({std::string(kTrunk), identifier.key->substr(0, extension)});
  }
  return keys;
}

std::vector<WeakKey> weak_keys(const GivenProfile& profile) {
  std::vector<WeakKey> keys;
  if (profile.handle.empty()) return keys;
  keys.push_back({std::string(kHandle), profile.handle});
  const std::string_view name = name_in(profile.handle);
  if (!is_common_given_name(name)) keys.push_back({std::string(kAnyHandle), std::string(name)});
  for (const std::string& link : profile.links) {
    keys.push_back({std::string(kPair), pair_of(profile.handle, link)});
    if (name_in(link) == name) keys.push_back({std::string(kLinked), link});
  }
  return keys;
}

GivenProfile given_profile(std::string_view platform, std::string_view handle, std::string_view bio) {
  constexpr std::string_view kBetween = " \t\r\n,;|()<>[]\"'";
  GivenProfile profile;
  profile.handle = normalise_handle(platform, handle).value_or(std::string{});
  if (profile.handle.empty()) return profile;
  while (!bio.empty() && profile.links.size() < kMaxLinks) {
    std::string_view word = bio.substr(0, bio.find_first_of(kBetween));
    bio.remove_prefix(std::min(word.size() + 1, bio.size()));
    while (!word.empty() && std::string_view(".!?:").find(word.back()) != std::string_view::npos) word.remove_suffix(1);
    if (word.find('/') == std::string_view::npos) continue;
    const auto link = normalise_handle({}, word);
    if (link && platform_in(*link) != platform_in(profile.handle)) profile.links.insert(*link);
  }
  return profile;
}

bool is_ones_own(IdentifierKind kind, std::string_view key) {
  return kind != IdentifierKind::kPhone || phone_use(key) == PhoneUse::kPersonal;
}

void add_to_side(Side& side, IdentifierKind kind, std::string_view key) {
  const std::string source(key.substr(0, key.find(':')));
  switch (kind) {
    case IdentifierKind::kEmail:
      side.emails.emplace(key);
      break;
    case IdentifierKind::kPhone:
      (phone_use(key) == PhoneUse::kPersonal ? side.mobiles : side.landlines).emplace(key);
      break;
    case IdentifierKind::kPlatform:
      side.platform_ids[source].emplace(key);
      break;
    case IdentifierKind::kCustomer:
      side.customer_ids[source].emplace(key);
      break;
  }
}

Side side_of(Id record, std::string_view name, const std::vector<GivenIdentifier>& identifiers) {
  Side side;
  side.record = record;
  PersonName parsed = parse_name(name);
  if (!parsed.tokens.empty()) side.names.push_back(std::move(parsed));
  for (const GivenIdentifier& identifier : identifiers)
    if (identifier.key && identifier.blocked == BlockedReason::kNone)
      add_to_side(side, identifier.kind, *identifier.key);
  return side;
}

std::string birth_date_of(AttributeType type, std::string_view text, double number) {
  // Where the day and the month could be either, all are read alike.
  constexpr matching::DateOrder kOrder = matching::DateOrder::kDayFirst;
  if (type == AttributeType::kDate)
    return matching::normalise_date(format_rfc3339(static_cast<Microseconds>(number)).substr(0, 10), kOrder);
  // With a time behind it, it is the same date.
  constexpr std::size_t kDateBytes = 10;
  if (text.size() > kDateBytes && text[kDateBytes] == 'T') text = text.substr(0, kDateBytes);
  return matching::normalise_date(text, kOrder);
}

void add_birth_date(Side& side, std::string date) {
  if (!date.empty()) side.birth_dates.insert(std::move(date));
}

bool says_who(std::string_view name, const std::vector<GivenIdentifier>& identifiers) {
  const bool has_key = std::any_of(identifiers.begin(), identifiers.end(), [](const GivenIdentifier& each) {
    return each.key && each.blocked != BlockedReason::kRole;
  });
  return has_key || !parse_name(name).tokens.empty();
}

bool is_shared_mailbox(std::string_view name, const std::vector<GivenIdentifier>& identifiers) {
  const bool role = std::any_of(identifiers.begin(), identifiers.end(), [](const GivenIdentifier& each) {
    return each.key && each.blocked == BlockedReason::kRole;
  });
  return role && !says_who(name, identifiers);
}

}  // namespace identities
