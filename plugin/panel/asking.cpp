#include "panel/asking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "panel/digest.hpp"

namespace identities::panel {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxRequesters = 50;
constexpr std::size_t kMaxPartitions = 1000;
constexpr std::size_t kMaxThreads = 10'000;
constexpr std::size_t kMaxScopes = 32;
constexpr std::size_t kArgsDigest = 12;  // beside an action's name in a column of 32 characters

[[noreturn]] void refuse(const Fault& fault) {
  throw BadRequest(fmt::format("{}: expected {}, found {}", fault.pointer.empty() ? "/" : fault.pointer, fault.expected,
                               fault.found));
}

/// One JSON object, in memory of its own: a request is read once and dropped, so its values need no heap but for what
/// is longer than nearly all are.
class Parsed {
 public:
  explicit Parsed(std::string_view text) : memory_(room_.data(), room_.size()), value_(json::storage_ptr(&memory_)) {
    json::parse_options options;
    options.max_depth = kJsonDepth;
    json::error_code error;
    value_ = json::parse(text, error, &memory_, options);
    if (error)
      refuse(
          {"", "one JSON object in UTF-8", error == json::error::too_deep ? "JSON nested too deep" : "malformed JSON"});
    if (!value_.is_object()) refuse({"", "an object", describe(&value_)});
  }
  const json::object& object() const { return value_.get_object(); }

 private:
  std::array<unsigned char, 8192> room_;
  json::monotonic_resource memory_;
  json::value value_;
};

std::string text_or_empty(const std::optional<std::string_view>& text) {
  return std::string(text.value_or(std::string_view{}));
}

std::vector<std::string> strings(Fields& fields, std::string_view name, std::size_t max) {
  std::vector<std::string> list;
  const json::array* array = fields.optional_array(name, max);
  if (array == nullptr) return list;
  for (const json::value& value : *array) {
    const json::string* string = value.if_string();
    if (string == nullptr || string->size() > 800) {
      fields.fault(name, "strings of at most 200 characters", &value);
      break;
    }
    list.emplace_back(string->data(), string->size());
  }
  return list;
}

void take_identifier(Fields& fields, Requester& requester) {
  requester.kind = static_cast<IdentifierKind>(fields.choice("kind", {"email", "phone", "platform", "customer"}));
  requester.value = fields.text("value", {320, 1});
  requester.scope = text_or_empty(fields.optional_text("scope", {64}));
}

std::vector<Requester> requesters(Fields& fields, Faults& faults) {
  std::vector<Requester> list;
  const json::array* array = fields.optional_array("requester", kMaxRequesters);
  if (array == nullptr || array->empty()) {
    fields.fault("requester", "an array of 1 to 50 requesters", fields.any("requester"));
    return list;
  }
  for (std::size_t index = 0; index < array->size(); ++index) {
    const std::string pointer = fmt::format("{}/{}", fields.at("requester"), index);
    const json::object* object = (*array)[index].if_object();
    if (object == nullptr) {
      faults.push_back({pointer, "an object", describe(&(*array)[index])});
      continue;
    }
    Fields each(*object, pointer, faults);
    Requester requester;
    take_identifier(each, requester);
    requester.name = text_or_empty(each.optional_text("name", {200}));
    requester.cc = each.optional_choice("role", {"requester", "cc"}).value_or(0) == 1;
    each.refuse_others();
    list.push_back(std::move(requester));
  }
  return list;
}

Asking asking(Fields& fields, Faults& faults) {
  Asking asking;
  asking.requesters = requesters(fields, faults);
  if (const auto select = fields.optional_integer("select", 0, static_cast<std::int64_t>(kMaxRequesters) - 1)) {
    asking.select = static_cast<std::size_t>(*select);
    if (*asking.select >= asking.requesters.size())
      fields.fault("select", "the index of a requester", fields.any("select"));
  }
  if (const json::object* object = fields.object("ticket")) {
    Fields ticket(*object, fields.at("ticket"), faults);
    asking.account = ticket.text("account", {64, 1});
    asking.thread = ticket.text("thread", {200, 1});
    asking.partition = text_or_empty(ticket.optional_text("partition", {200}));
    ticket.refuse_others();
  }
  if (const json::object* object = fields.object("agent")) {
    Fields agent(*object, fields.at("agent"), faults);
    asking.agent.id = agent.text("id", {200, 1});
    asking.agent.name = agent.text("name", {200, 1});
    agent.optional_text("locale", {35});
    asking.agent_time_zone = text_or_empty(agent.optional_text("time_zone", {64}));
    agent.refuse_others();
  }
  asking.scopes = strings(fields, "scopes", kMaxScopes);
  if (const json::object* object = fields.object("view")) {
    Fields view(*object, fields.at("view"), faults);
    asking.view.all = view.flag("all", false);
    asking.view.partitions = strings(view, "partitions", kMaxPartitions);
    asking.view.internal_partitions = strings(view, "internal_partitions", kMaxPartitions);
    asking.view.threads = strings(view, "threads", kMaxThreads);
    view.refuse_others();
  }
  return asking;
}

void read_filter(Fields& fields, Faults& faults, PanelRequest& request) {
  const json::object* object = fields.optional_object("filter");
  if (object == nullptr) return;
  Fields filter(*object, fields.at("filter"), faults);
  request.account = filter.optional_id("account").value_or(0);
  request.channel = text_or_empty(filter.optional_text("channel", {32, 1}));
  request.search = text_or_empty(filter.optional_text("search", {100, 1}));
  request.around = filter.optional_id("around").value_or(0);
  request.attribute = filter.optional_id("attribute").value_or(0);
  request.engagement = filter.optional_id("engagement").value_or(0);
  request.suggestion = filter.optional_id("suggestion").value_or(0);
  request.with = filter.optional_id("with").value_or(0);
  request.log = filter.optional_id("log").value_or(0);
  if (const json::object* wanted = filter.optional_object("find")) {
    Fields find(*wanted, filter.at("find"), faults);
    take_identifier(find, request.find.emplace());
    find.refuse_others();
  }
  filter.refuse_others();
}

/// What the pivots of who this is cannot do without.
void require_who(Fields& fields, const PanelRequest& request) {
  if (request.pivot == Pivot::kCompare && request.suggestion == 0 && request.with == 0)
    fields.fault("filter", "the id of a suggestion in 'suggestion', or of an identity in 'with'", fields.any("filter"));
  if (request.pivot == Pivot::kUndo && request.log == 0)
    fields.fault("filter", "the id of an entry of the log in 'log'", fields.any("filter"));
  if (request.pivot == Pivot::kFind && !request.find)
    fields.fault("filter", "an object with kind and value in 'find'", fields.any("filter"));
}

void read_records(Fields& args, Faults& faults, ActionRequest& request) {
  const json::array* list = args.optional_array("records", kMaxSplitRecords);
  if (list == nullptr) return;
  for (std::size_t index = 0; index < list->size(); ++index) {
    const json::string* text = (*list)[index].if_string();
    const auto id = text == nullptr ? std::nullopt : parse_id({text->data(), text->size()});
    if (!id) {
      faults.push_back({fmt::format("{}/{}", args.at("records"), index), "an id", describe(&(*list)[index])});
      return;
    }
    request.records.push_back(*id);
  }
}

bool is_key(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// Takes a number off the front of text.
bool take_integer(std::string_view& text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

bool Asking::has_scope(std::string_view scope) const {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

PanelRequest decode_panel_request(std::string_view text) {
  const Parsed parsed(text);
  Faults faults;
  Fields fields(parsed.object(), "", faults);
  PanelRequest request;
  request.asking = asking(fields, faults);
  if (const auto pivot = fields.optional_choice("pivot", {"attributes", "history", "evidence", "engagement", "compare",
                                                          "why", "log", "undo", "parts", "find"}))
    request.pivot = static_cast<Pivot>(*pivot + 1);
  request.cursor = text_or_empty(fields.optional_text("cursor", {64, 1}));
  read_filter(fields, faults, request);
  request.if_version = text_or_empty(fields.optional_text("if_version", {128}));
  require_who(fields, request);
  if (request.pivot == Pivot::kLog && !request.cursor.empty()) {
    request.log_before = request.cursor.front() == 'e' ? parse_id(request.cursor.substr(1)).value_or(0) : 0;
    if (request.log_before == 0) fields.fault("cursor", "a log_next of a reply", fields.any("cursor"));
  }
  if (request.pivot == Pivot::kHistory && !request.cursor.empty() && !parse_history_cursor(request.cursor))
    fields.fault("cursor", "first, last, or a cursor of a reply", fields.any("cursor"));
  fields.refuse_others();
  if (!faults.empty()) refuse(faults.front());
  return request;
}

ActionRequest decode_action(std::string_view text) {
  const Parsed parsed(text);
  Faults faults;
  Fields fields(parsed.object(), "", faults);
  ActionRequest request;
  request.asking = asking(fields, faults);
  fields.optional_text("action", {64});
  request.key = fields.text("key", {64, 8});
  if (!is_key(request.key)) fields.fault("key", "letters, digits, - and _", fields.any("key"));
  if (const json::object* given = fields.object("args")) {
    request.args_digest = digest(json::serialize(*given)).substr(0, kArgsDigest);
    Fields args(*given, fields.at("args"), faults);
    request.id = args.optional_id("id").value_or(0);
    request.text = text_or_empty(args.optional_text("text", {kMaxNoteCharacters, 1}));
    if (const json::value* pinned = args.any("pinned")) request.pinned = args.flag("pinned", pinned->is_bool());
    request.version = args.optional_integer("version", 0, std::int64_t{1} << 53);
    if (const json::object* link = args.optional_object("link")) {
      Fields target(*link, args.at("link"), faults);
      request.link = static_cast<store::NoteLink>(1 + target.choice("kind", {"engagement", "ticket"}));
      request.link_engagement = target.optional_id("engagement").value_or(0);
      target.refuse_others();
    }
    request.suggestion = args.optional_id("suggestion").value_or(0);
    request.with = args.optional_id("with").value_or(0);
    request.log = args.optional_id("log").value_or(0);
    request.record = args.optional_id("record").value_or(0);
    request.seen = text_or_empty(args.optional_text("seen", {24, 24}));
    if (const json::value* same = args.any("same")) request.same = args.flag("same", same->is_bool());
    if (args.any("kind") != nullptr) take_identifier(args, request.identifier.emplace());
    read_records(args, faults, request);
    args.refuse_others();
  }
  fields.refuse_others();
  if (!faults.empty()) refuse(faults.front());
  return request;
}

std::optional<store::HistoryCursor> parse_history_cursor(std::string_view text) {
  if (text == "first") return store::HistoryCursor::first();
  if (text == "last") return store::HistoryCursor::last();
  if (text.size() < 4 || (text.front() != 'a' && text.front() != 'b')) return std::nullopt;
  store::HistoryCursor cursor;
  cursor.direction =
      text.front() == 'a' ? store::HistoryCursor::Direction::kAfter : store::HistoryCursor::Direction::kBefore;
  text.remove_prefix(1);
  if (!take_integer(text, cursor.occurred_us) || text.size() < 2 || text.front() != '.') return std::nullopt;
  text.remove_prefix(1);
  if (!take_integer(text, cursor.id) || !text.empty() || cursor.id < 0) return std::nullopt;
  return cursor;
}

std::string history_cursor(store::HistoryCursor::Direction direction, Microseconds occurred_us, Id id) {
  return fmt::format("{}{}.{}", direction == store::HistoryCursor::Direction::kAfter ? 'a' : 'b', occurred_us, id);
}

}  // namespace identities::panel
