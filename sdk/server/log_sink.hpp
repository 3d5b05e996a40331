// log_sink.hpp: log lines to standard error, gathered: a line of its own system call would cost each request as much as
// reading it. flush writes what is there; the server flushes ten times a second and at every warning. Thread-safe.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <string>

namespace hdhost {

class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ~LogSink() override;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;

  std::string gathered_;
};

}  // namespace hdhost
