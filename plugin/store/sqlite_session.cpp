#include "store/sqlite_session.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <unordered_map>

#include "store/migrate.hpp"

namespace identities::store {
namespace {

constexpr int kProgressSteps = 2000;  // SQLite's virtual instructions between two looks at the clock
constexpr int kBusyWaitUs = 500;      // between two tries for the write lock

class SqliteRow : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  double number(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view text(int column) const override {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return bytes == nullptr
               ? std::string_view{}
               : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  sqlite3_stmt* statement_;
};

class SqliteSession : public Session {
 public:
  SqliteSession(const std::string& path, const Clock& clock, Microseconds deadline_us)
      : clock_(clock), deadline_us_(deadline_us) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    db_.reset(opened);
    if (code != SQLITE_OK)
      throw Unavailable("cannot open the database file of database.url: " + std::string(sqlite3_errstr(code)) +
                        "; run 'identities migrate', or check the path and its rights");
    sqlite3_extended_result_codes(opened, 1);
    sqlite3_busy_handler(opened, &SqliteSession::on_busy, this);
    sqlite3_progress_handler(opened, kProgressSteps, &SqliteSession::on_progress, this);
    run("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA cache_size=-16384; PRAGMA "
        "temp_store=MEMORY");
    require_schema(*this);
    rollback_ = prepared(kRollback);
  }

  Dialect dialect() const override { return Dialect::kSqlite; }
  void set_deadline(Microseconds deadline_us) override { deadline_us_ = deadline_us; }
  void begin_read() override { execute(kBegin, {}); }
  void begin_write() override { execute(kBeginWrite, {}); }
  void commit() override { execute(kCommit, {}); }
  void rollback() noexcept override {
    // Prepared beforehand, because it must work without memory, too: a session that goes back to its pool with an open
    // transaction locks everybody out. After some errors SQLite has rolled back already; then this fails harmlessly.
    sqlite3_step(rollback_);
    sqlite3_reset(rollback_);
  }

  void query(const Statement& statement, std::span<const Parameter> parameters, const RowFunction& each) override {
    Use use(*this, statement, parameters);
    const SqliteRow row(use.statement);
    for (;;) {
      const int code = sqlite3_step(use.statement);
      if (code == SQLITE_DONE) return;
      if (code != SQLITE_ROW) fail(code, statement.name);
      each(row);
    }
  }

  std::int64_t execute(const Statement& statement, std::span<const Parameter> parameters) override {
    Use use(*this, statement, parameters);
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(use.statement);
    if (code != SQLITE_DONE) fail(code, statement.name);
    return sqlite3_changes64(db_.get());
  }
  using Session::execute;
  using Session::query;

  bool purge() override {
    // Deleted bytes are overwritten in the pages (secure_delete); what is left of them is in the write-ahead log.
    return sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) == SQLITE_OK;
  }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;

  /// A prepared statement while it is bound; reset at the end, so that it holds no lock and no borrowed text.
  struct Use {
    Use(SqliteSession& session, const Statement& named, std::span<const Parameter> parameters)
        : statement(session.prepared(named)) {
      if (session.clock_.monotonic_us() >= session.deadline_us_)
        throw DeadlineExceeded("the deadline passed before a statement");
      int index = 0;
      for (const Parameter& parameter : parameters) bind(++index, parameter);
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
    void bind(int index, const Parameter& parameter) const {
      if (const auto* integer = std::get_if<std::int64_t>(&parameter))
        sqlite3_bind_int64(statement, index, *integer);
      else if (const auto* number = std::get_if<double>(&parameter))
        sqlite3_bind_double(statement, index, *number);
      else if (const auto* text = std::get_if<std::string_view>(&parameter))
        sqlite3_bind_text64(statement, index, text->data() == nullptr ? "" : text->data(), text->size(), SQLITE_STATIC,
                            SQLITE_UTF8);
      else if (const auto* blob = std::get_if<Blob>(&parameter))
        sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
      else
        sqlite3_bind_null(statement, index);
    }
    sqlite3_stmt* statement;
  };

  sqlite3_stmt* prepared(const Statement& statement) {
    Prepared& cached = cache_[&statement];
    if (cached == nullptr) {
      sqlite3_stmt* made = nullptr;
      const std::string text = render(statement.text, Dialect::kSqlite);
      const int code = sqlite3_prepare_v3(db_.get(), text.data(), static_cast<int>(text.size()),
                                          SQLITE_PREPARE_PERSISTENT, &made, nullptr);
      if (code != SQLITE_OK) fail(code, statement.name);
      cached.reset(made);
    }
    return cached.get();
  }

  void run(const char* sql) {
    const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code, "opening");
  }

  [[noreturn]] void fail(int code, std::string_view statement) {
    const std::string what = fmt::format("statement {}: {}", statement, sqlite3_errstr(code));
    switch (code & 0xFF) {
      case SQLITE_INTERRUPT:
        throw DeadlineExceeded(what);
      case SQLITE_BUSY:
        if (clock_.monotonic_us() >= deadline_us_) throw DeadlineExceeded(what);
        throw Unavailable(what);
      case SQLITE_LOCKED:
      case SQLITE_FULL:
      case SQLITE_IOERR:
      case SQLITE_CANTOPEN:
      case SQLITE_READONLY:
      case SQLITE_NOTADB:
      case SQLITE_CORRUPT:
      case SQLITE_PROTOCOL:
        throw Unavailable(what);
      case SQLITE_CONSTRAINT:
        if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_ROWID)
          throw Duplicate(what);
        throw BrokenStatement(what);
      default:
        throw BrokenStatement(what);
    }
  }

  static int on_busy(void* self, int) {
    const auto* session = static_cast<const SqliteSession*>(self);
    const Microseconds left = session->deadline_us_ - session->clock_.monotonic_us();
    if (left <= 0) return 0;
    sqlite3_sleep(std::max(1, static_cast<int>(std::min<Microseconds>(left, kBusyWaitUs) / 1000)));
    return 1;
  }
  static int on_progress(void* self) {
    const auto* session = static_cast<const SqliteSession*>(self);
    return session->clock_.monotonic_us() >= session->deadline_us_ ? 1 : 0;
  }

  inline static const Statement kBegin{"begin", "BEGIN"};
  inline static const Statement kBeginWrite{"begin_write", "BEGIN IMMEDIATE"};
  inline static const Statement kCommit{"commit", "COMMIT"};
  inline static const Statement kRollback{"rollback", "ROLLBACK"};

  const Clock clock_;
  Microseconds deadline_us_;
  std::unique_ptr<sqlite3, Close> db_;
  std::unordered_map<const Statement*, Prepared> cache_;  // destroyed before db_
  sqlite3_stmt* rollback_ = nullptr;                      // one of them
};

}  // namespace

std::unique_ptr<Session> open_sqlite(const std::string& path, const Clock& clock, Microseconds deadline_us) {
  return std::make_unique<SqliteSession>(path, clock, deadline_us);
}

}  // namespace identities::store
