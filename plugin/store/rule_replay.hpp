// Goes once more through what happened, by given rules, in a database of its own: the very code that takes deliveries
// and agents' decisions makes of it what those rules make. A record is named there by its stored id. Used by one thread
// at a time.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "store/accounts.hpp"
#include "store/happenings.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

class RuleReplay {
 public:
  /// session: of an empty database of our schema. stored: where the happenings come from; rules and accounts outlive
  /// this, too.
  RuleReplay(std::unique_ptr<Session> session, Pool& stored, const std::vector<Account>& accounts,
             const ResolutionRules& rules);

  /// In the order of their moments. Throws as session.hpp says.
  void take(std::span<const Happening> happenings);

  /// What became of it all. Its statements may take that long from now on.
  Session& session() { return *session_; }
  void allow(Microseconds time_us) { session_->set_deadline(stored_.clock().monotonic_us() + time_us); }
  /// What nobody could do by these rules, such as an agent's merge with a shared mailbox.
  std::size_t not_possible() const { return not_possible_; }

 private:
  void take(WriteBatch& batch, const Arrival& arrival);
  void take(WriteBatch& batch, const Judgement& judgement);
  std::vector<GivenIdentifier> given(const Arrival& arrival, const Account& account) const;
  /// A number's holders get the time at which each was last heard of by then.
  void recall_use(WriteBatch& batch, const std::vector<GivenIdentifier>& identifiers, Microseconds until_us);
  /// Their source says that two records are one customer.
  void declare(WriteBatch& batch, const IdentityEvent& event);
  // Each returns the events that it became here.
  std::vector<Id> merge(WriteBatch& batch, const IdentityEvent& event);
  std::vector<Id> keep_apart(WriteBatch& batch, const IdentityEvent& event);
  std::vector<Id> detach(WriteBatch& batch, const Judgement& judgement);
  std::vector<Id> undo(WriteBatch& batch, const Judgement& judgement);
  /// That a value is several people's was taken back, or brought back.
  void set_shared(WriteBatch& batch, const Judgement& judgement);
  /// The link here that found the same two records to be one person.
  std::vector<Id> same_link(Session& session, const IdentityEvent& link) const;
  /// Does it unless it does not fit what is here.
  template <typename Work>
  void attempt(std::vector<Id>& done, Work&& work);
  /// The record here, and its identity; 0, 0 when it is not here.
  std::pair<Id, Id> find(Session& session, Id stored_record) const;

  std::unique_ptr<Session> session_;
  Pool& stored_;
  const ResolutionRules& rules_;
  std::map<Id, Account> accounts_;
  std::map<Id, std::vector<Id>> done_;  // what each decision became here
  std::size_t not_possible_ = 0;
};

}  // namespace identities::store
