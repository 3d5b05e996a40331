#include "core/identifier.hpp"

#include <idn2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

#include "core/case_folding.hpp"
#include "core/plain_text.hpp"

namespace identities {
namespace {

constexpr std::size_t kMaxTextBytes = 1000;  // of a header with a display name and an address
constexpr std::size_t kMaxLocalBytes = 64;   // RFC 5321
constexpr std::size_t kMaxAddressBytes = 254;

constexpr std::array<std::string_view, 4> kKindNames = {"email", "phone", "platform", "customer"};

constexpr std::array<std::string_view, 5> kReasonNames = {"none", "placeholder", "role", "own", "shared"};

// B1: what stands in a field where nothing is known, and the words of withheld caller ids, on a keypad too.
constexpr std::array<std::string_view, 42> kPlaceholders = {"-1",
                                                            "null",
                                                            "(null)",
                                                            "nil",
                                                            "none",
                                                            "n/a",
                                                            "na",
                                                            "unknown",
                                                            "test",
                                                            "undefined",
                                                            "anonymous",
                                                            "guest",
                                                            "user",
                                                            "admin",
                                                            "email",
                                                            "id",
                                                            "true",
                                                            "false",
                                                            "nan",
                                                            "void",
                                                            "abc123",
                                                            "xxx",
                                                            "[object object]",
                                                            "not_authenticated",
                                                            "distinct_id",
                                                            "distinctid",
                                                            "private",
                                                            "withheld",
                                                            "restricted",
                                                            "blocked",
                                                            "unavailable",
                                                            "no number",
                                                            "no caller id",
                                                            "266696687",
                                                            "+266696687",
                                                            "7378742833",
                                                            "+7378742833",
                                                            "2562533",
                                                            "+2562533",
                                                            "8656696",
                                                            "+8656696",
                                                            "+86282452253"};

// B1: nobody reads what is sent there.
constexpr std::array<std::string_view, 8> kNoReply = {"no-reply",   "noreply",      "no_reply",     "no.reply",
                                                      "donotreply", "do-not-reply", "do_not_reply", "mailer-daemon"};

/// To A-labels before any case folding: NFKC case folding would turn a sharp s into another domain.
std::optional<std::string> domain_to_ascii(std::string_view domain) {
  const std::string text(domain);
  if (text.empty() || text.size() > kMaxTextBytes || text.front() == '.' || text.find("..") != std::string::npos)
    return std::nullopt;
  // libidn2 drops some of the characters that STD3 forbids, which would make another domain.
  const auto forbidden = [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return static_cast<unsigned char>(c) < 0x80 && !letter && !(c >= '0' && c <= '9') && c != '-' && c != '.';
  };
  if (std::any_of(text.begin(), text.end(), forbidden)) return std::nullopt;
  char* output = nullptr;
  const int result =
      idn2_to_ascii_8z(text.c_str(), &output, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT | IDN2_USE_STD3_ASCII_RULES);
  const std::unique_ptr<char, decltype(&std::free)> owned(output, &std::free);
  if (result == IDN2_MALLOC) throw std::bad_alloc();
  if (result != IDN2_OK) return std::nullopt;
  std::string ascii(output);
  for (char& c : ascii) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (forbidden(c)) return std::nullopt;
  }
  if (ascii.ends_with('.')) return std::nullopt;  // with the root's dot it would be a second key for one domain
  return ascii;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/// White space and what is not seen, of any script, at the ends.
std::string_view trim_all(std::string_view text) {
  const auto skip = [](UChar32 c) { return c >= 0 && (u_isUWhiteSpace(c) || u_charType(c) == U_FORMAT_CHAR); };
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<int32_t>(text.size());
  int32_t begin = 0;
  int32_t end = length;
  UChar32 c = 0;
  for (int32_t at = 0; at < length; begin = at) {
    U8_NEXT(bytes, at, length, c);
    if (!skip(c)) break;
  }
  for (int32_t at = end; at > begin; end = at) {
    U8_PREV(bytes, 0, at, c);
    if (!skip(c)) break;
  }
  return text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

/// "%40" is "@"; a "%" that begins none stays.
std::string percent_decoded(std::string_view text) {
  const auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : ascii_lower(c) - 'a' + 10; };
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view code = text.substr(at, 3);
    if (code.size() == 3 && code[0] == '%' && is_hex(code[1]) && is_hex(code[2])) {
      decoded += static_cast<char>(value(code[1]) * 16 + value(code[2]));
      at += 2;
    } else {
      decoded += code.front();
    }
  }
  return decoded;
}

/// The address alone, out of a header or a link; the full-width "@" is one where there is no other.
std::string addr_spec(std::string_view text) {
  text = trim_all(text);
  if (const auto open = text.rfind('<'); open != std::string_view::npos) {
    const auto close = text.find('>', open);
    text = close == std::string_view::npos ? std::string_view{} : trim_all(text.substr(open + 1, close - open - 1));
  }
  std::string address;
  if (take_prefix(text, "mailto:"))
    address = percent_decoded(text.substr(0, text.find('?')));
  else
    address = text;
  for (const std::string_view sign : {"\xEF\xBC\xA0", "\xEF\xB9\xAB"})
    for (auto at = address.find(sign); at != std::string::npos; at = address.find(sign)) address.replace(at, 3, "@");
  std::string_view plain = trim_all(address);
  if (plain.ends_with('.')) plain.remove_suffix(1);
  return std::string(plain);
}

/// What the provider takes for the same mailbox becomes one address. False when nothing is left of the local part.
bool fold_provider(std::string& local, std::string& domain, const ResolutionRules& rules) {
  for (const ProviderFolding& provider : rules.folding) {
    if (std::find(provider.domains.begin(), provider.domains.end(), domain) == provider.domains.end()) continue;
    domain = provider.domains.front();
    if (provider.plus_tag) local.erase(std::min(local.find('+'), local.size()));
    if (provider.dots) std::erase(local, '.');
    return !local.empty();
  }
  return true;
}

bool is_one_of(std::string_view text, std::span<const std::string_view> list) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view entry) { return ascii_equal(text, entry); });
}

bool is_one_of(std::string_view text, const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// The domain, or one that it is below.
bool is_blocked_domain(std::string_view domain, const ResolutionRules& rules) {
  for (;;) {
    if (is_one_of(domain, rules.blocked_domains)) return true;
    const auto dot = domain.find('.');
    if (dot == std::string_view::npos) return false;
    domain.remove_prefix(dot + 1);
  }
}

BlockedReason email_reason(std::string_view key, const ResolutionRules& rules) {
  const auto sign = key.find('@');
  const std::string_view local = key.substr(0, sign);
  const std::string_view untagged = local.substr(0, local.find('+'));
  if (sign == std::string_view::npos || is_blocked_domain(key.substr(sign + 1), rules))
    return BlockedReason::kPlaceholder;
  if (is_one_of(untagged, rules.role_local_parts)) return BlockedReason::kRole;
  const auto begins = [&](std::string_view word) { return local.starts_with(word); };
  if (std::any_of(kNoReply.begin(), kNoReply.end(), begins) || is_placeholder(untagged))
    return BlockedReason::kPlaceholder;
  return BlockedReason::kNone;
}

/// One digit again and again after the country's code.
bool is_one_digit(std::string_view key) {
  const std::string_view national = national_number(key);
  return national.find_first_not_of(national.back()) == std::string_view::npos;
}

/// The 18 characters of an id of Salesforce's that came with 15: each of the three tells which of five are capitals.
std::string salesforce_id(std::string_view id) {
  constexpr std::string_view kCodes = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
  std::string whole(id);
  const auto is_alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
  };
  if (id.size() != 15 || !std::all_of(id.begin(), id.end(), is_alphanumeric)) return whole;
  for (std::size_t block = 0; block < 15; block += 5) {
    std::size_t capitals = 0;
    for (std::size_t at = 0; at < 5; ++at)
      if (const char c = id[block + at]; c >= 'A' && c <= 'Z') capitals |= std::size_t{1} << at;
    whole += kCodes[capitals];
  }
  return whole;
}

}  // namespace

std::string_view name_of(IdentifierKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::optional<IdentifierKind> identifier_kind(std::string_view name) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<IdentifierKind>(found - kKindNames.begin());
}

std::string_view name_of(BlockedReason reason) {
  return kReasonNames[static_cast<std::size_t>(reason)];
}

std::optional<std::string> normalise_local_part(std::string_view text) {
  if (text.size() > kMaxTextBytes) return std::nullopt;
  auto folded = fold_case(text);
  // Folding turns some characters into a blank or an '@', which would make another address. What RFC 5322 allows
  // within quotes only is not taken out of them: hardly anybody has such an address, and forgers like them.
  const auto odd = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' ||
           std::string_view("\"(),:;<>@[\\]\x7F").find(c) != std::string_view::npos;
  };
  if (!folded || folded->empty() || folded->size() > kMaxLocalBytes || std::any_of(folded->begin(), folded->end(), odd))
    return std::nullopt;
  return folded;
}

std::optional<std::string> normalise_domain(std::string_view text) {
  text = trim_all(text);
  if (text.ends_with('.')) text.remove_suffix(1);
  auto ascii = domain_to_ascii(text);
  if (ascii && ascii->size() > 253) return std::nullopt;
  return ascii;
}

std::optional<std::string> normalise_email(std::string_view text, const ResolutionRules& rules) {
  if (text.size() > kMaxTextBytes) return std::nullopt;
  const std::string address = addr_spec(text);
  const auto sign = address.find('@');
  if (sign == std::string::npos || address.find('@', sign + 1) != std::string::npos) return std::nullopt;
  const std::string_view parts = address;
  auto local = normalise_local_part(parts.substr(0, sign));
  auto domain = domain_to_ascii(parts.substr(sign + 1));
  if (!local || !domain || domain->find('.') == std::string::npos) return std::nullopt;
  if (!fold_provider(*local, *domain, rules)) return std::nullopt;
  // Without a dot between them, two characters may have become one.
  local = normalise_local_part(*local);
  if (!local || local->size() + 1 + domain->size() > kMaxAddressBytes) return std::nullopt;
  return *local + "@" + *domain;
}

std::optional<std::string> normalise_scoped(std::string_view scope, std::string_view text, std::string_view provider) {
  text = trim_all(text);
  if (text.empty() || text.size() > 255 || scope.empty()) return std::nullopt;
  const bool salesforce = scope == "salesforce" || provider == "salesforce";
  return std::string(scope) + ":" + (salesforce ? salesforce_id(text) : std::string(text));
}

std::optional<std::string> phone_of_platform_id(std::string_view provider, std::string_view text) {
  text = trim_all(text);
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (provider != "whatsapp" || !digits) return std::nullopt;
  return "+" + std::string(text);
}

BlockedReason blocked_reason(IdentifierKind kind, std::string_view key, const ResolutionRules& rules) {
  // Of a telephone system of their own all extensions are theirs.
  const std::string_view trunk = kind == IdentifierKind::kPhone ? key.substr(0, key.find(';')) : key;
  if (is_one_of(key, rules.blocked_values) || is_one_of(trunk, rules.blocked_values)) return BlockedReason::kOwn;
  switch (kind) {
    case IdentifierKind::kEmail:
      return email_reason(key, rules);
    case IdentifierKind::kPhone:
      return is_placeholder(trunk) || is_one_digit(trunk) ? BlockedReason::kPlaceholder : BlockedReason::kNone;
    case IdentifierKind::kPlatform:
    case IdentifierKind::kCustomer:
      return is_placeholder(key.substr(key.find(':') + 1)) ? BlockedReason::kPlaceholder : BlockedReason::kNone;
  }
  return BlockedReason::kNone;
}

bool is_placeholder(std::string_view text) {
  constexpr std::size_t kFewestAlike = 4;  // up to three alike may well be somebody's id or initials
  text = trim_all(text);
  while (text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\''))
    text = trim_all(text.substr(1, text.size() - 2));
  if (text.find_first_not_of("0- ") == std::string_view::npos || is_one_of(text, kPlaceholders)) return true;
  return text.size() >= kFewestAlike && text.find_first_not_of(text.front()) == std::string_view::npos;
}

IdentifierKey make_key(IdentifierKind kind, std::string_view text, const KeyMaking& making) {
  IdentifierKey made;
  switch (kind) {
    case IdentifierKind::kEmail:
      made.key = normalise_email(text, making.rules);
      break;
    case IdentifierKind::kPhone:
      made.key = normalise_phone(text, making.region);
      if (made.key) made.phone_use = phone_use(*made.key);
      break;
    case IdentifierKind::kPlatform:
    case IdentifierKind::kCustomer:
      made.key = normalise_scoped(making.scope, text, making.provider);
      break;
  }
  if (made.key)
    made.blocked = blocked_reason(kind, *made.key, making.rules);
  else if (is_placeholder(text))
    made.blocked = BlockedReason::kPlaceholder;
  return made;
}

}  // namespace identities
