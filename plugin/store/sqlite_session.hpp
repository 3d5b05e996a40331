// The SQLite dialect: one machine, one system user, WAL, every commit flushed. Throws as session.hpp says.
#pragma once

#include <memory>
#include <string>

#include "store/clock.hpp"
#include "store/session.hpp"

namespace identities::store {

/// Opens an existing, migrated database; never makes one. Throws Unavailable, with what to do, when there is none.
std::unique_ptr<Session> open_sqlite(const std::string& path, const Clock& clock, Microseconds deadline_us);

}  // namespace identities::store
