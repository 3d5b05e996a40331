// Registers all that manifest/plugin.json declares, and does one forbidden thing in every handler: it throws across the
// contract, aborts (always, or where a message says "poison"), or comes back long after its deadline. Built once with
// each of FAULT_THROWS, FAULT_ABORTS, FAULT_ABORTS_ON_POISON, FAULT_OVERRUNS.
#include <cstdlib>
#include <helpdesk/plugin.hpp>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace {

#ifdef FAULT_OVERRUNS
const hd_host* the_host = nullptr;
#endif

// Whether to do it, behind a call that the compiler cannot see through.
bool misbehaves(const hd_call* call) {
#ifdef FAULT_ABORTS_ON_POISON
  return std::string_view(call->body.data, call->body.size).find("poison") != std::string_view::npos;
#else
  return call->kind != HD_JOB;
#endif
}

hd_status serve(void*, const hd_call* call, const hd_reply* reply, hd_error*) {
  if (misbehaves(call)) {
#if defined(FAULT_THROWS)
    throw std::runtime_error("holds jane@example.org");
#elif defined(FAULT_ABORTS) || defined(FAULT_ABORTS_ON_POISON)
    std::abort();
#elif defined(FAULT_OVERRUNS)
    while (the_host->monotonic_us(the_host->ctx) < call->deadline_us + 100'000) std::this_thread::yield();
#endif
  }
  reply->body(reply->ctx, hd::bytes("{}"));
  return HD_OK;
}

hd_status create(const hd_host* host, hd_bytes, void** instance, hd_error* error) {
#ifdef FAULT_OVERRUNS
  the_host = host;
#endif
  struct Declared {
    std::int32_t kind;
    const char* id;
  };
  for (const Declared& each :
       {Declared{HD_WEBHOOK, "hooks"}, Declared{HD_PANEL, "sidebar"}, Declared{HD_ACTION, "note.add"},
        Declared{HD_ACTION, "note.edit"}, Declared{HD_ACTION, "note.pin"}, Declared{HD_ACTION, "note.delete"},
        Declared{HD_ACTION, "looked"}, Declared{HD_ACTION, "suggestion.accept"},
        Declared{HD_ACTION, "suggestion.refuse"}, Declared{HD_ACTION, "identity.merge"},
        Declared{HD_ACTION, "identity.split"}, Declared{HD_ACTION, "identity.unlink"},
        Declared{HD_ACTION, "identity.judge"}, Declared{HD_ACTION, "identity.undo"}, Declared{HD_EVENT, "engagement"},
        Declared{HD_JOB, "housekeeping"}, Declared{HD_JOB, "retention"}, Declared{HD_JOB, "rekey"},
        Declared{HD_JOB, "suggest"}}) {
    const hd_registration one{sizeof(one), each.kind, hd::bytes(each.id), nullptr, &serve};
    const hd_status status = host->add(host->ctx, &one, error);
    if (status != HD_OK) return status;
  }
  *instance = nullptr;
  return HD_OK;
}

hd_status start(void*, hd_error*) {
  return HD_OK;
}

hd_status ready(void*, std::int64_t, hd_error*) {
  return HD_OK;
}

void nothing(void*) {}

const void* no_extension(void*, hd_bytes) {
  return nullptr;
}

constexpr hd_plugin plugin{sizeof(hd_plugin), 0,        "identities", "0.1.0", &create, &start, &ready,
                           &nothing,          &nothing, &no_extension};

}  // namespace

extern "C" HD_EXPORT const hd_plugin* hd_plugin_entry_v1() {
  return &plugin;
}
