// A database of our schema for one run: an SQLite file that loses its name as soon as it is open, so that nothing of it
// is left however the process ends. Its room is given back when the session is destroyed.
#pragma once

#include <filesystem>
#include <memory>

#include "store/clock.hpp"
#include "store/session.hpp"

namespace identities::store {

/// Makes it in a folder of its own within `parent`, which must be a folder of a disk. It does not wait for the disk.
/// Throws std::runtime_error that says what to do.
std::unique_ptr<Session> make_nameless_database(const std::filesystem::path& parent, const Clock& clock,
                                                Microseconds deadline_us);

}  // namespace identities::store
