// Everything that an opening shows of one identity to an agent who sees everything, in as few round trips as the
// dialect allows: one statement where it has its card, else one procedure on MySQL, one statement a table on SQLite.
// Interests are named by the taxonomy afterwards. What is bounded here says so; the readers of identity_reader.hpp and
// history_reader.hpp give the rest. Uses the session it is given.
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
  std::string_view thread;  // the ticket's source key in that account
  std::size_t rows = 0;     // engagements on the page
  bool use_card = true;
};

/// Changes whenever the bytes of a card mean something else (opening_card.hpp).
constexpr int kCardFormat = 1;

/// An attribute whose interest has no name yet, and its id.
struct UnnamedAttribute {
  AttributeRow row;
  Id interest = 0;
};

struct Opening {
  Settings settings;
  IdentityRef ref;  // id 0: nobody; then all below is empty
  std::optional<Looked> looked;
  Id thread = 0;  // the ticket's; 0: nothing of it is stored
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
  bool searched = false;  // the key's value names no only holder
};

/// Settings, ref, looked and thread in one statement; from a card everything else, too, else it stays empty.
Opening read_head(Session& session, const OpeningQuery& query);

/// REQUIRES: outside a transaction.
Opening read_opening(Session& session, const OpeningQuery& query);

}  // namespace identities::store
