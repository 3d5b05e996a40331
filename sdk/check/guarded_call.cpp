#include "guarded_call.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <helpdesk/plugin.hpp>
#include <thread>

#include "pages.hpp"

namespace hdcheck {
namespace {

constexpr std::string_view written_input = "fault\tinputs\tthat the handler only reads them\tthat it wrote to them\n";
constexpr std::string_view past_end = "fault\tbody\tthat nothing beyond its size is read\ta read past its end\n";
constexpr std::string_view kept_input =
    "fault\tinputs\tthat nothing of them is used after the handler returned\ta use of an earlier call's inputs\n";
constexpr std::string_view kept_reply =
    "fault\treply and error\tthat neither is used after the handler returned\ta use of an earlier call's\n";
constexpr std::string_view request_id = "hdcheck-1";

// Copies bytes onto the pages; a text of no bytes has no address.
hd_bytes placed(Pages& pages, std::string_view text) {
  if (text.empty()) return {nullptr, 0};
  char* const place = static_cast<char*>(pages.take(text.size()));
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

std::size_t room_for(const Input& input) {
  // What each text may lose to alignment is counted as one more maximum alignment.
  constexpr std::size_t lost = alignof(std::max_align_t);
  std::size_t room = sizeof(hd_call) + input.method.size() + input.path.size() + input.query.size() +
                     input.peer.size() + request_id.size() + input.headers.size() * sizeof(hd_header) + 7 * lost;
  for (const auto& [name, value] : input.headers) room += name.size() + value.size() + 2 * lost;
  return room;
}

const hd_call* lay_out(Pages& pages, const Input& input, std::int32_t kind, std::int64_t deadline_us) {
  hd_call* const call = new (pages.take(sizeof(hd_call))) hd_call{};
  hd_header* const headers = static_cast<hd_header*>(pages.take(input.headers.size() * sizeof(hd_header)));
  for (std::size_t i = 0; i < input.headers.size(); ++i) {
    headers[i] = {placed(pages, input.headers[i].first), placed(pages, input.headers[i].second)};
  }
  call->size = sizeof(hd_call);
  call->kind = kind;
  call->deadline_us = deadline_us;
  call->request_id = placed(pages, request_id);
  call->method = placed(pages, input.method);
  call->path = placed(pages, input.path);
  call->query = placed(pages, input.query);
  call->peer = placed(pages, input.peer);
  call->headers = input.headers.empty() ? nullptr : headers;
  call->header_count = input.headers.size();
  call->body = {input.body.empty() ? nullptr : pages.tail(), input.body.size()};
  if (!input.body.empty()) std::memcpy(pages.tail(), input.body.data(), input.body.size());
  return call;
}

}  // namespace

// Where one call's reply goes. It outlives the call: a copy of the hd_reply may still point to it.
struct Caller::Collector {
  static Collector& of(void* ctx) { return *static_cast<Collector*>(ctx); }
  static bool takes(void* ctx) {
    Collector& self = of(ctx);
    if (!self.is_open) self.was_late = true;
    return self.is_open;
  }
  static void status(void* ctx, std::int32_t http_status) {
    if (takes(ctx)) of(ctx).http_status = http_status;
  }
  static void header(void* ctx, hd_bytes, hd_bytes) { takes(ctx); }
  static void append(void* ctx, hd_bytes chunk) {
    if (takes(ctx)) of(ctx).body.append(hd::text(chunk));
  }
  std::atomic<bool> is_open = true;
  std::atomic<bool> was_late = false;
  int http_status = 200;
  std::string body;
};

Caller::Caller(const helpdesk::LoadedPlugin& plugin, Watch watch) : plugin_(plugin), watch_(watch) {}

Caller::Collector& Caller::new_collector() {
  const std::lock_guard lock(collectors_.mutex);
  // Never freed: see above.
  return *collectors_.all.emplace_back(new Collector);
}

bool Caller::was_answered_late() const {
  const std::lock_guard lock(collectors_.mutex);
  return std::any_of(collectors_.all.begin(), collectors_.all.end(),
                     [](const Collector* collector) { return collector->was_late.load(); });
}

Answer Caller::call(const helpdesk::Registration& registration, const Input& input, std::int64_t deadline_us) {
  Pages inputs(room_for(input), input.body.size());
  constexpr std::size_t room_behind_error = 1024;
  Pages outputs(sizeof(hd_reply) + sizeof(hd_error) + room_behind_error, 0);
  const hd_call* const call = lay_out(inputs, input, registration.declaration->kind, deadline_us);
  Collector& collector = new_collector();
  const hd_reply* const reply = new (outputs.take(sizeof(hd_reply)))
      hd_reply{sizeof(hd_reply), 0, &collector, &Collector::status, &Collector::header, &Collector::append};
  hd_error* const error = new (outputs.take(sizeof(hd_error) + room_behind_error)) hd_error{};
  if (watch_ == Watch::inputs) {
    inputs.read_only(written_input);
    inputs.guard(past_end);
  }
  Answer answer;
  const std::int64_t began_us = plugin_.clock().monotonic_us();
  const auto thrown =
      helpdesk::contained([&] { answer.status = registration.handler(registration.ctx, call, reply, error); });
  answer.took_us = plugin_.clock().monotonic_us() - began_us;
  collector.is_open = false;
  answer.thrown = thrown.value_or("");
  const std::size_t length = ::strnlen(error->message, sizeof(error->message));
  answer.is_terminated = length < sizeof(error->message);
  answer.message = helpdesk::clean_line({error->message, length});
  answer.is_clean = answer.message == std::string_view(error->message, length);
  answer.http_status = collector.http_status;
  answer.body = std::move(collector.body);
  if (watch_ == Watch::inputs) inputs.forbid(kept_input);
  if (watch_ == Watch::reply) outputs.forbid(kept_reply);
  return answer;
}

}  // namespace hdcheck
