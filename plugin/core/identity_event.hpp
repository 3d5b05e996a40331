// An event of the identity log and what it changed: ids, rules and deltas, never a value or a name. Plain values; the
// functions are pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/timestamp.hpp"

namespace identities {

enum class EventType : std::uint8_t {
  kObserve,
  kAutolink,
  kMerge,
  kSplit,
  kUnlink,
  kJudgeNot,
  kUndo,
  kBlockValue,
  kJudgeSame
};

/// As identity_log.type has it: "observe", "autolink", "merge", "split", "unlink", "judge_not", "undo", "block_value",
/// "judge_same".
std::string_view name_of(EventType type);
/// Nothing is known of another name than those: throws std::runtime_error, for the log is ours.
EventType event_type(std::string_view name);

/// A record that changed its identity; from 0: it is new.
struct Move {
  Id record = 0;
  Id from = 0;
  Id to = 0;
  bool operator==(const Move&) const = default;
};

/// Where an identity leads; 0: it is live itself.
struct Redirect {
  Id identity = 0;
  Id before = 0;
  Id after = 0;
  bool operator==(const Redirect&) const = default;
};

/// Two records that cannot be one person, the smaller id first, and the event that said so.
struct CannotLink {
  Id record = 0;
  Id other = 0;
  Id log = 0;
  bool operator==(const CannotLink&) const = default;
  bool operator<(const CannotLink& than) const {
    return std::tie(record, other, log) < std::tie(than.record, than.other, than.log);
  }
};

/// A suggestion's state before and after.
struct Decided {
  Id suggestion = 0;
  int before = 0;
  int after = 0;
  bool operator==(const Decided&) const = default;
};

/// An identifier of a record and the event that took it off: above 0, it is off by that; below 0, that was undone; 0,
/// it was never off.
struct Detached {
  Id record = 0;
  Id before = 0;
  Id after = 0;
  bool operator==(const Detached&) const = default;
};

/// A value that became several people's by the event `log`, which tells it without its text: whether it was so before
/// and is after.
struct SharedValue {
  Id log = 0;
  bool before = false;
  bool after = false;
  bool operator==(const SharedValue&) const = default;
};

struct IdentityDelta {
  std::vector<Move> moves;
  std::vector<Id> made;  // identities that began with it
  std::vector<Redirect> redirects;
  std::vector<CannotLink> added;
  std::vector<CannotLink> withdrawn;
  std::vector<Decided> decided;
  std::vector<Detached> detached;
  std::vector<SharedValue> shared;
  bool operator==(const IdentityDelta&) const = default;
  bool empty() const;
};

/// What takes it back. An identity that began stays, without records: its id leads to where they went.
IdentityDelta inverse(const IdentityDelta& delta);

struct IdentityEvent {
  Id id = 0;
  Microseconds at_us = 0;
  std::string actor;  // "agent:<id>", "account:<name>"
  EventType type = EventType::kObserve;
  Id identity = 0;  // the one that lives on
  Id record = 0;
  Id target = 0;            // of an undo
  std::string rule;         // "D3", "J" ...
  std::pair<Id, Id> pair;   // the records by which two identities were found to be one; 0, 0: none
  std::vector<Id> beside;   // the records that were in the identity before the moved ones came
  std::vector<Id> touched;  // further records that it spoke of
  IdentityDelta delta;

  /// Those that it moved or spoke of, each once.
  std::vector<Id> records() const;
  /// The same with those that were beside them.
  std::set<Id> records_beside() const;
};

/// The payload of the log's row, and back. Throws std::runtime_error when it is not one.
std::string payload_of(const IdentityEvent& event);
void read_payload(std::string_view json, IdentityEvent& event);

}  // namespace identities
