#include "store/match_scoring.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "store/suggestions.hpp"

namespace identities::store {
namespace {

using matching::KnownPerson;

/// Identities that an agent told apart from this one, and those with which a suggestion stands or was refused.
const Statement kApart{
    "match_apart",
    "SELECT r2.identity_id FROM record r JOIN cannot_link c ON c.record_id = r.id JOIN record r2 ON r2.id = "
    "c.other_record_id WHERE r.identity_id = ? UNION SELECT r2.identity_id FROM record r JOIN cannot_link c ON "
    "c.other_record_id = r.id JOIN record r2 ON r2.id = c.record_id WHERE r.identity_id = ?"};
const Statement kSuggestions{
    "match_suggestions",
    "SELECT s.id, s.record_id, s.other_record_id, r2.identity_id, s.rule, s.state, s.weight, s.reasons FROM record r "
    "JOIN suggestion s ON s.record_id = r.id JOIN record r2 ON r2.id = s.other_record_id WHERE r.identity_id = ? UNION "
    "SELECT s.id, s.record_id, s.other_record_id, r2.identity_id, s.rule, s.state, s.weight, s.reasons FROM record r "
    "JOIN suggestion s ON s.other_record_id = r.id JOIN record r2 ON r2.id = s.record_id WHERE r.identity_id = ?"};
const Statement kInsert{"insert_match_suggestion",
                        "INSERT INTO suggestion (id, record_id, other_record_id, rule, review, weight, reasons, state, "
                        "created_us) VALUES {?, ?, ?, 'match', 0, ?, ?, 0, ?}"};
const Statement kUpdate{"update_match_suggestion",
                        "UPDATE suggestion SET weight = ?, reasons = ?, state = 0, decided_us = NULL WHERE id = ?"};
const Statement kWeigh{"weigh_suggestion", "UPDATE suggestion SET weight = ? WHERE id = ?"};
const Statement kOutdate{"outdate_match_suggestion", "UPDATE suggestion SET state = 3, decided_us = ? WHERE id = ?"};

struct Existing {
  Id id;
  Id record;
  Id other_record;
  Id identity;  // the other one
  bool by_match;
  std::int64_t state;
  double weight;
  double by_rule;  // what the rule alone weighs that suggested it
};

std::vector<Suggested> strongest(const std::vector<Candidate>& candidates, const KnownPerson& person, Id record,
                                 const StoredModel& model) {
  std::map<Id, Suggested> by_identity;
  for (const Candidate& each : candidates) {
    if (each.record == record) continue;
    const matching::PersonsWeighed found = weigh_persons(model.model, person, each.person);
    if (!matching::is_suggestion(found.weighed)) continue;
    Suggested& best = by_identity[each.identity];
    if (best.record != 0 && best.weight >= found.weighed.weight) continue;
    best = {each.record, each.identity, found.weighed.weight, matching::reasons_json(found.outcomes)};
  }
  std::vector<Suggested> all;
  all.reserve(by_identity.size());
  for (auto& [identity, each] : by_identity) all.push_back(std::move(each));
  std::stable_sort(all.begin(), all.end(), [](const Suggested& a, const Suggested& b) { return a.weight > b.weight; });
  return all;
}

std::set<Id> told_apart(Session& session, Id identity) {
  std::set<Id> apart;
  session.query(kApart, {identity, identity}, [&](const Row& row) { apart.insert(row.integer(0)); });
  return apart;
}

std::vector<Existing> existing_of(Session& session, Id identity) {
  std::vector<Existing> all;
  session.query(kSuggestions, {identity, identity}, [&](const Row& row) {
    all.push_back({row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.text(4) == kByMatch,
                   row.integer(5), row.number(6), weight_by_rule(row.text(4), row.text(7))});
  });
  return all;
}

/// Writes what comparing one record found beside what is suggested of its identity already.
class Writing {
 public:
  Writing(Session& session, Id record, Id identity, Microseconds now_us, std::set<Id>* concerned)
      : session_(session),
        record_(record),
        identity_(identity),
        now_us_(now_us),
        existing_(existing_of(session, identity)),
        concerned_(concerned) {}

  /// Writes one, unless the two identities have one that stands, or that an agent decided. True when it is new.
  bool write(const Suggested& each) {
    const auto [first, second] = std::minmax(record_, each.record);
    const Existing* same = nullptr;
    for (const Existing& one : existing_) {
      const bool is_same = one.record == first && one.other_record == second;
      if (is_same) same = &one;
      // Decided ones hold for the two identities; of open ones one is enough.
      if (one.identity == each.identity && one.state != kSuggestionOutdated &&
          !(is_same && one.state == kSuggestionOpen))
        return false;
    }
    if (same == nullptr) {
      session_.execute(kInsert, {next_id(now_us_), first, second, each.weight, each.reasons, now_us_});
      concern(each.identity);
      return true;
    }
    kept_.insert(same->id);
    if (!same->by_match) {
      weigh(*same, std::max(same->by_rule, each.weight));
      return false;
    }
    session_.execute(kUpdate, {each.weight, each.reasons, same->id});
    if (same->state == kSuggestionOutdated || same->weight != each.weight) concern(each.identity);
    return same->state == kSuggestionOutdated;
  }

  /// What comparing does not find any more is no longer of use; what a rule found is, by the rule alone.
  void take_back_the_rest() {
    for (const Existing& one : existing_) {
      const bool is_ours = one.record == record_ || one.other_record == record_;
      if (!is_ours || one.state != kSuggestionOpen || kept_.contains(one.id)) continue;
      if (one.by_match) {
        session_.execute(kOutdate, {now_us_, one.id});
        concern(one.identity);
      } else {
        weigh(one, one.by_rule);
      }
    }
  }

 private:
  void weigh(const Existing& one, double weight) {
    if (one.weight == weight) return;
    session_.execute(kWeigh, {weight, one.id});
    concern(one.identity);
  }

  void concern(Id other) {
    if (concerned_ != nullptr) concerned_->insert({identity_, other});
  }

  Session& session_;
  Id record_;
  Id identity_;
  Microseconds now_us_;
  std::vector<Existing> existing_;
  std::set<Id> kept_;
  std::set<Id>* concerned_;
};

}  // namespace

std::vector<Suggested> score_record(Session& session, Id record, const StoredModel& model,
                                    const ResolutionRules& rules) {
  const std::vector<KnownRecord> known = read_known(session, std::span(&record, 1), rules);
  if (known.empty()) return {};
  const KnownPerson person = matching::person_of(known.front().facts);
  const std::vector<std::int64_t> keys = matching::keys_of(model.model, person);
  std::vector<Suggested> all = strongest(find_candidates(session, keys, known.front().identity), person, record, model);
  all.resize(std::min(all.size(), kMostSuggestions));
  return all;
}

std::size_t suggest_for(Session& session, Id record, const StoredModel& model, Microseconds now_us,
                        const ResolutionRules& rules, std::set<Id>* concerned) {
  const std::vector<KnownRecord> known = read_known(session, std::span(&record, 1), rules);
  if (known.empty()) return 0;
  const Id identity = known.front().identity;
  const KnownPerson person = matching::person_of(known.front().facts);
  const std::vector<std::int64_t> keys = matching::keys_of(model.model, person);
  write_match_record(session, record, person, keys);
  std::vector<Suggested> all = strongest(find_candidates(session, keys, identity), person, record, model);
  const std::set<Id> apart = told_apart(session, identity);
  std::erase_if(all, [&](const Suggested& each) { return apart.contains(each.identity); });
  all.resize(std::min(all.size(), kMostSuggestions));
  Writing writing(session, record, identity, now_us, concerned);
  std::size_t written = 0;
  for (const Suggested& each : all) written += writing.write(each) ? 1 : 0;
  writing.take_back_the_rest();
  return written;
}

}  // namespace identities::store
