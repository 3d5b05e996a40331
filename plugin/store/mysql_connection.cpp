#include "store/mysql_connection.hpp"

#include <errmsg.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <mysqld_error.h>
#include <poll.h>
#include <sys/socket.h>

#include <charconv>
#include <ctime>
#include <mutex>
#include <vector>

#include "store/host_lookup.hpp"

namespace identities::store {
namespace {

/// 30 s end a statement that runs away.
constexpr std::string_view kMariaSettings = "SET SESSION max_statement_time=30;";
/// A delivery's body is at most 1 MiB, and what is told of its items may be longer than it.
constexpr std::int64_t kLeastPacketBytes = 4 * 1024 * 1024;

/// The server went, or what it says is no answer: nothing more will come of this connection.
bool is_lost(unsigned code) {
  switch (code) {
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_FORCING_CLOSE:
    case ER_ABORTING_CONNECTION:
    case ER_NEW_ABORTING_CONNECTION:
    case ER_CONNECTION_KILLED:
    case ER_NET_PACKET_TOO_LARGE:
    case ER_NET_PACKETS_OUT_OF_ORDER:
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_ERROR_ON_WRITE:
    case ER_NET_WRITE_INTERRUPTED:
      return true;
    default:
      return code >= CR_MIN_ERROR && code <= CR_MAX_ERROR && code != CR_COMMANDS_OUT_OF_SYNC;
  }
}

/// The server is there and cannot now.
bool is_for_now(unsigned code) {
  switch (code) {
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
    case ER_MAX_PREPARED_STMT_COUNT_REACHED:
    case ER_UNKNOWN_STMT_HANDLER:
    case ER_TOO_MANY_CONCURRENT_TRXS:
    case ER_LOCK_TABLE_FULL:
    case ER_QUERY_INTERRUPTED:
    case ER_STATEMENT_TIMEOUT:
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
    case ER_ERROR_ON_WRITE:
    case ER_GET_ERRNO:
    case ER_OPTION_PREVENTS_STATEMENT:
    case ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION:
    case ER_READ_ONLY_MODE:
    case ER_INNODB_READ_ONLY:
    case ER_OPEN_AS_READONLY:
    case ER_OUTOFMEMORY:
    case ER_OUT_OF_RESOURCES:
    case ER_ENGINE_OUT_OF_MEMORY:
    case ER_UNKNOWN_COM_ERROR:  // what a Galera node says while it is not in its cluster
      return true;
    default:
      return false;
  }
}

/// A row of the text protocol, which stays in the result set.
class TextRow : public Row {
 public:
  TextRow(MYSQL_ROW row, const unsigned long* lengths) : row_(row), lengths_(lengths) {}
  std::int64_t integer(int column) const override { return parsed<std::int64_t>(column); }
  double number(int column) const override { return parsed<double>(column); }
  std::string_view text(int column) const override {
    return is_null(column) ? std::string_view{} : std::string_view(row_[column], lengths_[column]);
  }
  bool is_null(int column) const override { return row_[column] == nullptr; }

 private:
  template <typename Number>
  Number parsed(int column) const {
    Number value = 0;
    const std::string_view digits = text(column);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
  MYSQL_ROW row_;
  const unsigned long* lengths_;
};

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] { mysql_server_init(0, nullptr, nullptr); });
}

}  // namespace

MysqlConnection::MysqlConnection(const DatabaseUrl& url, const Clock& clock, Microseconds deadline_us)
    : clock_(clock), deadline_us_(deadline_us) {
  initialise_library();
  connect(url);
  const bool maria = std::string_view(mysql_get_server_info(mysql_.get())).find("MariaDB") != std::string_view::npos;
  std::string settings(maria ? kMariaSettings : "");
  for (const std::string_view setting : kSessionSettings) settings.append(setting).append(";");
  std::int64_t packet_bytes = 0;
  run(settings + "SELECT @@max_allowed_packet", "opening",
      [&](std::size_t, const Row& row) { packet_bytes = row.integer(0); });
  if (packet_bytes < kLeastPacketBytes)
    throw Unavailable(fmt::format(
        "the database server takes packets of {} bytes; set its max_allowed_packet to at least {}, 16M is usual",
        packet_bytes, kLeastPacketBytes));
}

MysqlConnection::~MysqlConnection() {
  // Saying goodbye to a server that hangs would wait for it.
  if (dead_) cut_off();
  mysql_.reset();
  // Closed after their connection, they only free memory.
  for (MYSQL_STMT* const statement : statements_) mysql_stmt_close(statement);
}

void MysqlConnection::cut_off() const {
  if (mysql_get_socket(mysql_.get()) >= 0) ::shutdown(mysql_get_socket(mysql_.get()), SHUT_RDWR);
}

void MysqlConnection::connect(const DatabaseUrl& url) {
  // libmariadb would look the name up itself, and wait as long as the resolver does.
  const bool is_local = !url.socket.empty() || url.host == "localhost";
  const std::vector<std::string> addresses =
      is_local ? std::vector{url.host} : addresses_of(url.host, clock_, deadline_us_);
  // The certificate is checked against what libmariadb connects to, so it must have the name, and looks it up once
  // more: what waits without a deadline is a name server that falls silent just then.
  if (url.tls) return connect_to(url.host, url);
  // One that swallows what is sent to it takes its share of the time, not all.
  const Microseconds deadline_us = deadline_us_;
  for (std::size_t index = 0;; ++index) {
    const Microseconds now_us = clock_.monotonic_us();
    deadline_us_ = now_us + (deadline_us - now_us) / static_cast<Microseconds>(addresses.size() - index);
    try {
      connect_to(addresses[index], url);
      break;
    } catch (const Unavailable&) {
      if (index + 1 == addresses.size() || clock_.monotonic_us() >= deadline_us) throw;
    }
  }
  deadline_us_ = deadline_us;
}

void MysqlConnection::connect_to(const std::string& host, const DatabaseUrl& url) {
  dead_ = false;
  mysql_.reset(mysql_init(nullptr));
  if (mysql_ == nullptr) throw std::bad_alloc();
  MYSQL* const mysql = mysql_.get();
  mysql_options(mysql, MYSQL_OPT_NONBLOCK, nullptr);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // A server that is not ours must not get at files.
  const unsigned no = 0;
  mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no);
  mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "identities");
  const my_bool yes = 1;
  if (url.tls) {
    mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    if (!url.tls_ca.empty()) mysql_options(mysql, MYSQL_OPT_SSL_CA, url.tls_ca.c_str());
  }
  // Rows that match count as changed, whether or not their values differ.
  constexpr unsigned long kFlags = CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS | CLIENT_FOUND_ROWS;
  MYSQL* connected = nullptr;
  try {
    complete(
        [&] {
          return mysql_real_connect_start(&connected, mysql, url.socket.empty() ? host.c_str() : nullptr,
                                          url.user.c_str(), url.password.c_str(), url.database.c_str(), url.port,
                                          url.socket.empty() ? nullptr : url.socket.c_str(), kFlags);
        },
        [&](int events) { return mysql_real_connect_cont(&connected, mysql, events); });
  } catch (const DeadlineExceeded&) {
    throw Unavailable("the database of database.url did not answer in time while connecting; does its server run?");
  }
  if (connected != nullptr) {
    // Programs that the host starts must not keep the connection open.
    ::fcntl(mysql_get_socket(mysql), F_SETFD, FD_CLOEXEC);  // NOLINT(cppcoreguidelines-pro-type-vararg): POSIX
    return;
  }
  dead_ = true;
  const unsigned code = mysql_errno(mysql);
  if (code == ER_ACCESS_DENIED_ERROR || code == ER_DBACCESS_DENIED_ERROR)
    throw Unavailable(
        "the database refuses the user of database.url; check the secret database_password and the user's rights");
  if (code == ER_BAD_DB_ERROR)
    throw Unavailable("the database that database.url names is not there; its administrator makes it");
  throw Unavailable(
      fmt::format("cannot connect to the database of database.url (error {}); does its server run?", code));
}

bool MysqlConnection::is_quiet() const {
  if (dead_) return false;
  pollfd socket{mysql_get_socket(mysql_.get()), POLLIN | POLLRDHUP, 0};
  return ::poll(&socket, 1, 0) == 0;
}

void MysqlConnection::require_time(std::string_view name) const {
  if (dead_) throw Unavailable(fmt::format("statement {}: the connection is lost", name));
  if (clock_.monotonic_us() >= deadline_us_) throw DeadlineExceeded("the deadline passed before a statement");
}

/// Waits for what libmariadb waits for; gives back what came.
int MysqlConnection::wait(int events) {
  pollfd socket{mysql_get_socket(mysql_.get()), 0, 0};
  if ((events & MYSQL_WAIT_READ) != 0) socket.events |= POLLIN;
  if ((events & MYSQL_WAIT_WRITE) != 0) socket.events |= POLLOUT;
  if ((events & MYSQL_WAIT_EXCEPT) != 0) socket.events |= POLLPRI;
  for (;;) {
    const Microseconds left_us = deadline_us_ - clock_.monotonic_us();
    int ready = 0;
    if (left_us > 0) {
      const timespec left{left_us / kSecondUs, left_us % kSecondUs * 1000};
      ready = ::ppoll(&socket, 1, &left, nullptr);
      if (ready < 0) continue;  // a signal
    }
    if (ready > 0) break;
    dead_ = true;
    throw DeadlineExceeded("the database did not answer in time");
  }
  int came = 0;
  if ((socket.revents & (POLLIN | POLLHUP | POLLERR)) != 0) came |= MYSQL_WAIT_READ;
  if ((socket.revents & (POLLOUT | POLLERR)) != 0) came |= MYSQL_WAIT_WRITE;
  if ((socket.revents & POLLPRI) != 0) came |= MYSQL_WAIT_EXCEPT;
  return came & events;
}

template <typename Start, typename Continue>
void MysqlConnection::complete(Start&& start, Continue&& go_on) {
  int events = start();
  try {
    while (events != 0) events = go_on(wait(events));
  } catch (const DeadlineExceeded&) {
    // The suspended function owns what it has read so far, and frees it when it is told that time is up. Each further
    // wait of it ends at once, too: the connection is cut.
    cut_off();
    while (events != 0) events = go_on(MYSQL_WAIT_TIMEOUT);
    throw;
  }
}

void MysqlConnection::run(std::string_view sql, std::string_view name,
                          const std::function<void(std::size_t, const Row&)>& on_row) {
  require_time(name);
  MYSQL* const mysql = mysql_.get();
  int failed = 0;
  complete([&] { return mysql_real_query_start(&failed, mysql, sql.data(), sql.size()); },
           [&](int events) { return mysql_real_query_cont(&failed, mysql, events); });
  if (failed != 0) fail(mysql_errno(mysql), name);
  for (std::size_t set = 0;;) {
    MYSQL_RES* stored = nullptr;
    complete([&] { return mysql_store_result_start(&stored, mysql); },
             [&](int events) { return mysql_store_result_cont(&stored, mysql, events); });
    if (stored != nullptr) {
      const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(stored, &mysql_free_result);
      try {
        while (MYSQL_ROW row = mysql_fetch_row(stored))
          if (on_row) on_row(set, TextRow(row, mysql_fetch_lengths(stored)));
      } catch (...) {
        dead_ = true;  // what is still to come would be taken for the next answer
        throw;
      }
      ++set;
    } else if (mysql_field_count(mysql) != 0) {
      fail(mysql_errno(mysql), name);
    }
    int next = 0;
    complete([&] { return mysql_next_result_start(&next, mysql); },
             [&](int events) { return mysql_next_result_cont(&next, mysql, events); });
    if (next < 0) return;
    if (next > 0) fail(mysql_errno(mysql), name);
  }
}

MYSQL_STMT* MysqlConnection::prepare(std::string_view sql, std::string_view name) {
  require_time(name);
  statements_.reserve(statements_.size() + 1);
  MYSQL_STMT* const made = mysql_stmt_init(mysql_.get());
  if (made == nullptr) throw std::bad_alloc();
  statements_.push_back(made);
  int failed = 0;
  complete([&] { return mysql_stmt_prepare_start(&failed, made, sql.data(), sql.size()); },
           [&](int events) { return mysql_stmt_prepare_cont(&failed, made, events); });
  if (failed != 0) fail(mysql_stmt_errno(made), name);
  return made;
}

void MysqlConnection::execute(MYSQL_STMT* statement, std::string_view name) {
  require_time(name);
  int failed = 0;
  complete([&] { return mysql_stmt_execute_start(&failed, statement); },
           [&](int events) { return mysql_stmt_execute_cont(&failed, statement, events); });
  if (failed != 0) fail(mysql_stmt_errno(statement), name);
  if (mysql_stmt_field_count(statement) == 0) return;
  complete([&] { return mysql_stmt_store_result_start(&failed, statement); },
           [&](int events) { return mysql_stmt_store_result_cont(&failed, statement, events); });
  if (failed != 0) fail(mysql_stmt_errno(statement), name);
}

void MysqlConnection::append_quoted(std::string& sql, std::string_view text) {
  const std::size_t begin = sql.size();
  sql.resize(begin + 2 * text.size() + 3);
  sql[begin] = '\'';
  const unsigned long size = mysql_real_escape_string(mysql_.get(), &sql[begin + 1], text.data(), text.size());
  sql.resize(begin + 1 + size);
  sql += '\'';
}

void MysqlConnection::fail(unsigned code, std::string_view name) {
  // The server's text holds values ("Duplicate entry 'ada@...'"), so only the number is told.
  const std::string what = fmt::format("statement {}: error {} of the database", name, code);
  switch (code) {
    case ER_DUP_ENTRY:
    case ER_DUP_ENTRY_WITH_KEY_NAME:
      throw Duplicate(what);
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_CHECKREAD:
    // What the row hangs on went meanwhile, or something came to hang on it.
    case ER_NO_REFERENCED_ROW_2:
    case ER_ROW_IS_REFERENCED_2:
      throw Contended(what);
    case ER_SP_DOES_NOT_EXIST:
      throw Unavailable(what + "; run 'identities migrate'");
    default:
      break;
  }
  if (is_lost(code)) dead_ = true;
  if (is_lost(code) || is_for_now(code)) throw Unavailable(what);
  throw BrokenStatement(what);
}

}  // namespace identities::store
