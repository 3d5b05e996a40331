// The C embedding API of host.h over LoadedPlugin. Nothing throws out of here.
#include <fmt/format.h>
#include <helpdesk/host.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <helpdesk/plugin.hpp>

#include "loaded_plugin.hpp"

struct hd_host_handle {
  std::unique_ptr<helpdesk::LoadedPlugin> plugin;
  std::atomic<std::uint64_t> calls = 0;
};

namespace {

using helpdesk::LoadedPlugin;
using helpdesk::Outcome;

constexpr std::int64_t max_budget_ms = 3'600'000;
constexpr std::size_t max_request_id_bytes = 64;

// The boundary of this library: a status for everything that is thrown.
template <typename F>
hd_status at_boundary(hd_error* error, F&& f) noexcept {
  try {
    return std::forward<F>(f)();
  } catch (const std::bad_alloc&) {
    hd::fill(error, "the host library has no memory left");
  } catch (...) {
    hd::fill(error, "internal error in the host library");
  }
  return HD_INTERNAL;
}

helpdesk::LogSink log_sink(const hd_host_options* options) {
  if (!HD_HAS(options, log) || options->log == nullptr) return {};
  return [log = options->log, ctx = options->ctx](std::int32_t level, std::string_view line) {
    log(ctx, level, line.data(), line.size());
  };
}

helpdesk::result<std::unique_ptr<LoadedPlugin>> open_plugin(const char* manifest_path, const char* config_path,
                                                            const hd_host_options* options) {
  auto manifest = helpdesk::read_manifest(manifest_path);
  if (!manifest) return manifest.error();
  auto config = helpdesk::read_config(config_path);
  if (!config) return config.error();
  const auto config_json = helpdesk::plugin_config(*config, *manifest);
  if (!config_json) return config_json.error();
  auto plugin = LoadedPlugin::open(std::move(*manifest), *config_json, std::move(config->secrets),
                                   helpdesk::system_clock(), log_sink(options), std::move(config->secret_files));
  if (!plugin) return plugin.error();
  const auto started = (*plugin)->start();
  if (!started) return started.error();
  return plugin;
}

// An embedder's own request id as it may stand in a log, or one of ours when it gave none.
std::string request_id_of(hd_host_handle& host, std::string_view given) {
  if (given.empty()) return fmt::format("call-{}", ++host.calls);
  std::string id(given.substr(0, max_request_id_bytes));
  for (char& c : id) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!allowed) c = '-';
  }
  return id;
}

hd_status call_plugin(hd_host_handle& host, const hd_host_request& request, char** reply, std::uint64_t* reply_size,
                      hd_error* error) {
  const std::int32_t kind = request.kind;
  const std::int64_t budget_ms = request.budget_ms;
  const std::string_view id = hd::text(request.id);
  LoadedPlugin& plugin = *host.plugin;
  if (kind != HD_PANEL && kind != HD_ACTION && kind != HD_EVENT) {
    hd::fill(error, "kind: expected HD_PANEL, HD_ACTION or HD_EVENT");
    return HD_INVALID;
  }
  if (budget_ms < 1 || budget_ms > max_budget_ms) {
    hd::fill(error, fmt::format("budget_ms: expected 1 to {}, found {}", max_budget_ms, budget_ms));
    return HD_INVALID;
  }
  helpdesk::Registration* const registration = plugin.find(kind, id);
  if (registration == nullptr) {
    hd::fill(error, fmt::format("expected an id that the manifest declares, found {} \"{}\"", helpdesk::kind_name(kind),
                                helpdesk::clean_line(id)));
    return HD_NOT_FOUND;
  }
  const auto permit = plugin.admit(*registration);
  if (!permit) {
    hd::fill(error, "too many calls missed their deadline; the breaker is open, try again in 10 s");
    return HD_UNAVAILABLE;
  }
  const std::string request_id = request_id_of(host, hd::text(request.request_id));
  helpdesk::CallInput input;
  input.deadline_us = plugin.clock().monotonic_us() + budget_ms * 1000;
  input.request_id = request_id;
  input.body = hd::text(request.body);
  const helpdesk::CallOutput output = plugin.run(*registration, input);
  permit->settle(plugin.clock().monotonic_us() > input.deadline_us ? Outcome::overran : Outcome::in_time);
  if (output.status != HD_OK) {
    hd::fill(error, output.message);
    return output.status;
  }
  char* const copy = static_cast<char*>(std::malloc(output.body.size()));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, output.body.data(), output.body.size());
  *reply = copy;
  *reply_size = output.body.size();
  return HD_OK;
}

}  // namespace

extern "C" {

HD_EXPORT hd_host_handle* hd_host_open(const char* manifest_path, const char* config_path,
                                       const hd_host_options* options, hd_error* error) {
  hd_host_handle* handle = nullptr;
  at_boundary(error, [&]() -> hd_status {
    if (manifest_path == nullptr || config_path == nullptr) {
      hd::fill(error, "hd_host_open: expected the paths of a manifest and a configuration, found NULL");
      return HD_INVALID;
    }
    auto plugin = open_plugin(manifest_path, config_path, options);
    if (!plugin) {
      hd::fill(error, plugin.error().message);
      return HD_INVALID;
    }
    auto made = std::make_unique<hd_host_handle>();
    made->plugin = std::move(*plugin);
    handle = made.release();
    return HD_OK;
  });
  return handle;
}

HD_EXPORT hd_status hd_host_send(hd_host_handle* host, const hd_host_request* request, char** reply,
                                 std::uint64_t* reply_size, hd_error* error) {
  return at_boundary(error, [&]() -> hd_status {
    if (host == nullptr || request == nullptr || reply == nullptr || reply_size == nullptr) {
      hd::fill(error, "hd_host_send: expected a host, a request and places for the reply, found NULL");
      return HD_INVALID;
    }
    *reply = nullptr;
    *reply_size = 0;
    if (!HD_HAS(request, request_id)) {
      hd::fill(error, fmt::format("hd_host_request.size: expected at least {}, found {}", sizeof(hd_host_request),
                                  request->size));
      return HD_INVALID;
    }
    for (const hd_bytes* const bytes : {&request->id, &request->body, &request->request_id}) {
      if (bytes->data == nullptr && bytes->size != 0) {
        hd::fill(error, "hd_host_request: expected id, body and request_id with their bytes, found NULL");
        return HD_INVALID;
      }
    }
    return call_plugin(*host, *request, reply, reply_size, error);
  });
}

HD_EXPORT hd_status hd_host_call(hd_host_handle* host, std::int32_t kind, const char* id, std::uint64_t id_size,
                                 const char* request, std::uint64_t request_size, std::int64_t budget_ms, char** reply,
                                 std::uint64_t* reply_size, hd_error* error) {
  const hd_host_request whole{sizeof(whole), kind, {id, id_size}, {request, request_size}, budget_ms, {nullptr, 0}};
  return hd_host_send(host, &whole, reply, reply_size, error);
}

HD_EXPORT void hd_host_free(char* reply) {
  std::free(reply);
}

HD_EXPORT void hd_host_close(hd_host_handle* host) {
  at_boundary(nullptr, [&]() -> hd_status {
    delete host;
    return HD_OK;
  });
}

}  // extern "C"
