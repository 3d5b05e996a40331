// job_runner.hpp: runs the manifest's jobs, one at a time on one thread, each every so often. Borrows the plugin, which
// must be started and outlive it. The destructor waits for the step that runs.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "loaded_plugin.hpp"

namespace hdhost {

class JobRunner {
 public:
  JobRunner(helpdesk::LoadedPlugin& plugin, helpdesk::LogSink log);
  ~JobRunner();
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

 private:
  struct Job {
    helpdesk::Registration* registration;
    std::int64_t due_us;
    std::string last_fault;  // so that a lasting fault is logged once
  };
  void run();
  void step(Job& job);

  helpdesk::LoadedPlugin& plugin_;
  const helpdesk::LogSink log_;
  std::vector<Job> jobs_;
  struct Stop {
    std::mutex mutex;
    std::condition_variable changed;
    bool wanted = false;
  };
  Stop stop_;
  std::thread thread_;
};

}  // namespace hdhost
