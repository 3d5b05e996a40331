#include "core/value_evidence.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <new>

namespace identities {
namespace {

// Kinds of weak keys.
constexpr std::string_view kFolded = "email";           // an address without tag and accents, where it has any
constexpr std::string_view kSuffix = "phone";           // of a number that made no key
constexpr std::string_view kKeyedSuffix = "phone.key";  // of one that did
constexpr std::string_view kTrunk = "phone.trunk";      // the number before an extension
constexpr std::string_view kHandle = "handle";

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
    look_ups.push_back({"~" + std::string(kSuffix), suffix, suggesting("T1")});
    if (!identifier.key) look_ups.push_back({"~" + std::string(kKeyedSuffix), suffix, suggesting("T1")});
  }
  if (!identifier.key) return;
  const auto extension = identifier.key->find(kExtension);
  if (extension == std::string::npos)
    look_ups.push_back({"~" + std::string(kTrunk), *identifier.key, suggesting("T2")});
  else
    look_ups.push_back(
        {std::string(name_of(IdentifierKind::kPhone)), identifier.key->substr(0, extension), suggesting("T2")});
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
    case PhoneUse::kHousehold:
      return suggesting(has_extension ? "T2" : "D4", true);
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
  if (identifier.kind == IdentifierKind::kEmail && identifier.key) add_email(found, *identifier.key);
  if (identifier.kind == IdentifierKind::kPhone) add_phone(found, identifier);
  return found;
}

LookUp look_up_of_handle(std::string_view handle) {
  return {"~" + std::string(kHandle), std::string(handle), suggesting("H1")};
}

std::vector<WeakKey> weak_keys(const GivenIdentifier& identifier) {
  std::vector<WeakKey> keys;
  if (says_nothing(identifier) || identifier.blocked != BlockedReason::kNone) return keys;
  if (identifier.kind == IdentifierKind::kEmail && identifier.key) {
    Folded plain = folded(*identifier.key);
    if (plain.address != *identifier.key) keys.push_back({std::string(kFolded), std::move(plain.address)});
  }
  if (identifier.kind == IdentifierKind::kPhone) {
    std::string suffix = phone_suffix(identifier.key ? *identifier.key : identifier.shown);
    if (!suffix.empty()) keys.push_back({std::string(identifier.key ? kKeyedSuffix : kSuffix), std::move(suffix)});
    const auto extension = identifier.key ? identifier.key->find(kExtension) : std::string::npos;
    if (extension != std::string::npos) keys.push_back({std::string(kTrunk), identifier.key->substr(0, extension)});
  }
  return keys;
}

WeakKey weak_key_of_handle(std::string_view handle) {
  return {std::string(kHandle), std::string(handle)};
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

bool is_shared_mailbox(std::string_view name, const std::vector<GivenIdentifier>& identifiers) {
  bool role = false;
  for (const GivenIdentifier& identifier : identifiers) {
    if (!identifier.key) continue;
    if (identifier.blocked != BlockedReason::kRole) return false;
    role = true;
  }
  return role && parse_name(name).tokens.empty();
}

}  // namespace identities
