// The dialect of MySQL and MariaDB: for production, several machines and processes. Write transactions run at READ
// COMMITTED and lock what they read, so that commands on different customers do not meet; a read transaction sees one
// moment. Throws as session.hpp says.
#pragma once

#include <memory>

#include "store/clock.hpp"
#include "store/database_url.hpp"
#include "store/session.hpp"

namespace identities::store {

/// Connects to an existing, migrated database. Throws Unavailable, with what to do, when there is none.
std::unique_ptr<Session> open_mysql(const DatabaseUrl& url, const Clock& clock, Microseconds deadline_us);

}  // namespace identities::store
