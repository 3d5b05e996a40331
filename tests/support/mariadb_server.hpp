// A MariaDB server of our own in a private folder, on a Unix socket only unless its options say otherwise. Stopped by
// its process id and removed with its folder, unless that is one to keep. One thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace support {

class MariadbServer {
 public:
  /// Makes the folder with a fresh data directory and starts the server. options: further lines of its configuration.
  /// durable: every commit is flushed, as in production. Throws std::runtime_error with the end of its log.
  explicit MariadbServer(const std::vector<std::string>& options = {}, bool durable = true);
  /// A folder whose data outlive the server: made when it is not there, stopped in order at the end. The server also
  /// stops when the process that started it dies.
  struct Kept {
    std::filesystem::path folder;
  };
  MariadbServer(const Kept& kept, const std::vector<std::string>& options);
  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  /// Starts it again after it was stopped or killed, and waits until it answers.
  void start();
  /// Stops it as an administrator would and starts it with these further lines instead of the former.
  void restart(const std::vector<std::string>& options);
  void stop();          // as an administrator would
  void kill();          // kill -9
  void pause() const;   // SIGSTOP: connections stand, nothing answers
  void resume() const;  // SIGCONT

  pid_t pid() const { return pid_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::string socket() const { return run_folder_ / "s"; }
  /// database.url of that database for the user root, who has no password.
  std::string url(const std::string& database) const;
  void make_database(const std::string& database) const;
  /// What it runs in no database, as root.
  void run(const std::string& sql) const;
  /// Leaves server and folder behind for another process, which finds them by folder().
  void detach() { pid_ = 0; }

 private:
  bool answers() const;
  void configure(const std::vector<std::string>& options) const;
  void install() const;

  std::filesystem::path folder_;
  std::filesystem::path run_folder_;  // of the socket, whose path must be short
  bool kept_ = false;
  pid_t pid_ = 0;
};

/// Can one be started here? mariadbd and mariadb-install-db are on the machine.
bool has_mariadb();

}  // namespace support
