// routes.hpp: which request goes where, who may, and what it answers; knows neither sockets nor threads.
// A request passes in three steps: open (its head is there), prepare (its body is there), answer (the plugin has
// answered), and every reply passes complete. Thread-safe.
// Borrows settings and plugin, which must outlive it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "desk.hpp"
#include "http.hpp"
#include "loaded_plugin.hpp"
#include "metrics.hpp"
#include "settings.hpp"
#include "tokens.hpp"

namespace hdhost {

// Where a request goes. Its views point into the head.
struct Route {
  enum class Kind { reply, panel, action, webhook, desk_token, ready };
  Kind kind = Kind::reply;
  std::string_view pattern = "(none)";  // for logs and metrics; a literal or the registration's
  std::optional<HttpReply> reply;       // Kind::reply: known already, the body is not needed
  std::uint64_t max_body_bytes = 0;
  bool cors = false;
  helpdesk::Registration* registration = nullptr;
  std::shared_ptr<const Caller> caller;
  std::string_view rest;  // webhook: what follows the prefix
  std::string rate_key;   // webhook: the registration and the first segment of rest
};

// One call of the plugin with all that it borrows; kept until the handler has returned, however late that is.
struct PluginCall {
  std::shared_ptr<const Head> head;
  std::string body;
  helpdesk::Registration* registration = nullptr;  // NULL: the question whether the plugin is ready
  std::unique_ptr<helpdesk::Permit> permit;        // NULL for that question
  helpdesk::CallInput input;                       // views into head and body
  std::int64_t budget_ms = 0;
};

class Routes {
 public:
  Routes(const Settings& settings, helpdesk::LoadedPlugin& plugin, const Metrics& metrics);

  Route open(const Head& head) const;
  std::variant<HttpReply, std::shared_ptr<PluginCall>> prepare(const Route& route,
                                                               const std::shared_ptr<const Head>& head,
                                                               std::string body) const;
  // [any] Runs the handler on this thread.
  helpdesk::CallOutput run(const PluginCall& call) const;
  HttpReply answer(const Route& route, const Head& head, helpdesk::CallOutput output) const;
  HttpReply timed_out(const Route& route, const Head& head, const PluginCall& call) const;
  // The headers that all replies carry.
  void complete(HttpReply& reply, const Route& route, const Head& head) const;

  void set_stopping() { stopping_ = true; }

 private:
  Route open_status(const Head& head) const;
  Route open_call(const Head& head, std::int32_t kind) const;
  Route open_webhook(const Head& head, helpdesk::Registration& registration) const;
  Route open_asset(const Head& head) const;
  Route open_desk(const Head& head) const;
  HttpReply preflight(const Route& route, const Head& head) const;
  std::optional<HttpReply> authorize(Route& route, const Head& head) const;
  std::variant<HttpReply, std::string> request_json(const Route& route, const Head& head, std::string_view body) const;
  std::string rate_metrics() const;
  bool allows_origin(std::string_view origin) const;

  const Settings& settings_;
  helpdesk::LoadedPlugin& plugin_;
  const Metrics& metrics_;
  const Tokens tokens_;
  const Desk desk_;
  std::map<const helpdesk::Registration*, std::string> webhook_patterns_;
  mutable RateLimits webhook_rates_;
  mutable RateLimits caller_rates_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace hdhost
