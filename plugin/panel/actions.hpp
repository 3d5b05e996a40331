// What agents write: notes, and that they looked (manifest/schemas/action.json). Every action has an idempotency key: a
// repeat gives the first outcome again. Each write is in the audit, by ids only. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "panel/asking.hpp"
#include "store/accounts.hpp"
#include "store/audit_log.hpp"
#include "store/pool.hpp"

namespace identities::panel {

/// Somebody changed or deleted it meanwhile; what() says so.
class Conflict : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// This agent may not do that to another's note.
class Forbidden : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Actions {
 public:
  Actions(store::Pool& pool, store::AccountDirectory& directory, store::ReadAudit& audit)
      : pool_(pool), directory_(directory), audit_(audit) {}

  /// Each takes an action's JSON and returns its reply's. Throws BadRequest, NotFound, Conflict, Forbidden,
  /// store::Unavailable and store::DeadlineExceeded; nothing is written then.
  std::string add_note(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string edit_note(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string pin_note(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string delete_note(std::string_view json, std::string_view request_id, Microseconds deadline_us);
  std::string looked(std::string_view json, std::string_view request_id, Microseconds deadline_us);

  /// What the host's job does each second: writes queued reads to the audit, removes what is left of deleted threads,
  /// and makes what was deleted unreadable in the database's files where readers kept it from being done at once.
  void housekeep(Microseconds deadline_us);

 private:
  struct Command;
  template <typename Work>
  std::string run(std::string_view json, std::string_view request_id, std::string_view action, Microseconds deadline_us,
                  Work&& work);

  static std::string repeat(const Command& command, const store::Command& before, std::string_view action);
  /// One step; false when there is nothing to remove.
  bool remove_deleted(Microseconds deadline_us);
  void purge(Microseconds deadline_us);

  store::Pool& pool_;
  store::AccountDirectory& directory_;
  store::ReadAudit& audit_;
};

}  // namespace identities::panel
