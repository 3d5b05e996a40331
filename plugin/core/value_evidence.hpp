// What a value that two records have in common says of them: links them by a rule, lets an agent be asked, or nothing.
// Pure. The codes are those of the resolution rules.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/engagement.hpp"
#include "core/identifier.hpp"
#include "core/link_rules.hpp"

namespace identities {

/// Where others with the same are looked for.
struct LookUp {
  std::string table;  // a kind of identifiers, or with "~" before it one of weak keys
  std::string value;
  Evidence evidence;  // without its holders
};

/// The look-ups of an identifier. is_shared: too many different people have it.
std::vector<LookUp> look_ups(const GivenIdentifier& identifier, bool is_shared);

/// What a social profile says of whose it is.
struct GivenProfile {
  std::string handle;           // as normalise_handle gives it; empty: none
  std::set<std::string> links;  // of profiles on other platforms, in the same form
};
/// bio: the text in which links are looked for.
GivenProfile given_profile(std::string_view platform, std::string_view handle, std::string_view bio);
std::vector<LookUp> look_ups(const GivenProfile& profile);

/// A key that only suggests, and is stored so that others find it. kind without "~".
struct WeakKey {
  std::string kind;
  std::string value;
};
std::vector<WeakKey> weak_keys(const GivenIdentifier& identifier);
std::vector<WeakKey> weak_keys(const GivenProfile& profile);

/// What a new record brings, as one side of a link. What is blocked counts for no limit.
Side side_of(Id record, std::string_view name, const std::vector<GivenIdentifier>& identifiers);
/// Would the value be one person's, were it not shared or blocked? A landline would not; it counts as a landline.
bool is_ones_own(IdentifierKind kind, std::string_view key);
void add_to_side(Side& side, IdentifierKind kind, std::string_view key);

/// A birth date as sides are compared by it, however its source typed it: "yyyymmdd", or "yyyy" of a year alone; empty
/// for what is none. number: microseconds of a date.
std::string birth_date_of(AttributeType type, std::string_view text, double number);
void add_birth_date(Side& side, std::string date);

/// Does it say who somebody is: by a name, or by a key that is no role's address?
bool says_who(std::string_view name, const std::vector<GivenIdentifier>& identifiers);
/// Is it nobody's but a mailbox's: a role's address, and nothing that says who?
bool is_shared_mailbox(std::string_view name, const std::vector<GivenIdentifier>& identifiers);

}  // namespace identities
