// One connection to MySQL or MariaDB on libmariadb's non-blocking calls: every wait ends at the deadline, to the
// microsecond, whatever the server does. After a wait that ran out, or a lost connection, it is dead: it can only be
// closed, and closing waits for nobody. Used by one thread at a time. Throws as session.hpp says.
#pragma once

#include <mysql.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/clock.hpp"
#include "store/database_url.hpp"
#include "store/session.hpp"

namespace identities::store {

/// What makes a session the same whatever the server's defaults are, a statement each. A read transaction sees one
/// moment. A lock is waited for at most a second, then the command runs again: a connection that was given up at its
/// deadline must not wait on in the server.
inline constexpr std::array<std::string_view, 3> kSessionSettings = {
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT', time_zone='+00:00', "
    "autocommit=1, completion_type='NO_CHAIN', innodb_lock_wait_timeout=1"};

class MysqlConnection {
 public:
  /// Connects and sets the session's variables.
  MysqlConnection(const DatabaseUrl& url, const Clock& clock, Microseconds deadline_us);
  ~MysqlConnection();
  MysqlConnection(const MysqlConnection&) = delete;
  MysqlConnection& operator=(const MysqlConnection&) = delete;

  void set_deadline(Microseconds deadline_us) { deadline_us_ = deadline_us; }
  bool is_dead() const { return dead_; }
  /// From now on it is dead.
  void give_up() { dead_ = true; }
  /// Nothing has come in that nobody asked for: a server that went away leaves an end of file.
  bool is_quiet() const;

  /// Runs one or several statements. on_row gets the number of the result set, from 0, and a row of it. name: for
  /// errors.
  void run(std::string_view sql, std::string_view name,
           const std::function<void(std::size_t set, const Row& row)>& on_row = nullptr);

  /// The statement belongs to the connection and lives as long.
  MYSQL_STMT* prepare(std::string_view sql, std::string_view name);
  /// Sends the bound parameters and, where there are rows, fetches all of them into the client's memory.
  void execute(MYSQL_STMT* statement, std::string_view name);

  /// 'text', escaped as this connection needs it.
  void append_quoted(std::string& sql, std::string_view text);

  /// Throws what the error number means. name: of the statement.
  [[noreturn]] void fail(unsigned code, std::string_view name);

 private:
  struct Close {
    void operator()(MYSQL* mysql) const { mysql_close(mysql); }
  };
  /// Whatever waits for the other side ends at once.
  void cut_off() const;
  void require_time(std::string_view name) const;
  int wait(int events);
  template <typename Start, typename Continue>
  void complete(Start&& start, Continue&& go_on);
  void connect(const DatabaseUrl& url);
  void connect_to(const std::string& host, const DatabaseUrl& url);

  const Clock clock_;
  Microseconds deadline_us_;
  std::unique_ptr<MYSQL, Close> mysql_;
  std::vector<MYSQL_STMT*> statements_;
  bool dead_ = false;
};

}  // namespace identities::store
