#include "loaded_plugin.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <cstring>
#include <helpdesk/plugin.hpp>

namespace helpdesk {
namespace {

constexpr std::size_t max_log_line_bytes = 4096;
constexpr std::size_t max_reply_headers = 64;
constexpr const char* entry_name = "hd_plugin_entry_v1";

bool is_header_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_header_value(std::string_view value) {
  return value.size() <= 8192 && std::all_of(value.begin(), value.end(),
                                             [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return lower(x) == lower(y);
  });
}

// These the host writes itself.
bool is_hosts_header(std::string_view name) {
  for (const std::string_view own : {"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade",
                                     "date", "server", "x-request-id", "trailer"}) {
    if (equal_ignoring_case(name, own)) return true;
  }
  return false;
}

// Collects a reply. What breaks the contract is remembered and makes the whole call fail. No exception leaves it.
struct Sink {
  CallOutput output;
  const char* fault = nullptr;
  bool webhook = false;

  static Sink& of(void* ctx) { return *static_cast<Sink*>(ctx); }

  template <typename F>
  void collect(F&& f) noexcept {
    try {
      f();
    } catch (const std::bad_alloc&) {
      fault = "the host has no memory for the plugin's reply";
    }
  }
  static void status(void* ctx, std::int32_t http_status) {
    Sink& self = of(ctx);
    if (!self.webhook || http_status < 200 || http_status > 599) {
      self.fault = "the plugin's reply has a status that it may not set";
    } else {
      self.output.http_status = http_status;
    }
  }
  static void header(void* ctx, hd_bytes name, hd_bytes value) {
    Sink& self = of(ctx);
    const std::string_view key = hd::text(name);
    const std::string_view content = hd::text(value);
    if (!self.webhook || !is_header_name(key) || is_hosts_header(key) || !is_header_value(content) ||
        self.output.headers.size() >= max_reply_headers) {
      self.fault = "the plugin's reply has a header that it may not set";
      return;
    }
    self.collect([&] { self.output.headers.emplace_back(key, content); });
  }
  static void body(void* ctx, hd_bytes chunk) {
    Sink& self = of(ctx);
    const std::string_view more = hd::text(chunk);
    if (more.size() > max_reply_bytes - self.output.body.size()) {
      self.fault = "the plugin's reply is larger than 8 MiB";
      return;
    }
    self.collect([&] { self.output.body.append(more); });
  }
};

Refusal refused(const std::filesystem::path& library, std::string_view what, std::string_view expected,
                std::string_view found) {
  return {fmt::format("{}: {}: expected {}, found {}", library.string(), what, expected, found)};
}

std::string message_of(hd_error& error) {
  error.message[sizeof(error.message) - 1] = '\0';
  return clean_line(error.message);
}

// A null terminated string of the plugin's, or a word for none.
std::string_view named(const char* text) {
  return text == nullptr ? "nothing" : text;
}

}  // namespace

int http_status_of(hd_status status) {
  switch (status) {
    case HD_OK:
      return 200;
    case HD_INVALID:
      return 400;
    case HD_UNAUTHENTICATED:
      return 401;
    case HD_FORBIDDEN:
      return 403;
    case HD_NOT_FOUND:
      return 404;
    case HD_CONFLICT:
      return 409;
    case HD_TOO_LARGE:
      return 413;
    case HD_UNPROCESSABLE:
      return 422;
    case HD_RATE_LIMITED:
      return 429;
    case HD_UNAVAILABLE:
      return 503;
    case HD_DEADLINE_EXCEEDED:
      return 504;
    default:
      return 500;
  }
}

std::string clean_line(std::string_view text) {
  namespace json = boost::json;
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  json::error_code ec;
  json::parse(json::serialize(json::value(line)), ec);
  if (!ec) return line;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return line;
}

LoadedPlugin::LoadedPlugin(Manifest manifest, Secrets secrets, const Clock& clock, LogSink log)
    : manifest_(std::move(manifest)), secrets_(std::move(secrets)), clock_(clock), log_(std::move(log)) {
  host_.size = sizeof(host_);
  host_.ctx = this;
  host_.now_us = [](void* ctx) { return of(ctx).clock_.now_us(); };
  host_.monotonic_us = [](void* ctx) { return of(ctx).clock_.monotonic_us(); };
  host_.log = [](void* ctx, std::int32_t level, hd_bytes line) {
    try {
      if (of(ctx).log_) of(ctx).log_(level, clean_line(hd::cut(hd::text(line), max_log_line_bytes)));
    } catch (const std::exception&) {
      return;  // a lost line is better than an exception in C code
    }
  };
  host_.secret = [](void* ctx, hd_bytes name, char* buffer, std::uint64_t capacity) -> std::int64_t {
    const auto found = of(ctx).secrets_.find(hd::text(name));
    if (found == of(ctx).secrets_.end()) return -1;
    const std::string& value = found->second;
    if (capacity >= value.size() && buffer != nullptr) std::memcpy(buffer, value.data(), value.size());
    return static_cast<std::int64_t>(value.size());
  };
  host_.add = [](void* ctx, const hd_registration* registration, hd_error* error) -> hd_status {
    try {
      return of(ctx).add(registration, error);
    } catch (const std::exception&) {
      hd::fill(error, "registration: internal error in the host");
      return HD_INTERNAL;
    }
  };
  host_.extension = [](void*, hd_bytes) -> const void* { return nullptr; };
}

result<std::unique_ptr<LoadedPlugin>> LoadedPlugin::open(Manifest manifest, const std::string& config_json,
                                                         Secrets secrets, const Clock& clock, LogSink log) {
  std::unique_ptr<LoadedPlugin> self(new LoadedPlugin(std::move(manifest), std::move(secrets), clock, std::move(log)));
  if (auto refusal = self->load()) return *refusal;
  if (auto refusal = self->create(config_json)) return *refusal;
  return self;
}

std::optional<Refusal> LoadedPlugin::load() {
  const std::filesystem::path& library = manifest_.library;
  void* const object = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (object == nullptr) {
    const char* const why = ::dlerror();
    return refused(library, "library", "a shared object that loads", clean_line(named(why)));
  }
  const auto entry = reinterpret_cast<const hd_plugin* (*)()>(::dlsym(object, entry_name));
  if (entry == nullptr) {
    return refused(library, "symbol", fmt::format("the exported function {} (contract version 1)", entry_name), "none");
  }
  plugin_ = entry();
  if (plugin_ == nullptr) return refused(library, "entry", "a description of the plugin", "NULL");
  const hd_plugin* const plugin = plugin_;
  if (!HD_HAS(plugin, destroy)) {
    return refused(library, "hd_plugin.size", fmt::format("at least {}", offsetof(hd_plugin, extension)),
                   std::to_string(plugin->size));
  }
  if (named(plugin->id) != manifest_.id) {
    return refused(library, "id", fmt::format("\"{}\" as in the manifest", manifest_.id),
                   clean_line(named(plugin->id)));
  }
  if (named(plugin->version) != manifest_.version) {
    return refused(library, "version", fmt::format("\"{}\" as in the manifest", manifest_.version),
                   clean_line(named(plugin->version)));
  }
  if (plugin->create == nullptr || plugin->start == nullptr || plugin->ready == nullptr || plugin->stop == nullptr ||
      plugin->destroy == nullptr) {
    return refused(library, "hd_plugin", "create, start, ready, stop and destroy", "one of them NULL");
  }
  return std::nullopt;
}

std::optional<Refusal> LoadedPlugin::create(const std::string& config_json) {
  hd_error error{};
  creating_ = true;
  const hd_status status = plugin_->create(&host_, hd::bytes(config_json), &instance_, &error);
  creating_ = false;
  if (status != HD_OK) {
    return Refusal{
        fmt::format("{}: create: the plugin refused (status {}): {}", manifest_.id, status, message_of(error))};
  }
  created_ = true;
  for (const Declaration& declared : manifest_.declarations) {
    if (find(declared.kind, declared.id) == nullptr) {
      return Refusal{
          fmt::format("{}: {} \"{}\": expected that create registers what the manifest declares, found nothing",
                      manifest_.file.string(), kind_name(declared.kind), declared.id)};
    }
  }
  return std::nullopt;
}

hd_status LoadedPlugin::add(const hd_registration* registration, hd_error* error) {
  if (!creating_) {
    hd::fill(error, "registration: expected while create runs, found later");
    return HD_INVALID;
  }
  if (!HD_HAS(registration, handler) || registration->handler == nullptr) {
    hd::fill(error, "registration: expected a handler, found none");
    return HD_INVALID;
  }
  const std::string_view id = hd::text(registration->id);
  const Declaration* const declared = manifest_.find(registration->kind, id);
  if (declared == nullptr) {
    hd::fill(error, fmt::format("registration: expected what the manifest declares, found {} \"{}\"",
                                kind_name(registration->kind), clean_line(id)));
    return HD_INVALID;
  }
  if (find(registration->kind, id) != nullptr) {
    hd::fill(error, fmt::format("registration: expected each id once, found {} \"{}\" again",
                                kind_name(registration->kind), clean_line(id)));
    return HD_CONFLICT;
  }
  Registration& added = registrations_.emplace_back();
  added.declaration = declared;
  added.ctx = registration->ctx;
  added.handler = registration->handler;
  return HD_OK;
}

result<void> LoadedPlugin::start() {
  hd_error error{};
  const hd_status status = plugin_->start(instance_, &error);
  if (status != HD_OK) {
    return Refusal{
        fmt::format("{}: start: the plugin refused (status {}): {}", manifest_.id, status, message_of(error))};
  }
  started_ = true;
  return {};
}

LoadedPlugin::~LoadedPlugin() {
  if (started_) plugin_->stop(instance_);
  if (created_) plugin_->destroy(instance_);
}

CallOutput LoadedPlugin::ready(std::int64_t deadline_us) {
  hd_error error{};
  CallOutput output;
  output.status = plugin_->ready(instance_, deadline_us, &error);
  if (output.status != HD_OK) output.message = message_of(error);
  return output;
}

Registration* LoadedPlugin::find(std::int32_t kind, std::string_view id) {
  for (Registration& registration : registrations_) {
    if (registration.declaration->kind == kind && registration.declaration->id == id) return &registration;
  }
  return nullptr;
}

std::unique_ptr<Permit> LoadedPlugin::admit(Registration& registration) const {
  const Admission admission = registration.breaker.admit(clock_.monotonic_us());
  if (admission == Admission::refused) return nullptr;
  return std::make_unique<Permit>(registration.breaker, admission, clock_);
}

CallOutput LoadedPlugin::run(const Registration& registration, const CallInput& input) const {
  const std::int32_t kind = registration.declaration->kind;
  Sink sink;
  sink.webhook = kind == HD_WEBHOOK;
  hd_call call{};
  call.size = sizeof(call);
  call.kind = kind;
  call.deadline_us = input.deadline_us;
  call.request_id = hd::bytes(input.request_id);
  call.method = hd::bytes(input.method);
  call.path = hd::bytes(input.path);
  call.query = hd::bytes(input.query);
  call.peer = hd::bytes(input.peer);
  call.headers = input.headers.data();
  call.header_count = input.headers.size();
  call.body = hd::bytes(input.body);
  const hd_reply reply{sizeof(hd_reply), 0, &sink, &Sink::status, &Sink::header, &Sink::body};
  hd_error error{};
  const hd_status status = registration.handler(registration.ctx, &call, &reply, &error);
  if (status != HD_OK) return CallOutput{.status = status, .message = message_of(error), .headers = {}, .body = {}};
  const std::string& body = sink.output.body;
  if (sink.fault == nullptr && kind != HD_WEBHOOK && kind != HD_JOB &&
      (body.size() < 2 || body.front() != '{' || body.back() != '}')) {
    sink.fault = "the plugin's reply is not one JSON object";
  }
  if (sink.fault != nullptr) return CallOutput{.status = HD_INTERNAL, .message = sink.fault, .headers = {}, .body = {}};
  return std::move(sink.output);
}

}  // namespace helpdesk
