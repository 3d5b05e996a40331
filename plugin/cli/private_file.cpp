#include "cli/private_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <optional>
#include <system_error>
#include <utility>

namespace identities::cli {
namespace {

[[noreturn]] void fail(std::string_view what, const std::filesystem::path& path) {
  throw std::runtime_error(
      fmt::format("cannot {} {}: {}", what, path.string(), std::generic_category().message(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int file) : file_(file) {}
  ~Descriptor() {
    if (file_ >= 0) close(file_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return file_; }

 private:
  int file_;
};

void flush_folder(const std::filesystem::path& folder) {
  const Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0 || ::fsync(file.get()) != 0) fail("flush the folder", folder);
}

/// owner: given to the file before anything is in it.
void write_new(const std::filesystem::path& path, std::string_view text, const std::optional<struct stat>& owner) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) fail("make", path);
  if (owner && (owner->st_uid != ::geteuid() || owner->st_gid != ::getegid()) &&
      ::fchown(file.get(), owner->st_uid, owner->st_gid) != 0)
    fail("give the former owner of the file", path);
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(file.get(), text.data() + written, text.size() - written);
    if (count < 0) fail("write", path);
    written += static_cast<std::size_t>(count);
  }
  if (::fsync(file.get()) != 0) fail("flush", path);
}

volatile std::sig_atomic_t interrupted_by = 0;

/// Nothing that is typed is shown while it lives. What interrupts the question meanwhile is kept in interrupted_by,
/// because the program must not end with a terminal that shows nothing.
class HiddenTyping {
 public:
  HiddenTyping() {
    sigset_t kept;
    ::sigemptyset(&kept);
    for (const int number : kSignals) ::sigaddset(&kept, number);
    ::sigprocmask(SIG_BLOCK, &kept, &mask_);
    struct sigaction keep {};
    keep.sa_handler = [](int number) { interrupted_by = number; };
    for (std::size_t index = 0; index < kSignals.size(); ++index) {
      ::sigaction(kSignals[index], nullptr, &actions_[index]);
      if (actions_[index].sa_handler != SIG_IGN) ::sigaction(kSignals[index], &keep, nullptr);
    }
    ::tcgetattr(STDIN_FILENO, &shown_);
    termios hidden = shown_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~HiddenTyping() {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown_);
    for (std::size_t index = 0; index < kSignals.size(); ++index)
      ::sigaction(kSignals[index], &actions_[index], nullptr);
    ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
  }
  HiddenTyping(const HiddenTyping&) = delete;
  HiddenTyping& operator=(const HiddenTyping&) = delete;

  /// Up to the end of the line, or as far as it had come at a signal.
  std::string line() const {
    std::string typed;
    for (char next = 0; interrupted_by == 0;) {
      pollfd ready{STDIN_FILENO, POLLIN, 0};
      if (::ppoll(&ready, 1, nullptr, &mask_) < 0) continue;  // signals come here and nowhere else
      if (::read(STDIN_FILENO, &next, 1) != 1 || next == '\n') break;
      typed += next;
    }
    return typed;
  }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  termios shown_{};
  sigset_t mask_{};
  std::array<struct sigaction, kSignals.size()> actions_{};
};

}  // namespace

void make_private(const std::filesystem::path& path, std::string_view text) {
  write_new(path, text, std::nullopt);
  flush_folder(path.parent_path());
}

void replace_private(const std::filesystem::path& path, std::string_view text) {
  struct stat old {};
  if (::stat(path.c_str(), &old) != 0) fail("look at", path);
  const std::filesystem::path fresh = path.string() + ".new";
  // What a run left that was killed while it wrote.
  if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) fail("remove", fresh);
  write_new(fresh, text, old);
  if (::rename(fresh.c_str(), path.c_str()) != 0) fail("replace", path);
  flush_folder(path.parent_path());
}

FolderLock::FolderLock(const std::filesystem::path& folder, std::string_view what)
    : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (folder_ < 0) fail("open", folder);
  if (::flock(folder_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(folder_);
  throw std::runtime_error(fmt::format("another process {} in {}; wait for its end", what, folder.string()));
}

FolderLock::~FolderLock() {
  ::close(folder_);
}

std::string ask_secret(std::string_view question) {
  std::string line;
  if (::isatty(STDIN_FILENO) != 1) {
    std::getline(std::cin, line);
    return line;
  }
  {
    const HiddenTyping hidden;
    std::cerr << question << ": " << std::flush;
    line = hidden.line();
    std::cerr << '\n';
  }
  if (const int number = std::exchange(interrupted_by, 0)) ::raise(number);
  return line;
}

std::string random_key() {
  std::string key(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("the system gave no random bytes");
  return key;
}

}  // namespace identities::cli
