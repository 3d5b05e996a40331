// What other rules would change: two replays of the same happenings compared, and with what is stored. It holds 40
// bytes a record, the suggestions, and the riskiest of what it found. Used by one thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "store/rule_replay.hpp"

namespace identities::store {

/// Identities that would be one, one that would be several, or two of a suggestion.
struct RuleChange {
  struct Part {
    Id identity = 0;  // as it is stored, of the oldest record
    std::size_t records = 0;
  };
  std::string rule;  // the weakest that joins them, joined them or suggests them; empty where none alone did
  std::vector<Part> parts;
  std::vector<Id> records;  // as they are stored
  std::size_t record_count = 0;
  std::int64_t messages = 0;  // this and the next: once tell_extent has been called
  std::vector<Id> accounts;
};

/// The riskiest changes of a kind: most records first, then the weakest rule.
class RuleChanges {
 public:
  /// most: how many are kept; 0: all.
  explicit RuleChanges(std::size_t most) : most_(most) {}
  void add(RuleChange change);
  /// Puts those that are kept in order.
  void sort();
  std::size_t count() const { return count_; }
  std::vector<RuleChange>& kept() { return kept_; }
  const std::vector<RuleChange>& kept() const { return kept_; }

 private:
  std::size_t most_;
  std::size_t count_ = 0;
  std::vector<RuleChange> kept_;
};

struct ReplayComparison {
  explicit ReplayComparison(std::size_t most) : merged(most), split(most), suggested(most), no_longer_suggested(most) {}
  std::size_t records = 0;
  std::size_t identities = 0;            // by the present rules
  std::size_t identities_by_others = 0;  // by the changed ones
  std::size_t stored_otherwise = 0;  // stored identities that the present rules would not make of their records today
  RuleChanges merged;
  RuleChanges split;
  RuleChanges suggested;
  RuleChanges no_longer_suggested;
};

/// stored: each record with the identity that it is in, by record. most: changes of each kind that are kept; 0: all.
ReplayComparison compare_replays(const std::vector<std::pair<Id, Id>>& stored, RuleReplay& present, RuleReplay& changed,
                                 std::size_t most);

/// Fills in messages and accounts, out of the database that the records are of.
void tell_extent(Pool& stored, std::vector<RuleChange>& changes);

}  // namespace identities::store
