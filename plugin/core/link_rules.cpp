#include "core/link_rules.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <tuple>

namespace identities {
namespace {

NameAgreement agreement(const std::vector<PersonName>& left, const std::vector<PersonName>& right, bool same_address) {
  NameAgreement best = NameAgreement::kMissing;
  for (const PersonName& one : left)
    for (const PersonName& other : right) {
      const NameAgreement each = compare_names(one, other, same_address);
      if (each == NameAgreement::kCompatible) return each;
      if (each == NameAgreement::kIncompatible) best = each;
    }
  return best;
}

void add_all(std::set<std::string>& to, const std::set<std::string>& from) {
  to.insert(from.begin(), from.end());
}

/// A limit counts against a link only where the link takes it further than it was: what an agent allowed stays allowed.
bool exceeds(std::size_t joined, std::size_t left, std::size_t right, std::size_t limit) {
  return joined > limit && joined > std::max(left, right);
}

using IdsBySource = std::map<std::string, std::set<std::string>>;

/// Would a source have two ids, or more than it had?
bool has_more_ids(const IdsBySource& joined, const IdsBySource& left, const IdsBySource& right) {
  const auto count = [](const IdsBySource& ids, const std::string& source) {
    const auto found = ids.find(source);
    return found == ids.end() ? 0 : found->second.size();
  };
  return std::any_of(joined.begin(), joined.end(), [&](const auto& source) {
    return exceeds(source.second.size(), count(left, source.first), count(right, source.first), 1);
  });
}

/// Does a platform know both, and as two?
bool have_different_ids(const Side& left, const Side& right) {
  return std::any_of(left.platform_ids.begin(), left.platform_ids.end(), [&](const auto& scope) {
    const auto found = right.platform_ids.find(scope.first);
    return found != right.platform_ids.end() && found->second != scope.second;
  });
}

std::size_t identifiers_of(const Side& side) {
  std::size_t count = side.emails.size() + side.mobiles.size() + side.landlines.size();
  for (const auto& [source, ids] : side.customer_ids) count += ids.size();
  for (const auto& [scope, ids] : side.platform_ids) count += ids.size();
  return count;
}

bool suffixes_conflict(const Side& left, const Side& right) {
  for (const PersonName& one : left.names)
    for (const PersonName& other : right.names)
      if (!one.suffix.empty() && !other.suffix.empty() && one.suffix != other.suffix) return true;
  return false;
}

/// Is each of them told to be born, and never on the same day? A year alone agrees with its days.
bool births_conflict(const Side& left, const Side& right) {
  if (left.birth_dates.empty() || right.birth_dates.empty()) return false;
  for (const std::string& one : left.birth_dates)
    for (const std::string& other : right.birth_dates)
      if (one.starts_with(other) || other.starts_with(one)) return false;
  return true;
}

std::pair<Id, Id> ordered(Id left, Id right) {
  return {std::min(left, right), std::max(left, right)};
}

/// What one holder's value allows.
struct Candidate {
  Link link;
  bool links = false;  // else it only suggests
  std::string_view code;
  bool household = false;
};

/// The largest set of names of which no two can be one person's. "J. Smith" may be John's and Jane's, so whoever is
/// taken first decides what a greedy count gives.
class LargestApart {
 public:
  LargestApart(std::vector<PersonName> names, std::size_t at_most) : at_most_(at_most) {
    std::erase_if(names, [](const PersonName& name) { return name.tokens.empty(); });
    std::sort(names.begin(), names.end(), [](const PersonName& left, const PersonName& right) {
      return std::tie(left.tokens, left.suffix) < std::tie(right.tokens, right.suffix);
    });
    names.erase(std::unique(names.begin(), names.end()), names.end());
    names.resize(std::min(names.size(), std::max(kMostNames, at_most)));
    apart_.assign(names.size(), std::vector<bool>(names.size()));
    for (std::size_t one = 0; one < names.size(); ++one)
      for (std::size_t other = 0; other < one; ++other)
        apart_[one][other] = compare_names(names[one], names[other], true) == NameAgreement::kIncompatible;
  }

  std::size_t size() {
    std::vector<std::size_t> all(apart_.size());
    std::iota(all.begin(), all.end(), 0);
    grow(0, all);
    return std::min(best_, at_most_);
  }

 private:
  /// Distinct names that are looked at, and sets that are tried: a value with so many is not worth more time.
  static constexpr std::size_t kMostNames = 100;
  static constexpr std::size_t kMostTried = 100'000;

  /// fit: names that are apart from all `chosen` that were taken, each to be taken next.
  void grow(std::size_t chosen, const std::vector<std::size_t>& fit) {
    best_ = std::max(best_, chosen);
    for (std::size_t at = fit.size(); at > 0; --at) {
      if (best_ >= at_most_ || chosen + at <= best_ || ++tried_ > kMostTried) return;
      std::vector<std::size_t> rest;
      std::copy_if(fit.begin(), fit.begin() + static_cast<std::ptrdiff_t>(at - 1), std::back_inserter(rest),
                   [&](std::size_t other) { return apart_[fit[at - 1]][other]; });
      grow(chosen + 1, rest);
    }
  }

  std::size_t at_most_;
  std::vector<std::vector<bool>> apart_;  // [one][other] with other < one
  std::size_t best_ = 0;
  std::size_t tried_ = 0;
};

class Deciding {
 public:
  explicit Deciding(const LinkQuestion& question) : question_(question) {}

  LinkDecision decide() {
    for (const Evidence& evidence : question_.evidence) weigh(evidence);
    // The best rule first; of one rule the older identity, so that the order of arrival does not matter.
    std::stable_sort(candidates_.begin(), candidates_.end(), [](const Candidate& left, const Candidate& right) {
      return std::tie(left.link.rule, left.link.identity) < std::tie(right.link.rule, right.link.identity);
    });
    if (question_.asked.is_shared_mailbox)
      join_mailbox();
    else
      join_what_may_be();
    choose_suggestions();
    return std::move(decision_);
  }

 private:
  void weigh(const Evidence& evidence) {
    std::vector<Id> recycled;
    for (const Holder& holder : evidence.holders) {
      if (holder.identity == question_.asked.identity && holder.identity != 0) continue;
      const Side& side = question_.sides.at(holder.identity);
      if (question_.asked.is_shared_mailbox || side.is_shared_mailbox) {
        weigh_mailbox(holder, side, evidence);
        continue;
      }
      if (evidence.yields_to_ids && have_different_ids(question_.asked, side)) continue;
      const auto pair = ordered(question_.asked.identity, holder.identity);
      if (question_.may_suggest.contains(pair)) {
        asks_.push_back(candidate(holder, evidence, false));
        continue;
      }
      const bool apart = question_.cannot_link.contains(pair);
      const Says says = what_says(holder, side, evidence);
      if (says == Says::kAnotherOwner && !apart) recycled.push_back(holder.record);
      if (says == Says::kAsks || says == Says::kLinks)
        (apart ? asks_ : candidates_).push_back(candidate(holder, evidence, says == Says::kLinks));
    }
    if (!recycled.empty()) decision_.recycled.push_back({evidence.value, std::move(recycled)});
  }

  /// What a value in common says of two people, whatever an agent judged.
  enum class Says : std::uint8_t { kNothing, kAnotherOwner, kAsks, kLinks };

  Says what_says(const Holder& holder, const Side& side, const Evidence& evidence) const {
    if (evidence.rule == LinkRule::kCustomerId || evidence.rule == LinkRule::kPlatformId) return Says::kLinks;
    const NameAgreement names = agreement(question_.asked.names, side.names, evidence.rule == LinkRule::kEmail);
    // Two who give names of their own behind a mailbox may be one person, and an agent knows.
    if (evidence.rule == LinkRule::kSharedMailbox)
      return names == NameAgreement::kCompatible ? Says::kAsks : Says::kNothing;
    const bool ended = evidence.recycles && holder.last_used_us &&
                       question_.at_us - *holder.last_used_us > question_.rules.recycle_after_us;
    if (names == NameAgreement::kIncompatible) return ended ? Says::kAnotherOwner : Says::kNothing;
    if (evidence.needs_name && names != NameAgreement::kCompatible) return Says::kNothing;
    // What is told late may be from long before the holder's time.
    const bool stale = ended || (evidence.recycles && holder.first_used_us &&
                                 *holder.first_used_us - question_.at_us > question_.rules.recycle_after_us);
    const bool links = evidence.rule <= LinkRule::kMobile && !(stale && names == NameAgreement::kMissing);
    return links ? Says::kLinks : Says::kAsks;
  }

  /// A newcomer that is nobody's but the mailbox's is the mailbox. Nobody else has anything in common with one, and it
  /// takes part in no merge, so none is suggested either.
  void weigh_mailbox(const Holder& holder, const Side& side, const Evidence& evidence) {
    const bool newcomer = question_.asked.identity == 0;
    if (evidence.rule == LinkRule::kSharedMailbox && newcomer && question_.asked.is_shared_mailbox &&
        side.is_shared_mailbox)
      candidates_.push_back(candidate(holder, evidence, true));
  }

  Candidate candidate(const Holder& holder, const Evidence& evidence, bool links) const {
    return {
        {holder.identity, evidence.rule, question_.record, holder.record}, links, evidence.code, evidence.household};
  }

  /// One for each other identity, however many of its records have something in common; the best few.
  void choose_suggestions() {
    std::set<Id> asked;
    for (const Link& link : decision_.links) asked.insert(link.identity);
    std::sort(asks_.begin(), asks_.end(), [](const Candidate& left, const Candidate& right) {
      const double less = -suggestion_weight(left.code, left.household);
      const double more = -suggestion_weight(right.code, right.household);
      return std::tie(left.link.rule, less, left.link.identity, left.code, left.link.other_record) <
             std::tie(right.link.rule, more, right.link.identity, right.code, right.link.other_record);
    });
    for (const Candidate& ask : asks_) {
      if (decision_.suggestions.size() >= kMostSuggested) return;
      const Link& link = ask.link;
      const bool judged = is_judged_another(link.identity);
      // Only what would have joined them contradicts the judgement.
      if (judged && !(ask.links && fits_those_joined(link.identity))) continue;
      // What is joined is not suggested.
      if (!asked.insert(link.identity).second) continue;
      if (judged)
        decision_.suggestions.push_back({link.record, link.other_record, kConflict, false, link.rule});
      else
        decision_.suggestions.push_back({link.record, link.other_record, ask.code, ask.household});
    }
  }

  /// Did an agent judge that identity to be somebody else than those that are joined now? Where anything else keeps
  /// them apart, too, it is a question as any other.
  bool is_judged_another(Id identity) const {
    std::vector<Id> joined_ones = {question_.asked.identity};
    for (const Link& link : decision_.links) joined_ones.push_back(link.identity);
    const auto is_in = [&](const std::set<std::pair<Id, Id>>& pairs) {
      return std::any_of(joined_ones.begin(), joined_ones.end(),
                         [&](Id one) { return pairs.contains(ordered(one, identity)); });
    };
    return is_in(question_.cannot_link) && !is_in(question_.may_suggest);
  }

  bool fits_those_joined(Id identity) const {
    Side sum = question_.asked;
    for (const Link& link : decision_.links) sum = joined(sum, question_.sides.at(link.identity));
    return !conflict_of(sum, question_.sides.at(identity), question_.rules);
  }

  /// Does joining the first `count` candidates keep every limit?
  bool may_join(std::size_t count) const {
    Side sum = question_.asked;
    std::set<Id> identities;
    if (sum.identity != 0) identities.insert(sum.identity);
    for (std::size_t index = 0; index < count; ++index) {
      const Link& link = candidates_[index].link;
      if (!candidates_[index].links || !identities.insert(link.identity).second) continue;
      const Side& other = question_.sides.at(link.identity);
      if (conflict_of(sum, other, question_.rules)) return false;
      for (const Id each : identities)
        if (question_.cannot_link.contains(ordered(each, link.identity))) return false;
      sum = joined(sum, other);
    }
    return identities.size() <= question_.rules.max_joined;
  }

  /// One mailbox, the oldest that has room: two are never joined.
  void join_mailbox() {
    const auto found = std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& candidate) {
      return !conflict_of(question_.asked, question_.sides.at(candidate.link.identity), question_.rules);
    });
    if (found != candidates_.end()) decision_.links.push_back(found->link);
  }

  void join_what_may_be() {
    std::size_t count = candidates_.size();
    while (count > 0 && !may_join(count)) --count;
    std::set<Id> linked;
    for (std::size_t index = 0; index < candidates_.size(); ++index) {
      const Candidate& candidate = candidates_[index];
      if (index < count && candidate.links) {
        if (linked.insert(candidate.link.identity).second) decision_.links.push_back(candidate.link);
      }
    }
    for (const Candidate& candidate : candidates_)
      if (!linked.contains(candidate.link.identity)) asks_.push_back(candidate);
  }

  const LinkQuestion& question_;
  std::vector<Candidate> candidates_;
  std::vector<Candidate> asks_;  // what is worth a question
  LinkDecision decision_;
};

}  // namespace

std::string_view code_of(LinkRule rule) {
  constexpr std::array<std::string_view, 6> kCodes = {"D1", "D2", "D3", "D4", "S1", ""};
  return kCodes[static_cast<std::size_t>(rule)];
}

double suggestion_weight(std::string_view code, bool household) {
  if (household) return 4;
  // An address, number or id in common that only a limit or a name kept from linking; or profiles that link each other.
  if (code.starts_with('D') || code == "L1" || code == "T1" || code == "H2" || code == kConflict) return kStrong;
  return 4;
}

Side joined(const Side& left, const Side& right) {
  Side sum = left;
  sum.records += right.records;
  sum.names.insert(sum.names.end(), right.names.begin(), right.names.end());
  for (const auto& [source, ids] : right.customer_ids) add_all(sum.customer_ids[source], ids);
  for (const auto& [scope, ids] : right.platform_ids) add_all(sum.platform_ids[scope], ids);
  add_all(sum.emails, right.emails);
  add_all(sum.mobiles, right.mobiles);
  add_all(sum.landlines, right.landlines);
  add_all(sum.birth_dates, right.birth_dates);
  return sum;
}

std::optional<std::string_view> conflict_of(const Side& left, const Side& right, const ResolutionRules& rules) {
  const Side sum = joined(left, right);
  if (has_more_ids(sum.customer_ids, left.customer_ids, right.customer_ids) ||
      has_more_ids(sum.platform_ids, left.platform_ids, right.platform_ids))
    return "L1";
  if (exceeds(sum.emails.size(), left.emails.size(), right.emails.size(), rules.max_emails) ||
      exceeds(sum.mobiles.size(), left.mobiles.size(), right.mobiles.size(), rules.max_mobiles) ||
      exceeds(sum.landlines.size(), left.landlines.size(), right.landlines.size(), rules.max_landlines))
    return "L1";
  if (births_conflict(left, right) || suffixes_conflict(left, right)) return "L2";
  if (sum.records > rules.max_records || identifiers_of(sum) > rules.max_identifiers) return "L3";
  return std::nullopt;
}

LinkDecision decide_links(const LinkQuestion& question) {
  return Deciding(question).decide();
}

std::size_t incompatible_names(const std::vector<PersonName>& names, std::size_t at_most) {
  return LargestApart(names, at_most).size();
}

}  // namespace identities
