#include "job_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "crash_line.hpp"
#include "handler_pool.hpp"

namespace hdhost {

JobRunner::JobRunner(helpdesk::LoadedPlugin& plugin, helpdesk::LogSink log) : plugin_(plugin), log_(std::move(log)) {
  for (helpdesk::Registration& registration : plugin.registrations()) {
    if (registration.declaration->kind == HD_JOB) jobs_.push_back({&registration, plugin.clock().monotonic_us(), {}});
  }
  if (jobs_.empty()) return;
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

JobRunner::~JobRunner() {
  {
    const std::lock_guard lock(stop_.mutex);
    stop_.wanted = true;
  }
  stop_.changed.notify_all();
  if (thread_.joinable()) thread_.join();
}

void JobRunner::run() {
  const helpdesk::CrashStack crash_stack;
  for (;;) {
    Job& next =
        *std::min_element(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) { return a.due_us < b.due_us; });
    {
      std::unique_lock lock(stop_.mutex);
      const auto wait =
          std::chrono::microseconds(std::max<std::int64_t>(0, next.due_us - plugin_.clock().monotonic_us()));
      if (stop_.changed.wait_for(lock, wait, [this] { return stop_.wanted; })) return;
    }
    step(next);
    next.due_us = plugin_.clock().monotonic_us() + next.registration->declaration->every_ms * 1000;
  }
}

void JobRunner::step(Job& job) {
  const auto permit = plugin_.admit(*job.registration);
  if (!permit) return;
  helpdesk::CallInput input;
  input.deadline_us = plugin_.clock().monotonic_us() + job.registration->declaration->budget_ms * 1000;
  input.request_id = "job";
  const helpdesk::CallOutput output = plugin_.run(*job.registration, input);
  const bool late = plugin_.clock().monotonic_us() > input.deadline_us;
  permit->settle(late ? helpdesk::Outcome::overran : helpdesk::Outcome::in_time);
  const std::string fault = output.status == HD_OK ? "" : fmt::format("status {}: {}", output.status, output.message);
  if (fault != job.last_fault && log_) {
    const std::string& id = job.registration->declaration->id;
    if (fault.empty()) {
      log_(HD_LOG_INFO, fmt::format("job {}: well again", id));
    } else {
      log_(HD_LOG_WARNING, fmt::format("job {}: {}", id, fault));
    }
  }
  job.last_fault = fault;
}

}  // namespace hdhost
