#include "store/note_writer.hpp"

#include <fmt/format.h>

namespace identities::store {
namespace {

constexpr Microseconds kLookedEveryUs = 10 * kMinuteUs;
constexpr std::size_t kWishBytes = 9;  // so that no two deletions have the same

const Statement kFind{"find_note", fmt::format("SELECT {}, r.identity_id FROM note n JOIN record r ON r.id = "
                                               "n.record_id WHERE n.id = ? @for_update",
                                               kNoteColumns)};
const Statement kInsert{"insert_note",
                        "INSERT INTO note (id, record_id, author_id, author_name, created_us, pinned, version, "
                        "link_kind, link_engagement_id, "
                        "link_account_id, link_thread_key, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kUpdate{"update_note", "UPDATE note SET text = ?, edited_us = ?, pinned = ?, version = ? WHERE id = ?"};
const Statement kDelete{"delete_note", "DELETE FROM note WHERE id = ?"};
const Statement kFindCommand{
    "find_command", "SELECT action, identity_id, result_id FROM command WHERE agent_id = ? AND command_key = ?"};
const Statement kInsertCommand{
    "insert_command",
    "INSERT INTO command (agent_id, command_key, action, identity_id, at_us, result_id) VALUES (?, ?, ?, ?, ?, ?)"};
const Statement kWantPurge{"want_purge", "UPDATE setting SET value = ? WHERE name = 'purge_wanted'"};
const Statement kPurgeWanted{"purge_wanted", "SELECT value FROM setting WHERE name = 'purge_wanted' AND value <> '0'"};
const Statement kPurged{"purged", "UPDATE setting SET value = '0' WHERE name = 'purge_wanted' AND value = ?"};
const Statement kFindLooked{"find_looked",
                            "SELECT at_us FROM looked WHERE agent_id = ? AND identity_id = ? @for_update"};
const Statement kInsertLooked{"insert_looked", "INSERT INTO looked (agent_id, identity_id, at_us) VALUES (?, ?, ?)"};
const Statement kUpdateLooked{"update_looked",
                              "UPDATE looked SET before_us = at_us, at_us = ? WHERE agent_id = ? AND identity_id = ?"};

}  // namespace

Note note_of(const Row& row, Id identity) {
  Note note;
  note.id = row.integer(0);
  note.record = row.integer(1);
  note.identity = identity;
  note.author = {std::string(row.text(2)), std::string(row.text(3))};
  note.created_us = row.integer(4);
  note.edited_us = optional_integer(row, 5);
  note.pinned = row.integer(6) != 0;
  note.version = row.integer(7);
  note.link = static_cast<NoteLink>(row.integer(8));
  note.link_engagement = row.integer(9);
  note.link_account = row.integer(10);
  note.link_thread_key = row.text(11);
  note.text = row.text(12);
  return note;
}

std::optional<Note> find_note(Session& session, Id id) {
  std::optional<Note> found;
  session.query(kFind, {id}, [&](const Row& row) { found = note_of(row, row.integer(13)); });
  return found;
}

void insert_note(Session& session, const Note& note) {
  session.execute(kInsert,
                  {note.id, note.record, note.author.id, note.author.name, note.created_us, std::int64_t{note.pinned},
                   note.version, static_cast<std::int64_t>(note.link), id_or_null(note.link_engagement),
                   id_or_null(note.link_account), or_null(note.link_thread_key), note.text});
}

void update_note(Session& session, const Note& note) {
  session.execute(kUpdate, {note.text, or_null(note.edited_us), std::int64_t{note.pinned}, note.version, note.id});
}

void delete_note(Session& session, Id id) {
  session.execute(kDelete, {id});
}

std::optional<Command> find_command(Session& session, std::string_view agent, std::string_view key) {
  std::optional<Command> found;
  session.query(kFindCommand, {agent, key}, [&](const Row& row) {
    found = Command{std::string(row.text(0)), row.integer(1), row.integer(2)};
  });
  return found;
}

void insert_command(Session& session, std::string_view agent, std::string_view key, const Command& command,
                    Microseconds now_us) {
  session.execute(kInsertCommand, {agent, key, command.action, command.identity, now_us, command.result});
}

void want_purge(Session& session) {
  // Not a count: one that begins again at 0 would be the same as a former one.
  const std::string wish = random_token(kWishBytes);
  session.execute(kWantPurge, {wish});
}

std::optional<std::string> purge_wanted(Session& session) {
  std::optional<std::string> wish;
  session.query(kPurgeWanted, {}, [&](const Row& row) { wish = row.text(0); });
  return wish;
}

bool purged(Session& session, std::string_view wish) {
  return session.execute(kPurged, {wish}) != 0;
}

bool set_looked(Session& session, std::string_view agent, Id identity, Microseconds now_us) {
  bool known = false;
  Microseconds at_us = 0;
  session.query(kFindLooked, {agent, identity}, [&](const Row& row) {
    known = true;
    at_us = row.integer(0);
  });
  if (known && now_us - at_us < kLookedEveryUs) return false;
  if (known)
    session.execute(kUpdateLooked, {now_us, agent, identity});
  else
    session.execute(kInsertLooked, {agent, identity, now_us});
  return true;
}

}  // namespace identities::store
