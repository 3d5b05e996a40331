#include "routes.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "json_fields.hpp"
#include "json_file.hpp"
#include "problem.hpp"
#include "static_files.hpp"

namespace hdhost {
namespace {

namespace json = boost::json;
using helpdesk::Faults;
using helpdesk::Fields;
using helpdesk::Registration;

constexpr std::int64_t ready_budget_ms = 500;
constexpr std::uint64_t max_desk_body_bytes = 4096;
constexpr std::string_view panel_prefix = "/v1/panel/";
constexpr std::string_view action_prefix = "/v1/action/";
constexpr std::string_view assets_prefix = "/assets/";

bool reads(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

bool is_json(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  constexpr std::string_view wanted = "application/json";
  return std::equal(type.begin(), type.end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

HttpReply wrong_method(const Head& head, const std::string& allowed) {
  HttpReply reply = problem(405, fmt::format("expected {}", allowed), head.request_id());
  reply.set("Allow", allowed);
  return reply;
}

HttpReply retry_later(std::string_view detail, const Head& head, std::int64_t after_s) {
  HttpReply reply = problem(503, detail, head.request_id());
  reply.set("Retry-After", std::to_string(after_s));
  return reply;
}

HttpReply too_many(const Head& head, std::int64_t after_s) {
  HttpReply reply = problem(429, fmt::format("too many requests; try again in {} s", after_s), head.request_id());
  reply.set("Retry-After", std::to_string(after_s));
  return reply;
}

HttpReply no_route(const Head& head) {
  return problem(404, "there is nothing at this address", head.request_id());
}

HttpReply plain(std::string body) {
  HttpReply reply;
  reply.content_type = "text/plain; charset=utf-8";
  reply.body = std::move(body);
  return reply;
}

Route replying(std::string_view pattern, HttpReply reply) {
  Route route;
  route.pattern = pattern;
  route.reply = std::move(reply);
  return route;
}

}  // namespace

Routes::Routes(const Settings& settings, helpdesk::LoadedPlugin& plugin, const Metrics& metrics)
    : settings_(settings),
      plugin_(plugin),
      metrics_(metrics),
      tokens_(settings.audience, settings.keys),
      desk_(settings_, tokens_),
      webhook_rates_(settings.rates.webhook),
      caller_rates_(settings.rates.caller) {
  for (const Registration& registration : plugin_.registrations()) {
    webhook_patterns_.emplace(&registration, registration.declaration->prefix + "*");
  }
}

bool Routes::allows_origin(std::string_view origin) const {
  const auto& origins = settings_.cors_origins;
  return !origin.empty() && std::find(origins.begin(), origins.end(), origin) != origins.end();
}

Route Routes::open(const Head& head) const {
  const std::string_view path = head.path();
  if (path == "/healthz") {
    return replying("/healthz", reads(head.method()) ? plain("ok\n") : wrong_method(head, "GET, HEAD"));
  }
  if (head.on_status_port()) return open_status(head);
  if (path.starts_with(panel_prefix)) return open_call(head, HD_PANEL);
  if (path.starts_with(action_prefix)) return open_call(head, HD_ACTION);
  if (path.starts_with(assets_prefix)) return open_asset(head);
  if (settings_.desk && (path == "/desk" || path.starts_with("/desk/"))) return open_desk(head);
  for (Registration& registration : plugin_.registrations()) {
    const helpdesk::Declaration& declared = *registration.declaration;
    if (declared.kind == HD_WEBHOOK && path.starts_with(declared.prefix)) return open_webhook(head, registration);
  }
  return replying("(none)", no_route(head));
}

Route Routes::open_status(const Head& head) const {
  const bool ready = head.path() == "/readyz";
  if (!ready && head.path() != "/metrics") return replying("(none)", no_route(head));
  const std::string_view pattern = ready ? "/readyz" : "/metrics";
  if (!reads(head.method())) return replying(pattern, wrong_method(head, "GET, HEAD"));
  if (!ready) {
    HttpReply reply = plain(metrics_.text(plugin_) + rate_metrics());
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return replying(pattern, std::move(reply));
  }
  if (stopping_) return replying(pattern, problem(503, "the host is stopping", head.request_id()));
  Route route;
  route.kind = Route::Kind::ready;
  route.pattern = pattern;
  return route;
}

Route Routes::open_call(const Head& head, std::int32_t kind) const {
  const bool panel = kind == HD_PANEL;
  Route route;
  route.kind = panel ? Route::Kind::panel : Route::Kind::action;
  route.pattern = panel ? "/v1/panel/{plugin}/{panel}" : "/v1/action/{plugin}/{action}";
  route.cors = true;
  const std::string_view rest = head.path().substr((panel ? panel_prefix : action_prefix).size());
  const std::size_t slash = rest.find('/');
  const auto refuse = [&route](HttpReply reply) {
    route.kind = Route::Kind::reply;
    route.reply = std::move(reply);
    return std::move(route);
  };
  if (slash != std::string_view::npos && rest.substr(0, slash) == plugin_.manifest().id) {
    route.registration = plugin_.find(kind, rest.substr(slash + 1));
  }
  if (route.registration == nullptr) {
    return refuse(problem(404, fmt::format("there is no such {}", helpdesk::kind_name(kind)), head.request_id()));
  }
  if (head.method() == "OPTIONS") return refuse(preflight(route, head));
  if (head.method() != "POST") return refuse(wrong_method(head, "POST, OPTIONS"));
  if (!is_json(head.header("content-type"))) {
    return refuse(problem(415, "expected the content type application/json", head.request_id()));
  }
  if (auto refusal = authorize(route, head)) return refuse(std::move(*refusal));
  route.max_body_bytes = static_cast<std::uint64_t>(settings_.limits.body_bytes);
  return route;
}

std::optional<HttpReply> Routes::authorize(Route& route, const Head& head) const {
  const std::int64_t now_s = plugin_.clock().now_us() / 1'000'000;
  const auto checked = tokens_.check(head, now_s);
  if (!checked) {
    const TokenFault& fault = checked.error();
    json::object more;
    if (fault.about_time) {
      more["server_time"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(now_s)));
    }
    HttpReply reply = problem(401, fault.detail, head.request_id(), std::move(more));
    reply.set("WWW-Authenticate", fault.error.empty() ? "Bearer" : fmt::format("Bearer error=\"{}\"", fault.error));
    return reply;
  }
  const std::string& scope = route.registration->declaration->scope;
  if (!(*checked)->may(scope)) {
    HttpReply reply = problem(403, fmt::format("expected the scope {} in the token, found others", scope),
                              head.request_id(), {{"scope", scope}});
    reply.set("WWW-Authenticate", fmt::format("Bearer error=\"insufficient_scope\", scope=\"{}\"", scope));
    return reply;
  }
  const std::string& key = (*checked)->rate_key;
  if (const std::int64_t after_s = caller_rates_.take(key, plugin_.clock().monotonic_us())) {
    return too_many(head, after_s);
  }
  caller_rates_.confirm(key);  // it is signed
  route.caller = *checked;
  return std::nullopt;
}

std::string Routes::rate_metrics() const {
  return fmt::format(
      "# HELP hdhost_rate_limited_total Requests answered with 429.\n# TYPE hdhost_rate_limited_total counter\n"
      "hdhost_rate_limited_total{{of=\"webhook\"}} {}\nhdhost_rate_limited_total{{of=\"caller\"}} {}\n"
      "# HELP hdhost_rate_buckets Senders that are counted.\n# TYPE hdhost_rate_buckets gauge\n"
      "hdhost_rate_buckets{{of=\"webhook\"}} {}\nhdhost_rate_buckets{{of=\"caller\"}} {}\n",
      webhook_rates_.refused(), caller_rates_.refused(), webhook_rates_.buckets(), caller_rates_.buckets());
}

HttpReply Routes::preflight(const Route& route, const Head& head) const {
  if (!allows_origin(head.header("origin")) || head.header("access-control-request-method").empty()) {
    return problem(403, "expected an origin that \"cors_origins\" names, found another or none", head.request_id());
  }
  HttpReply reply;
  reply.status = 204;
  reply.set("Access-Control-Allow-Methods", route.registration != nullptr ? "POST" : "GET, HEAD");
  reply.set("Access-Control-Allow-Headers", "authorization, content-type, if-none-match, x-request-id");
  reply.set("Access-Control-Max-Age", "600");
  return reply;
}

Route Routes::open_webhook(const Head& head, Registration& registration) const {
  const helpdesk::Declaration& declared = *registration.declaration;
  Route route;
  route.pattern = webhook_patterns_.at(&registration);
  const auto allows = [&](std::string_view method) {
    return std::find(declared.methods.begin(), declared.methods.end(), method) != declared.methods.end();
  };
  if (!allows(head.method()) && !(head.method() == "HEAD" && allows("GET"))) {
    std::string allowed = fmt::format("{}", fmt::join(declared.methods, ", "));
    if (allows("GET")) allowed += ", HEAD";
    route.reply = wrong_method(head, allowed);
    return route;
  }
  const std::string_view rest = head.path().substr(declared.prefix.size());
  route.rate_key = fmt::format("{}/{}", declared.id, rest.substr(0, rest.find('/')));
  if (const std::int64_t after_s = webhook_rates_.take(route.rate_key, plugin_.clock().monotonic_us())) {
    route.reply = too_many(head, after_s);
    return route;
  }
  route.kind = Route::Kind::webhook;
  route.registration = &registration;
  route.max_body_bytes = declared.max_body_bytes;
  route.rest = rest;
  return route;
}

Route Routes::open_asset(const Head& head) const {
  Route route;
  route.pattern = "/assets/*";
  route.cors = true;
  if (head.method() == "OPTIONS") {
    route.reply = preflight(route, head);
    return route;
  }
  if (!reads(head.method())) {
    route.reply = wrong_method(head, "GET, HEAD, OPTIONS");
    return route;
  }
  const helpdesk::Manifest& manifest = plugin_.manifest();
  const std::string_view rest = head.path().substr(assets_prefix.size());
  const std::size_t plugin_end = rest.find('/');
  const std::size_t folder_end = plugin_end == std::string_view::npos ? plugin_end : rest.find('/', plugin_end + 1);
  if (folder_end == std::string_view::npos || rest.substr(0, plugin_end) != manifest.id) {
    route.reply = no_route(head);
    return route;
  }
  const std::string_view name = rest.substr(plugin_end + 1, folder_end - plugin_end - 1);
  const std::filesystem::path folder = name == "ui"        ? manifest.assets
                                       : name == "locales" ? manifest.locales
                                       : name == "schemas" ? manifest.folder / "schemas"
                                                           : std::filesystem::path{};
  route.reply = serve_file(folder, rest.substr(folder_end + 1), head, page_policy(settings_.frame_ancestors));
  return route;
}

Route Routes::open_desk(const Head& head) const {
  Route route;
  route.pattern = "/desk/*";
  if (!Desk::is_loopback_host(head.header("host"))) {
    route.reply = problem(421, "expected a loopback name in Host, found another", head.request_id());
  } else if (head.path() == "/desk" && reads(head.method())) {
    route.reply.emplace();
    route.reply->status = 308;
    route.reply->set("Location", "/desk/");
  } else if (head.path() == "/desk/api/token") {
    route.pattern = "/desk/api/token";
    if (head.method() != "POST") {
      route.reply = wrong_method(head, "POST");
    } else if (!is_json(head.header("content-type"))) {
      route.reply = problem(415, "expected the content type application/json", head.request_id());
    } else {
      route.kind = Route::Kind::desk_token;
      route.max_body_bytes = max_desk_body_bytes;
    }
  } else if (!reads(head.method())) {
    route.reply = wrong_method(head, "GET, HEAD");
  } else {
    route.reply = desk_.page(head);
  }
  return route;
}

std::variant<HttpReply, std::string> Routes::request_json(const Route& route, const Head& head,
                                                          std::string_view body) const {
  const auto parsed = helpdesk::parse_json_object(body, "the body", body.size());
  if (!parsed) return problem(400, parsed.error().message, head.request_id());
  Faults faults("the body", true);
  Fields fields(*parsed, "", faults);
  const helpdesk::TextRule short_text{"a text of at most 256 bytes", 0, 256};
  fields.integer_or("select", 0, 0, 49);
  if (route.kind == Route::Kind::panel) {
    for (const std::string_view name : {"pivot", "cursor", "if_version"}) fields.text_or(name, "", short_text);
    fields.object_or_null("filter");
  } else {
    fields.text("key", short_text);
    fields.object("args");
  }
  fields.finish();
  if (faults.any()) {
    return problem(422, faults.first().message, head.request_id(), {{"pointer", faults.first_pointer()}});
  }
  std::string request = "{" + route.caller->context_json;
  if (route.kind == Route::Kind::action) {
    request += fmt::format(",\"action\":{}", json::serialize(json::string(route.registration->declaration->id)));
  }
  const std::string members = json::serialize(*parsed);
  if (members.size() > 2) request += "," + members.substr(1, members.size() - 2);
  return request + "}";
}

std::variant<HttpReply, std::shared_ptr<PluginCall>> Routes::prepare(const Route& route,
                                                                     const std::shared_ptr<const Head>& head,
                                                                     std::string body) const {
  const std::int64_t now_us = plugin_.clock().monotonic_us();
  if (route.kind == Route::Kind::reply) return *route.reply;
  if (route.kind == Route::Kind::desk_token) return desk_.token(*head, body, plugin_.clock().now_us() / 1'000'000);
  auto call = std::make_shared<PluginCall>();
  call->head = head;
  call->registration = route.registration;
  call->budget_ms = route.registration == nullptr ? ready_budget_ms : route.registration->declaration->budget_ms;
  call->input.deadline_us = now_us + call->budget_ms * 1000;
  call->input.request_id = head->request_id();
  if (route.kind == Route::Kind::ready) return call;
  if (route.kind == Route::Kind::webhook) {
    call->body = std::move(body);
    call->input.method = head->method() == "HEAD" ? "GET" : head->method();
    call->input.path = route.rest;
    call->input.query = head->query();
    call->input.peer = head->peer();
    call->input.headers = head->headers();
  } else {
    auto request = request_json(route, *head, body);
    if (auto* const refusal = std::get_if<HttpReply>(&request)) return std::move(*refusal);
    call->body = std::move(std::get<std::string>(request));
  }
  call->input.body = call->body;
  call->permit = plugin_.admit(*route.registration);
  if (!call->permit) {
    return retry_later("too many calls missed their deadline; the breaker is open, try again later", *head,
                       route.registration->breaker.retry_after_s(now_us));
  }
  return call;
}

helpdesk::CallOutput Routes::run(const PluginCall& call) const {
  return call.registration == nullptr ? plugin_.ready(call.input.deadline_us)
                                      : plugin_.run(*call.registration, call.input);
}

HttpReply Routes::answer(const Route& route, const Head& head, helpdesk::CallOutput output) const {
  if (route.kind == Route::Kind::ready) {
    return output.status == HD_OK ? plain("ready\n") : problem(503, output.message, head.request_id());
  }
  if (output.status != HD_OK) {
    const int status = helpdesk::http_status_of(output.status);
    if (status == 503) return retry_later(output.message, head, 1);
    HttpReply reply = problem(status, output.message, head.request_id());
    if (status == 429) reply.set("Retry-After", "1");
    return reply;
  }
  if (route.kind == Route::Kind::webhook && output.http_status < 300) webhook_rates_.confirm(route.rate_key);
  HttpReply reply;
  reply.status = output.http_status;
  reply.body = std::move(output.body);
  reply.headers = std::move(output.headers);
  if (route.kind != Route::Kind::webhook) reply.content_type = "application/json";
  return reply;
}

HttpReply Routes::timed_out(const Route& route, const Head& head, const PluginCall& call) const {
  const int status = route.kind == Route::Kind::ready ? 503 : 504;
  return problem(status, fmt::format("the plugin did not answer within {} ms", call.budget_ms), head.request_id());
}

void Routes::complete(HttpReply& reply, const Route& route, const Head& head) const {
  reply.set("X-Request-Id", head.request_id());
  reply.set("X-Content-Type-Options", "nosniff");
  const bool has_policy = std::any_of(reply.headers.begin(), reply.headers.end(),
                                      [](const auto& header) { return header.first == "Cache-Control"; });
  if (!has_policy && route.kind != Route::Kind::webhook) reply.set("Cache-Control", "no-store");
  if (!route.cors) return;
  reply.set("Vary", "Origin");
  if (!allows_origin(head.header("origin"))) return;
  reply.set("Access-Control-Allow-Origin", std::string(head.header("origin")));
  reply.set("Access-Control-Expose-Headers", "ETag, Retry-After, WWW-Authenticate, X-Request-Id");
}

}  // namespace hdhost
