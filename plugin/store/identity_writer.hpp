// Records, their identifiers and identities: finding the record that a source speaks of, or making it and linking it to
// the identity that shares a sound identifier. What it writes is in the batch it is given: flush or commit that.
// REQUIRES for every function: inside a write transaction.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/engagement.hpp"
#include "core/identity_event.hpp"
#include "core/ids.hpp"
#include "store/accounts.hpp"
#include "store/linker.hpp"
#include "store/session.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

struct RecordRef {
  Id record = 0;
  Id identity = 0;
  bool changed = false;  // made, renamed, or given a new identifier
};

class IdentityWriter {
 public:
  IdentityWriter(WriteBatch& batch, Microseconds now_us, std::string_view actor, const ResolutionRules& rules)
      : batch_(batch), now_us_(now_us), actor_(actor), linker_(batch, now_us, actor_, rules) {}

  /// The record of that customer of the account. A new record, or one that brings a new identifier, joins whom the
  /// rules say it is (core/link_rules); else it starts a new identity. Adds
  /// identifiers and a newer name to a record that exists. changed_us: when the source said so. thread: where it said
  /// so, 0 when it came with a profile, an import or a note; internal: in an internal engagement. A view without that
  /// is not shown it.
  RecordRef find_or_make(const Account& account, const Customer& customer, Microseconds changed_us, Id thread,
                         bool internal = false);

  /// Its profile says that: whoever else has the handle may be suggested, and whose profile is linked to it.
  void bring_profile(RecordRef ref, GivenProfile profile, Microseconds at_us);

  /// Their source says that they are one customer; false when that changes nothing.
  bool join(RecordRef one, RecordRef other) { return linker_.join_declared(one.record, other.record); }

 private:
  /// Draws the ids of a record that is yet to be inserted, and puts it into the identity that the decision names first.
  RecordRef make(const Customer& customer, Linker::Brought& brought, LinkDecision& decision);
  /// The records that the first link takes a new one to; links that do not fit it are dropped.
  void read_beside(const Side& side, LinkDecision& decision, IdentityEvent& event);
  /// A record that says who it is now is no mailbox's any more. REQUIRES: no row of the batch is held on to.
  void leave_mailbox(const Account& account, const Customer& customer);
  /// A record of which nothing was known but what it brings, a role's address, is treated as a newcomer with that.
  /// Returns the mailbox; 0: it is none.
  Id enter_mailbox(const Linker::Brought& brought, Side side);
  /// What follows once the record stands with what it brings. Returns the identity that it is in now.
  Id link(RecordRef ref, const Linker::Brought& brought, const LinkDecision& decision);
  void lock_values(const Customer& customer);
  void lock_value(const GivenIdentifier& identifier);
  /// Who tells it, and when.
  struct Teller {
    Id record = 0;
    Id identity = 0;
    WriteBatch::Place place;
    Microseconds at_us = 0;
  };
  struct Added {
    bool fresh;  // the record had not got it
    bool heard;  // it, or where it was told, is news
  };
  Added add_identifier(const GivenIdentifier& identifier, const Teller& teller);

  WriteBatch& batch_;
  Microseconds now_us_;
  std::string actor_;
  Linker linker_;
};

}  // namespace identities::store
