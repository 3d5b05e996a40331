#include "store/retention.hpp"

#include "core/ids.hpp"

namespace identities::store {
namespace {

/// `last` gives the batch's last key: a time, and for the audit an id, which is ordered by time and has the only index.
struct Statements {
  std::string_view name;
  Statement last;
  Statement remove;
  Statement oldest;
};

const Statements& statements_of(Kept kept) {
  static const std::array<Statements, kAllKept.size()> kAll = {{
      {"deliveries",
       {"last_old_delivery",
        "SELECT MAX(received_us) FROM (SELECT received_us FROM delivery WHERE received_us < ? ORDER BY received_us "
        "LIMIT ?) AS batch"},
       {"delete_deliveries", "DELETE FROM delivery WHERE received_us <= ?"},
       {"oldest_delivery", "SELECT MIN(received_us) FROM delivery"}},
      {"commands",
       {"last_old_command",
        "SELECT MAX(at_us) FROM (SELECT at_us FROM command WHERE at_us < ? ORDER BY at_us LIMIT ?) AS batch"},
       {"delete_commands", "DELETE FROM command WHERE at_us <= ?"},
       {"oldest_command", "SELECT MIN(at_us) FROM command"}},
      {"audit",
       {"last_old_audit", "SELECT MAX(id) FROM (SELECT id FROM audit WHERE id < ? ORDER BY id LIMIT ?) AS batch"},
       {"delete_audit", "DELETE FROM audit WHERE id <= ?"},
       {"oldest_audit", "SELECT at_us FROM audit ORDER BY id LIMIT 1"}},
  }};
  return kAll[static_cast<std::size_t>(kept)];
}

}  // namespace

std::string_view name_of(Kept kept) {
  return statements_of(kept).name;
}

std::int64_t delete_oldest(Session& session, Kept kept, Microseconds before_us) {
  const Statements& statements = statements_of(kept);
  std::optional<std::int64_t> last;
  session.query(statements.last, {kept == Kept::kAudit ? first_id_at(before_us) : before_us, kRetentionBatch},
                [&](const Row& row) { last = optional_integer(row, 0); });
  return last ? session.execute(statements.remove, {*last}) : 0;
}

std::optional<Microseconds> oldest(Session& session, Kept kept) {
  std::optional<Microseconds> time_us;
  session.query(statements_of(kept).oldest, {}, [&](const Row& row) { time_us = optional_integer(row, 0); });
  return time_us;
}

}  // namespace identities::store
