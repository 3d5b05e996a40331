#include "pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <new>

#include "report.hpp"

namespace hdcheck {
namespace {

struct Watched {
  std::atomic<const char*> begin = nullptr;
  const char* end = nullptr;
  std::atomic<const char*> line = nullptr;
  std::size_t line_size = 0;
};

constexpr std::size_t max_watched = 1024;
std::array<Watched, max_watched> watched;
std::atomic<std::size_t> watched_count = 0;

// An access to watched pages becomes the verdict; any other fault ends the process as it would have.
void on_fault(int signal, siginfo_t* info, void*) {
  const char* const address = static_cast<const char*>(info->si_addr);
  for (std::size_t i = 0; i < watched_count; ++i) {
    const Watched& each = watched[i];
    if (address < each.begin || address >= each.end) continue;
    Report::write_line(each.line, each.line_size);
    ::_exit(EXIT_SUCCESS);
  }
  std::signal(signal, SIG_DFL);
}

void install_handler() {
  struct sigaction action {};
  action.sa_sigaction = &on_fault;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGSEGV, &action, nullptr);
  ::sigaction(SIGBUS, &action, nullptr);
}

std::size_t rounded_up(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

}  // namespace

Pages::Pages(std::size_t front_bytes, std::size_t tail_bytes) : tail_bytes_(tail_bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t usable = rounded_up(front_bytes + alignof(std::max_align_t) + tail_bytes, page);
  void* const memory = ::mmap(nullptr, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  begin_ = static_cast<char*>(memory);
  guard_ = begin_ + usable;
}

void* Pages::take(std::size_t bytes) {
  void* const taken = begin_ + taken_;
  taken_ += rounded_up(bytes, alignof(std::max_align_t));
  return taken;
}

void Pages::protect(char* from, char* until, int protection, std::string_view line) {
  if (watched_count == 0) install_handler();
  // The same pages have one entry, whose line changes with what is forbidden.
  std::size_t index = 0;
  while (index < watched_count && watched[index].begin != from) ++index;
  if (index == max_watched) throw std::bad_alloc();
  Watched& entry = watched[index];
  entry.end = until;
  entry.line_size = line.size();
  entry.line = line.data();
  entry.begin = from;
  if (index == watched_count) ++watched_count;
  if (::mprotect(from, static_cast<std::size_t>(until - from), protection) != 0) throw std::bad_alloc();
}

void Pages::read_only(std::string_view line) {
  protect(begin_, guard_, PROT_READ, line);
}

void Pages::forbid(std::string_view line) {
  protect(begin_, guard_, PROT_NONE, line);
}

void Pages::guard(std::string_view line) {
  protect(guard_, guard_ + ::sysconf(_SC_PAGESIZE), PROT_NONE, line);
}

}  // namespace hdcheck
