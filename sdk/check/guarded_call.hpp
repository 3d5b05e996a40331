// guarded_call.hpp: calls a handler with its inputs, its reply and its error on memory pages of their own, so that a
// plugin that uses them beyond its call is caught at that very access. Nothing that a handler was given is freed before
// the process ends. call() may run on several threads at once with Watch::nothing, else on one.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loaded_plugin.hpp"

namespace hdcheck {

// What is forbidden: an access ends the process with a fault in the report.
enum class Watch {
  nothing,  // a wrong access goes unnoticed, so that a check finds only what it looks for
  inputs,   // read-only during the call and not beyond the body's end; gone after it
  reply,    // reply and error are gone after the call
};

struct Input {
  std::string method;
  std::string path;
  std::string query;
  std::string peer;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct Answer {
  hd_status status = HD_OK;
  std::string message;        // as it may be shown
  bool is_terminated = true;  // the message ends within its 256 bytes
  bool is_clean = true;       // one line of valid UTF-8
  std::string thrown;         // what crossed the contract, else empty
  int http_status = 200;
  std::string body;
  std::int64_t took_us = 0;
};

class Caller {
 public:
  Caller(const helpdesk::LoadedPlugin& plugin, Watch watch);
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  Answer call(const helpdesk::Registration& registration, const Input& input, std::int64_t deadline_us);
  // A reply was used after its handler had returned.
  bool was_answered_late() const;

 private:
  struct Collector;
  Collector& new_collector();

  const helpdesk::LoadedPlugin& plugin_;
  const Watch watch_;
  struct Collectors {
    mutable std::mutex mutex;
    std::deque<Collector*> all;
  };
  Collectors collectors_;
};

}  // namespace hdcheck
