#include "mariadb_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <mysql.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace support {
namespace {

constexpr int kStartSeconds = 60;

std::string end_of(const std::filesystem::path& log) {
  std::ifstream file(log);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

/// Runs a program with its output in the log. In a session of its own, so that no terminal's signal reaches it.
/// with_us: it is told to stop when we die.
pid_t spawn(const std::vector<std::string>& arguments, const std::filesystem::path& log, bool with_us = false) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child > 0) return child;
  ::setsid();
  if (with_us) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int in = ::open("/dev/null", O_RDONLY);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  for (int file = 3; file < 256; ++file) ::close(file);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::filesystem::path temporary_folder() {
  std::string pattern = std::filesystem::temp_directory_path() / "identities-mariadb-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

using Connection = std::unique_ptr<MYSQL, decltype(&mysql_close)>;

Connection connect(const std::string& socket) {
  Connection connection(mysql_init(nullptr), &mysql_close);
  if (mysql_real_connect(connection.get(), nullptr, "root", "", nullptr, 0, socket.c_str(), CLIENT_MULTI_STATEMENTS) ==
      nullptr)
    connection.reset();
  return connection;
}

}  // namespace

bool has_mariadb() {
  return ::access("/usr/sbin/mariadbd", X_OK) == 0 && ::access("/usr/bin/mariadb-install-db", X_OK) == 0;
}

MariadbServer::MariadbServer(const std::vector<std::string>& options, bool durable)
    : folder_(temporary_folder()), run_folder_(folder_) {
  std::vector<std::string> all = {fmt::format("innodb_flush_log_at_trx_commit={}", durable ? 1 : 0),
                                  "innodb_buffer_pool_size=128M"};
  all.insert(all.end(), options.begin(), options.end());
  configure(all);
  install();
  start();
}

MariadbServer::MariadbServer(const Kept& kept, const std::vector<std::string>& options)
    : folder_(std::filesystem::absolute(kept.folder)), run_folder_(temporary_folder()), kept_(true) {
  std::filesystem::create_directories(folder_);
  configure(options);
  // An installation that was broken off is made again.
  const std::filesystem::path mark = folder_ / "installed";
  if (!std::filesystem::exists(mark)) {
    std::filesystem::remove_all(folder_ / "data");
    install();
    std::ofstream(mark) << "data/ is a whole data directory\n";
  }
  start();
}

void MariadbServer::configure(const std::vector<std::string>& options) const {
  // One of its own: a server that starts removes from its tmpdir what looks like a temporary table, another's, too.
  const std::filesystem::path temporary = folder_ / "tmp";
  std::filesystem::create_directories(temporary);
  std::ofstream config(folder_ / "my.cnf");
  config << "[mysqld]\ndatadir=" << (folder_ / "data").string() << "\ntmpdir=" << temporary.string()
         << "\nsocket=" << socket()
         << "\nskip-networking\nskip-log-bin\nmax_connections=500\ncharacter-set-server=utf8mb4\n"
         << "performance_schema=0\n";
  if (::geteuid() == 0) config << "user=root\n";
  for (const std::string& option : options) config << option << '\n';
}

void MariadbServer::install() const {
  const std::string defaults = "--defaults-file=" + (folder_ / "my.cnf").string();
  const int made = wait_for(spawn({"mariadb-install-db", defaults, "--auth-root-authentication-method=normal",
                                   "--skip-test-db", "--skip-name-resolve"},
                                  folder_ / "install.log"));
  if (made != 0) throw std::runtime_error("mariadb-install-db failed: " + end_of(folder_ / "install.log"));
}

MariadbServer::~MariadbServer() {
  if (pid_ == 0) return;
  resume();
  if (kept_)
    stop();
  else
    kill();
  std::error_code ignored;
  std::filesystem::remove_all(run_folder_, ignored);
}

void MariadbServer::start() {
  if (pid_ == 0) pid_ = spawn({"mariadbd", "--defaults-file=" + (folder_ / "my.cnf").string()}, folder_ / "log", kept_);
  const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(kStartSeconds);
  while (!answers()) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      throw std::runtime_error("mariadbd ended: " + end_of(folder_ / "log"));
    }
    if (std::chrono::steady_clock::now() > give_up_at)
      throw std::runtime_error("mariadbd does not answer: " + end_of(folder_ / "log"));
    ::poll(nullptr, 0, 20);  // between two tries; a server has no other way to say that it is ready
  }
}

bool MariadbServer::answers() const {
  return std::filesystem::exists(socket()) && connect(socket()) != nullptr;
}

void MariadbServer::restart(const std::vector<std::string>& options) {
  stop();
  configure(options);
  start();
}

void MariadbServer::stop() {
  ::kill(pid_, SIGTERM);
  wait_for(pid_);
  pid_ = 0;
}

void MariadbServer::kill() {
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
  pid_ = 0;
}

void MariadbServer::pause() const {
  ::kill(pid_, SIGSTOP);
  int status = 0;
  ::waitpid(pid_, &status, WUNTRACED);  // its threads stop one after another, and one of them might still answer
}

void MariadbServer::resume() const {
  ::kill(pid_, SIGCONT);
}

std::string MariadbServer::url(const std::string& database) const {
  return fmt::format("mysql://root@localhost/{}?socket={}", database, socket());
}

void MariadbServer::make_database(const std::string& database) const {
  run(fmt::format("CREATE DATABASE `{}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", database));
}

void MariadbServer::run(const std::string& sql) const {
  const Connection connection = connect(socket());
  if (connection == nullptr) throw std::runtime_error("the test's own MariaDB does not answer");
  if (mysql_real_query(connection.get(), sql.data(), sql.size()) != 0)
    throw std::runtime_error(fmt::format("{}: {}", sql, mysql_error(connection.get())));
}

}  // namespace support
