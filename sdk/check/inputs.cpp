#include "inputs.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <random>

#include "json_fields.hpp"

namespace hdcheck {
namespace {

namespace json = boost::json;

constexpr std::size_t deep_levels = 50'000;
constexpr std::size_t huge_bytes = 4 * 1024 * 1024;
constexpr std::size_t many = 20'000;
constexpr std::size_t random_bodies = 16;
constexpr std::size_t random_bytes = 512;

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

json::object plain_question(const helpdesk::Manifest& manifest) {
  json::array scopes;
  for (const auto& scope : manifest.scopes) scopes.emplace_back(scope.first);
  return {{"requester",
           json::array{json::object{
               {"kind", "email"}, {"value", "ada@customer.example"}, {"name", "Ada Example"}, {"role", "requester"}}}},
          {"ticket", json::object{{"account", "check"}, {"thread", "1"}, {"partition", "support"}}},
          {"agent", json::object{{"id", "mia"}, {"name", "Mia"}, {"locale", "en"}, {"time_zone", "Europe/Berlin"}}},
          {"scopes", std::move(scopes)},
          {"view", json::object{{"all", true}}}};
}

// Every value below `value`, by JSON Pointer.
void add_pointers(const json::value& value, const std::string& pointer, std::vector<std::string>& pointers) {
  if (!pointer.empty()) pointers.push_back(pointer);
  if (const json::object* const object = value.if_object()) {
    for (const auto& member : *object) {
      add_pointers(member.value(), helpdesk::append_pointer(pointer, member.key()), pointers);
    }
  } else if (const json::array* const array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      add_pointers((*array)[i], fmt::format("{}/{}", pointer, i), pointers);
    }
  }
}

void add_other_types(const json::value& plain, std::vector<std::pair<std::string, std::string>>& bodies) {
  const json::value others[] = {
      nullptr, true, -1, 1e300, "", json::array{}, json::object{}, json::string(100'000, 'x'), json::string("a\0b", 3)};
  std::vector<std::string> pointers;
  add_pointers(plain, "", pointers);
  for (const std::string& pointer : pointers) {
    for (const json::value& other : others) {
      json::value changed = plain;
      json::error_code ec;
      *changed.find_pointer(pointer, ec) = other;
      std::string shown = json::serialize(other);
      if (shown.size() > 20) shown = "a long string";
      bodies.emplace_back(fmt::format("{} as {}", pointer, shown), json::serialize(changed));
    }
  }
  for (const auto& member : plain.as_object()) {
    json::object shorter = plain.as_object();
    shorter.erase(member.key());
    bodies.emplace_back(fmt::format("without {}", std::string_view(member.key())), json::serialize(shorter));
  }
}

std::vector<std::pair<std::string, std::string>> hostile_bodies(const std::string& plain) {
  auto bodies = broken_objects();
  bodies.emplace_back("deep objects", repeated("{\"a\":", deep_levels));
  bodies.emplace_back("deep and closed objects", repeated("{\"a\":", deep_levels) + "1" + repeated("}", deep_levels));
  bodies.emplace_back("deep arrays", repeated("[", deep_levels));
  bodies.emplace_back("a huge string", "{\"a\":\"" + std::string(huge_bytes, 'x') + "\"}");
  bodies.emplace_back("huge white space", std::string(huge_bytes, ' '));
  std::string names = "{";
  for (std::size_t i = 0; i < many; ++i) names += fmt::format("{}\"n{}\":{}", i == 0 ? "" : ",", i, i);
  bodies.emplace_back("many names", names + "}");
  bodies.emplace_back("one name many times", "{" + repeated("\"requester\":[],", many) + "\"a\":1}");
  bodies.emplace_back("numbers out of range", R"({"a":99999999999999999999999,"b":1e999,"c":-0,"d":1e-999})");
  bodies.emplace_back("a lone surrogate", R"({"a":"\ud800"})");
  bodies.emplace_back("a string of no UTF-8", "{\"a\":\"\xff\xfe\xc3\"}");
  if (plain.empty()) return bodies;
  bodies.emplace_back("with a byte order mark", "\xef\xbb\xbf" + plain);
  bodies.emplace_back("with a NUL after it", plain + std::string(1, '\0'));
  bodies.emplace_back("twice", plain + plain);
  bodies.emplace_back("cut in the middle", plain.substr(0, plain.size() / 2));
  return bodies;
}

void add_hostile_requests(const Input& plain, std::vector<NamedInput>& inputs) {
  const auto add = [&](std::string name, auto&& change) {
    Input input = plain;
    change(input);
    inputs.push_back({std::move(name), std::move(input)});
  };
  for (const std::string& path :
       {std::string(), std::string("../../etc/passwd"), std::string("%"), std::string("%00"), std::string("%zz/%"),
        std::string("\xff\xfe"), std::string("a\0b", 3), std::string(8192, 'x'), repeated("/a", 4096)}) {
    add("path " + path.substr(0, 20), [&](Input& input) { input.path = path; });
    add("query " + path.substr(0, 20), [&](Input& input) { input.query = path; });
  }
  for (const std::string& method : {std::string(), std::string("BREW"), std::string(1024, 'X')}) {
    add("method " + method.substr(0, 20), [&](Input& input) { input.method = method; });
  }
  add("no headers", [](Input& input) { input.headers.clear(); });
  add("many headers", [](Input& input) { input.headers.assign(500, {"x-check", "1"}); });
  add("a header without a name", [](Input& input) { input.headers.emplace_back("", "1"); });
  add("a long header", [](Input& input) { input.headers.emplace_back("x-check", std::string(16'384, 'x')); });
  for (const char* const name : {"content-type", "content-length", "authorization", "webhook-id", "webhook-timestamp",
                                 "webhook-signature", "x-hub-signature-256"}) {
    for (const std::string& value : {std::string(), std::string("-1"), std::string("99999999999999999999999"),
                                     std::string("v1,"), std::string("sha256=zz"), std::string("\xff\0\n", 3)}) {
      add(fmt::format("header {}: {}", name, value), [&](Input& input) { input.headers.emplace_back(name, value); });
    }
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> broken_objects() {
  std::vector<std::pair<std::string, std::string>> texts{{"nothing", ""},
                                                         {"a space", " "},
                                                         {"no JSON", "hello"},
                                                         {"null", "null"},
                                                         {"a number", "7"},
                                                         {"a string", "\"a\""},
                                                         {"an array", "[1]"},
                                                         {"a cut object", "{\"a\":"},
                                                         {"two objects", "{}{}"},
                                                         {"a comma too many", "{\"a\":1,}"},
                                                         {"NUL bytes", std::string(64, '\0')}};
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  texts.emplace_back("every byte", all);
  std::mt19937 random(4711);  // NOLINT(cert-msc51-cpp): the same in every run
  for (std::size_t i = 0; i < random_bodies; ++i) {
    std::string noise;
    for (std::size_t k = 0; k < random_bytes; ++k) noise += static_cast<char>(random());
    texts.emplace_back(fmt::format("noise {}", i), std::move(noise));
  }
  return texts;
}

Input plain_input(const helpdesk::Manifest& manifest, const helpdesk::Declaration& declaration) {
  Input input;
  switch (declaration.kind) {
    case HD_JOB:
      break;
    case HD_WEBHOOK:
      input = {declaration.methods.front(),
               "check",
               "",
               "127.0.0.1",
               {{"host", "localhost"}, {"content-type", "application/json"}},
               "{}"};
      break;
    case HD_EVENT:
      input.body = R"({"type":"check"})";
      break;
    default:
      input.body = json::serialize(plain_question(manifest));
  }
  return input;
}

std::vector<NamedInput> hostile_inputs(const helpdesk::Manifest& manifest, const helpdesk::Declaration& declaration) {
  std::vector<NamedInput> inputs;
  if (declaration.kind == HD_JOB) return inputs;
  const Input plain = plain_input(manifest, declaration);
  auto bodies = hostile_bodies(plain.body);
  if (declaration.kind == HD_PANEL || declaration.kind == HD_ACTION) {
    add_other_types(plain_question(manifest), bodies);
  }
  for (auto& [name, body] : bodies) {
    Input input = plain;
    input.body = std::move(body);
    inputs.push_back({"body " + name, std::move(input)});
  }
  if (declaration.kind == HD_WEBHOOK) add_hostile_requests(plain, inputs);
  return inputs;
}

}  // namespace hdcheck
