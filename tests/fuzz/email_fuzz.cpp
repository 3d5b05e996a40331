// Method: a text as an address, and as a handle. A key is short, is its own key, is no longer than an address, and
// blanks around the text do not change it. Blocked and shared values are told without fault. A domain that one imitates
// is another one, of ASCII, with no more labels.
#include "core/case_folding.hpp"
#include "core/identifier.hpp"
#include "core/lookalike.hpp"
#include "properties.hpp"

#include <algorithm>

namespace {

using namespace identities;

void check_lookalike(std::string_view domain) {
  const auto imitated = imitated_domain(domain);
  if (!imitated) return;
  const auto of_a_domain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  fuzz::require(std::all_of(imitated->begin(), imitated->end(), of_a_domain), "it is one of ASCII", *imitated);
  fuzz::require(*imitated != domain && imitated->size() <= 253, "it is another", domain);
  fuzz::require(std::count(imitated->begin(), imitated->end(), '.') <= std::count(domain.begin(), domain.end(), '.'),
                "it has no more labels", domain);
}

void check_email(std::string_view text) {
  const auto key = normalise_email(text);
  const auto padded = normalise_email(" \t" + std::string(text) + "\n");
  if (text.size() < 900) fuzz::require(key == padded, "blanks around an address change nothing", text);
  if (!key) return;
  fuzz::require(key->size() <= 254 && key->find('@') <= 64, "a key is as long as an address may be", *key);
  fuzz::require(normalise_email(*key) == key, "an address' key is its own key", *key);
  fuzz::require(normalise_email("A Name <" + *key + ">") == key, "a display name changes nothing", *key);
  const BlockedReason reason = blocked_reason(IdentifierKind::kEmail, *key, default_rules());
  check_lookalike(std::string_view(*key).substr(key->find('@') + 1));
  fuzz::require(reason != BlockedReason::kOwn && reason != BlockedReason::kShared, "no rule says so", *key);
}

void check_handle(std::string_view text) {
  const auto handle = normalise_handle("x", text);
  if (!handle) return;
  fuzz::require(normalise_handle("other", *handle) == handle, "a handle is its own handle", *handle);
  fuzz::require(handle->size() <= 170, "a handle is short", *handle);
}

void check_scoped(std::string_view text) {
  for (const std::string_view scope : {"crm", "salesforce"}) {
    const auto key = normalise_scoped(scope, text);
    if (!key) continue;
    fuzz::require(normalise_scoped(scope, std::string_view(*key).substr(scope.size() + 1)) == key,
                  "an id's key is its own key", *key);
    fuzz::require(key->size() <= 274, "an id is short", *key);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_email(text);
  check_lookalike(text);
  check_handle(text);
  check_scoped(text);
  fuzz::require(is_placeholder(text) == is_placeholder("\"" + std::string(text) + "\"") || text.find('"') != text.npos,
                "quotes around a placeholder change nothing", text);
  return 0;
}
