#include "log_sink.hpp"

#include <unistd.h>

#include <cerrno>

namespace hdhost {
namespace {

constexpr std::size_t enough_bytes = 16 * 1024;

}  // namespace

LogSink::~LogSink() {
  flush_();
}

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  gathered_.append(line.data(), line.size());
  if (gathered_.size() >= enough_bytes) flush_();
}

void LogSink::flush_() {
  std::size_t done = 0;
  while (done < gathered_.size()) {
    const ssize_t size = ::write(STDERR_FILENO, gathered_.data() + done, gathered_.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;  // nobody reads it: there is no better place to say so
    done += static_cast<std::size_t>(size);
  }
  gathered_.clear();
}

}  // namespace hdhost
