#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <stdexcept>

#include "core/matching/known_person.hpp"
#include "core/matching/learn.hpp"

namespace identities::matching {
namespace {

namespace json = boost::json;

constexpr std::int64_t kFormat = 1;

[[noreturn]] void fail(const std::string& what) {
  throw std::invalid_argument("the stored model of suggestions " + what + "; run 'identities suggest --train'");
}

json::array to_array(const Rates& rates) {
  return json::array(rates.begin(), rates.end());
}

double number(const json::value& value) {
  json::error_code error;
  const auto number = value.to_number<double>(error);
  if (error || !std::isfinite(number)) fail("has something else where a number is expected");
  return number;
}

const json::value& member(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  if (found == nullptr) fail("has no \"" + std::string(name) + "\"");
  return *found;
}

const json::array& array_of(const json::value& value, std::size_t size) {
  const json::array* const found = value.if_array();
  if (found == nullptr || (size != 0 && found->size() != size))
    fail("has a list of another length than this version's");
  return *found;
}

const json::object& object_of(const json::value& value) {
  const json::object* const found = value.if_object();
  if (found == nullptr) fail("has something else where an object is expected");
  return *found;
}

Rates rates_of(const json::object& object, std::string_view name) {
  Rates rates{};
  const json::array& array = array_of(member(object, name), rates.size());
  for (std::size_t at = 0; at < rates.size(); ++at) {
    rates[at] = number(array[at]);
    if (rates[at] < 0 || rates[at] > 1) fail("has a rate that is none");
  }
  return rates;
}

std::size_t index(const json::value& value, std::size_t end) {
  const double found = number(value);
  if (found < 0 || found >= static_cast<double>(end)) fail("names a column or part that this version does not have");
  return static_cast<std::size_t>(found);
}

}  // namespace

std::string to_json(const PersonModel& model) {
  json::object root{{"format", kFormat},
                    {"prior", model.model.prior},
                    {"related", model.model.related},
                    {"records", model.model.records},
                    {"copies", model.model.copies}};
  json::array columns;
  for (std::size_t at = 0; at < model.model.columns.size(); ++at) {
    const ColumnModel& column = model.model.columns[at];
    json::array often;
    for (const auto& [hash, count] : model.often[at]) often.push_back(json::array{std::to_string(hash), count});
    columns.push_back(json::object{{"m", to_array(column.m)},
                                   {"u", to_array(column.u)},
                                   {"r", to_array(column.r)},
                                   {"parent", column.parent},
                                   {"beside", to_array(column.u_beside_parent)},
                                   {"own", column.own},
                                   {"often", std::move(often)}});
  }
  root["columns"] = std::move(columns);
  json::array passes;
  for (const PersonPass& pass : model.passes)
    passes.push_back(json::array{pass.column, pass.part, pass.other_column, pass.other_part});
  root["passes"] = std::move(passes);
  return json::serialize(root);
}

PersonModel model_from_json(std::string_view text) {
  json::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error) fail("is no JSON");
  const json::object& root = object_of(parsed);
  if (number(member(root, "format")) != static_cast<double>(kFormat)) fail("is of another version");
  PersonModel model;
  model.model.prior = number(member(root, "prior"));
  model.model.related = number(member(root, "related"));
  model.model.records = number(member(root, "records"));
  model.model.copies = number(member(root, "copies"));
  Table columns_only(0);
  for (const Field field : kPersonFields) columns_only.add(field, {}, {});
  model.model.columns = untrained(columns_only).columns;
  const json::array& columns = array_of(member(root, "columns"), kPersonFields.size());
  for (std::size_t at = 0; at < columns.size(); ++at) {
    const json::object& from = object_of(columns[at]);
    ColumnModel& column = model.model.columns[at];
    column.m = rates_of(from, "m");
    column.u = rates_of(from, "u");
    column.r = rates_of(from, "r");
    column.u_beside_parent = rates_of(from, "beside");
    column.own = member(from, "own").if_bool() != nullptr && member(from, "own").get_bool();
    const double parent = number(member(from, "parent"));
    column.parent = parent < 0 ? -1 : static_cast<int>(index(member(from, "parent"), kPersonFields.size()));
    for (const json::value& each : array_of(member(from, "often"), 0)) {
      const json::array& pair = array_of(each, 2);
      const json::string* const hash = pair[0].if_string();
      if (hash == nullptr) fail("has something else where a hash is expected");
      model.often[at].emplace(std::stoull(std::string(*hash)), static_cast<std::uint32_t>(index(pair[1], 1U << 31)));
    }
  }
  for (const json::value& each : array_of(member(root, "passes"), 0)) {
    const json::array& pass = array_of(each, 4);
    model.passes.push_back({index(pass[0], kPersonFields.size()), index(pass[1], 16),
                            index(pass[2], kPersonFields.size()), index(pass[3], 16)});
  }
  return model;
}

}  // namespace identities::matching
