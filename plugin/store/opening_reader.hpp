// Everything that an opening shows of one identity to an agent who sees everything, in as few round trips as the
// dialect allows: one procedure on MySQL, one statement a table on SQLite. Interests are named by the taxonomy
// afterwards. What is bounded here says so; the readers of identity_reader.hpp and history_reader.hpp give the rest.
// Uses the session it is given.
#pragma once

#include "store/history_reader.hpp"
#include "store/identity_reader.hpp"

namespace identities::store {

struct OpeningQuery {
  Id identity = 0;  // 0: whoever holds the key below
  IdentifierKind kind = IdentifierKind::kEmail;
  std::string_view key;
  Id account = 0;  // the asking one, whose own record decides where a value is shared
  std::string_view agent;
  std::size_t rows = 0;  // engagements on the page
  bool use_card = true;
};

/// Changes whenever the bytes of a card mean something else (opening_card.hpp).
constexpr int kCardFormat = 1;

/// What one record did in one thread, with the thread.
struct ThreadOfRecord {
  ThreadRow thread;  // first_us, last_us and messages: of what was written to each other
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t internal = 0;
  std::optional<Microseconds> first_us;
  std::optional<Microseconds> last_us;
  std::optional<Microseconds> internal_first_us;
  std::optional<Microseconds> internal_last_us;
  std::optional<Microseconds> waiting_since_us;
};

/// An attribute whose interest has no name yet, and its id.
struct UnnamedAttribute {
  AttributeRow row;
  Id interest = 0;
};

struct Opening {
  Settings settings;
  IdentityRef ref;  // id 0: nobody; then all below is empty
  std::optional<Looked> looked;
  std::vector<RecordRow> records;
  std::vector<IdentifierRow> identifiers;    // by the time when they were first seen
  std::vector<Note> notes;                   // pinned first, then newest
  std::vector<UnnamedAttribute> attributes;  // without removed ones; expired ones too
  std::vector<ThreadOfRecord> threads;
  bool all_threads = true;
  std::vector<TriggerRow> triggers;  // with words, oldest first; without names
  bool all_triggers = true;
  HistoryPage page;  // the newest
  bool has_page = true;
  bool from_card = false;
};

/// REQUIRES: outside a transaction.
Opening read_opening(Session& session, const OpeningQuery& query);

/// The sums over all threads. present_thread: the one that `other_open` leaves out; 0: none.
ThreadTotals totals_of(const std::vector<ThreadOfRecord>& threads, Id present_thread);

/// Those threads, with what all records together did in them, internal engagements included.
std::vector<ThreadRow> threads_among(const std::vector<ThreadOfRecord>& threads, std::span<const Id> wanted);

}  // namespace identities::store
