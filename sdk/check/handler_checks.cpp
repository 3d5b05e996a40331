// The checks of a plugin's handlers: what they answer, how they treat what they are given, and their deadlines. Each
// runs in a process of its own, most of them once for each handler.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <thread>

#include "inputs.hpp"
#include "subject.hpp"

namespace hdcheck {
namespace {

namespace json = boost::json;

constexpr std::size_t max_reply_depth = 200;
constexpr int attempts_in_time = 3;
constexpr std::int64_t short_budget_us = 20'000;
constexpr int threads_at_once = 8;
constexpr int rounds = 10;
constexpr int http_internal_error = 500;

// The handler that the check is about.
const helpdesk::Registration& handler_of(helpdesk::LoadedPlugin& plugin, const Asked& asked) {
  const helpdesk::Registration* const registration = plugin.find(asked.kind, asked.id);
  if (registration == nullptr) {
    throw Failed{{fmt::format("{} \"{}\"", helpdesk::kind_name(asked.kind), asked.id), "a registration", "none"}};
  }
  return *registration;
}

std::int64_t whole_budget_from_now(const helpdesk::LoadedPlugin& plugin, const helpdesk::Registration& registration) {
  return plugin.clock().monotonic_us() + registration.declaration->budget_ms * 1000;
}

std::optional<Fault> fault_of_error(const std::string& what, const Answer& answer) {
  if (answer.status < HD_OK || answer.status > HD_DEADLINE_EXCEEDED) {
    return Fault{what, "one of the statuses of plugin.h", fmt::format("status {}", answer.status)};
  }
  if (!answer.is_terminated) return Fault{what, "an error message of at most 255 bytes and a 0", "a longer one"};
  if (answer.status != HD_OK && answer.message.empty()) {
    return Fault{what, "a message that says what is wrong", fmt::format("status {} and none", answer.status)};
  }
  if (answer.status != HD_OK && !answer.is_clean) {
    return Fault{what, "an error message of one line in UTF-8", "other bytes in it"};
  }
  return std::nullopt;
}

std::optional<Fault> fault_of_reply(const std::string& what, std::int32_t kind, const Answer& answer) {
  if (answer.body.size() > helpdesk::max_reply_bytes) {
    return Fault{what, fmt::format("a reply of at most {} bytes", helpdesk::max_reply_bytes),
                 std::to_string(answer.body.size())};
  }
  if (kind == HD_WEBHOOK) {
    if (answer.http_status >= 200 && answer.http_status <= 599) return std::nullopt;
    return Fault{what, "an HTTP status of 200 to 599", std::to_string(answer.http_status)};
  }
  if (kind == HD_JOB) return std::nullopt;
  json::parse_options options;
  options.max_depth = max_reply_depth;
  json::error_code ec;
  const json::value parsed = json::parse(answer.body, ec, {}, options);
  if (!ec && parsed.is_object()) return std::nullopt;
  return Fault{what, "a reply of one JSON object",
               ec ? fmt::format("{} bytes that are none: {}", answer.body.size(), ec.message()) : "other JSON"};
}

// What a contract-keeping answer never is, whatever the input was.
std::optional<Fault> fault_of(const std::string& what, std::int32_t kind, const Answer& answer) {
  if (!answer.thrown.empty()) return Fault{what, "a status", answer.thrown};
  if (auto fault = fault_of_error(what, answer)) return fault;
  return answer.status == HD_OK ? fault_of_reply(what, kind, answer) : std::nullopt;
}

void require(std::optional<Fault> fault) {
  if (fault) throw Failed{std::move(*fault)};
}

void check_answers(const Asked& asked, Report& report) {
  helpdesk::LoadedPlugin& plugin = started(asked, report);
  const helpdesk::Registration& handler = handler_of(plugin, asked);
  Caller caller(plugin, Watch::nothing);
  const Input input = plain_input(plugin.manifest(), *handler.declaration);
  for (int round = 0; round < 2; ++round) {
    report.step("a plain call");
    const Answer answer = caller.call(handler, input, whole_budget_from_now(plugin, handler));
    require(fault_of("a plain call", asked.kind, answer));
  }
}

void check_hostile(const Asked& asked, Report& report) {
  helpdesk::LoadedPlugin& plugin = started(asked, report);
  const helpdesk::Registration& handler = handler_of(plugin, asked);
  Caller caller(plugin, Watch::nothing);
  for (const auto& [name, input] : hostile_inputs(plugin.manifest(), *handler.declaration)) {
    report.step(name);
    const Answer answer = caller.call(handler, input, whole_budget_from_now(plugin, handler));
    require(fault_of(name, asked.kind, answer));
    if (answer.status == HD_INTERNAL || (asked.kind == HD_WEBHOOK && answer.http_status == http_internal_error)) {
      throw Failed{{name, "a status that tells the caller what is wrong with the input",
                    fmt::format("an internal error: {}", answer.message)}};
    }
  }
}

// Many calls, each with pages of its own that are taken away after it: what uses them later is caught there.
void call_watched(const Asked& asked, Report& report, Watch watch) {
  helpdesk::LoadedPlugin& plugin = started(asked, report);
  const helpdesk::Registration& handler = handler_of(plugin, asked);
  Caller caller(plugin, watch);
  const Input plain = plain_input(plugin.manifest(), *handler.declaration);
  Input other = plain;
  other.body = asked.kind == HD_JOB ? "" : "{\"b\":[1,2,3]}";
  for (int round = 0; round < rounds; ++round) {
    report.step(fmt::format("call {}", round + 1));
    caller.call(handler, round % 2 == 0 ? plain : other, whole_budget_from_now(plugin, handler));
  }
  if (watch == Watch::reply && caller.was_answered_late()) {
    throw Failed{{"reply", "that it is not used after the handler returned", "a use of an earlier call's"}};
  }
}

void check_borrows(const Asked& asked, Report& report) {
  call_watched(asked, report, Watch::inputs);
}

void check_returns(const Asked& asked, Report& report) {
  call_watched(asked, report, Watch::reply);
}

// Late only when it is so each time: the machine may be busy, a plugin that heeds no deadline never heeds it.
void check_deadline(const Asked& asked, Report& report) {
  helpdesk::LoadedPlugin& plugin = started(asked, report);
  const helpdesk::Registration& handler = handler_of(plugin, asked);
  Caller caller(plugin, Watch::nothing);
  const Input input = plain_input(plugin.manifest(), *handler.declaration);
  for (const std::int64_t budget_us : {std::int64_t{-1'000'000}, short_budget_us}) {
    const std::string what = budget_us < 0 ? "a deadline that has passed" : "a deadline of 20 ms";
    std::int64_t late_ms = 0;
    for (int attempt = 0; attempt < attempts_in_time; ++attempt) {
      report.step(what);
      const Answer answer = caller.call(handler, input, plugin.clock().monotonic_us() + budget_us);
      require(fault_of(what, asked.kind, answer));
      late_ms = (answer.took_us - std::max<std::int64_t>(0, budget_us)) / 1000;
      if (late_ms <= asked.slack_ms) break;
    }
    if (late_ms > asked.slack_ms) {
      throw Failed{{what, fmt::format("an answer by then and {} ms", asked.slack_ms),
                    fmt::format("one {} ms late, {} times", late_ms, attempts_in_time)}};
    }
  }
}

void check_threads(const Asked& asked, Report& report) {
  helpdesk::LoadedPlugin& plugin = started(asked, report);
  Caller caller(plugin, Watch::nothing);
  report.step(fmt::format("all handlers on {} threads at once", threads_at_once));
  std::mutex mutex;
  std::optional<Fault> first;
  std::vector<std::thread> threads;
  threads.reserve(threads_at_once);
  for (int t = 0; t < threads_at_once; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        for (const helpdesk::Registration& handler : plugin.registrations()) {
          const helpdesk::Declaration& declared = *handler.declaration;
          // A host runs a job on one thread at a time.
          if (declared.kind == HD_JOB) continue;
          const Answer answer =
              caller.call(handler, plain_input(plugin.manifest(), declared), whole_budget_from_now(plugin, handler));
          auto fault = fault_of(fmt::format("{} beside others", handler.title), declared.kind, answer);
          const std::lock_guard lock(mutex);
          if (fault && !first) first = std::move(fault);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  require(std::move(first));
}

}  // namespace

std::vector<Check> handler_checks() {
  return {{"answers", true, {"start"}, &check_answers},    {"deadline", true, {"answers"}, &check_deadline},
          {"hostile", true, {"deadline"}, &check_hostile}, {"borrows", true, {"deadline"}, &check_borrows},
          {"returns", true, {"deadline"}, &check_returns}, {"threads", false, {"start", "deadline"}, &check_threads}};
}

}  // namespace hdcheck
