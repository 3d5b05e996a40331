#include "store/mysql_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <vector>

#include "store/migrate.hpp"
#include "store/mysql_connection.hpp"

namespace identities::store {
namespace {

constexpr std::size_t kFirstTextBytes = 256;  // of a column's buffer, which grows with what comes

bool is_integer(enum_field_types type) {
  switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:  // a sum of integers
      return true;
    default:
      return false;
  }
}

/// A prepared statement with the buffers that its rows are fetched into.
class Prepared : public Row {
 public:
  explicit Prepared(MYSQL_STMT* statement) : statement_(statement), columns_(mysql_stmt_field_count(statement)) {
    if (columns_.empty()) return;
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> metadata(mysql_stmt_result_metadata(statement),
                                                                            &mysql_free_result);
    if (metadata == nullptr) throw std::bad_alloc();
    for (std::size_t index = 0; index < columns_.size(); ++index) {
      Column& column = columns_[index];
      const enum_field_types type = mysql_fetch_field_direct(metadata.get(), static_cast<unsigned>(index))->type;
      column.kind = is_integer(type)                                        ? MYSQL_TYPE_LONGLONG
                    : type == MYSQL_TYPE_DOUBLE || type == MYSQL_TYPE_FLOAT ? MYSQL_TYPE_DOUBLE
                                                                            : MYSQL_TYPE_STRING;
      if (column.kind == MYSQL_TYPE_STRING) column.text.resize(kFirstTextBytes);
    }
    bind_columns();
  }

  /// Parameters are borrowed until the statement was executed.
  void bind(std::span<const Parameter> parameters) {
    binds_.assign(parameters.size(), MYSQL_BIND{});
    for (std::size_t index = 0; index < parameters.size(); ++index) bind_one(binds_[index], parameters[index]);
    if (!binds_.empty()) mysql_stmt_bind_param(statement_, binds_.data());
  }

  /// The next row is in the columns. False after the last.
  bool fetch() {
    const int outcome = mysql_stmt_fetch(statement_);
    if (outcome == MYSQL_NO_DATA) return false;
    if (outcome == 1)
      throw BrokenStatement(fmt::format("a row that cannot be read: error {}", mysql_stmt_errno(statement_)));
    if (outcome == MYSQL_DATA_TRUNCATED) enlarge();
    return true;
  }

  MYSQL_STMT* statement() const { return statement_; }

  std::int64_t integer(int column) const override {
    const Column& from = at(column);
    if (from.is_null != 0) return 0;
    if (from.kind == MYSQL_TYPE_LONGLONG) return from.integer;
    if (from.kind == MYSQL_TYPE_DOUBLE) return static_cast<std::int64_t>(from.number);
    std::int64_t value = 0;
    std::from_chars(from.text.data(), from.text.data() + from.length, value);
    return value;
  }
  double number(int column) const override {
    const Column& from = at(column);
    if (from.is_null != 0) return 0;
    return from.kind == MYSQL_TYPE_DOUBLE ? from.number : static_cast<double>(integer(column));
  }
  std::string_view text(int column) const override {
    const Column& from = at(column);
    if (from.is_null != 0) return {};
    if (from.kind == MYSQL_TYPE_STRING) return {from.text.data(), from.length};
    from.digits = from.kind == MYSQL_TYPE_LONGLONG ? std::to_string(from.integer) : fmt::format("{}", from.number);
    return from.digits;
  }
  bool is_null(int column) const override { return at(column).is_null != 0; }

 private:
  struct Column {
    enum_field_types kind = MYSQL_TYPE_STRING;
    std::int64_t integer = 0;
    double number = 0;
    std::string text;  // the buffer; `length` of it hold the value
    unsigned long length = 0;
    my_bool is_null = 0;
    mutable std::string digits;
  };

  const Column& at(int column) const { return columns_[static_cast<std::size_t>(column)]; }

  MYSQL_BIND bind_of(Column& column) const {
    MYSQL_BIND bind{};
    bind.buffer_type = column.kind;
    bind.is_null = &column.is_null;
    bind.length = &column.length;
    if (column.kind == MYSQL_TYPE_LONGLONG) {
      bind.buffer = &column.integer;
    } else if (column.kind == MYSQL_TYPE_DOUBLE) {
      bind.buffer = &column.number;
    } else {
      bind.buffer = column.text.data();
      bind.buffer_length = column.text.size();
    }
    return bind;
  }

  void bind_columns() {
    std::vector<MYSQL_BIND> binds;
    binds.reserve(columns_.size());
    for (Column& column : columns_) binds.push_back(bind_of(column));
    mysql_stmt_bind_result(statement_, binds.data());
  }

  /// Fetches again what did not fit.
  void enlarge() {
    for (std::size_t index = 0; index < columns_.size(); ++index) {
      Column& column = columns_[index];
      if (column.kind != MYSQL_TYPE_STRING || column.is_null != 0 || column.length <= column.text.size()) continue;
      column.text.resize(std::max<std::size_t>(column.length, 2 * column.text.size()));
      MYSQL_BIND bind = bind_of(column);
      mysql_stmt_fetch_column(statement_, &bind, static_cast<unsigned>(index), 0);
    }
    bind_columns();
  }

  static void bind_one(MYSQL_BIND& bind, const Parameter& parameter) {
    const auto bytes = [&](enum_field_types type, std::string_view text) {
      bind.buffer_type = type;
      bind.buffer = const_cast<char*>(text.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): only read
      bind.buffer_length = text.size();
    };
    if (const auto* integer = std::get_if<std::int64_t>(&parameter)) {
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = const_cast<std::int64_t*>(integer);  // NOLINT(cppcoreguidelines-pro-type-const-cast): only read
    } else if (const auto* number = std::get_if<double>(&parameter)) {
      bind.buffer_type = MYSQL_TYPE_DOUBLE;
      bind.buffer = const_cast<double*>(number);  // NOLINT(cppcoreguidelines-pro-type-const-cast): only read
    } else if (const auto* text = std::get_if<std::string_view>(&parameter)) {
      bytes(MYSQL_TYPE_STRING, text->data() == nullptr ? std::string_view("") : *text);
    } else if (const auto* blob = std::get_if<Blob>(&parameter)) {
      bytes(MYSQL_TYPE_BLOB, blob->bytes.data() == nullptr ? std::string_view("") : blob->bytes);
    } else {
      bind.buffer_type = MYSQL_TYPE_NULL;
    }
  }

  MYSQL_STMT* statement_;  // the connection's
  std::vector<Column> columns_;
  std::vector<MYSQL_BIND> binds_;
};

class MysqlSession : public Session {
 public:
  MysqlSession(const DatabaseUrl& url, const Clock& clock, Microseconds deadline_us)
      : connection_(url, clock, deadline_us) {
    require_schema(*this);
  }

  Dialect dialect() const override { return Dialect::kMysql; }
  void set_deadline(Microseconds deadline_us) override { connection_.set_deadline(deadline_us); }
  bool is_alive() const override { return connection_.is_quiet(); }
  bool is_sound() const override { return !connection_.is_dead(); }
  void set_request_id(std::string_view request_id) override {
    const bool safe = std::all_of(request_id.begin(), request_id.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == ' ';
    });
    comment_ = request_id.empty() || !safe ? std::string{} : fmt::format("/* {} */ ", request_id);
  }

  /// Both begin with the first statement, in the same round trip where that is one of query_all or execute_all. A write
  /// locks rows as it meets them.
  void begin_read() override { state_ = State::kReadWanted; }
  void begin_write() override { state_ = State::kWriteWanted; }
  void commit() override {
    const bool open = state_ == State::kOpen;
    state_ = State::kNone;
    if (open) connection_.run("COMMIT", "commit");
  }
  void rollback() noexcept override {
    const bool open = state_ == State::kOpen;
    state_ = State::kNone;
    if (!open || connection_.is_dead()) return;
    try {
      connection_.run("ROLLBACK", "rollback");
    } catch (const std::exception&) {
      connection_.give_up();  // the server rolls back when the connection is closed
    }
  }

  void query(const Statement& statement, std::span<const Parameter> parameters, const RowFunction& each) override {
    begin_wanted();
    Prepared& prepared = execute_prepared(statement, parameters);
    const Freed freed{prepared.statement()};
    while (prepared.fetch()) each(prepared);
  }

  std::int64_t execute(const Statement& statement, std::span<const Parameter> parameters) override {
    begin_wanted();
    return static_cast<std::int64_t>(mysql_stmt_affected_rows(execute_prepared(statement, parameters).statement()));
  }
  using Session::execute;
  using Session::query;

  void query_all(std::span<const Ask> asks, bool last) override {
    std::string sql = comment_;
    if (state_ == State::kWriteWanted || asks.size() > 1) append_begin(sql);
    for (const Ask& ask : asks) append(sql, ask);
    const bool ends = last && state_ == State::kOpen;
    if (ends) sql += "COMMIT";
    connection_.run(sql, asks.front().statement->name, [&](std::size_t set, const Row& row) { asks[set].each(row); });
    if (last) state_ = State::kNone;
  }

  void query_each(std::span<const AskEach> asks) override {
    std::string sql = comment_;
    append_begin(sql);
    std::vector<const RowFunction*> rows_of;  // of each result set
    const auto run = [&] {
      connection_.run(sql, asks.front().statement->name,
                      [&](std::size_t set, const Row& row) { (*rows_of[set])(row); });
      sql = comment_;
      rows_of.clear();
    };
    for (const AskEach& ask : asks)
      for (std::size_t at = 0; at < ask.sets.size();) {
        const std::size_t together = append_repeated(sql, *ask.statement, std::span(ask.sets).subspan(at));
        // Without a repeated condition each is a statement, with rows of its own.
        rows_of.insert(rows_of.end(), text_of(*ask.statement).joint.empty() ? together : 1, &ask.each);
        at += together;
        if (sql.size() >= kMuchSql) run();
      }
    if (!rows_of.empty()) run();
  }

  void execute_all(std::span<const Write> writes, bool commits) override {
    std::string sql = comment_;
    append_begin(sql);
    std::string_view name = "commit";
    for (const Write& write : writes) {
      name = write.statement->name;
      for (std::size_t at = 0; at < write.sets.size();) {
        at += append_repeated(sql, *write.statement, std::span(write.sets).subspan(at));
        if (sql.size() < kMuchSql) continue;
        connection_.run(sql, name);
        sql = comment_;
      }
    }
    if (commits) sql += "COMMIT";
    if (sql.size() > comment_.size()) connection_.run(sql, name);
    if (commits) state_ = State::kNone;
  }

  void call(const Statement& statement, std::span<const Parameter> parameters, const SetFunction& each) override {
    // Its statements see one moment, as a transaction that only reads does.
    std::string sql = comment_ + std::string(kBeginRead) + ';';
    append(sql, statement, parameters);
    sql += ";COMMIT";
    try {
      connection_.run(sql, statement.name, each);
    } catch (...) {
      connection_.give_up();  // it may stand within that transaction, where the next reader would see the past
      throw;
    }
  }

  /// InnoDB overwrites deleted rows itself, by its purge threads.
  bool purge() override { return true; }

 private:
  enum class State : std::uint8_t { kNone, kReadWanted, kWriteWanted, kOpen };
  static constexpr std::string_view kBeginRead = "START TRANSACTION READ ONLY";
  static constexpr std::string_view kBeginWrite = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION";
  static constexpr std::size_t kTogether = 100;           // sets of parameters in one statement
  static constexpr std::size_t kMuchSql = 1024UL * 1024;  // in one text; the server takes 16 MB

  struct Freed {
    explicit Freed(MYSQL_STMT* executed) : statement(executed) {}
    Freed(const Freed&) = delete;
    Freed& operator=(const Freed&) = delete;
    ~Freed() { mysql_stmt_free_result(statement); }
    MYSQL_STMT* statement;
  };

  void begin_wanted() {
    if (state_ != State::kReadWanted && state_ != State::kWriteWanted) return;
    std::string sql = comment_;
    append_begin(sql);
    connection_.run(sql, "begin");
  }

  void append_begin(std::string& sql) {
    if (state_ != State::kReadWanted && state_ != State::kWriteWanted) return;
    sql += state_ == State::kReadWanted ? kBeginRead : kBeginWrite;
    sql += ';';
    state_ = State::kOpen;
  }

  Prepared& execute_prepared(const Statement& statement, std::span<const Parameter> parameters) {
    auto cached = prepared_.find(&statement);
    if (cached == prepared_.end()) {
      MYSQL_STMT* const made = connection_.prepare(render(statement.text, Dialect::kMysql), statement.name);
      cached = prepared_.try_emplace(&statement, made).first;
    }
    cached->second.bind(parameters);
    connection_.execute(cached->second.statement(), statement.name);
    return cached->second;
  }

  void append(std::string& sql, const Ask& ask) {
    append(sql, *ask.statement, ask.parameters);
    sql += ';';
  }

  void append(std::string& sql, const Statement& statement, std::span<const Parameter> parameters) {
    const Repeated& text = text_of(statement);
    sql += text.before;
    append_unit(sql, statement, text, parameters);
    sql += text.after;
  }

  /// As many of the sets as go together, one at least; returns how many.
  std::size_t append_repeated(std::string& sql, const Statement& statement,
                              std::span<const std::vector<Parameter>> sets) {
    const Repeated& text = text_of(statement);
    sql += text.before;
    std::size_t count = 0;
    do {
      if (count != 0) sql += text.joint.empty() ? ";" : text.joint;
      append_unit(sql, statement, text, sets[count]);
    } while (++count < std::min(kTogether, sets.size()) && sql.size() < kMuchSql);
    sql += text.after;
    sql += ';';
    return count;
  }

  const Repeated& text_of(const Statement& statement) {
    auto cached = texts_.find(&statement);
    if (cached == texts_.end()) cached = texts_.emplace(&statement, repeated(statement.text, Dialect::kMysql)).first;
    return cached->second;
  }

  void append_unit(std::string& sql, const Statement& statement, const Repeated& text,
                   std::span<const Parameter> parameters) {
    if (text.unit.size() != parameters.size() + 1)
      throw BrokenStatement(fmt::format("statement {}: {} parameters for {} places", statement.name, parameters.size(),
                                        text.unit.size() - 1));
    sql += text.unit.front();
    for (std::size_t index = 0; index < parameters.size(); ++index) {
      append_literal(sql, parameters[index]);
      sql += text.unit[index + 1];
    }
  }

  void append_literal(std::string& sql, const Parameter& parameter) {
    if (const auto* integer = std::get_if<std::int64_t>(&parameter)) {
      fmt::format_to(std::back_inserter(sql), "{}", *integer);
    } else if (const auto* number = std::get_if<double>(&parameter)) {
      fmt::format_to(std::back_inserter(sql), "{}", *number);
    } else if (const auto* text = std::get_if<std::string_view>(&parameter)) {
      connection_.append_quoted(sql, *text);
    } else if (const auto* blob = std::get_if<Blob>(&parameter)) {
      sql += "X'";
      for (const char byte : blob->bytes)
        fmt::format_to(std::back_inserter(sql), "{:02x}", static_cast<unsigned char>(byte));
      sql += '\'';
    } else {
      sql += "NULL";
    }
  }

  MysqlConnection connection_;
  State state_ = State::kNone;
  std::string comment_;
  std::unordered_map<const Statement*, Prepared> prepared_;
  std::unordered_map<const Statement*, Repeated> texts_;
};

}  // namespace

std::unique_ptr<Session> open_mysql(const DatabaseUrl& url, const Clock& clock, Microseconds deadline_us) {
  return std::make_unique<MysqlSession>(url, clock, deadline_us);
}

}  // namespace identities::store
