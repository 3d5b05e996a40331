#include "process_state.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <filesystem>

namespace hdcheck {
namespace {

std::string handler_of(int signal) {
  struct sigaction action {};
  if (::sigaction(signal, nullptr, &action) != 0) return "none";
  if (action.sa_handler == SIG_DFL) return "the default";
  if (action.sa_handler == SIG_IGN) return "ignored";
  return fmt::format("a handler at {}", reinterpret_cast<const void*>(action.sa_handler));
}

std::string blocked_signals() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  std::string names;
  for (int signal = 1; signal < NSIG; ++signal) {
    if (::sigismember(&mask, signal) == 1) names += fmt::format("{}{}", names.empty() ? "" : " ", signal);
  }
  return names.empty() ? "none" : names;
}

std::string own_umask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return fmt::format("{:03o}", mask);
}

std::size_t entries_of(const char* folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

ProcessState ProcessState::now() {
  ProcessState state;
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* const name = ::sigabbrev_np(signal);
    state.parts_[name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name)] = handler_of(signal);
  }
  state.parts_["the thread's blocked signals"] = blocked_signals();
  state.parts_["the locale"] = std::setlocale(LC_ALL, nullptr);
  std::error_code ec;
  state.parts_["the working directory"] = std::filesystem::current_path(ec).string();
  state.parts_["the umask"] = own_umask();
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    // The value may be private: its change is told without it.
    state.parts_[fmt::format("the environment variable {}", text.substr(0, text.find('=')))] =
        fmt::format("value {:x}", std::hash<std::string_view>{}(text));
  }
  return state;
}

std::optional<Fault> ProcessState::difference(const ProcessState& later) const {
  for (const auto& [name, value] : parts_) {
    const auto found = later.parts_.find(name);
    if (found == later.parts_.end()) return Fault{name, value, "nothing"};
    if (found->second != value) return Fault{name, value, found->second};
  }
  for (const auto& [name, value] : later.parts_) {
    if (!parts_.contains(name)) return Fault{name, "nothing", value};
  }
  return std::nullopt;
}

Resources Resources::now() {
  return {entries_of("/proc/self/task"), entries_of("/proc/self/fd")};
}

}  // namespace hdcheck
