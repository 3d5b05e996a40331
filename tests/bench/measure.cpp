#include "measure.hpp"

#include <sched.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace bench {
namespace {

unsigned core_count() {
  return std::max(1U, std::thread::hardware_concurrency());
}

void allow(pid_t thread, const cpu_set_t& cores) {
  // A thread that has ended meanwhile needs no core.
  if (::sched_setaffinity(thread, sizeof cores, &cores) != 0 && errno != ESRCH)
    throw std::system_error(errno, std::generic_category(), "cannot set the cores of a thread");
}

void allow_all(pid_t server, const cpu_set_t& cores) {
  allow(0, cores);
  if (server == 0) return;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(server) + "/task"))
    allow(std::stoi(task.path().filename()), cores);
}

}  // namespace

OneCore::OneCore(pid_t server) : server_(server) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core_count() - 1, &cores);
  allow_all(server_, cores);
}

OneCore::~OneCore() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (unsigned core = 0; core < core_count(); ++core) CPU_SET(core, &cores);
  try {
    allow_all(server_, cores);
  } catch (const std::exception&) {
    // The server has ended; it needs no core any more.
  }
}

}  // namespace bench
