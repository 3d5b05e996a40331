#include "accounts/problem.hpp"

#include <fmt/format.h>

#include "core/json_writer.hpp"

namespace identities::accounts {
namespace {

constexpr std::size_t kMaxFaults = 20;  // shown at once; mending those shows the rest

void write_faults(JsonWriter& json, const Faults& faults) {
  json.begin_array();
  for (std::size_t index = 0; index < faults.size() && index < kMaxFaults; ++index)
    json.begin_object()
        .member("pointer", faults[index].pointer)
        .member("expected", faults[index].expected)
        .member("found", faults[index].found)
        .end_object();
  json.end_array();
}

}  // namespace

std::string faults_json(const Faults& faults) {
  JsonWriter json(256);
  write_faults(json, faults);
  return json.take();
}

std::string problem_json(const Problem& problem, std::string_view request_id) {
  JsonWriter json(512);
  json.begin_object()
      .member("type", fmt::format("urn:identities:problem:{}", problem.type))
      .member("title", problem.title)
      .member_integer("status", problem.status)
      .member_if("detail", problem.detail)
      .member_if("request_id", request_id);
  if (!problem.faults.empty()) {
    json.member("pointer", problem.faults.front().pointer).key("errors");
    write_faults(json, problem.faults);
  }
  if (problem.server_time_us) json.member("server_time", format_rfc3339(*problem.server_time_us));
  json.end_object();
  return json.take();
}

}  // namespace identities::accounts
