// Hand-written libmariadb, as one would for a floor: one connection on a Unix socket, the text protocol and prepared
// statements with bound buffers. Any error throws. One thread.
#pragma once

#include <mysql.h>

#include <charconv>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A row of the text protocol, valid until the next one is fetched. Numbers come as digits.
class MariaRow {
 public:
  MariaRow(MYSQL_ROW row, const unsigned long* lengths) : row_(row), lengths_(lengths) {}
  std::string_view text(unsigned column) const {
    return row_[column] == nullptr ? std::string_view{} : std::string_view(row_[column], lengths_[column]);
  }
  std::int64_t integer(unsigned column) const {
    std::int64_t value = 0;
    const std::string_view digits = text(column);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }

 private:
  MYSQL_ROW row_;
  const unsigned long* lengths_;
};

class Maria {
 public:
  /// database: may be empty.
  Maria(const std::string& socket, const std::string& database);

  /// One statement or several; each(set, row) gets the rows of their result sets, numbered from 0.
  template <typename Each>
  void query(std::string_view sql, Each&& each) {
    check(mysql_real_query(mysql_.get(), sql.data(), sql.size()));
    std::size_t set = 0;
    for (int more = 0; more == 0; more = mysql_next_result(mysql_.get())) {
      const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_use_result(mysql_.get()),
                                                                            &mysql_free_result);
      if (result == nullptr) {
        check(static_cast<int>(mysql_errno(mysql_.get())));
        continue;
      }
      while (const MYSQL_ROW row = mysql_fetch_row(result.get()))
        each(set, MariaRow(row, mysql_fetch_lengths(result.get())));
      check(static_cast<int>(mysql_errno(mysql_.get())));
      ++set;
    }
    check(static_cast<int>(mysql_errno(mysql_.get())));
  }
  void run(std::string_view sql) {
    query(sql, [](std::size_t, const MariaRow&) {});
  }
  /// The first column of the first row; 0 without a row.
  std::int64_t number(std::string_view sql);

  void append_quoted(std::string& sql, std::string_view text);
  void check(int failed) const {
    if (failed != 0) throw std::runtime_error(std::string("MariaDB: ") + mysql_error(mysql_.get()));
  }
  MYSQL* get() const { return mysql_.get(); }

 private:
  struct Close {
    void operator()(MYSQL* mysql) const { mysql_close(mysql); }
  };
  std::unique_ptr<MYSQL, Close> mysql_;
};

/// A prepared statement with text and integer parameters; what it returns is fetched row by row into buffers of its
/// own.
class MariaStatement {
 public:
  MariaStatement(Maria& maria, std::string_view sql);

  template <typename... Values>
  void execute(const Values&... values) {
    std::size_t index = 0;
    (give(index++, values), ...);
    send();
  }
  /// True while there is a row. REQUIRES: step until it is false, or finish().
  bool step();
  void finish() { mysql_stmt_free_result(statement_.get()); }
  std::int64_t integer(std::size_t column) const { return columns_[column].number; }
  std::string_view text(std::size_t column) const {
    const Column& from = columns_[column];
    return {from.bytes.data(), from.is_null != 0 ? 0 : from.length};
  }

 private:
  struct Column {
    std::vector<char> bytes;
    std::int64_t number = 0;
    unsigned long length = 0;
    my_bool is_null = 0;
  };
  struct Close {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };
  void give(std::size_t index, std::string_view value);
  void give(std::size_t index, std::int64_t value);
  void send();
  void check(int failed) const {
    if (failed != 0) throw std::runtime_error(std::string("MariaDB: ") + mysql_stmt_error(statement_.get()));
  }

  std::unique_ptr<MYSQL_STMT, Close> statement_;
  std::vector<MYSQL_BIND> parameters_;
  std::vector<std::int64_t> numbers_;
  std::vector<MYSQL_BIND> results_;
  std::vector<Column> columns_;
  bool bound_ = false;
};

}  // namespace bench
