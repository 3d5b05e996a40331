#include "store/suggestions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "store/identity_log.hpp"

namespace identities::store {
namespace {

const Statement kInsert{
    "insert_suggestion",
    "INSERT INTO suggestion (id, record_id, other_record_id, rule, review, weight, reasons, created_us, asked_after) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kFindPair{
    "find_suggested_pair",
    "SELECT id, state, rule, review, weight, reasons, asked_after FROM suggestion WHERE record_id = "
    "? AND other_record_id = ? @for_update"};
const Statement kParted{"parted_since",
                        "SELECT COALESCE(MAX(log_id), 0) FROM cannot_link WHERE record_id = ? AND other_record_id = ?"};
const Statement kReplace{"replace_suggestion",
                         "UPDATE suggestion SET rule = ?, review = ?, weight = ?, reasons = ?, state = 0, decided_us = "
                         "NULL, asked_after = ? WHERE id = ?"};
const Statement kConflicts{
    "conflicts_between",
    "SELECT s.id, s.state FROM record r JOIN suggestion s ON s.record_id = r.id JOIN record o ON o.id = "
    "s.other_record_id WHERE r.identity_id = ? AND o.identity_id = ? AND s.rule = 'J1' UNION ALL SELECT s.id, s.state "
    "FROM record r JOIN suggestion s ON s.other_record_id = r.id JOIN record o ON o.id = s.record_id WHERE "
    "r.identity_id = ? AND o.identity_id = ? AND s.rule = 'J1'"};

/// Of a doubt that S2 raised: does no value that both have make it?
constexpr std::string_view kNothingShared =
    "NOT EXISTS (SELECT 1 FROM shared_value v JOIN identifier a ON a.kind = v.kind AND a.value = v.value JOIN "
    "identifier "
    "b ON b.kind = v.kind AND b.value = v.value WHERE a.record_id = suggestion.record_id AND b.record_id = "
    "suggestion.other_record_id AND v.standing = 1)";
constexpr std::string_view kBothHaveIt =
    "record_id IN (SELECT record_id FROM identifier WHERE kind = ? AND value = ?) AND other_record_id IN (SELECT "
    "record_id FROM identifier WHERE kind = ? AND value = ?)";
const Statement kDropDoubts{
    "drop_doubts", fmt::format("UPDATE suggestion SET state = 3 WHERE rule = 'S2' AND review = 1 AND state = 0 "
                               "AND {} AND {}",
                               kBothHaveIt, kNothingShared)};
const Statement kDoubtAgain{
    "doubt_again",
    fmt::format("UPDATE suggestion SET state = 0 WHERE rule = 'S2' AND review = 1 AND state = 3 AND {}", kBothHaveIt)};
const Statement kUnfounded{
    "is_unfounded_doubt",
    fmt::format("SELECT COUNT(*) FROM suggestion WHERE id = ? AND rule = 'S2' AND review = 1 AND {}", kNothingShared)};

/// The reasons of a rule's suggestion, JSON as those of the others.
constexpr std::string_view kNoMore = "[]";
constexpr std::string_view kHousehold = R"(["household"])";
constexpr std::string_view kColumns =
    "SELECT s.id, s.record_id, s.other_record_id, r.identity_id, o.identity_id, s.rule, s.review, s.weight, s.reasons, "
    "s.state FROM suggestion s JOIN record r ON r.id = s.record_id JOIN record o ON o.id = s.other_record_id";
std::string open_ones(std::string_view side) {
  return fmt::format(
      "{} WHERE {}.identity_id = ? AND s.state = 0 AND (s.review = 0) = (o.identity_id <> r.identity_id) AND {}",
      kColumns, side, kNotPartedSince);
}
const Statement kOpen{"open_suggestions", fmt::format("{} UNION ALL {}", open_ones("r"), open_ones("o"))};
const Statement kById{"suggestion_by_id", fmt::format("{} WHERE s.id = ?", kColumns)};
const Statement kIdentities{"identities_of_records", "SELECT id, identity_id FROM record WHERE {id = ?}"};

/// The newest event that keeps them apart; 0: none does. The smaller id first.
Id parted_by(Session& session, Id one, Id other) {
  Id log = 0;
  session.query(kParted, {one, other}, [&](const Row& row) { log = row.integer(0); });
  return log;
}

Suggestion suggestion_of(const Row& row, Id identity) {
  Suggestion suggestion{row.integer(0), row.integer(1),           row.integer(2),
                        row.integer(4), std::string(row.text(5)), row.integer(6) != 0,
                        row.number(7),  std::string(row.text(8)), static_cast<int>(row.integer(9))};
  if (row.integer(3) != identity) {
    std::swap(suggestion.record, suggestion.other_record);
    suggestion.other_identity = row.integer(3);
  }
  return suggestion;
}

}  // namespace

double weight_by_rule(std::string_view rule, std::string_view reasons) {
  return suggestion_weight(rule, reasons == kHousehold);
}

NewSuggestion by_rule(Id record, Id other_record, std::string_view code, bool review, bool household) {
  const std::string_view reasons = household ? kHousehold : kNoMore;
  return {record, other_record, std::string(code), review, weight_by_rule(code, reasons), std::string(reasons)};
}

bool suggest(Session& session, const NewSuggestion& suggestion, Microseconds now_us) {
  const Id first = std::min(suggestion.record, suggestion.other_record);
  const Id second = std::max(suggestion.record, suggestion.other_record);
  const bool is_rules = suggestion.rule != kByMatch;
  double weight = suggestion.weight;
  const Id parted = parted_by(session, first, second);
  Id known = 0;
  Id asked_after = 0;
  bool tells_more = false;
  session.query(kFindPair, {first, second}, [&](const Row& row) {
    known = row.integer(0);
    const bool open = row.integer(1) == kSuggestionOpen;
    const bool was_rules = row.text(2) != kByMatch;
    const double before = was_rules ? weight_by_rule(row.text(2), row.text(5)) : row.number(4);
    const bool doubted = suggestion.review && row.integer(3) == 0;
    const bool surer = is_rules == was_rules ? before < suggestion.weight : is_rules;
    asked_after = row.integer(6);
    const bool hidden = is_rules && parted > std::max(known, asked_after);
    tells_more = row.integer(1) == kSuggestionOutdated || (open && (doubted || surer || hidden));
    if (open) weight = std::max(weight, row.number(4));
  });
  if (is_rules) asked_after = std::max(asked_after, parted);
  if (known == 0)
    session.execute(kInsert, {next_id(now_us), first, second, suggestion.rule, std::int64_t{suggestion.review}, weight,
                              suggestion.reasons, now_us, asked_after});
  else if (tells_more)
    session.execute(kReplace,
                    {suggestion.rule, std::int64_t{suggestion.review}, weight, suggestion.reasons, asked_after, known});
  return known == 0 || tells_more;
}

bool suggest_conflict(Session& session, const Suggested& conflict, Microseconds now_us) {
  // The larger first: beside the pair's other question, which may have been answered by the judgement.
  const Id first = std::max(conflict.record, conflict.other_record);
  const Id second = std::min(conflict.record, conflict.other_record);
  bool known = false;
  session.query(kFindPair, {first, second}, [&](const Row&) { known = true; });
  if (known) return false;
  const Id judged = parted_by(session, second, first);
  const std::string reasons = fmt::format(R"(["{}"])", code_of(conflict.against));
  session.execute(kInsert, {next_id(now_us), first, second, kConflict, std::int64_t{0},
                            weight_by_rule(kConflict, reasons), std::string_view(reasons), now_us, judged});
  return true;
}

void set_doubts(Session& session, std::string_view kind, std::string_view value, bool shared) {
  if (shared)
    session.execute(kDoubtAgain, {kind, value, kind, value});
  else
    session.execute(kDropDoubts, {kind, value, kind, value});
}

bool is_unfounded_doubt(Session& session, Id suggestion) {
  bool unfounded = false;
  session.query(kUnfounded, {suggestion}, [&](const Row& row) { unfounded = row.integer(0) != 0; });
  return unfounded;
}

std::vector<Conflict> conflicts_between(Session& session, Id left, Id right) {
  std::vector<Conflict> conflicts;
  session.query(kConflicts, {left, right, left, right}, [&](const Row& row) {
    conflicts.push_back({row.integer(0), row.integer(1) == kSuggestionOpen});
  });
  return conflicts;
}

std::string conflict_rule(std::string_view reasons) {
  for (const LinkRule rule : {LinkRule::kCustomerId, LinkRule::kPlatformId, LinkRule::kEmail, LinkRule::kMobile})
    if (reasons == fmt::format(R"(["{}"])", code_of(rule))) return std::string(code_of(rule));
  return {};
}

std::vector<Suggestion> open_suggestions(Session& session, Id identity) {
  std::map<Id, Suggestion> best;  // by the other identity
  const auto add = [&](const Row& row) {
    const Suggestion suggestion = suggestion_of(row, identity);
    const auto [at, fresh] = best.try_emplace(suggestion.other_identity, suggestion);
    // Of equals the first that was made, so that both sides are shown the same.
    if (!fresh && std::tie(at->second.weight, suggestion.id) < std::tie(suggestion.weight, at->second.id))
      at->second = suggestion;
  };
  session.query(kOpen, {identity, identity}, add);
  std::vector<Suggestion> suggestions;
  suggestions.reserve(best.size());
  for (auto& [other, suggestion] : best) suggestions.push_back(std::move(suggestion));
  std::stable_sort(suggestions.begin(), suggestions.end(),
                   [](const Suggestion& a, const Suggestion& b) { return a.weight > b.weight; });
  return suggestions;
}

std::optional<Suggestion> find_suggestion(Session& session, Id id, Id identity) {
  std::optional<Suggestion> found;
  session.query(kById, {id}, [&](const Row& row) {
    if (row.integer(3) == identity || row.integer(4) == identity) found = suggestion_of(row, identity);
  });
  return found;
}

std::map<Id, Id> identities_of(Session& session, const std::set<Id>& records) {
  std::map<Id, Id> found;
  std::vector<std::vector<Parameter>> sets;
  sets.reserve(records.size());
  for (const Id record : records) sets.push_back({record});
  const Session::AskEach ask{&kIdentities, std::move(sets),
                             [&](const Row& row) { found.emplace(row.integer(0), row.integer(1)); }};
  if (!records.empty()) session.query_each(std::span(&ask, 1));
  return found;
}

}  // namespace identities::store
