// When records become one identity without an agent, and when an agent is asked: rules D1 to D4, S1 to S3, L1 to L4 and
// J1 of the resolution rules. Pure: what stands in the database is given, what is to be done comes back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/person_name.hpp"
#include "core/resolution_rules.hpp"
#include "core/timestamp.hpp"

namespace identities {

/// In the order of their priority; what stands behind kMobile never links by itself.
enum class LinkRule : std::uint8_t { kCustomerId, kPlatformId, kEmail, kMobile, kSharedMailbox, kSuggestOnly };

/// "D1", "D2", "D3", "D4", "S1", and "" for kSuggestOnly.
std::string_view code_of(LinkRule rule);

/// A record that has the value, too.
struct Holder {
  Id record = 0;
  Id identity = 0;
  std::optional<PersonName> name;            // the record's
  std::optional<Microseconds> last_used_us;  // when it was last heard of
  std::optional<Microseconds> first_used_us{};
};

/// A value that the new record brings and others have.
struct Evidence {
  LinkRule rule = LinkRule::kSuggestOnly;
  std::string_view code;       // of the rule by which it suggests: "D4", "S1", "E3", "T2" ...
  bool needs_name = false;     // a suggestion only where the names are compatible and there
  bool yields_to_ids = false;  // says nothing of two who have different ids of one platform
  bool household = false;      // a number that people who live together have in common
  bool recycles = false;       // a mobile number, which may have a new owner (S3)
  std::size_t value = 0;       // which of the caller's values
  std::vector<Holder> holders;
};

/// One side of a link: an identity, or a record that has none yet. Counts are of different keys.
struct Side {
  Id identity = 0;                 // 0: a new record
  Id record = 0;                   // its oldest, or the new one
  bool is_shared_mailbox = false;  // nobody's but a role's address: joined by S1 alone, and by a new record alone
  std::size_t records = 1;
  std::vector<PersonName> names;
  std::map<std::string, std::set<std::string>> customer_ids;  // by source
  std::map<std::string, std::set<std::string>> platform_ids;  // by platform and scope
  std::set<std::string> emails;
  std::set<std::string> mobiles;
  std::set<std::string> landlines;
  std::set<std::string> birth_dates;
};

struct Link {
  Id identity = 0;
  LinkRule rule = LinkRule::kEmail;
  Id record = 0;        // of the side that is asked for
  Id other_record = 0;  // that has the same value
};

/// The code of a conflict: an agent judged them to be two people, and this would have linked them since. It links
/// nobody; an agent is told of it once (J1).
constexpr std::string_view kConflict = "J1";

struct Suggested {
  Id record = 0;
  Id other_record = 0;
  std::string_view code;
  bool household = false;                     // by what people who live together have in common
  LinkRule against = LinkRule::kSuggestOnly;  // of a conflict: the rule that would have linked
};

/// How sure evidence of a rule is, on the scale of the weights that are learnt: 3 is worth a question, 6 is strong.
double suggestion_weight(std::string_view code, bool household);
constexpr double kStrong = 6;

/// So many suggestions come of one question at most: an agent looks at a handful.
constexpr std::size_t kMostSuggested = 5;

/// A mobile number that has another owner now: it ends on those records (S3).
struct Recycled {
  std::size_t value = 0;
  std::vector<Id> records;
};

struct LinkDecision {
  std::vector<Link> links;  // at most one an identity, the best rule's
  /// One for each other identity; the surest, then the older identity. Of whom an agent judged to be somebody else than
  /// who is asked for or is linked, conflicts alone.
  std::vector<Suggested> suggestions;
  std::vector<Recycled> recycled;
};

/// May the sides be one identity by their limits, or what conflicts? Nothing when they may; else the limit's code.
std::optional<std::string_view> conflict_of(const Side& left, const Side& right, const ResolutionRules& rules);

/// All of both.
Side joined(const Side& left, const Side& right);

struct LinkQuestion {
  const Side& asked;  // the new record, or the identity whose record brings a new value
  Id record = 0;      // that brings it
  Microseconds at_us = 0;
  const std::vector<Evidence>& evidence;
  const std::map<Id, Side>& sides;  // of every holder's identity
  const std::set<std::pair<Id, Id>>&
      cannot_link;  // identities that hold records judged to be different people; smaller first
  const std::set<std::pair<Id, Id>>&
      may_suggest;  // those of them that are worth one question all the same (undone, split)
  const ResolutionRules& rules;
};

/// What to do. Where a limit or a conflict forbids all, the evidence of the lowest priority is dropped, and suggested,
/// until the rest may be joined.
LinkDecision decide_links(const LinkQuestion& question);

/// S2: how many of these names at most are all incompatible with each other, in whatever order they are given;
/// `at_most` at most. Of very many names a lower bound.
std::size_t incompatible_names(const std::vector<PersonName>& names, std::size_t at_most);

}  // namespace identities
