// Identifiers: what a source wrote becomes a key that can be compared byte for byte, or nothing when it identifies
// nobody. Pure and thread-safe. The rules are numbered as in the resolution rules of the design.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace identities {

enum class IdentifierKind : std::uint8_t { kEmail, kPhone, kPlatform, kCustomer };

std::string_view name_of(IdentifierKind kind);
std::optional<IdentifierKind> identifier_kind(std::string_view name);

/// Changes whenever a rule below gives another key for the same text; stored beside each key.
constexpr int kIdentifierKeyVersion = 1;

/// N1: addr-spec without display name, brackets, "mailto:", query, white space and trailing dot; local part NFKC and
/// case folded; domain by UTS46/IDNA2008 non-transitional to A-labels with STD3 rules. Lengths 64 and 254 bytes.
std::optional<std::string> normalise_email(std::string_view text);

/// N2 for numbers that carry their country: "+" or "00", then 8 to 15 digits (E.164), with " -./()" between them and
/// "tel:", "sms:" or "whatsapp:" before. A number without its country makes no key.
std::optional<std::string> normalise_phone(std::string_view text);

/// N3 and N4: scope + ":" + the id, trimmed; case and leading zeros are kept.
std::optional<std::string> normalise_scoped(std::string_view scope, std::string_view text);

/// May this key join two records without an agent? Not when the address is a role's or a placeholder's (rules S1, B1).
bool identifies_one_person(IdentifierKind kind, std::string_view key);

}  // namespace identities
