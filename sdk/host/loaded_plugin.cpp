#include "loaded_plugin.hpp"

#include <fmt/format.h>

#include <cstring>
#include <helpdesk/plugin.hpp>

#include "plugin_entry.hpp"

namespace helpdesk {
namespace {

constexpr std::size_t max_log_line_bytes = 4096;

// "panel "mirror"": a registration in a message.
std::string title_of(const Declaration& declaration) {
  return fmt::format("{} \"{}\"", kind_name(declaration.kind), declaration.id);
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

std::optional<std::string> LoadedPlugin::secret(std::string_view name) const {
  const auto loaded = secrets_.find(name);
  if (loaded == secrets_.end()) return std::nullopt;
  if (const auto file = secret_files_.find(name); file != secret_files_.end()) {
    // A host that gave up its rights after it started may not be able to.
    if (auto fresh = read_secret(file->second)) return std::move(*fresh);
  }
  return loaded->second;
}

LoadedPlugin::LoadedPlugin(Manifest manifest, Secrets secrets, SecretFiles files, const Clock& clock, LogSink log)
    : manifest_(std::move(manifest)),
      secrets_(std::move(secrets)),
      secret_files_(std::move(files)),
      clock_(clock),
      log_(std::move(log)) {
  replies_ = std::make_unique<ReplySlots>([this](const Registration& registration) { tell_late(registration); });
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
    try {
      const auto value = of(ctx).secret(hd::text(name));
      if (!value) return -1;
      if (capacity >= value->size() && buffer != nullptr) std::memcpy(buffer, value->data(), value->size());
      return static_cast<std::int64_t>(value->size());
    } catch (const std::exception&) {
      return -1;  // no memory left
    }
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
                                                         Secrets secrets, const Clock& clock, LogSink log,
                                                         SecretFiles files) {
  std::unique_ptr<LoadedPlugin> self(
      new LoadedPlugin(std::move(manifest), std::move(secrets), std::move(files), clock, std::move(log)));
  if (auto refusal = self->load()) return *refusal;
  if (auto refusal = self->create(config_json)) return *refusal;
  return self;
}

std::optional<Refusal> LoadedPlugin::load() {
  const auto plugin = load_entry(manifest_);
  if (!plugin) return plugin.error();
  plugin_ = *plugin;
  return std::nullopt;
}

std::optional<Refusal> LoadedPlugin::refusal_of(const char* function,
                                                const std::function<hd_status(hd_error*)>& call) const {
  const Running running(function);
  ErrorRoom error;
  hd_status status = HD_INTERNAL;
  if (const auto thrown = contained([&] { status = call(error.get()); })) {
    return Refusal{fmt::format("{}: {}: expected a status, found {}", manifest_.id, function, *thrown)};
  }
  if (status == HD_OK) return std::nullopt;
  return Refusal{
      fmt::format("{}: {}: the plugin refused (status {}): {}", manifest_.id, function, status, error.message())};
}

std::optional<Refusal> LoadedPlugin::create(const std::string& config_json) {
  creating_ = true;
  auto refusal = refusal_of(
      "create", [&](hd_error* error) { return plugin_->create(&host_, hd::bytes(config_json), &instance_, error); });
  creating_ = false;
  if (refusal) return refusal;
  created_ = true;
  for (const Declaration& declared : manifest_.declarations) {
    if (find(declared.kind, declared.id) == nullptr) {
      return Refusal{fmt::format("{}: {}: expected that create registers what the manifest declares, found nothing",
                                 manifest_.file.string(), title_of(declared))};
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
  added.title = title_of(*declared);
  added.ctx = registration->ctx;
  added.handler = registration->handler;
  return HD_OK;
}

result<void> LoadedPlugin::start() {
  if (auto refusal = refusal_of("start", [&](hd_error* error) { return plugin_->start(instance_, error); }))
    return *refusal;
  started_ = true;
  return {};
}

std::optional<Refusal> LoadedPlugin::finish(const char* function, void (*finisher)(void* instance)) const {
  const Running running(function);
  const auto thrown = contained([&] { finisher(instance_); });
  if (!thrown) return std::nullopt;
  return Refusal{fmt::format("{}: {}: expected that it returns, found {}", manifest_.id, function, *thrown)};
}

result<void> LoadedPlugin::end() {
  std::optional<Refusal> refusal;
  if (std::exchange(started_, false)) refusal = finish("stop", plugin_->stop);
  if (std::exchange(created_, false)) {
    auto of_destroy = finish("destroy", plugin_->destroy);
    if (!refusal) refusal = std::move(of_destroy);
  }
  if (refusal) return *refusal;
  return {};
}

LoadedPlugin::~LoadedPlugin() {
  const auto ended = end();
  if (!ended && log_) log_(HD_LOG_ERROR, ended.error().message);
}

CallOutput LoadedPlugin::ready(std::int64_t deadline_us) {
  const Running running("ready");
  ErrorRoom error;
  CallOutput output;
  const auto thrown = contained([&] { output.status = plugin_->ready(instance_, deadline_us, error.get()); });
  if (thrown) {
    output.status = HD_INTERNAL;
    output.message = "ready: expected a status, found " + *thrown;
  } else if (output.status != HD_OK) {
    output.message = error.message();
  }
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
  const auto failed = [](hd_status status, std::string message) {
    return CallOutput{.status = status, .message = std::move(message), .headers = {}, .body = {}};
  };
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
  ReplySlots::Open slot(*replies_, registration);
  ErrorRoom error;
  hd_status status = HD_INTERNAL;
  const Running running(registration.title.c_str());
  const auto thrown =
      contained([&] { status = registration.handler(registration.ctx, &call, slot.reply(), error.get()); });
  if (thrown) return failed(HD_INTERNAL, fmt::format("{}: expected a status, found {}", registration.title, *thrown));
  if (status != HD_OK) return failed(status, error.message());
  Collected& collected = slot.collected();
  const std::string& body = collected.body;
  if (collected.fault == nullptr && kind != HD_WEBHOOK && kind != HD_JOB) {
    if (body.size() < 2 || body.front() != '{' || body.back() != '}') {
      collected.fault = "the plugin's reply is not one JSON object";
    } else if (collected.maybe_twice && !is_one_object(body)) {
      collected.fault = "the plugin's reply: expected one JSON object, found more than one; it may have replied twice";
    }
  }
  if (collected.fault != nullptr) return failed(HD_INTERNAL, collected.fault);
  return CallOutput{.message = {},
                    .http_status = collected.http_status,
                    .headers = std::move(collected.headers),
                    .body = std::move(collected.body)};
}

void LoadedPlugin::tell_late(const Registration& registration) const {
  if (registration.told_late.exchange(true) || !log_) return;
  try {
    log_(HD_LOG_ERROR,
         fmt::format("{}: {}: expected a reply on the handler's thread until it returns, found one later or elsewhere; "
                     "it was dropped (told once)",
                     manifest_.id, registration.title));
  } catch (const std::exception&) {
    return;  // a lost line is better than an exception in C code
  }
}

}  // namespace helpdesk
