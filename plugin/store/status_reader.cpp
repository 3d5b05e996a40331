#include "store/status_reader.hpp"

#include <algorithm>

#include "core/ids.hpp"

namespace identities::store {
namespace {

const Statement kAccounts{"accounts_by_name", "SELECT id, name, disabled_us FROM account ORDER BY name"};
const Statement kCounts{"deliveries_by_account",
                        "SELECT account_id, COUNT(*), SUM(CASE WHEN received_us >= ? THEN 1 ELSE 0 END), "
                        "MAX(received_us) FROM delivery WHERE received_us >= ? GROUP BY account_id"};
const Statement kNewest{"newest_delivery",
                        "SELECT received_us FROM delivery WHERE account_id = ? ORDER BY received_us DESC LIMIT 1"};

const Statement kSettings{"account_settings",
                          "SELECT name, time_zone, url_ticket, url_order, url_profile FROM account ORDER BY name"};

}  // namespace

std::vector<AccountSettings> read_account_settings(Session& session) {
  std::vector<AccountSettings> accounts;
  session.query(kSettings, {}, [&](const Row& row) {
    accounts.push_back({std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)),
                        std::string(row.text(3)), std::string(row.text(4))});
  });
  return accounts;
}

std::vector<AccountFlow> read_flow(Session& session, Microseconds now_us) {
  std::vector<AccountFlow> flows;
  std::vector<Id> ids;
  session.query(kAccounts, {}, [&](const Row& row) {
    ids.push_back(row.integer(0));
    flows.push_back({std::string(row.text(1)), !row.is_null(2), 0, 0, std::nullopt});
  });
  session.query(kCounts, {now_us - kHourUs, now_us - kDayUs}, [&](const Row& row) {
    const auto found = std::find(ids.begin(), ids.end(), row.integer(0));
    if (found == ids.end()) return;
    AccountFlow& flow = flows[static_cast<std::size_t>(found - ids.begin())];
    flow.last_day = row.integer(1);
    flow.last_hour = row.integer(2);
    flow.newest_us = row.integer(3);
  });
  for (std::size_t index = 0; index < flows.size(); ++index) {
    if (flows[index].newest_us) continue;
    session.query(kNewest, {ids[index]}, [&](const Row& row) { flows[index].newest_us = row.integer(0); });
  }
  return flows;
}

}  // namespace identities::store
