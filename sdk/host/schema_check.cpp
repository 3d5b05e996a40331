#include "schema_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <new>

// valijson asks for memory by operator new(size, std::nothrow) and uses what it gets without a look. Here that throws.
void* operator new(std::size_t size, std::nullptr_t);
void* operator new(std::size_t size, std::nullptr_t) {
  return ::operator new(size);
}
#define nothrow nullptr_t()
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop
#undef nothrow

#include "json_fields.hpp"

namespace helpdesk {
namespace {

namespace json = boost::json;

// valijson's context is "<root>" and then "[name]" or "[index]" a level.
std::vector<std::string> steps_of(const std::vector<std::string>& context) {
  std::vector<std::string> steps;
  for (std::size_t i = 1; i < context.size(); ++i) {
    std::string step = context[i];
    if (step.size() >= 2 && step.front() == '[' && step.back() == ']') step = step.substr(1, step.size() - 2);
    if (step.size() >= 2 && step.front() == '"' && step.back() == '"') step = step.substr(1, step.size() - 2);
    steps.push_back(std::move(step));
  }
  return steps;
}

const json::value* child(const json::value* value, const std::string& step) {
  if (value == nullptr) return nullptr;
  if (value->is_object()) return value->get_object().if_contains(step);
  if (!value->is_array()) return nullptr;
  std::size_t index = 0;
  const auto parsed = std::from_chars(step.data(), step.data() + step.size(), index);
  return parsed.ec == std::errc{} ? value->get_array().if_contains(index) : nullptr;
}

// The schema of a member, where that is plain to see; NULL behind $ref, anyOf and the like.
const json::value* member_schema(const json::value* schema, const std::string& step) {
  if (schema == nullptr || !schema->is_object()) return nullptr;
  const json::object& object = schema->get_object();
  if (const json::value* const properties = object.if_contains("properties")) {
    if (const json::value* const found = child(properties, step)) return found;
  }
  const json::value* const items = object.if_contains("items");
  return items != nullptr ? items : object.if_contains("additionalProperties");
}

std::string rules_of(const json::value* schema) {
  std::string rules;
  if (schema == nullptr || !schema->is_object()) return rules;
  for (const std::string_view name : {"type", "enum", "const", "pattern", "minimum", "maximum", "minLength",
                                      "maxLength", "minItems", "maxItems", "uniqueItems"}) {
    const json::value* const rule = schema->get_object().if_contains(name);
    if (rule != nullptr) rules += fmt::format("{}{} {}", rules.empty() ? "" : ", ", name, json::serialize(*rule));
  }
  return rules;
}

Refusal refusal_of(const valijson::ValidationResults::Error& error, const json::value& document,
                   const std::string& name, const json::value& schema) {
  std::string pointer;
  const json::value* found = &document;
  const json::value* rules = &schema;
  for (const std::string& step : steps_of(error.context)) {
    pointer = append_pointer(pointer, step);
    found = child(found, step);
    rules = member_schema(rules, step);
  }
  const std::string expected = rules_of(rules);
  return {one_line(fmt::format("{}: {}: {} expected {}, found {}", name, pointer.empty() ? "(root)" : pointer,
                               error.description, expected.empty() ? "what the schema says" : expected,
                               describe(found, false)))};
}

using Errors = std::vector<valijson::ValidationResults::Error>;

// Does `outer` only say that something below it is wrong?
bool is_above(const valijson::ValidationResults::Error& outer, const valijson::ValidationResults::Error& inner) {
  return outer.description.starts_with("Failed to validate") && outer.context.size() < inner.context.size() &&
         std::equal(outer.context.begin(), outer.context.end(), inner.context.begin());
}

// What the validator says of the document; nothing when it keeps the schema. Throws for a schema that is none.
std::optional<Errors> validate(const json::value& document, const json::value& schema) {
  valijson::Schema compiled;
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(valijson::adapters::BoostJsonAdapter(schema), compiled);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  if (validator.validate(compiled, valijson::adapters::BoostJsonAdapter(document), &results)) return std::nullopt;
  return Errors(results.begin(), results.end());
}

Refusal bad_schema(const std::string& name, const std::exception& error) {
  return {fmt::format("{}: expected a JSON schema of draft 7, found: {}", name, error.what())};
}

}  // namespace

std::optional<Refusal> check_schema(const json::object& document, const std::string& document_name,
                                    const json::object& schema, const std::string& schema_name) {
  const json::value document_value(document);
  const json::value schema_value(schema);
  try {
    const auto errors = validate(document_value, schema_value);
    if (!errors) return std::nullopt;
    // The deepest fault says most; the outer ones only repeat that something below is wrong.
    const auto deepest = std::max_element(errors->begin(), errors->end(), [](const auto& a, const auto& b) {
      return a.context.size() < b.context.size();
    });
    if (deepest == errors->end())
      return Refusal{fmt::format("{}: it breaks the schema {}", document_name, schema_name)};
    return refusal_of(*deepest, document_value, document_name, schema_value);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    return bad_schema(schema_name, e);
  }
}

std::vector<Refusal> schema_faults(const json::object& document, const std::string& document_name,
                                   const json::object& schema, const std::string& schema_name) {
  const json::value document_value(document);
  const json::value schema_value(schema);
  std::vector<Refusal> faults;
  try {
    const auto errors = validate(document_value, schema_value);
    if (!errors) return faults;
    for (const auto& error : *errors) {
      if (std::any_of(errors->begin(), errors->end(), [&](const auto& other) { return is_above(error, other); }))
        continue;
      Refusal fault = refusal_of(error, document_value, document_name, schema_value);
      if (std::none_of(faults.begin(), faults.end(),
                       [&](const Refusal& other) { return other.message == fault.message; }))
        faults.push_back(std::move(fault));
    }
    if (faults.empty()) faults.push_back({fmt::format("{}: it breaks the schema {}", document_name, schema_name)});
  } catch (const std::exception& e) {
    faults.push_back(bad_schema(schema_name, e));
  }
  return faults;
}

}  // namespace helpdesk
