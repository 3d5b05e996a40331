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
#include "core/timestamp.hpp"
#include "store/session.hpp"

namespace identities::store {

/// How sure evidence of a rule is, on the scale of the weights that are learnt: 3 is worth a question, 6 is strong.
double suggestion_weight(std::string_view code);
constexpr double kStrong = 6;

struct NewSuggestion {
  Id record = 0;
  Id other_record = 0;
  std::string rule;
  bool review = false;  // they are in one identity, and what linked them is doubted
  double weight = 0;
  std::string reasons;  // JSON, without values
};

/// Adds it, unless that pair is suggested or decided already: then a greater weight replaces the smaller as long as it
/// is open. REQUIRES: inside a write transaction.
void suggest(Session& session, const NewSuggestion& suggestion, Microseconds now_us);

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
