// Whom a new record, or a new identifier of a known one, belongs to: looks up who has the same, lets the rules decide
// (core/link_rules), and carries it out. Every link says by which rule, and can be undone. Used by one thread.
// REQUIRES for every function: inside a write transaction, with the rows of the identifiers' values locked.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/link_rules.hpp"
#include "core/value_evidence.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

class Linker {
 public:
  Linker(WriteBatch& batch, Microseconds now_us, std::string actor, const ResolutionRules& rules)
      : batch_(batch), now_us_(now_us), actor_(std::move(actor)), rules_(rules) {}

  /// What a record brings that might lead to others.
  struct Brought {
    Id record = 0;
    Microseconds at_us = 0;
    std::vector<GivenIdentifier> identifiers;
    GivenProfile profile;  // its handle may be empty
  };

  /// What to do about it; writes nothing. side: the new record's, or its identity's.
  LinkDecision decide(const Brought& brought, Side side);

  /// Stores by what others may find the record. REQUIRES: the record is written or pending.
  void remember(const Brought& brought);

  /// Carries out all but `done`, the identity that a new record was put into. Returns the identity that the record is
  /// in now. REQUIRES: record and identifiers are written or pending.
  Id carry_out(const Brought& brought, Id identity, const LinkDecision& decision, Id done);

  /// Joins two records whom their source calls one customer (D1); a customer leaves the shared mailbox that it was
  /// taken for. No limit counts against that; where an agent keeps them apart, an agent is asked. False when that
  /// changes nothing. REQUIRES: the records' rows are locked.
  bool join_declared(Id record, Id other);

  /// Values that too many different people have now link nobody any more (S2). REQUIRES: after decide.
  void doubt_values(const Brought& brought);
  /// The same for all values of a record that has another name now.
  void doubt_values_of(Id record);

 private:
  /// side loses what is shared: it counts for no limit.
  std::vector<Evidence> read_evidence(const Brought& brought, Side& side);
  void end_use(const Brought& brought, const Recycled& recycled);
  /// True when an agent is asked something new.
  bool suggest(const Suggested& suggested);
  bool tell_conflict(const Suggested& conflict);
  using Value = std::pair<std::string, std::string>;  // kind, value
  /// REQUIRES: the values are locked.
  void doubt(const std::set<Value>& values);
  void doubt(const Value& value, const std::vector<Holder>& holders);

  WriteBatch& batch_;
  Microseconds now_us_;
  std::string actor_;
  const ResolutionRules& rules_;
  bool may_be_shared_ = false;  // what decide saw of the values' holders
};

}  // namespace identities::store
