// The records of an identity and of those that were parted from it, as far as they are in view, each read once; what
// the log speaks of. Borrows what it is made of; used by one thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/identity_event.hpp"
#include "panel/comparing.hpp"

namespace identities::panel {

class SeenRecords {
 public:
  SeenRecords(const Looking& looking, const IdentityPicture& own) : looking_(looking), own_(own) {}

  /// nullptr when it is hidden, or gone.
  const store::RecordRow* find(Id id);
  std::vector<store::IdentifierRow> identifiers(const store::RecordRow& record);

  /// Those of the event; nothing when one of them is hidden, but for the event of whoever asks, which is told as far as
  /// it is in view.
  std::optional<std::vector<const store::RecordRow*>> of(const IdentityEvent& event);

  /// Has the record the identifier by which this ticket's requester is known?
  bool is_requester(const store::RecordRow& record);

  void write_identifiers(JsonWriter& json, const store::RecordRow& record);

 private:
  struct Other {
    Id identity = 0;
    std::vector<store::RecordRow> records;
    std::optional<std::vector<store::IdentifierRow>> identifiers;
  };

  bool is_gone(Id id);
  Other& read(Id record);

  const Looking& looking_;
  const IdentityPicture& own_;
  std::map<Id, Id> identity_of_;
  std::map<Id, Other> others_;
};

bool is_by_agent(const IdentityEvent& event);
/// By whoever asks?
bool is_by(const IdentityEvent& event, const Asking& asking);
/// The agent of an event by one.
std::string_view agent_of(const IdentityEvent& event);

/// The agents of these events, by their names where they are known.
class Actors {
 public:
  Actors(const Looking& looking, std::span<const IdentityEvent> events);

  /// The member "actor"; null: a rule did it.
  void write(JsonWriter& json, const IdentityEvent& event) const;

 private:
  std::map<std::string, std::string> names_;  // by id
};

}  // namespace identities::panel
