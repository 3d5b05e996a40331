// Figures about the data that an administrator looks at. Reads only; uses the session it is given.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/timestamp.hpp"
#include "store/session.hpp"

namespace identities::store {

struct AccountFlow {
  std::string name;
  bool disabled = false;
  std::int64_t last_hour = 0;  // deliveries
  std::int64_t last_day = 0;
  std::optional<Microseconds> newest_us;  // nothing: none is kept
};

/// What an administrator set for an account.
struct AccountSettings {
  std::string name;
  std::string time_zone;  // empty: none
  std::string url_ticket;
  std::string url_order;
  std::string url_profile;
};

std::vector<AccountSettings> read_account_settings(Session& session);

/// By name. Counts walk the deliveries of a day, and where an account had none in it, as far back as its newest.
std::vector<AccountFlow> read_flow(Session& session, Microseconds now_us);

}  // namespace identities::store
