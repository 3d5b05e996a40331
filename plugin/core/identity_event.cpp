#include "core/identity_event.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <stdexcept>

#include "core/json_writer.hpp"

namespace identities {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 9> kTypeNames = {"observe",   "autolink", "merge",       "split",     "unlink",
                                                        "judge_not", "undo",     "block_value", "judge_same"};

/// A list of rows of numbers; nothing at all when it is empty.
template <typename Item, typename Numbers>
void write_rows(JsonWriter& writer, std::string_view name, const std::vector<Item>& items, const Numbers& numbers) {
  if (items.empty()) return;
  writer.key(name).begin_array();
  for (const Item& item : items) {
    writer.begin_array();
    for (const std::int64_t number : numbers(item)) writer.integer(number);
    writer.end_array();
  }
  writer.end_array();
}

void write_ids(JsonWriter& writer, std::string_view name, const std::vector<Id>& ids) {
  if (ids.empty()) return;
  writer.key(name).begin_array();
  for (const Id id : ids) writer.integer(id);
  writer.end_array();
}

[[noreturn]] void refuse() {
  throw std::runtime_error("an event of the identity log cannot be read: the row was damaged");
}

std::int64_t number_of(const json::value& value) {
  const auto* number = value.if_int64();
  if (number == nullptr) refuse();
  return *number;
}

std::vector<Id> ids_of(const json::object& object, std::string_view name) {
  std::vector<Id> ids;
  const json::value* list = object.if_contains(name);
  if (list == nullptr) return ids;
  if (!list->is_array()) refuse();
  for (const json::value& each : list->get_array()) ids.push_back(number_of(each));
  return ids;
}

template <std::size_t kSize, typename Each>
void read_rows(const json::object& object, std::string_view name, const Each& each) {
  const json::value* list = object.if_contains(name);
  if (list == nullptr) return;
  if (!list->is_array()) refuse();
  for (const json::value& row : list->get_array()) {
    if (!row.is_array() || row.get_array().size() != kSize) refuse();
    std::array<std::int64_t, kSize> numbers{};
    for (std::size_t index = 0; index < kSize; ++index) numbers[index] = number_of(row.get_array()[index]);
    each(numbers);
  }
}

}  // namespace

std::string_view name_of(EventType type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

EventType event_type(std::string_view name) {
  const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), name);
  if (found == kTypeNames.end()) refuse();
  return static_cast<EventType>(found - kTypeNames.begin());
}

bool IdentityDelta::empty() const {
  return *this == IdentityDelta{};
}

IdentityDelta inverse(const IdentityDelta& delta) {
  IdentityDelta back;
  for (const Move& move : delta.moves) back.moves.push_back({move.record, move.to, move.from});
  for (const Redirect& redirect : delta.redirects)
    back.redirects.push_back({redirect.identity, redirect.after, redirect.before});
  for (const Id made : delta.made) {
    const auto last =
        std::find_if(delta.moves.begin(), delta.moves.end(), [&](const Move& move) { return move.to == made; });
    if (last != delta.moves.end() && last->from != 0) back.redirects.push_back({made, 0, last->from});
  }
  back.added = delta.withdrawn;
  back.withdrawn = delta.added;
  for (const Decided& decided : delta.decided)
    back.decided.push_back({decided.suggestion, decided.after, decided.before});
  for (const Detached& each : delta.detached)
    back.detached.push_back({each.record, each.after, each.before == 0 ? -each.after : each.before});
  for (const SharedValue& each : delta.shared) back.shared.push_back({each.log, each.after, each.before});
  return back;
}

std::vector<Id> IdentityEvent::records() const {
  std::set<Id> ids;
  for (const Move& move : delta.moves) ids.insert(move.record);
  for (const std::vector<CannotLink>* links : {&delta.added, &delta.withdrawn})
    if (type == EventType::kJudgeNot)
      for (const CannotLink& link : *links) ids.insert({link.record, link.other});
  for (const Id each : {pair.first, pair.second, record}) ids.insert(each);
  ids.insert(touched.begin(), touched.end());
  ids.erase(0);
  return {ids.begin(), ids.end()};
}

std::set<Id> IdentityEvent::records_beside() const {
  const std::vector<Id> own = records();
  std::set<Id> ids(own.begin(), own.end());
  ids.insert(beside.begin(), beside.end());
  return ids;
}

std::string payload_of(const IdentityEvent& event) {
  const auto cannot = [](const CannotLink& link) { return std::array{link.record, link.other, link.log}; };
  JsonWriter writer(256);
  writer.begin_object();
  if (!event.rule.empty()) writer.member("rule", event.rule);
  if (event.pair.first != 0)
    writer.key("pair").begin_array().integer(event.pair.first).integer(event.pair.second).end_array();
  write_ids(writer, "beside", event.beside);
  write_ids(writer, "touched", event.touched);
  write_rows(writer, "moves", event.delta.moves, [](const Move& move) {
    return std::array{move.record, move.from, move.to};
  });
  write_ids(writer, "made", event.delta.made);
  write_rows(writer, "redirects", event.delta.redirects, [](const Redirect& redirect) {
    return std::array{redirect.identity, redirect.before, redirect.after};
  });
  write_rows(writer, "added", event.delta.added, cannot);
  write_rows(writer, "withdrawn", event.delta.withdrawn, cannot);
  write_rows(writer, "decided", event.delta.decided, [](const Decided& decided) {
    return std::array{decided.suggestion, Id{decided.before}, Id{decided.after}};
  });
  write_rows(writer, "off", event.delta.detached, [](const Detached& each) {
    return std::array{each.record, each.before, each.after};
  });
  write_rows(writer, "shared", event.delta.shared, [](const SharedValue& each) {
    return std::array{each.log, Id{each.before}, Id{each.after}};
  });
  writer.end_object();
  return writer.take();
}

void read_payload(std::string_view text, IdentityEvent& event) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) refuse();
  if (const json::value* rule = object->if_contains("rule")) {
    if (!rule->is_string()) refuse();
    event.rule = rule->get_string().c_str();
  }
  const std::vector<Id> pair = ids_of(*object, "pair");
  if (!pair.empty() && pair.size() != 2) refuse();
  if (!pair.empty()) event.pair = {pair[0], pair[1]};
  event.beside = ids_of(*object, "beside");
  event.touched = ids_of(*object, "touched");
  IdentityDelta& delta = event.delta;
  read_rows<3>(*object, "moves", [&](const auto& row) { delta.moves.push_back({row[0], row[1], row[2]}); });
  delta.made = ids_of(*object, "made");
  read_rows<3>(*object, "redirects", [&](const auto& row) { delta.redirects.push_back({row[0], row[1], row[2]}); });
  read_rows<3>(*object, "added", [&](const auto& row) { delta.added.push_back({row[0], row[1], row[2]}); });
  read_rows<3>(*object, "withdrawn", [&](const auto& row) { delta.withdrawn.push_back({row[0], row[1], row[2]}); });
  read_rows<3>(*object, "decided", [&](const auto& row) {
    delta.decided.push_back({row[0], static_cast<int>(row[1]), static_cast<int>(row[2])});
  });
  read_rows<3>(*object, "off", [&](const auto& row) { delta.detached.push_back({row[0], row[1], row[2]}); });
  read_rows<3>(*object, "shared", [&](const auto& row) { delta.shared.push_back({row[0], row[1] != 0, row[2] != 0}); });
  // As it was written before: the events alone, each of the records touched.
  for (const Id record : event.touched) {
    for (const Id off : ids_of(*object, "detached"))
      delta.detached.push_back({record, off == event.id ? 0 : -off, off});
    for (const Id back : ids_of(*object, "reattached")) delta.detached.push_back({record, back, -back});
  }
}

}  // namespace identities
