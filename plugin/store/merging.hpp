// Merging identities, splitting them, and taking back anything of that. Each command writes one event into the log,
// from which it can be undone for ever: exactly where nothing later touched the same records, else as if it had not
// happened. Facts hang on records, so they follow without being rewritten. Used by one thread, within one write
// transaction.
#pragma once

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/identity_event.hpp"
#include "store/membership.hpp"

namespace identities::store {

/// The command does not fit what is. what() is "reason: words": a reason that a program can tell by (changed,
/// one-already, two-already, shared-mailbox, too-much-since, undone-already, nothing-to-undo, gone, parts),
/// and words for an agent. Nothing was written.
class NotPossible : public std::runtime_error {
 public:
  NotPossible(std::string_view reason, std::string_view words)
      : std::runtime_error(std::string(reason).append(": ").append(words)), reason_(reason) {}

  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string reason_;
};

/// The reason where a shared mailbox is one of those to be joined.
constexpr std::string_view kSharedMailbox = "shared-mailbox";

/// By what two identities were found to be one person.
struct Found {
  EventType type = EventType::kMerge;
  std::string rule = "J";
  std::pair<Id, Id> pair;  // records, one of each; 0, 0: their oldest
  Id suggestion = 0;       // that was accepted
};

/// What an undo would do.
struct UndoPlan {
  bool exact = true;  // nothing later touched the same records
  IdentityDelta delta;
  std::vector<Id> touched;     // records that the event was about
  std::vector<Id> identities;  // all that it changes, but for those that it makes
};

/// Records, and events, of which one undo may be reckoned anew while an agent waits. An exact one knows no limit.
constexpr std::size_t kMostConcerned = 2'000;

class Merging {
 public:
  Merging(WriteBatch& batch, Microseconds now_us, std::string actor)
      : batch_(batch), now_us_(now_us), actor_(std::move(actor)) {}

  // Each throws NotPossible, and Contended when another transaction came between: the command may run again.

  /// The older identity lives on. An agent's merge withdraws what kept them apart; a rule's does not.
  IdentityEvent merge(Id left, Id right, const Found& found);
  /// Those records leave for an identity of their own: the one that held just them once, else a new one.
  IdentityEvent split(Id identity, const std::set<Id>& records, EventType type = EventType::kSplit);
  /// Takes an identifier off all records of the identity.
  IdentityEvent unlink(Id identity, std::string_view kind, std::string_view value);
  /// They are two people. suggestion: that was refused, or 0.
  IdentityEvent judge_not(Id left, Id right, Id suggestion);
  /// The records of a doubted pair, which one identity holds, are one person's all the same.
  IdentityEvent judge_same(Id identity, std::pair<Id, Id> records, Id suggestion);
  IdentityEvent undo(Id event);

  /// What undo would do now, as the event of the id `undo`; nothing is written.
  static UndoPlan plan_undo(Session& session, Id event, Id undo, Microseconds now_us);

 private:
  /// An event of these, which are locked.
  IdentityEvent begin(EventType type, const std::vector<Member>& members);
  IdentityEvent finish(IdentityEvent event);
  /// What they are to be compared by, and with whom, is not as it was.
  void queue_all(const std::set<Id>& records);

  WriteBatch& batch_;
  Microseconds now_us_;
  std::string actor_;
};

}  // namespace identities::store
