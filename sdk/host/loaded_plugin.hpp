// loaded_plugin.hpp: one plugin in this process: loaded, created, started, called, stopped, destroyed.
// Owns the plugin's instance and the hd_host that it was given; the shared object stays mapped for ever.
// run, ready and the permits may be used on any thread, several at once; open, start and stop on one, with no call
// running. The Clock must outlive it.
#pragma once

#include <helpdesk/plugin.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker.hpp"
#include "clock.hpp"
#include "config.hpp"
#include "contained.hpp"
#include "manifest.hpp"
#include "reply_slots.hpp"
#include "result.hpp"

namespace helpdesk {

using LogSink = std::function<void(std::int32_t level, std::string_view line)>;

// One handler that the plugin registered. Lives as long as its LoadedPlugin.
struct Registration {
  const Declaration* declaration;
  std::string title;  // panel "sidebar"
  void* ctx;
  hd_handler handler;
  Breaker breaker;
  mutable std::atomic<bool> told_late = false;  // a reply that came too late was logged
};

// What a handler gets; borrowed for the call.
struct CallInput {
  std::int64_t deadline_us = 0;  // on the Clock's monotonic_us
  std::string_view request_id;
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::string_view peer;
  std::span<const hd_header> headers;
  std::string_view body;
};

// What it answered. Where status is not HD_OK, only message counts: valid UTF-8 in one line.
struct CallOutput {
  hd_status status = HD_OK;
  std::string message;
  int http_status = 200;  // webhooks
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// The right to run one call, from the registration's breaker. The first to settle it decides; whoever drops it
// unsettled says that the handler never ran. Thread-safe.
class Permit {
 public:
  Permit(Breaker& breaker, Admission admission, const Clock& clock)
      : breaker_(breaker), admission_(admission), clock_(clock) {}
  ~Permit() { settle(Outcome::never_ran); }
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  void settle(Outcome outcome) {
    if (!settled_.exchange(true)) breaker_.settle(admission_, outcome, clock_.monotonic_us());
  }

 private:
  Breaker& breaker_;
  const Admission admission_;
  const Clock& clock_;
  std::atomic<bool> settled_ = false;
};

class LoadedPlugin {
 public:
  // Loads the library, checks it against the manifest and creates the plugin. config_json has passed the schema. files:
  // a secret that has one is read again each time the plugin asks for it.
  static result<std::unique_ptr<LoadedPlugin>> open(Manifest manifest, const std::string& config_json, Secrets secrets,
                                                    const Clock& clock, LogSink log, SecretFiles files = {});
  ~LoadedPlugin();  // ends it, and logs what it threw
  LoadedPlugin(const LoadedPlugin&) = delete;
  LoadedPlugin& operator=(const LoadedPlugin&) = delete;

  // Nothing to refuse: started. A plugin is started once.
  result<void> start();
  // Stops and destroys it, as the destructor would; afterwards it can only be destructed. A refusal says what it threw.
  result<void> end();
  CallOutput ready(std::int64_t deadline_us);

  const Manifest& manifest() const { return manifest_; }
  const Clock& clock() const { return clock_; }
  // NULL when the plugin has no such handler.
  Registration* find(std::int32_t kind, std::string_view id);
  std::deque<Registration>& registrations() { return registrations_; }
  const std::deque<Registration>& registrations() const { return registrations_; }

  // NULL while the registration's breaker is open: answer HD_UNAVAILABLE.
  std::unique_ptr<Permit> admit(Registration& registration) const;
  // Runs the handler on this thread. The caller settles its permit.
  CallOutput run(const Registration& registration, const CallInput& input) const;

 private:
  LoadedPlugin(Manifest manifest, Secrets secrets, SecretFiles files, const Clock& clock, LogSink log);
  std::optional<std::string> secret(std::string_view name) const;
  std::optional<Refusal> load();
  std::optional<Refusal> create(const std::string& config_json);
  // Runs create or start, contained; nothing when it answered HD_OK.
  std::optional<Refusal> refusal_of(const char* function, const std::function<hd_status(hd_error*)>& call) const;
  std::optional<Refusal> finish(const char* function, void (*finisher)(void* instance)) const;
  hd_status add(const hd_registration* registration, hd_error* error);
  void tell_late(const Registration& registration) const;

  static LoadedPlugin& of(void* ctx) { return *static_cast<LoadedPlugin*>(ctx); }

  const Manifest manifest_;
  const Secrets secrets_;
  const SecretFiles secret_files_;
  const Clock& clock_;
  const LogSink log_;
  hd_host host_{};
  const hd_plugin* plugin_ = nullptr;
  void* instance_ = nullptr;
  bool creating_ = false;
  bool created_ = false;
  bool started_ = false;
  std::deque<Registration> registrations_;
  std::unique_ptr<ReplySlots> replies_;
};

// The HTTP status of an hd_status; 500 for one that nobody knows.
int http_status_of(hd_status status);

}  // namespace helpdesk
