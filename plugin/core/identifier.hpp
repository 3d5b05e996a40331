// Identifiers: what a source wrote becomes a key that can be compared byte for byte, or nothing when it identifies
// nobody. Pure and thread-safe. The rules are numbered as in the resolution rules of the design. A key of a key is that
// key. Each throws std::bad_alloc rather than lose a key because memory was short.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/resolution_rules.hpp"

namespace identities {

enum class IdentifierKind : std::uint8_t { kEmail, kPhone, kPlatform, kCustomer };

std::string_view name_of(IdentifierKind kind);
std::optional<IdentifierKind> identifier_kind(std::string_view name);

/// Changes whenever a rule below, or libphonenumber's metadata, gives another key for the same text; stored beside each
/// key.
constexpr int kIdentifierKeyVersion = 2;

/// Why a value joins nobody without an agent. kShared is told by what is stored, never by the functions below.
enum class BlockedReason : std::uint8_t { kNone, kPlaceholder, kRole, kOwn, kShared };

/// "none", "placeholder", "role", "own", "shared".
std::string_view name_of(BlockedReason reason);

/// Whose a phone number is, by its type: a mobile is one person's, a landline a household's, and what is free, dear or
/// a company's is never anybody's own.
enum class PhoneUse : std::uint8_t { kPersonal, kHousehold, kNever };

/// What a text is normalised by.
struct KeyMaking {
  std::string_view scope;   // of platform and customer ids: whose they are
  std::string_view region;  // ISO 3166 country of numbers that are written without theirs; may be empty
  const ResolutionRules& rules;
  std::string_view provider = {};  // the kind of platform behind the account, whose ids may need its own form
};

struct IdentifierKey {
  std::optional<std::string> key;  // nothing: it identifies nobody
  BlockedReason blocked = BlockedReason::kNone;
  PhoneUse phone_use = PhoneUse::kPersonal;  // of a phone's key
  bool operator==(const IdentifierKey&) const = default;
};

/// All of the rules at once.
IdentifierKey make_key(IdentifierKind kind, std::string_view text, const KeyMaking& making);

/// N1: addr-spec without display name, brackets, "mailto:", query, white space and trailing dot; local part NFKC and
/// case folded; domain by UTS46/IDNA2008 non-transitional to A-labels with STD3 rules; then what the provider folds.
/// Lengths 64 and 254 bytes. Quoted local parts and address literals make no key.
std::optional<std::string> normalise_email(std::string_view text, const ResolutionRules& rules = default_rules());

/// The two halves of an address, without a provider's folding. A domain may be a single label here, without the dot
/// before it.
std::optional<std::string> normalise_local_part(std::string_view text);
std::optional<std::string> normalise_domain(std::string_view text);

/// N2: E.164 of a number that libphonenumber finds valid, and ";ext=12" after it when it has an extension; URI schemes
/// before it, punctuation, and digits of any script are understood. A number without its country is one of `region`;
/// without a region, or invalid, it makes no key.
std::optional<std::string> normalise_phone(std::string_view text, std::string_view region = {});

/// REQUIRES: key is a phone's key.
PhoneUse phone_use(std::string_view key);

/// The part of it behind the country's code; all of a text that begins with no country's. REQUIRES: key is a phone's
/// key without an extension.
std::string_view national_number(std::string_view key);

/// Are numbers of that ISO 3166 country (two capital letters) known?
bool is_phone_region(std::string_view region);

/// The last nine digits, by which numbers are compared that made no key; empty when there are fewer than seven.
std::string phone_suffix(std::string_view text);

/// N3 and N4: scope + ":" + the id, trimmed; case and leading zeros are kept. An id of Salesforce's, which is what
/// scope or provider say, of 15 characters gets the three that tell the case of the others.
std::optional<std::string> normalise_scoped(std::string_view scope, std::string_view text,
                                            std::string_view provider = {});

/// The number that a user id of WhatsApp is, as normalise_phone takes it; nothing for an id of another platform.
std::optional<std::string> phone_of_platform_id(std::string_view provider, std::string_view text);

/// N3: a handle as "platform:handle", case folded, without "@", or of the address of a profile ("https://x.com/Ann/");
/// platform: where the text does not say. It is no key, because handles change hands. Nothing when it is none.
std::optional<std::string> normalise_handle(std::string_view platform, std::string_view text);

/// B1 and S1 of a key.
BlockedReason blocked_reason(IdentifierKind kind, std::string_view key, const ResolutionRules& rules);

/// B1 of a text of any kind: blank, zeros and dashes, one character again and again, or a word that stands for nothing.
bool is_placeholder(std::string_view text);

}  // namespace identities
