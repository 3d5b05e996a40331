// contained.hpp: what keeps a plugin that breaks the contract from harming its host: a boundary for exceptions, room
// behind an error message, and the name of what runs on this thread. Plain values and thread-local state.
#pragma once

#include <cxxabi.h>
#include <helpdesk/plugin.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace helpdesk {

// A message from the other side as it may be shown: one line, valid UTF-8.
std::string clean_line(std::string_view text);

// "an exception of type std::runtime_error": of the one that is being handled, never its text.
std::string current_exception_type();

// Runs a function of the plugin. Nothing when it returned; else what it threw, although nothing may cross.
template <typename F>
std::optional<std::string> contained(F&& f) {
  try {
    std::forward<F>(f)();
    return std::nullopt;
  } catch (const abi::__forced_unwind&) {
    throw;  // the thread is being cancelled, which is the host's own doing
  } catch (...) {
    return current_exception_type();
  }
}

// Where a plugin writes its error. A message that is too long ends in the room behind it and is told as a fault.
class ErrorRoom {
 public:
  hd_error* get() { return reinterpret_cast<hd_error*>(bytes_.data()); }
  bool overrun() const;
  // The message as it may be shown, or what is wrong with it.
  std::string message() const;

 private:
  static constexpr std::size_t room_bytes = 1024;
  alignas(hd_error) std::array<char, room_bytes> bytes_{};
};

// Says what of the plugin runs on this thread while it lives; borrows the name. They nest.
class Running {
 public:
  explicit Running(const char* name);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  // NULL when nothing of a plugin runs here. Safe in a signal handler.
  static const char* name();

 private:
  const char* before_;
};

}  // namespace helpdesk
