// The echo plugin's manifest without the wrapper's boundary: what it throws crosses the contract, which is forbidden.
// Built with one of THROWS_IN_HANDLER, THROWS_IN_CREATE, THROWS_IN_START, THROWS_IN_STOP.
#include <helpdesk/plugin.hpp>
#include <stdexcept>

namespace {

// Behind a call that the compiler cannot see through, so that code after it stays.
void misbehave(bool now) {
  if (now) throw std::runtime_error("holds jane@example.org");
}

hd_status serve(void*, const hd_call* call, const hd_reply* reply, hd_error*) {
#ifdef THROWS_IN_HANDLER
  misbehave(true);
#endif
  if (call->kind != HD_JOB) reply->body(reply->ctx, hd::bytes("{}"));
  return HD_OK;
}

hd_status create(const hd_host* host, hd_bytes config, void** instance, hd_error* error) {
#ifdef THROWS_IN_CREATE
  misbehave(true);
#endif
  if (!hd::text(config).starts_with('{') || !hd::text(config).ends_with('}')) {
    hd::fill(error, "/: expected an object, found something else");
    return HD_INVALID;
  }
  struct Declared {
    std::int32_t kind;
    const char* id;
  };
  for (const Declared& each : {Declared{HD_PANEL, "mirror"}, Declared{HD_ACTION, "note"}, Declared{HD_WEBHOOK, "hooks"},
                               Declared{HD_EVENT, "happened"}, Declared{HD_JOB, "tidy"}}) {
    const hd_registration one{sizeof(one), each.kind, hd::bytes(each.id), nullptr, &serve};
    const hd_status status = host->add(host->ctx, &one, error);
    if (status != HD_OK) return status;
  }
  *instance = nullptr;
  return HD_OK;
}

hd_status start(void*, hd_error*) {
#ifdef THROWS_IN_START
  misbehave(true);
#endif
  return HD_OK;
}

hd_status ready(void*, std::int64_t, hd_error*) {
  return HD_OK;
}

void stop(void*) {
#ifdef THROWS_IN_STOP
  misbehave(true);
#else
  misbehave(false);
#endif
}

void destroy(void*) {}

}  // namespace

extern "C" HD_EXPORT const hd_plugin* hd_plugin_entry_v1(void) {
  static const hd_plugin plugin{sizeof(plugin), 0, "echo", "1.0.0", create, start, ready, stop, destroy, nullptr};
  return &plugin;
}
