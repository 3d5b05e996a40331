#include "measure.hpp"

#include <sched.h>

#include <thread>

namespace bench {

OneCore::OneCore() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(std::max(1U, std::thread::hardware_concurrency()) - 1, &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

OneCore::~OneCore() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (unsigned core = 0; core < std::max(1U, std::thread::hardware_concurrency()); ++core) CPU_SET(core, &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

}  // namespace bench
