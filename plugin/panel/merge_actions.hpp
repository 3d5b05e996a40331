// What agents decide of who is who: accepting and refusing suggestions, merging, splitting, taking off, and undoing
// (manifest/schemas/action.json). Each can be undone, and says so by the id of its entry in the log. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "panel/commands.hpp"

namespace identities::panel {

class MergeActions {
 public:
  MergeActions(store::Pool& pool, store::AccountDirectory& directory, store::ReadAudit& audit)
      : commands_(pool, directory, audit) {}

  /// Each takes an action's JSON and returns its reply's. Throws BadRequest, NotFound, Conflict, store::Unavailable and
  /// store::DeadlineExceeded; nothing is written then.
  std::string accept(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string refuse(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string merge(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string split(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string unlink(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string judge(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string undo(std::string_view json, std::string_view request_id, Microseconds deadline_us);

 private:
  template <typename Work>
  std::string run(const Commands::Call& call, const Work& work);

  Commands commands_;
};

}  // namespace identities::panel
