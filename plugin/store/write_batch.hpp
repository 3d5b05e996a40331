// What a write transaction knows and has yet to write: rows that were found, locked, and are changed in memory first,
// and statements that go to the database together, in few round trips. Several deliveries of one transaction share it.
// A row that was read is read no second time, so whoever writes those tables by statements of their own takes the
// session from `written` or `forgotten`. Lives as long as the transaction at most; used by one thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/engagement.hpp"
#include "core/ids.hpp"
#include "store/session.hpp"

namespace identities::store {

/// In the order in which they are written: a row after what it refers to, an update after the row's insertion.
enum class Stage : std::uint8_t { kIdentities, kRecords, kRows, kUpdates };

class WriteBatch {
 public:
  explicit WriteBatch(Session& session) : session_(session) {}
  WriteBatch(const WriteBatch&) = delete;
  WriteBatch& operator=(const WriteBatch&) = delete;

  struct KeyRow {
    bool exists = false;
    Id engagement = 0;  // 0: deleted
    Microseconds changed_us = 0;
    std::int64_t tie = 0;
  };
  struct ThreadRow {
    Id id = 0;  // 0: none
    std::string partition;
    Microseconds partition_us = 0;
    std::string subject;
    Microseconds subject_us = 0;
    std::int64_t status = 0;
    Microseconds status_us = 0;
  };
  struct RecordRow {
    Id id = 0;  // 0: none
    Id identity = 0;
    Microseconds name_us = 0;
    std::string name;
    bool in_mailbox = false;  // the identity is a shared mailbox
  };
  struct ToldRow {
    bool exists = false;
    Microseconds name_us = 0;
    std::string name;
  };
  struct IdentifierRow {
    bool exists = false;
    bool verified = false;
    Microseconds first_us = 0;
    std::string shown;
  };
  struct CountsRow {
    bool exists = false;
    std::array<std::int64_t, 3> by_direction{};
    std::optional<Microseconds> first_us;
    std::optional<Microseconds> last_us;
    std::optional<Microseconds> last_in_us;
    std::optional<Microseconds> last_out_us;
    std::optional<Microseconds> waiting_since_us;
    std::optional<Microseconds> internal_first_us;
    std::optional<Microseconds> internal_last_us;
  };
  /// Where something is told: record_told and identifier_told hold a row for each.
  struct Place {
    Id thread = 0;  // 0: with a profile, an import or a note
    std::int64_t internal = 0;
    bool operator<(const Place& other) const {
      return std::tie(thread, internal) < std::tie(other.thread, other.internal);
    }
  };

  /// Each returns the row as this transaction sees it, to be changed together with the statement that writes the
  /// change. Reads and locks it where it is not known yet. The reference stays good until `forgotten` is called.
  KeyRow& key(Id account, const std::string& source_key);
  ThreadRow& thread(Id account, const std::string& source_key);
  RecordRow& record(Id account, const std::string& source_key);
  ToldRow& told(Id record, Place place);
  struct Identifier {
    IdentifierRow& all;
    IdentifierRow& told;  // in that place
  };
  Identifier identifier(Id record, const std::string& kind, const std::string& value, Place place);
  CountsRow& counts(Id record, Id thread);
  static CountsRow counts_of(const Row& row);

  /// Remembers that the value's row is locked; false when it was known.
  bool lock(const std::string& kind, std::string_view value) { return locked_.emplace(kind, value).second; }

  /// This transaction makes that record or thread: nothing hangs on it yet that would have to be read.
  void made(Id id) { made_.insert(id); }

  struct Expected {
    Id account;
    const Item* item;
  };
  /// Reads what these items will ask for, in two round trips, unless their keys fill several packets. Without it
  /// everything is read when it is asked for.
  /// asks: further queries that go with the first of them.
  void expect(std::span<const Expected> items, std::vector<Session::AskEach> asks = {});

  /// Executes it with the next flush. Copies the text.
  void later(Stage stage, const Statement& statement, std::initializer_list<Parameter> parameters);
  /// The identity's version goes up by one and its card is dropped, once, at the end.
  void touch(Id identity);

  /// Writes what is pending.
  void flush() { send(false); }
  /// Commits with the last statements.
  void commit(Transaction& transaction);

  /// For statements of one's own that read what is pending, or write other tables.
  Session& written() {
    flush();
    return session_;
  }
  /// For statements that write the tables above: what is known of them is forgotten.
  Session& forgotten();

 private:
  using Source = std::pair<Id, std::string>;               // account, key there
  using Named = std::tuple<Id, std::string, std::string>;  // record, kind, value
  struct Group {
    Stage stage;
    Session::Write write;
  };

  /// The keys of rows that are to be read together, of each table.
  struct Reading {
    std::vector<std::vector<Parameter>> keys, threads, records, told, identifiers, identifiers_told, counts;
  };
  /// Each adds the row when it is not known yet.
  void want_key(Reading& reading, const Source& source);
  void want_thread(Reading& reading, const Source& source);
  void want_record(Reading& reading, const Source& source);
  void want_told(Reading& reading, Id record, Place place);
  void want_identifier(Reading& reading, const Named& named, Place place);
  void want_counts(Reading& reading, Id record, Id thread);
  bool is_made(Id id) const { return made_.contains(id); }
  void read(Reading&& reading, std::vector<Session::AskEach> asks = {});
  void send(bool commits);
  std::string_view keep(std::string_view text) { return kept_.emplace_back(text); }

  Session& session_;
  std::map<Source, KeyRow> keys_;
  std::map<Source, ThreadRow> threads_;
  std::map<Source, RecordRow> records_;
  std::map<std::pair<Id, Place>, ToldRow> told_;
  std::map<Named, IdentifierRow> identifiers_;
  std::map<std::pair<Named, Place>, IdentifierRow> identifiers_told_;
  std::map<std::pair<Id, Id>, CountsRow> counts_;
  std::deque<std::string> kept_;
  std::vector<Group> groups_;
  std::set<Id> made_;
  std::set<std::pair<std::string, std::string>> locked_;  // kind and value
  std::set<Id> to_touch_;
  std::set<Id> touched_;
};

}  // namespace identities::store
