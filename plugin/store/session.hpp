// One connection to the database with its cache of prepared statements: the interface that both dialects fill.
// A session is used by one thread at a time and belongs to its Pool. Every call that can wait gives up at the deadline.
//
// Errors: Unavailable, when the database is away or not migrated (503, try later); DeadlineExceeded (504); Duplicate,
// when a unique key is taken; Contended, when another transaction came between: the whole command may run again;
// BrokenStatement for everything else, which is a bug or a damaged file. None holds a bound value. After Unavailable,
// DeadlineExceeded or BrokenStatement the pool closes the session.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/timestamp.hpp"
#include "store/dialect.hpp"

namespace identities::store {

/// After one of these the session is not used again.
class SessionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
class Unavailable : public SessionError {
 public:
  using SessionError::SessionError;
};
class DeadlineExceeded : public SessionError {
 public:
  using SessionError::SessionError;
};
class BrokenStatement : public SessionError {
 public:
  using SessionError::SessionError;
};
class Duplicate : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
class Contended : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A named statement with ? for each parameter and tokens where dialects differ (dialect.hpp). Lives for the whole
/// process: its address is the key of the cache.
struct Statement {
  std::string_view name;
  std::string text;
};

struct Blob {
  std::string_view bytes;
};

/// A value to bind; text is borrowed until the call returns.
using Parameter = std::variant<std::nullptr_t, std::int64_t, double, std::string_view, Blob>;

/// The current row of a query; text is borrowed until the row function returns. NULL reads as 0 and "".
class Row {
 public:
  virtual ~Row() = default;
  virtual std::int64_t integer(int column) const = 0;
  virtual double number(int column) const = 0;
  virtual std::string_view text(int column) const = 0;
  virtual bool is_null(int column) const = 0;
};

/// NULL reads as nothing.
inline std::optional<std::int64_t> optional_integer(const Row& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

/// Nothing, an empty text and the id 0 are bound as NULL.
inline Parameter or_null(const std::optional<std::int64_t>& value) {
  return value ? Parameter(*value) : Parameter(nullptr);
}
inline Parameter or_null(std::string_view text) {
  return text.empty() ? Parameter(nullptr) : Parameter(text);
}
inline Parameter id_or_null(std::int64_t id) {
  return id == 0 ? Parameter(nullptr) : Parameter(id);
}

class Session {
 public:
  using RowFunction = std::function<void(const Row&)>;

  /// A query among several that are asked together.
  struct Ask {
    const Statement* statement;
    std::vector<Parameter> parameters;
    RowFunction each;
  };

  virtual ~Session() = default;

  virtual Dialect dialect() const = 0;

  /// May an idle session serve again? False when its server has gone away meanwhile. Waits for nothing.
  virtual bool is_alive() const { return true; }
  /// False once it can only be closed.
  virtual bool is_sound() const { return true; }
  /// Names the request in what the database's own log shows of the next statements, or several requests.
  /// [A-Za-z0-9- ]; empty: none.
  virtual void set_request_id(std::string_view) {}

  /// deadline_us: on the clock the pool was made with. Holds until the next call of this function.
  virtual void set_deadline(Microseconds deadline_us) = 0;

  virtual void begin_read() = 0;
  /// Takes the write lock at once, or waits for it until the deadline.
  virtual void begin_write() = 0;
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;

  virtual void query(const Statement& statement, std::span<const Parameter> parameters, const RowFunction& each) = 0;
  /// Returns the number of rows changed.
  virtual std::int64_t execute(const Statement& statement, std::span<const Parameter> parameters) = 0;

  /// Runs several queries, in one round trip where the dialect can. The rows come in the order of the queries. last:
  /// ends the read transaction with them.
  virtual void query_all(std::span<const Ask> asks, bool /*last*/) {
    for (const Ask& ask : asks) query(*ask.statement, ask.parameters, ask.each);
  }

  /// A statement with several sets of parameters.
  struct Write {
    const Statement* statement;
    std::vector<std::vector<Parameter>> sets;
  };

  /// Executes them in that order, in few round trips where the dialect can. commits: ends the write transaction with
  /// them.
  virtual void execute_all(std::span<const Write> writes, bool commits) {
    for (const Write& write : writes)
      for (const std::vector<Parameter>& set : write.sets) execute(*write.statement, set);
    if (commits) commit();
  }

  /// A query for several sets of parameters; its rows tell which set each belongs to.
  struct AskEach {
    const Statement* statement;
    std::vector<std::vector<Parameter>> sets;
    RowFunction each;
  };
  /// Runs several such queries, in one round trip where the dialect can.
  virtual void query_each(std::span<const AskEach> asks) {
    for (const AskEach& ask : asks)
      for (const std::vector<Parameter>& set : ask.sets) query(*ask.statement, set, ask.each);
  }

  using SetFunction = std::function<void(std::size_t set, const Row&)>;
  /// Calls a stored procedure, which only kMysql has; `each` gets the rows of its result sets, numbered from 0.
  virtual void call(const Statement& statement, std::span<const Parameter>, const SetFunction&) {
    throw BrokenStatement("statement " + std::string(statement.name) + ": this dialect has no procedures");
  }

  /// Makes deleted and overwritten text unreadable in the files of the database, where the dialect must be told to.
  /// False when readers keep it from doing so now: call again later.
  virtual bool purge() = 0;

  void query(const Statement& statement, std::initializer_list<Parameter> parameters, const RowFunction& each) {
    query(statement, std::span(parameters.begin(), parameters.size()), each);
  }
  std::int64_t execute(const Statement& statement, std::initializer_list<Parameter> parameters) {
    return execute(statement, std::span(parameters.begin(), parameters.size()));
  }
};

/// Rolls back unless committed.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };
  Transaction(Session& session, Kind kind) : session_(session) {
    if (kind == Kind::kRead)
      session_.begin_read();
    else
      session_.begin_write();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (!done_) session_.rollback();
  }
  void commit() {
    session_.commit();
    done_ = true;
  }
  /// Somebody committed it with other statements.
  void committed() { done_ = true; }

 private:
  Session& session_;
  bool done_ = false;
};

}  // namespace identities::store
