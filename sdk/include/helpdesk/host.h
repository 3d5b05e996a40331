/* helpdesk/host.h: by these few functions a helpdesk in any language with an FFI becomes a host (libhelpdesk_host).
 *
 * An hd_host_handle is one loaded plugin with its configuration. Open it in a serving process after its last fork.
 * hd_host_call may run on several threads at once; open and close must not overlap with it. Strings are bytes with a
 * length; a reply belongs to the library until hd_host_free. No function throws, none prints. */
#ifndef HELPDESK_HOST_H
#define HELPDESK_HOST_H

#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hd_host_handle hd_host_handle;

/* Where the embedder wants its log lines; log may be NULL. The library never writes to standard error by itself. */
typedef struct hd_host_options {
  uint32_t size;
  uint32_t reserved;
  void* ctx;
  void (*log)(void* ctx, int32_t level, const char* line, uint64_t line_size);
} hd_host_options;

/* Reads the manifest, checks it and the configuration, loads the plugin, creates and starts it.
 * manifest_path: plugin.json; config_path: the configuration file. Returns NULL when refused; then `error` holds what,
 * expected and found in one line. options may be NULL. */
HD_EXPORT hd_host_handle* hd_host_open(const char* manifest_path, const char* config_path,
                                       const hd_host_options* options, hd_error* error);

/* Calls one registered handler: kind is HD_PANEL, HD_ACTION or HD_EVENT, id as in the manifest, request one JSON
 * object. budget_ms: time it may take, from now. On HD_OK *reply and *reply_size hold the JSON; free it with
 * hd_host_free. On any other status *reply is NULL and error says why. While the registration's breaker is open the
 * answer is HD_UNAVAILABLE at once. */
HD_EXPORT hd_status hd_host_call(hd_host_handle* host, int32_t kind, const char* id, uint64_t id_size,
                                 const char* request, uint64_t request_size, int64_t budget_ms, char** reply,
                                 uint64_t* reply_size, hd_error* error);

/* One call, for hd_host_send. Zero it, then set size to sizeof(hd_host_request) and what is needed. */
typedef struct hd_host_request {
  uint32_t size;
  int32_t kind;        /* as for hd_host_call */
  hd_bytes id;         /* as for hd_host_call */
  hd_bytes body;       /* one JSON object */
  int64_t budget_ms;   /* as for hd_host_call */
  hd_bytes request_id; /* your own, so that logs of both sides can be matched; made by the library when empty. What is
                        * not of [A-Za-z0-9-] becomes '-', and 64 bytes are kept. */
} hd_host_request;

/* hd_host_call with the call in a struct that may grow. The struct and what it points to are borrowed until it
 * returns. */
HD_EXPORT hd_status hd_host_send(hd_host_handle* host, const hd_host_request* request, char** reply,
                                 uint64_t* reply_size, hd_error* error);

/* Frees a reply of hd_host_call or hd_host_send; NULL is allowed. */
HD_EXPORT void hd_host_free(char* reply);

/* Stops and destroys the plugin. The shared object stays mapped. NULL is allowed. */
HD_EXPORT void hd_host_close(hd_host_handle* host);

#ifdef __cplusplus
}
#endif
#endif
