// administration.hpp: the `identities` command as an administrator runs it, over an empty database in SQLite or in the
// run's own MariaDB (test_database.hpp), with a configuration that `identities init` wrote. Removed at the end. One
// thread.
#pragma once

#include <sys/types.h>

#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "test_database.hpp"

namespace integration {

using Environment = std::map<std::string, std::string>;

/// A run of the command; killed at the end if it still runs.
class Command {
 public:
  explicit Command(const std::vector<std::string>& arguments, const Environment& environment = {});
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  void signal(int number) const;
  /// Reads on until the output holds the text; false when it ends before, or within half a minute does not come.
  bool says(const std::string& text);
  /// Its exit status, 128 + signal when a signal ended it.
  int wait();
  /// Standard output and error, as far as they were read.
  const std::string& output() const { return output_; }

 private:
  bool read_some(int timeout_ms);

  pid_t pid_ = -1;
  int pipe_ = -1;
  std::string output_;
};

struct Finished {
  int status = 0;
  std::string output;
};

class Administration {
 public:
  Administration();

  /// The command with --config, to its end.
  Finished run(std::vector<std::string> arguments, const Environment& environment = {}) const;
  std::vector<std::string> with_config(std::vector<std::string> arguments) const;

  bool is_sqlite() const { return database_.url().dialect == identities::store::Dialect::kSqlite; }
  /// Takes away everything that migrations made.
  void empty_database() const;
  std::int64_t count(const std::string& sql) const { return database_.count(sql); }
  /// Looks again until the statement gives that; false when it does not within half a minute.
  bool comes_to(const std::string& sql, std::int64_t wanted) const;

  const support::TestDatabase& database() const { return database_; }
  std::filesystem::path folder() const { return database_.folder() / "etc"; }
  std::filesystem::path config() const { return folder() / "identities.json"; }
  boost::json::object read_config() const;
  void write_config(const boost::json::object& object) const;
  std::string read(const std::string& name) const;
  void write(const std::string& name, const std::string& text) const;

 private:
  support::TestDatabase database_;
};

}  // namespace integration
