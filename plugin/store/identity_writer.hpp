// Records, their identifiers and identities: finding the record that a source speaks of, or making it and linking it to
// the identity that shares a sound identifier. Uses the session it is given.
// REQUIRES for every function: inside a write transaction.
#pragma once

#include "core/engagement.hpp"
#include "core/ids.hpp"
#include "store/accounts.hpp"
#include "store/session.hpp"

namespace identities::store {

struct RecordRef {
  Id record = 0;
  Id identity = 0;
};

class IdentityWriter {
 public:
  IdentityWriter(Session& session, Microseconds now_us, std::string_view actor)
      : session_(session), now_us_(now_us), actor_(actor) {}

  /// The record of that customer of the account. A new record joins the identity that already holds one of its sound
  /// identifiers, the kinds in the order customer, platform, email, phone; else it starts a new identity. Adds
  /// identifiers and a newer name to a record that exists. changed_us: when the source said so.
  RecordRef find_or_make(const Account& account, const Customer& customer, Microseconds changed_us);

  /// Marks the identity as changed, so that open panels show it. Once per identity and writer.
  void touch(Id identity);

 private:
  Id identity_for(const Customer& customer);
  void add_identifiers(RecordRef ref, const Customer& customer, Microseconds changed_us);
  void log(std::string_view type, RecordRef ref, std::string_view payload);

  Session& session_;
  Microseconds now_us_;
  std::string actor_;
  std::vector<Id> touched_;
};

}  // namespace identities::store
