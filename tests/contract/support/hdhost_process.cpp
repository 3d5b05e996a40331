#include "hdhost_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace contract {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds between_looks{2};

std::string content_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// Looks again and again, until it is true or patience ends.
template <typename Condition>
bool poll_until(Condition&& condition) {
  const auto give_up_at = Clock::now() + patience;
  while (!condition()) {
    if (Clock::now() > give_up_at) return false;
    std::this_thread::sleep_for(between_looks);
  }
  return true;
}

pid_t spawn(const std::vector<std::string>& arguments, const std::string& log_file) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::vector<std::string> words{HDHOST_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, HDHOST_PROGRAM, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("hdhost cannot be started");
  return pid;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

HdhostProcess::HdhostProcess(const Bundle& bundle, const std::vector<std::string>& options)
    : log_file_(bundle.folder() / "log") {
  bundle.write_all();
  start(bundle.config_file(), bundle.folder(), options);
}

HdhostProcess::HdhostProcess(const std::filesystem::path& config_file) : log_file_(config_file.parent_path() / "log") {
  start(config_file, config_file.parent_path());
}

void HdhostProcess::start(const std::string& config_file, const std::filesystem::path& folder,
                          const std::vector<std::string>& options) {
  const std::filesystem::path ports_file = folder / "ports.json";
  std::filesystem::remove(ports_file);
  std::vector<std::string> arguments{"--config", config_file};
  arguments.insert(arguments.end(), options.begin(), options.end());
  pid_ = spawn(arguments, log_file_);
  const bool listening = poll_until([&] {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("hdhost ended: " + log());
    }
    return std::filesystem::exists(ports_file);
  });
  if (!listening) throw std::runtime_error("hdhost does not listen: " + log());
  const auto ports = boost::json::parse(content_of(ports_file)).as_object();
  url_ = std::string(ports.at("listen").as_string());
  if (ports.contains("status")) status_url_ = std::string(ports.at("status").as_string());
}

HdhostProcess::~HdhostProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  if (wait() < 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

std::size_t HdhostProcess::open_sockets() const {
  const std::filesystem::directory_iterator folder("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<std::size_t>(std::count_if(begin(folder), end(folder), [](const auto& descriptor) {
    std::error_code gone;
    return std::filesystem::read_symlink(descriptor, gone).string().starts_with("socket:");
  }));
}

void HdhostProcess::signal(int number) const {
  ::kill(pid_, number);
}

int HdhostProcess::wait() {
  int status = 0;
  const bool ended = poll_until([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
  if (!ended) return -1;
  pid_ = -1;
  return code_of(status);
}

std::string HdhostProcess::log() const {
  return content_of(log_file_);
}

bool HdhostProcess::logs(const std::string& text, int times) const {
  return poll_until([&] {
    const std::string lines = log();
    int found = 0;
    for (std::size_t at = lines.find(text); at != std::string::npos; at = lines.find(text, at + 1)) ++found;
    return found >= times;
  });
}

Finished run_hdhost(const Bundle& bundle, const std::vector<std::string>& arguments) {
  const std::string log_file = bundle.folder() / "log";
  const pid_t pid = spawn(arguments, log_file);
  int status = 0;
  if (!poll_until([&] { return ::waitpid(pid, &status, WNOHANG) == pid; })) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  }
  return {code_of(status), content_of(log_file)};
}

}  // namespace contract
