/* helpdesk/plugin.h: the contract between any helpdesk (the host) and any plugin. C11, standard headers only.
 *
 * A plugin is a shared object that exports one function, hd_plugin_entry_v1(). The major version is in that name.
 * Structs grow at the end: each starts with its size as its writer knew it; test a field with HD_HAS before reading it.
 * Memory: nobody frees the other side's. Every input is borrowed until the function that got it returns; every output
 * is copied by its receiver before the call that passed it returns. No C++ type and no exception crosses.
 *
 * Thread tags: [one] the host calls it on one thread at a time; [any] on any of the host's threads, several at once.
 * A plugin owns no threads. A handler may block until its call's deadline, and meeting that deadline is its duty. */
#ifndef HELPDESK_PLUGIN_H
#define HELPDESK_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HD_EXPORT __attribute__((visibility("default")))
#else
#define HD_EXPORT
#endif

/* True when the struct that p points to was written by a side that knew `field`. */
#define HD_HAS(p, field) \
  ((p) != NULL && (size_t)(p)->size >= (size_t)((const char*)&(p)->field - (const char*)(p)) + sizeof((p)->field))

/* Bytes that the other side owns; not terminated. UTF-8 wherever it is text. data may be NULL when size is 0. */
typedef struct hd_bytes {
  const char* data;
  uint64_t size;
} hd_bytes;

/* What a function returns. Each maps to one HTTP status where a call came by HTTP. */
typedef int32_t hd_status;
#define HD_OK ((hd_status)0)                 /* 200 */
#define HD_INVALID ((hd_status)1)            /* 400: the input is malformed */
#define HD_UNAUTHENTICATED ((hd_status)2)    /* 401 */
#define HD_FORBIDDEN ((hd_status)3)          /* 403: a scope is missing */
#define HD_NOT_FOUND ((hd_status)4)          /* 404 */
#define HD_CONFLICT ((hd_status)5)           /* 409: somebody changed it meanwhile */
#define HD_TOO_LARGE ((hd_status)6)          /* 413 */
#define HD_UNPROCESSABLE ((hd_status)7)      /* 422: well formed, but breaks the schema */
#define HD_RATE_LIMITED ((hd_status)8)       /* 429 */
#define HD_INTERNAL ((hd_status)9)           /* 500 */
#define HD_UNAVAILABLE ((hd_status)10)       /* 503: the database or another thing it needs is away; try later */
#define HD_DEADLINE_EXCEEDED ((hd_status)11) /* 504 */

/* Owned by the caller and zeroed by it; the callee writes at most 255 bytes of UTF-8 and a 0. No personal data. */
typedef struct hd_error {
  char message[256];
} hd_error;

typedef struct hd_header {
  hd_bytes name; /* lower case */
  hd_bytes value;
} hd_header;

/* The kinds of registration. */
#define HD_WEBHOOK \
  ((int32_t)1) /* an outside system's request, raw; the plugin checks the signature and answers as it likes */
#define HD_PANEL ((int32_t)2) /* a sidebar data provider: JSON in, JSON out; must only read */
#define HD_ACTION \
  ((int32_t)3) /* an agent's write: JSON in, JSON out; the host checked the scope that the manifest names */
#define HD_EVENT ((int32_t)4) /* a trusted event from the host itself: JSON in, JSON out */
#define HD_JOB ((int32_t)5)   /* background work in steps of at most one second; no input */

/* One call of a handler. Everything in it is borrowed until the handler returns. */
typedef struct hd_call {
  uint32_t size;
  int32_t kind;        /* HD_WEBHOOK ... HD_JOB */
  int64_t deadline_us; /* absolute, on the clock of hd_host.monotonic_us */
  hd_bytes request_id; /* for logs; [A-Za-z0-9-], at most 64 bytes */
  hd_bytes method;     /* webhook: "GET", "POST" ... */
  hd_bytes path;       /* webhook: what follows the registered prefix, still percent-encoded, without a leading slash */
  hd_bytes query;      /* webhook: without the question mark, still percent-encoded */
  hd_bytes peer;       /* webhook: the sender's address as text, empty when unknown */
  const hd_header* headers; /* webhook: as received, names lower-cased */
  uint64_t header_count;
  hd_bytes body; /* webhook: raw; panel, action, event: one JSON object in UTF-8; job: empty */
} hd_call;

/* Where a handler puts its reply, on its own thread and until it returns. The host copies what it is given. A handler
 * that returns anything but HD_OK has its reply thrown away, and the host makes an error reply from the status and
 * hd_error.message. */
typedef struct hd_reply {
  uint32_t size;
  uint32_t reserved;
  void* ctx;                                                /* pass it back as the first argument */
  void (*status)(void* ctx, int32_t http_status);           /* webhook only; 200 when never called */
  void (*header)(void* ctx, hd_bytes name, hd_bytes value); /* webhook only; for instance content-type */
  void (*body)(void* ctx, hd_bytes chunk);                  /* appends; may be called many times */
} hd_reply;

/* [any] */
typedef hd_status (*hd_handler)(void* ctx, const hd_call* call, const hd_reply* reply, hd_error* error);

/* One registration. `id` must be declared in the plugin's manifest under the same kind, else it is refused. */
typedef struct hd_registration {
  uint32_t size;
  int32_t kind;
  hd_bytes id;
  void* ctx; /* passed to the handler */
  hd_handler handler;
} hd_registration;

#define HD_LOG_DEBUG ((int32_t)0)
#define HD_LOG_INFO ((int32_t)1)
#define HD_LOG_WARNING ((int32_t)2)
#define HD_LOG_ERROR ((int32_t)3)

/* What the host offers. Lives until destroy has returned. ctx is the first argument of each function. */
typedef struct hd_host {
  uint32_t size;
  uint32_t reserved;
  void* ctx;
  /* [any] Microseconds since 1970 UTC. */
  int64_t (*now_us)(void* ctx);
  /* [any] Microseconds of a clock that never steps; deadlines are on it. */
  int64_t (*monotonic_us)(void* ctx);
  /* [any] One line of text without personal data. */
  void (*log)(void* ctx, int32_t level, hd_bytes line);
  /* [any] Copies the secret of that name into buffer and returns its length; when capacity is less than that, copies
   * nothing. Returns -1 when there is no such secret. Names are those of the configuration's "secrets" object. The text
   * is what the file holds now, so that a key can change while the plugin serves; where it cannot be read any more,
   * what it held when the host started. */
  int64_t (*secret)(void* ctx, hd_bytes name, char* buffer, uint64_t capacity);
  /* [one] Only while create runs. */
  hd_status (*add)(void* ctx, const hd_registration* registration, hd_error* error);
  /* [any] An optional feature by id, "helpdesk.<name>/<rev>"; NULL when this host lacks it. */
  const void* (*extension)(void* ctx, hd_bytes id);
} hd_host;

/* Life: entry -> create -> start -> serve -> stop -> destroy. Never unmapped, never reloaded in place. */
typedef struct hd_plugin {
  uint32_t size;
  uint32_t reserved;
  const char* id;      /* equals the manifest's id; terminated */
  const char* version; /* equals the manifest's version; terminated */
  /* [one] Parses the configuration (one JSON object: the manifest's config schema has been checked) and registers.
   * Does no I/O: it may run before a fork. On HD_OK *instance is the plugin's own pointer; else error says why. */
  hd_status (*create)(const hd_host* host, hd_bytes config, void** instance, hd_error* error);
  /* [one] Once in each serving process, after its last fork. Succeeds with the database down. */
  hd_status (*start)(void* instance, hd_error* error);
  /* [any] Is it ready to serve? HD_OK, or HD_UNAVAILABLE and why. Blocks until deadline_us at most. */
  hd_status (*ready)(void* instance, int64_t deadline_us, hd_error* error);
  /* [one] After the last handler has returned. */
  void (*stop)(void* instance);
  /* [one] After stop, or after create where start never ran. */
  void (*destroy)(void* instance);
  /* [any] The plugin's side of an extension; may be NULL, may return NULL. */
  const void* (*extension)(void* instance, hd_bytes id);
} hd_plugin;

/* The one exported function. Returns constant data that outlives the process. */
HD_EXPORT const hd_plugin* hd_plugin_entry_v1(void);

#ifdef __cplusplus
}
#endif
#endif
