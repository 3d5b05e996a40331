// Records, their identifiers and identities: finding the record that a source speaks of, or making it and linking it to
// the identity that shares a sound identifier. What it writes is in the batch it is given: flush or commit that.
// REQUIRES for every function: inside a write transaction.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/engagement.hpp"
#include "core/ids.hpp"
#include "store/accounts.hpp"
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
  IdentityWriter(WriteBatch& batch, Microseconds now_us, std::string_view actor)
      : batch_(batch), now_us_(now_us), actor_(actor) {}

  /// The record of that customer of the account. A new record joins the identity that already holds one of its sound
  /// identifiers, the kinds in the order customer, platform, email, phone; else it starts a new identity. Adds
  /// identifiers and a newer name to a record that exists. changed_us: when the source said so. thread: where it said
  /// so, 0 when it came with a profile, an import or a note; internal: in an internal engagement. A view without that
  /// is not shown it.
  RecordRef find_or_make(const Account& account, const Customer& customer, Microseconds changed_us, Id thread,
                         bool internal = false);

 private:
  struct Link {
    Id identity = 0;  // 0: no identity holds a sound identifier of the customer
    IdentifierKind kind = IdentifierKind::kEmail;
  };
  /// Draws the ids of a record that is yet to be inserted, and links it.
  RecordRef make(const Customer& customer);
  Link link_for(const Customer& customer);
  void lock_values(const Customer& customer);
  void lock_value(const GivenIdentifier& identifier);
  /// Who tells it, and when.
  struct Teller {
    Id record = 0;
    Id identity = 0;
    WriteBatch::Place place;
    Microseconds at_us = 0;
  };
  bool add_identifier(const GivenIdentifier& identifier, const Teller& teller);
  void log(std::string_view type, RecordRef ref, std::string_view payload);

  WriteBatch& batch_;
  Microseconds now_us_;
  std::string actor_;
};

}  // namespace identities::store
