// crash_line.hpp: for a program of our own that hosts plugins. A process cannot outlive a crash of the code in it, but
// its last line can name the handler. Never for the embedding library: signals belong to the embedder there.
#pragma once

#include <cstddef>
#include <memory>

namespace helpdesk {

// From now on a fatal signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) writes one line to standard error, with what of
// the plugin ran on that thread, and then ends the process as it would have. A signal that has a handler already, a
// sanitizer's for instance, is left alone. `program` must live as long as the process. `save` is called ahead of that
// line, in the signal handler, for what a log has gathered.
void write_line_at_crash(const char* program, void (*save)() = nullptr);

// Room for that line where this thread's stack is used up, which is how a plugin crashes that recurses without end.
// Each thread that runs a plugin's code has one, made and destroyed on it. A thread that has such room already, a
// sanitizer's for instance, keeps it.
class CrashStack {
 public:
  CrashStack();
  ~CrashStack();
  CrashStack(const CrashStack&) = delete;
  CrashStack& operator=(const CrashStack&) = delete;

 private:
  std::unique_ptr<std::byte[]> room_;  // none: there was one
};

}  // namespace helpdesk
