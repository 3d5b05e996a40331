#include "child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace hdcheck {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* own_program = "/proc/self/exe";
constexpr std::size_t max_report_bytes = 1024 * 1024;

[[noreturn]] void fail(const char* what, int code) {
  throw std::system_error(code, std::generic_category(), what);
}

// Both ends are closed by exec, but for the copy that the child is given.
struct Pipe {
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe", errno);
  }
  ~Pipe() {
    close_writer();
    ::close(ends[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_writer() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  int ends[2] = {-1, -1};
};

pid_t spawn(const std::vector<std::string>& arguments, const ChildOptions& options, const Pipe& pipe) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe.ends[1], report_descriptor);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (options.shows_output) {
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  std::vector<std::string> words{"hdcheck"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, own_program, &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) fail("posix_spawn", failed);
  return pid;
}

bool has_verdict(const std::string& text) {
  const std::size_t last = text.rfind('\n', text.empty() ? 0 : text.size() - 2);
  const std::string_view line = std::string_view(text).substr(last == std::string::npos ? 0 : last + 1);
  return line.ends_with('\n') && (line.starts_with(passed_word) || line.starts_with(fault_word));
}

// What the child wrote until its verdict, its end or the limit. False when the limit came first.
bool collect(int descriptor, Clock::time_point until, std::string& text) {
  char buffer[4096];
  while (text.size() < max_report_bytes && !has_verdict(text)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) fail("poll", errno);
    if (ready <= 0) continue;
    const ssize_t size = ::read(descriptor, buffer, sizeof(buffer));
    if (size <= 0) break;
    text.append(buffer, static_cast<std::size_t>(size));
  }
  return true;
}

std::vector<std::string> split(std::string_view line, char at) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = line.find(at);
    parts.emplace_back(line.substr(0, end));
    if (end == std::string_view::npos) return parts;
    line.remove_prefix(end + 1);
  }
}

std::string end_of(int status) {
  if (WIFEXITED(status)) return fmt::format("that its process ended with exit status {}", WEXITSTATUS(status));
  const char* const name = ::sigabbrev_np(WTERMSIG(status));
  return fmt::format("that its process crashed with SIG{}", name == nullptr ? "?" : name);
}

}  // namespace

std::optional<Fault> run_child(const std::vector<std::string>& arguments, const ChildOptions& options) {
  Pipe pipe;
  const pid_t pid = spawn(arguments, options, pipe);
  pipe.close_writer();
  std::string text;
  const bool in_time = collect(pipe.ends[0], Clock::now() + options.limit_ms, text);
  int status = 0;
  // After a verdict nothing that the process does matters; without one its own end is waited for.
  if (!in_time || has_verdict(text)) ::kill(-pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  ::kill(-pid, SIGKILL);  // whatever it left behind
  std::string step = "the check";
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> fields = split(line, '\t');
    if (fields[0] == passed_word) return std::nullopt;
    if (fields[0] == fault_word && fields.size() == 4) return Fault{fields[1], fields[2], fields[3]};
    if (fields[0] == step_word && fields.size() == 2) step = fields[1];
  }
  if (!in_time) {
    return Fault{step, fmt::format("that it returns within {} ms", options.limit_ms.count()), "that it still ran"};
  }
  return Fault{step, "that it returns", end_of(status)};
}

}  // namespace hdcheck
