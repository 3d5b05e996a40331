#include "desk.hpp"

#include <boost/json/array.hpp>
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

const helpdesk::TextRule id_rule{"an id of 1 to 200 bytes", 1, 200};

// The entry of that id; NULL when there is none.
const json::object* find_entry(const json::object& data, std::string_view list, std::string_view id) {
  const json::value* const entries = data.if_contains(list);
  if (entries == nullptr || !entries->is_array()) return nullptr;
  for (const json::value& entry : entries->get_array()) {
    if (!entry.is_object()) continue;
    const json::value* const found = entry.get_object().if_contains("id");
    if (found != nullptr && found->is_string() && std::string_view(found->get_string()) == id)
      return &entry.get_object();
  }
  return nullptr;
}

void copy(const json::object& from, std::string_view name, json::object& into, std::string_view as) {
  if (const json::value* const value = from.if_contains(name)) into[as] = *value;
}

json::object claims_of(const json::object& agent, const json::object& ticket) {
  json::object claims;
  copy(agent, "id", claims, "sub");
  for (const std::string_view name : {"name", "locale", "time_zone", "scopes", "view"}) copy(agent, name, claims, name);
  copy(ticket, "requesters", claims, "requesters");
  json::object thread;
  copy(ticket, "account", thread, "account");
  copy(ticket, "id", thread, "thread");
  copy(ticket, "partition", thread, "partition");
  claims["ticket"] = std::move(thread);
  return claims;
}

}  // namespace

bool Desk::is_loopback_host(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket))
    host = host.substr(0, colon);
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

std::vector<std::string> Desk::connect_sources() const {
  std::vector<std::string> sources = settings_.cors_origins;
  const auto data = helpdesk::read_json_object(settings_.desk->data);
  if (!data) return sources;
  const json::value* const more = data->if_contains("connect");
  if (more == nullptr || !more->is_array()) return sources;
  for (const json::value& source : more->get_array()) {
    if (!source.is_string()) continue;
    const std::string text(source.get_string());
    if (text.find_first_of(" ;,'\r\n\"") == std::string::npos) sources.push_back(text);
  }
  return sources;
}

HttpReply Desk::page(const Head& head) const {
  constexpr std::string_view prefix = "/desk/";
  std::string_view name = head.path().substr(prefix.size());
  if (name == "api/desk") {
    auto data = helpdesk::read_file(settings_.desk->data, helpdesk::max_json_file_bytes);
    if (!data) return problem(503, "the desk's data file cannot be read", head.request_id());
    HttpReply reply;
    reply.content_type = "application/json";
    reply.body = std::move(*data);
    reply.set("Cache-Control", "no-store");
    return reply;
  }
  if (name.empty()) name = "index.html";
  return serve_file(settings_.desk->pages, name, head, page_policy(settings_.frame_ancestors, connect_sources()));
}

HttpReply Desk::token(const Head& head, std::string_view body, std::int64_t now_s) const {
  const auto request = helpdesk::parse_json_object(body, "the body");
  if (!request) return problem(400, request.error().message, head.request_id());
  Faults faults("the body", true);
  Fields fields(*request, "", faults);
  const std::string agent_id = fields.text("agent", id_rule);
  const std::string ticket_id = fields.text("ticket", id_rule);
  fields.finish();
  if (faults.any()) {
    return problem(422, faults.first().message, head.request_id(), {{"pointer", faults.first_pointer()}});
  }
  const auto data = helpdesk::read_json_object(settings_.desk->data);
  if (!data) return problem(503, data.error().message, head.request_id());
  const json::object* const agent = find_entry(*data, "agents", agent_id);
  const json::object* const ticket = find_entry(*data, "tickets", ticket_id);
  if (agent == nullptr) return problem(404, "the desk's data has no such agent", head.request_id());
  if (ticket == nullptr) return problem(404, "the desk's data has no such ticket", head.request_id());
  const json::value* const kid = data->if_contains("kid");
  const std::string token =
      kid != nullptr && kid->is_string()
          ? tokens_.sign(std::string(kid->get_string()), claims_of(*agent, *ticket), now_s, token_life_s)
          : std::string();
  if (token.empty()) return problem(503, "the desk's data has no \"kid\" of a configured key", head.request_id());
  HttpReply reply;
  reply.content_type = "application/json";
  reply.body = json::serialize(json::object{{"token", token}, {"expires_in", token_life_s}});
  reply.set("Cache-Control", "no-store");
  return reply;
}

}  // namespace hdhost
