#include "core/identifier.hpp"

#include <idn2.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>

namespace identities {
namespace {

constexpr std::array<std::string_view, 4> kKindNames = {"email", "phone", "platform", "customer"};

constexpr std::array<std::string_view, 26> kRoleLocalParts = {
    "abuse",  "accounts",   "admin",        "billing", "bookings", "contact", "enquiries", "feedback",   "hello",
    "help",   "helpdesk",   "hr",           "info",    "jobs",     "mail",    "marketing", "newsletter", "office",
    "orders", "postmaster", "reservations", "sales",   "service",  "support", "team",      "webmaster"};

constexpr std::array<std::string_view, 14> kPlaceholderKeys = {
    "-1",   "0",    "null",  "nil",       "none",      "n/a",     "na",
    "test", "user", "guest", "undefined", "anonymous", "unknown", "[object object]"};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool ascii_equal(char a, char b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return lower(a) == lower(b);
}

bool take_scheme(std::string_view& text, std::string_view scheme) {
  if (text.size() < scheme.size() || !std::equal(scheme.begin(), scheme.end(), text.begin(), ascii_equal)) return false;
  text.remove_prefix(scheme.size());
  return true;
}

/// An identifier must not go without its key because memory was short.
void require_memory(UErrorCode status) {
  if (status == U_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
}

std::optional<std::string> fold_local_part(std::string_view local) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  require_memory(status);
  if (U_FAILURE(status)) return std::nullopt;
  std::string folded;
  icu::StringByteSink<std::string> sink(&folded);
  fold->normalizeUTF8(0, icu::StringPiece(local.data(), static_cast<int32_t>(local.size())), sink, nullptr, status);
  require_memory(status);
  if (U_FAILURE(status)) return std::nullopt;
  // Folding turns some characters into a blank or an '@', which would make another address.
  const bool odd = std::any_of(folded.begin(), folded.end(),
                               [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F' || c == '@'; });
  if (folded.empty() || folded.size() > 64 || odd) return std::nullopt;
  return folded;
}

/// To A-labels before any case folding: NFKC case folding would turn a sharp s into another domain.
std::optional<std::string> domain_to_ascii(std::string_view domain) {
  const std::string text(domain);
  if (text.empty() || text.front() == '.' || text.find("..") != std::string::npos ||
      text.find('.') == std::string::npos)
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

}  // namespace

std::string_view name_of(IdentifierKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::optional<IdentifierKind> identifier_kind(std::string_view name) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<IdentifierKind>(found - kKindNames.begin());
}

std::optional<std::string> normalise_email(std::string_view text) {
  text = trim(text);
  if (const auto open = text.rfind('<'); open != std::string_view::npos) {
    const auto close = text.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    text = trim(text.substr(open + 1, close - open - 1));
  }
  if (take_scheme(text, "mailto:")) text = text.substr(0, text.find('?'));
  text = trim(text);
  if (text.ends_with('.')) text.remove_suffix(1);
  const auto sign = text.rfind('@');
  if (sign == std::string_view::npos || text.find('@') != sign) return std::nullopt;
  const auto local = fold_local_part(text.substr(0, sign));
  const auto domain = domain_to_ascii(text.substr(sign + 1));
  if (!local || !domain || local->size() + 1 + domain->size() > 254) return std::nullopt;
  return *local + "@" + *domain;
}

std::optional<std::string> normalise_phone(std::string_view text) {
  text = trim(text);
  for (const std::string_view scheme : {"whatsapp:", "tel:", "sms:"})
    if (take_scheme(text, scheme)) break;
  text = trim(text);
  if (text.starts_with('+'))
    text.remove_prefix(1);
  else if (text.starts_with("00"))
    text.remove_prefix(2);
  else
    return std::nullopt;
  std::string key = "+";
  for (const char c : text) {
    if (c >= '0' && c <= '9')
      key += c;
    else if (std::string_view(" -./()").find(c) == std::string_view::npos)
      return std::nullopt;
  }
  const std::size_t digits = key.size() - 1;
  const bool one_repeated = std::all_of(key.begin() + 1, key.end(), [&](char c) { return c == key[1]; });
  if (digits < 8 || digits > 15 || key[1] == '0' || one_repeated) return std::nullopt;
  return key;
}

std::optional<std::string> normalise_scoped(std::string_view scope, std::string_view text) {
  text = trim(text);
  if (text.empty() || text.size() > 255 || scope.empty()) return std::nullopt;
  return std::string(scope) + ":" + std::string(text);
}

bool identifies_one_person(IdentifierKind kind, std::string_view key) {
  if (kind == IdentifierKind::kEmail) {
    const std::string_view local = key.substr(0, key.find('@'));
    if (local.starts_with("no-reply") || local.starts_with("noreply")) return false;
    return std::find(kRoleLocalParts.begin(), kRoleLocalParts.end(), local) == kRoleLocalParts.end();
  }
  if (kind == IdentifierKind::kPhone) return true;
  const std::string_view value = key.substr(key.find(':') + 1);
  const auto is_value = [&](std::string_view placeholder) {
    return value.size() == placeholder.size() &&
           std::equal(value.begin(), value.end(), placeholder.begin(), ascii_equal);
  };
  return std::none_of(kPlaceholderKeys.begin(), kPlaceholderKeys.end(), is_value);
}

}  // namespace identities
