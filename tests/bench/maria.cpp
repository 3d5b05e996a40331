#include "maria.hpp"

#include <algorithm>

namespace bench {
namespace {

// More than any text that the floors ask for, 200 characters of it at most.
constexpr std::size_t kColumnBytes = 4096;

bool is_number(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONGLONG:
      return true;
    default:
      return false;
  }
}

}  // namespace

Maria::Maria(const std::string& socket, const std::string& database) : mysql_(mysql_init(nullptr)) {
  mysql_options(mysql_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const unsigned on = 1;
  mysql_options(mysql_.get(), MYSQL_OPT_LOCAL_INFILE, &on);
  if (mysql_real_connect(mysql_.get(), nullptr, "root", "", database.empty() ? nullptr : database.c_str(), 0,
                         socket.c_str(), CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS) == nullptr)
    check(1);
}

std::int64_t Maria::number(std::string_view sql) {
  std::int64_t value = 0;
  bool first = true;
  query(sql, [&](std::size_t, const MariaRow& row) {
    if (first) value = row.integer(0);
    first = false;
  });
  return value;
}

void Maria::append_quoted(std::string& sql, std::string_view text) {
  const std::size_t begin = sql.size();
  sql.resize(begin + 2 * text.size() + 1);
  const unsigned long size = mysql_real_escape_string(mysql_.get(), sql.data() + begin, text.data(), text.size());
  sql.resize(begin + size);
}

MariaStatement::MariaStatement(Maria& maria, std::string_view sql) : statement_(mysql_stmt_init(maria.get())) {
  check(mysql_stmt_prepare(statement_.get(), sql.data(), sql.size()));
  parameters_.resize(mysql_stmt_param_count(statement_.get()));
  numbers_.resize(parameters_.size());
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> metadata(mysql_stmt_result_metadata(statement_.get()),
                                                                          &mysql_free_result);
  if (metadata == nullptr) return;
  const unsigned count = mysql_num_fields(metadata.get());
  columns_.resize(count);
  results_.resize(count);
  for (unsigned index = 0; index < count; ++index) {
    Column& column = columns_[index];
    MYSQL_BIND& bind = results_[index];
    bind.length = &column.length;
    bind.is_null = &column.is_null;
    if (is_number(mysql_fetch_fields(metadata.get())[index])) {
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &column.number;
    } else {
      column.bytes.resize(kColumnBytes);
      bind.buffer_type = MYSQL_TYPE_STRING;
      bind.buffer = column.bytes.data();
      bind.buffer_length = kColumnBytes;
    }
  }
}

void MariaStatement::give(std::size_t index, std::string_view value) {
  MYSQL_BIND& bind = parameters_[index];
  bind.buffer_type = MYSQL_TYPE_STRING;
  bind.buffer = const_cast<char*>(value.data());
  bind.buffer_length = value.size();
}

void MariaStatement::give(std::size_t index, std::int64_t value) {
  numbers_[index] = value;
  MYSQL_BIND& bind = parameters_[index];
  bind.buffer_type = MYSQL_TYPE_LONGLONG;
  bind.buffer = &numbers_[index];
}

void MariaStatement::send() {
  if (!parameters_.empty()) check(mysql_stmt_bind_param(statement_.get(), parameters_.data()));
  check(mysql_stmt_execute(statement_.get()));
  if (columns_.empty() || bound_) return;
  check(mysql_stmt_bind_result(statement_.get(), results_.data()));
  bound_ = true;
}

bool MariaStatement::step() {
  const int fetched = mysql_stmt_fetch(statement_.get());
  if (fetched == MYSQL_NO_DATA) return false;
  if (fetched == MYSQL_DATA_TRUNCATED) throw std::runtime_error("MariaDB: a text is longer than the floor's buffer");
  check(fetched);
  return true;
}

}  // namespace bench
