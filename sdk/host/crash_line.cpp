#include "crash_line.hpp"

#include <unistd.h>

#include <csignal>
#include <cstring>

#include "contained.hpp"

namespace helpdesk {
namespace {

const char* program_name = "";
void (*before_line)() = nullptr;

// One write, so that lines of other threads do not cut it. Only what is allowed in a signal handler.
class Line {
 public:
  void add(const char* text) {
    for (; *text != '\0' && size_ < sizeof(bytes_) - 1; ++text) bytes_[size_++] = *text;
  }
  void write() {
    bytes_[size_++] = '\n';
    for (std::size_t done = 0; done < size_;) {
      const ssize_t written = ::write(STDERR_FILENO, bytes_ + done, size_ - done);
      if (written <= 0) return;
      done += static_cast<std::size_t>(written);
    }
  }

 private:
  char bytes_[512];
  std::size_t size_ = 0;
};

// The handler was reset on entry: raising the signal again ends the process with it, and with a core dump if wanted.
void on_crash(int number) {
  const char* const abbreviation = ::sigabbrev_np(number);
  const char* const running = Running::name();
  Line line;
  line.add(program_name);
  line.add(": ");
  line.add(running == nullptr ? "the host itself" : running);
  line.add(": expected that it returns, found SIG");
  line.add(abbreviation == nullptr ? "?" : abbreviation);
  line.add("; the process ends");
  if (before_line != nullptr) before_line();
  line.write();
  ::raise(number);
}

// The handler needs some hundred bytes, the kernel's frame up to 3 KB with the widest registers of today.
constexpr std::size_t crash_stack_bytes = 64 * 1024;

}  // namespace

CrashStack::CrashStack() {
  stack_t before{};
  if (::sigaltstack(nullptr, &before) != 0 || (before.ss_flags & SS_DISABLE) == 0) return;
  room_ = std::make_unique<std::byte[]>(crash_stack_bytes);
  stack_t stack{};
  stack.ss_sp = room_.get();
  stack.ss_size = crash_stack_bytes;
  ::sigaltstack(&stack, nullptr);
}

CrashStack::~CrashStack() {
  if (room_ == nullptr) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
}

void write_line_at_crash(const char* program, void (*save)()) {
  program_name = program;
  before_line = save;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    struct sigaction before {};
    if (::sigaction(number, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = &on_crash;
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_NODEFER | SA_ONSTACK;
    ::sigaction(number, &action, nullptr);
  }
}

}  // namespace helpdesk
