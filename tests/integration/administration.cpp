#include "administration.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace integration {
namespace {

namespace json = boost::json;
using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{30};
constexpr int kLookMs = 5;  // between two looks at a database that cannot call back

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Command::Command(const std::vector<std::string>& arguments, const Environment& environment) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  pipe_ = ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<std::string> words{IDENTITIES_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  const int failed =
      ::posix_spawn(&pid_, IDENTITIES_PROGRAM, &actions, nullptr, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed != 0) throw std::runtime_error("the command cannot be started");
}

Command::~Command() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  ::close(pipe_);
}

void Command::signal(int number) const {
  ::kill(pid_, number);
}

bool Command::read_some(int timeout_ms) {
  pollfd ready{pipe_, POLLIN, 0};
  if (::poll(&ready, 1, timeout_ms) <= 0) return false;
  char buffer[4096];
  const ssize_t size = ::read(pipe_, buffer, sizeof buffer);
  if (size <= 0) return false;
  output_.append(buffer, static_cast<std::size_t>(size));
  return true;
}

bool Command::says(const std::string& text) {
  const auto give_up_at = Steady::now() + kPatience;
  while (output_.find(text) == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(give_up_at - Steady::now());
    if (left.count() <= 0 || !read_some(static_cast<int>(left.count()))) return false;
  }
  return true;
}

int Command::wait() {
  while (read_some(-1)) {
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Administration::Administration() {
  write("../password", "unused\n");
  std::vector<std::string> arguments = {
      "init",        folder(),          "--manifest",  MANIFEST_FILE, "--listen",
      "127.0.0.1:0", "--status-listen", "127.0.0.1:0", "--database",  database_.url_text()};
  if (!is_sqlite()) {
    arguments.emplace_back("--password-file");
    arguments.push_back(database_.folder() / "password");
  }
  Command init(arguments);
  if (init.wait() != 0) throw std::runtime_error("init failed: " + init.output());
  if (is_sqlite()) return;
  // The user of the tests' own server has no password.
  json::object config = read_config();
  config["secrets"].as_object().erase("database_password");
  write_config(config);
}

std::vector<std::string> Administration::with_config(std::vector<std::string> arguments) const {
  arguments.emplace_back("--config");
  arguments.push_back(config());
  return arguments;
}

Finished Administration::run(std::vector<std::string> arguments, const Environment& environment) const {
  Command command(with_config(std::move(arguments)), environment);
  const int status = command.wait();
  return {status, command.output()};
}

void Administration::empty_database() const {
  if (is_sqlite()) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(database_.url().path + suffix);
  } else {
    const std::string& name = database_.url().database;
    count(fmt::format("DROP DATABASE `{0}`; CREATE DATABASE `{0}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", name));
  }
}

bool Administration::comes_to(const std::string& sql, std::int64_t wanted) const {
  const auto give_up_at = Steady::now() + kPatience;
  while (count(sql) != wanted) {
    if (Steady::now() > give_up_at) return false;
    ::poll(nullptr, 0, kLookMs);
  }
  return true;
}

json::object Administration::read_config() const {
  return json::parse(read("identities.json")).as_object();
}

void Administration::write_config(const json::object& object) const {
  write("identities.json", json::serialize(object));
}

std::string Administration::read(const std::string& name) const {
  std::ifstream file(folder() / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Administration::write(const std::string& name, const std::string& text) const {
  const std::filesystem::path path = name.starts_with("../") ? database_.folder() / name.substr(3) : folder() / name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace integration
