#include "store/lease.hpp"

namespace identities::store {
namespace {

const Statement kServerTime{"server_time", "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))"};
const Statement kFind{"find_lease", "SELECT name, holder, until_us FROM lease WHERE name = ?"};
const Statement kAll{"leases", "SELECT name, holder, until_us FROM lease ORDER BY name"};
const Statement kInsert{"insert_lease", "INSERT INTO lease (name, holder, until_us) VALUES (?, ?, ?)"};
const Statement kTake{"take_lease",
                      "UPDATE lease SET holder = ?, until_us = ? WHERE name = ? AND holder = ? AND until_us = ?"};
const Statement kMove{"move_lease", "UPDATE lease SET holder = ?, until_us = ? WHERE name = ? AND holder = ?"};

LeaseRow lease_of(const Row& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), row.integer(2)};
}

}  // namespace

Microseconds lease_clock_us(Session& session, const Clock& clock) {
  if (session.dialect() == Dialect::kSqlite) return clock.now_us();
  Microseconds now_us = 0;
  session.query(kServerTime, {}, [&](const Row& row) { now_us = row.integer(0); });
  return now_us;
}

bool is_free(const LeaseRow& row, Microseconds now_us, Microseconds interval_us) {
  if (!row.holder.empty()) return row.until_us <= now_us || row.until_us > now_us + kLeaseUs;
  return row.until_us <= now_us - interval_us || row.until_us > now_us;
}

std::optional<LeaseRow> find_lease(Session& session, std::string_view name) {
  std::optional<LeaseRow> found;
  session.query(kFind, {name}, [&](const Row& row) { found = lease_of(row); });
  return found;
}

std::vector<LeaseRow> read_leases(Session& session) {
  std::vector<LeaseRow> rows;
  session.query(kAll, {}, [&](const Row& row) { rows.push_back(lease_of(row)); });
  return rows;
}

bool take_lease(Session& session, std::string_view name, const std::optional<LeaseRow>& seen, std::string_view holder,
                Microseconds now_us) {
  if (seen) return session.execute(kTake, {holder, now_us + kLeaseUs, name, seen->holder, seen->until_us}) == 1;
  try {
    session.execute(kInsert, {name, holder, now_us + kLeaseUs});
    return true;
  } catch (const Duplicate&) {
    return false;
  }
}

bool renew_lease(Session& session, std::string_view name, std::string_view holder, Microseconds now_us) {
  return session.execute(kMove, {holder, now_us + kLeaseUs, name, holder}) == 1;
}

void give_lease_back(Session& session, std::string_view name, std::string_view holder, Microseconds now_us) {
  session.execute(kMove, {std::string_view{}, now_us, name, holder});
}

}  // namespace identities::store
