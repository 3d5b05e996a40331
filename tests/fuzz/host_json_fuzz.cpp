// Method: what a host passes: a panel request, an action, and the event with items. What is decoded is written and
// decoded again the same; a refusal is one line of few words; a refused event stores nothing.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "properties.hpp"
#include "site.hpp"

namespace {

namespace json = boost::json;
using namespace identities;

json::array texts(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

void set_if(json::object& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}
void set_if(json::object& object, const char* name, Id id) {
  if (id != 0) object[name] = std::to_string(id);
}

json::object written(const panel::Asking& asking) {
  json::array requesters;
  for (const panel::Requester& each : asking.requesters) {
    json::object requester{{"kind", json::string(name_of(each.kind))}, {"value", each.value}, {"name", each.name}};
    requester["scope"] = each.scope;
    requester["role"] = each.cc ? "cc" : "requester";
    requesters.push_back(std::move(requester));
  }
  json::object agent{{"id", asking.agent.id}, {"name", asking.agent.name}, {"time_zone", asking.agent_time_zone}};
  json::object view{{"all", asking.view.all}};
  view["partitions"] = texts(asking.view.partitions);
  view["internal_partitions"] = texts(asking.view.internal_partitions);
  view["threads"] = texts(asking.view.threads);
  json::object ticket{{"account", asking.account}, {"thread", asking.thread}, {"partition", asking.partition}};
  json::object object{{"requester", requesters}, {"ticket", ticket}, {"agent", agent}, {"view", view}};
  object["scopes"] = texts(asking.scopes);
  if (asking.select) object["select"] = *asking.select;
  return object;
}

json::object written(const panel::PanelRequest& request) {
  json::object object = written(request.asking);
  constexpr const char* kPivots[] = {"", "attributes", "history", "evidence", "engagement"};
  set_if(object, "pivot", std::string(kPivots[static_cast<std::size_t>(request.pivot)]));
  set_if(object, "cursor", request.cursor);
  set_if(object, "if_version", request.if_version);
  json::object filter;
  set_if(filter, "account", request.account);
  set_if(filter, "channel", request.channel);
  set_if(filter, "search", request.search);
  set_if(filter, "around", request.around);
  set_if(filter, "attribute", request.attribute);
  set_if(filter, "engagement", request.engagement);
  object["filter"] = std::move(filter);
  return object;
}

json::object written(const panel::ActionRequest& request) {
  json::object object = written(request.asking);
  object["key"] = request.key;
  json::object args;
  set_if(args, "id", request.id);
  set_if(args, "text", request.text);
  if (request.pinned) args["pinned"] = *request.pinned;
  if (request.version) args["version"] = *request.version;
  if (request.link != store::NoteLink::kNone) {
    json::object link{{"kind", request.link == store::NoteLink::kTicket ? "ticket" : "engagement"}};
    set_if(link, "engagement", request.link_engagement);
    args["link"] = std::move(link);
  }
  object["args"] = std::move(args);
  return object;
}

/// "pointer: expected ..., found ...": the words are few, the pointer's names are the schema's or the input's own.
void check_refusal(std::string_view message) {
  static fuzz::Vocabulary words(400);
  fuzz::require_line(message, 1000);
  const auto end = message.find(": expected ");
  fuzz::require(end != std::string_view::npos && message.find(", found ") != std::string_view::npos,
                "a refusal says what was expected and what was found", message);
  fuzz::require(message.front() == '/', "a refusal begins with a pointer", message);
  words.add(message.substr(end));
}

template <typename Decode>
void check_round_trip(std::string_view text, Decode&& decode) {
  std::optional<json::object> first;
  try {
    first = written(decode(text));
  } catch (const panel::BadRequest& error) {
    check_refusal(error.what());
    return;
  }
  const std::string again = json::serialize(*first);
  fuzz::require(written(decode(again)) == *first, "what is decoded is written and decoded the same", again);
}

void check_event(std::string_view text) {
  static std::unique_ptr<fault::DatabaseSite> host;
  static int taken = 0;
  static fuzz::FaultProperties properties;
  if (taken % 2000 == 0) {
    host.reset();
    host = std::make_unique<fault::DatabaseSite>();
    ++taken;
  }
  const std::int64_t before = host->data_version();
  Faults faults;
  const auto results = host->take_event(text, faults);
  fuzz::require(results.has_value() == faults.empty(), "an event is either taken or at fault");
  if (results) {
    ++taken;
    json::error_code error;
    const json::value reply = json::parse(*results, error);
    fuzz::require(!error && reply.at("results").is_array(), "an event's reply has results", *results);
    return;
  }
  fuzz::require(host->data_version() == before, "a refused event stores nothing");
  json::error_code error;
  json::parse_options options;
  options.max_depth = kJsonDepth;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  properties.check(faults, json::parse(json::string_view(text.data(), text.size()), error, {}, options));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_round_trip(text, panel::decode_panel_request);
  check_round_trip(text, panel::decode_action);
  check_event(text);
  return 0;
}
