// Pairs of records that may be one person, and of one identity's that may be two, until an agent decides. Uses the
// session it is given.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/link_rules.hpp"
#include "core/timestamp.hpp"
#include "store/session.hpp"

namespace identities::store {

using identities::kStrong;

/// suggestion.state
constexpr int kSuggestionOpen = 0;
constexpr int kSuggestionOutdated = 3;  // its evidence is gone

/// In SQL: since `s` was asked, nobody kept its records apart. A conflict's larger id stands first.
constexpr std::string_view kNotPartedSince =
    "NOT EXISTS (SELECT 1 FROM cannot_link c WHERE c.record_id = s.record_id AND c.other_record_id = s.other_record_id "
    "AND c.log_id > s.id AND c.log_id > s.asked_after) AND NOT EXISTS (SELECT 1 FROM cannot_link c WHERE c.record_id = "
    "s.other_record_id AND c.other_record_id = s.record_id AND c.log_id > s.id AND c.log_id > s.asked_after)";

/// suggestion.rule of those that comparing found; all others are codes of rules.
constexpr std::string_view kByMatch = "match";

struct NewSuggestion {
  Id record = 0;
  Id other_record = 0;
  std::string rule;
  bool review = false;  // they are in one identity, and what linked them is doubted
  double weight = 0;
  std::string reasons;  // JSON, without values
};

/// What a rule asks. household: they may just live together.
NewSuggestion by_rule(Id record, Id other_record, std::string_view code, bool review, bool household);

/// Adds it, unless an agent decided about that pair or was asked by evidence that is as sure. A rule's is what is told
/// of the pair from then on, and comparing never takes its place; the greater weight of both counts. What a rule finds
/// of two who were parted since is asked, too. True when something is new. REQUIRES: inside a write transaction.
bool suggest(Session& session, const NewSuggestion& suggestion, Microseconds now_us);

/// Asks an agent about a conflict (J1): these were judged to be two people, and `against` would have linked them since.
/// It has a row of its own, whatever else was asked of the pair. False where it has one. REQUIRES: inside a write
/// transaction, both identities locked, conflicts_between them is empty.
bool suggest_conflict(Session& session, const Suggested& conflict, Microseconds now_us);

/// The doubts that S2 raised of those who have the value come back, or go where no other value of both makes them.
/// REQUIRES: inside a write transaction, the value's standing is written.
void set_doubts(Session& session, std::string_view kind, std::string_view value, bool shared);
/// Is it a doubt of S2 that no value makes any more?
bool is_unfounded_doubt(Session& session, Id suggestion);

struct Conflict {
  Id suggestion = 0;
  bool open = false;
};
/// What was asked about conflicts of these two identities, by whatever of their records: once is enough.
std::vector<Conflict> conflicts_between(Session& session, Id left, Id right);

/// The rule that would have linked: "D4" ...; of a conflict's reasons.
std::string conflict_rule(std::string_view reasons);

/// The weight that a rule's suggestion has by itself. reasons: as by_rule gives them.
double weight_by_rule(std::string_view rule, std::string_view reasons);

struct Suggestion {
  Id id = 0;
  Id record = 0;  // of the identity that was asked for
  Id other_record = 0;
  Id other_identity = 0;
  std::string rule;
  bool review = false;
  double weight = 0;
  std::string reasons;
  int state = 0;
};

/// The open ones of an identity with others, the strongest of each other identity, strongest first; without those whose
/// sides an agent judged to be two people meanwhile. Of the doubts within it one: its other_identity is the identity.
std::vector<Suggestion> open_suggestions(Session& session, Id identity);
/// By its id, seen from that identity; nothing when it is not one of its own.
std::optional<Suggestion> find_suggestion(Session& session, Id id, Id identity);

/// Which identity each record is in.
std::map<Id, Id> identities_of(Session& session, const std::set<Id>& records);

}  // namespace identities::store
