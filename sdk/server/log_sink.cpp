#include "log_sink.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace hdhost {
namespace {

// Only what is allowed in a signal handler.
void write_all(const char* data, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t written = ::write(STDERR_FILENO, data + done, size - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads it: there is no better place to say so
    done += static_cast<std::size_t>(written);
  }
}

}  // namespace

std::atomic<LogSink*> LogSink::newest_ = nullptr;

LogSink::LogSink() {
  newest_ = this;
}

LogSink::~LogSink() {
  LogSink* self = this;
  newest_.compare_exchange_strong(self, nullptr);
  flush_();
}

void LogSink::write_gathered() {
  if (LogSink* const sink = newest_) write_all(sink->gathered_.data(), sink->size_.exchange(0));
}

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  if (line.size() > gathered_.size() - size_) flush_();
  if (line.size() > gathered_.size()) {
    write_all(line.data(), line.size());
    return;
  }
  std::copy_n(line.data(), line.size(), gathered_.data() + size_);
  size_ += line.size();
}

void LogSink::flush_() {
  write_all(gathered_.data(), size_);
  size_ = 0;
}

}  // namespace hdhost
