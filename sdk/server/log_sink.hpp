// log_sink.hpp: log lines to standard error, gathered: a line of its own system call would cost each request as much as
// reading it. flush writes what is there; the server flushes ten times a second and at every warning. Thread-safe.
// Where the process ends without destructors, write_gathered saves what would be lost.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <array>
#include <atomic>
#include <mutex>

namespace hdhost {

class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LogSink();
  ~LogSink() override;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  // [any, signal handler] Writes what the newest sink has gathered, without a lock: beside threads that still log, a
  // line may come twice or torn.
  static void write_gathered();

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;

  std::array<char, 16 * 1024> gathered_{};
  std::atomic<std::size_t> size_ = 0;
  static std::atomic<LogSink*> newest_;
};

}  // namespace hdhost
