// Reads threads of an identity that a page of its history refers to. Everything passes the view's filter in SQL. Uses
// the session it is given.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/identifier.hpp"
#include "store/identity_reader.hpp"
#include "store/thread_sums.hpp"
#include "store/view_filter.hpp"

namespace identities::store {

/// Those threads, in that order, with what the identity's records did in them.
std::vector<ThreadRow> read_threads(Session& session, std::span<const Id> threads, Id identity,
                                    const ViewFilter& filter);

/// Those threads, with what these records did in them, and the moment's settings_version and holder of the key.
struct ThreadsOfKey {
  std::vector<ThreadRow> threads;  // in the order that was asked for
  std::int64_t settings_version = 0;
  IdentityRef holder;
};

/// Nothing when the value names no only holder, none of the threads is there, or there are too many for one statement.
std::optional<ThreadsOfKey> read_threads_of_key(Session& session, std::span<const Id> threads,
                                                std::span<const Id> records, IdentifierKind kind, std::string_view key);

}  // namespace identities::store
