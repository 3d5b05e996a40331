// A helpdesk in this process: the host library with the real identities.so over a private SQLite database, called as a
// host calls it. Removed with its folder. One thread.
#pragma once

#include <helpdesk/plugin.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <memory>

#include "clock.hpp"
#include "loaded_plugin.hpp"
#include "site.hpp"

namespace identities::fault {

/// The time of day stands still, so that replies can be compared.
class StandingClock : public helpdesk::Clock {
 public:
  std::int64_t now_us() const override { return unit::kNow; }
  std::int64_t monotonic_us() const override { return helpdesk::system_clock().monotonic_us(); }
};

/// A call of one handler; owns what it points to.
struct HostCall {
  std::int32_t kind = HD_PANEL;
  std::string id;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

inline HostCall delivery_call(const std::string& id, const std::string& body) {
  const Sent sent{body, id};
  const Signed added(sent, unit::kNow);
  return {HD_WEBHOOK,
          "hooks",
          body,
          {{"content-type", "application/json"},
           {"webhook-id", id},
           {"webhook-timestamp", added.stamp},
           {"webhook-signature", added.signature}}};
}

class Helpdesk : public unit::Database {
 public:
  Helpdesk() {
    add_hooked_account(*session_, unit::kNow);
    write("master_key", kMasterKey);
    std::filesystem::permissions(folder() / "master_key", std::filesystem::perms::owner_read);
    const boost::json::object config{
        {"database", boost::json::object{{"url", url_text()}}},
        {"secrets", boost::json::object{{"master_key", boost::json::object{{"file", "master_key"}}}}}};
    write("config.json", boost::json::serialize(config));
  }

  std::string config_file() const { return folder() / "config.json"; }
  static std::string manifest_file() { return MANIFEST_FILE; }

  /// What each serving process does once. Throws what a refusal says.
  void start() {
    plugin_.reset();
    auto manifest = helpdesk::read_manifest(manifest_file());
    auto config = helpdesk::read_config(config_file());
    const std::string plugin_part = helpdesk::plugin_config(config.value(), manifest.value()).value();
    plugin_ = std::move(helpdesk::LoadedPlugin::open(std::move(*manifest), plugin_part, std::move(config->secrets),
                                                     clock_of_host_, log_)
                            .value());
    plugin_->start().value();
  }

  /// What a host gets. Throws std::bad_alloc where the host itself has no memory.
  helpdesk::CallOutput call(const HostCall& wanted) const {
    std::vector<hd_header> headers;
    for (const auto& [name, value] : wanted.headers)
      headers.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    helpdesk::CallInput input;
    input.deadline_us = clock_of_host_.monotonic_us() + 30 * kSecondUs;
    input.request_id = "r-1";
    input.method = "POST";
    input.path = "hooked";
    input.headers = headers;
    input.body = wanted.body;
    return plugin_->run(*plugin_->find(wanted.kind, wanted.id), input);
  }

  /// What the plugin logged last.
  const std::string& last_line() const { return last_line_; }

 private:
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder() / name, std::ios::binary) << content;
  }

  StandingClock clock_of_host_;
  std::string last_line_;
  helpdesk::LogSink log_ = [this](std::int32_t, std::string_view line) { last_line_ = line; };
  std::unique_ptr<helpdesk::LoadedPlugin> plugin_;
};

}  // namespace identities::fault
