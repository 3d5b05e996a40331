// What agents write: notes, and that they looked (manifest/schemas/action.json). Every action has an idempotency key: a
// repeat gives the first outcome again. Each write is in the audit, by ids only. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "panel/asking.hpp"
#include "panel/commands.hpp"
#include "store/accounts.hpp"
#include "store/audit_log.hpp"
#include "store/pool.hpp"

namespace identities::panel {

class Actions {
 public:
  Actions(store::Pool& pool, store::AccountDirectory& directory, store::ReadAudit& audit)
      : pool_(pool), audit_(audit), commands_(pool, directory, audit) {}

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
  /// One step; false when there is nothing to remove.
  bool remove_deleted(Microseconds deadline_us);
  void purge(Microseconds deadline_us);

  store::Pool& pool_;
  store::ReadAudit& audit_;
  Commands commands_;
};

}  // namespace identities::panel
