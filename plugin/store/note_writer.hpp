// Notes: what agents write about an identity. A note hangs on one record. Uses the session it is given.
// REQUIRES for every function that writes: inside a write transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/view.hpp"
#include "store/session.hpp"

namespace identities::store {

enum class NoteLink : std::uint8_t { kNone, kEngagement, kTicket };

struct Note {
  Id id = 0;
  Id record = 0;
  Id identity = 0;
  Agent author;
  Microseconds created_us = 0;
  std::optional<Microseconds> edited_us;
  bool pinned = false;
  std::int64_t version = 1;
  NoteLink link = NoteLink::kNone;
  Id link_engagement = 0;
  Id link_account = 0;  // of the ticket that the note was written at
  std::string link_thread_key;
  std::string text;
};

/// The columns of `note n`, and a note of a row that begins with them.
inline constexpr std::string_view kNoteColumns =
    "n.id, n.record_id, n.author_id, n.author_name, n.created_us, n.edited_us, n.pinned, n.version, n.link_kind, "
    "n.link_engagement_id, n.link_account_id, n.link_thread_key, n.text";
Note note_of(const Row& row, Id identity);

std::optional<Note> find_note(Session& session, Id id);
void insert_note(Session& session, const Note& note);
/// Writes text, edited_us, pinned and version of a note that exists.
void update_note(Session& session, const Note& note);
/// For good: afterwards call Session::purge until it says true.
void delete_note(Session& session, Id id);

struct Command {
  std::string action;
  Id identity = 0;
  Id result = 0;
};

/// The first outcome of a command with that key, when there was one.
std::optional<Command> find_command(Session& session, std::string_view agent, std::string_view key);
void insert_command(Session& session, std::string_view agent, std::string_view key, const Command& command,
                    Microseconds now_us);

/// Deleted text may still stand in the database's files until Session::purge has said true: remembered in the database,
/// so that it outlives this process.
void want_purge(Session& session);
/// The wish of the last deletion while it is not fulfilled; nothing when there is none. REQUIRES: before the purge.
std::optional<std::string> purge_wanted(Session& session);
/// That wish is fulfilled. False when it is not the last any more: what was deleted since is still to be purged.
bool purged(Session& session, std::string_view wish);

/// Remembers that the agent looked at the identity now: at most once in ten minutes. Returns whether it wrote.
bool set_looked(Session& session, std::string_view agent, Id identity, Microseconds now_us);

}  // namespace identities::store
