/* A small plugin in C that the contract tests load; faults are built in by defines:
 *   ECHO_WRONG_ID, ECHO_WRONG_VERSION, ECHO_UNDECLARED, ECHO_TWICE, ECHO_MISSING_PANEL, ECHO_NO_SYMBOL, ECHO_OLD_SIZE,
 *   ECHO_REFUSES_CREATE, ECHO_REFUSES_START
 * Its panel answers with the request it got; a request with "slow_ms" in its "filter" waits so long, polling nothing
 * but the host's clock. Its webhook answers with what it saw; one with "hold":1 only when a panel got "release":1. */
#include <helpdesk/plugin.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_subset.h"

typedef struct echo {
  const hd_host* host;
  hd_registration late; /* kept to try a registration after create */
  pthread_mutex_t mutex;
  pthread_cond_t released;
  int is_released;
} echo;

static hd_bytes bytes_of(const char* text) {
  hd_bytes bytes = {text, strlen(text)};
  return bytes;
}

static hd_status refuse(hd_error* error, hd_status status, const char* message) {
  snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

/* The number after "name": in a JSON text; otherwise when it is not there. */
static long number_in(hd_bytes text, const char* name, long otherwise) {
  char key[32];
  const size_t size = (size_t)snprintf(key, sizeof key, "\"%s\":", name);
  for (uint64_t i = 0; text.size > size && i < text.size - size; ++i) {
    if (memcmp(text.data + i, key, size) == 0) return strtol(text.data + i + size, NULL, 10);
  }
  return otherwise;
}

static void wait_ms(long ms) {
  const struct timespec time = {ms / 1000, (ms % 1000) * 1000000L};
  nanosleep(&time, NULL);
}

/* ,"pad":"xxx..." of so many bytes, in one piece, as a plugin hands over a page that it has put together. */
static int pad(const hd_reply* reply, long size) {
  if (size <= 0) return 1;
  char* text = malloc((size_t)size);
  if (text == NULL) return 0;
  memset(text, 'x', (size_t)size);
  const hd_bytes bytes = {text, (uint64_t)size};
  reply->body(reply->ctx, bytes_of(",\"pad\":\""));
  reply->body(reply->ctx, bytes);
  reply->body(reply->ctx, bytes_of("\""));
  free(text);
  return 1;
}

static void hold(echo* self) {
  pthread_mutex_lock(&self->mutex);
  while (!self->is_released) pthread_cond_wait(&self->released, &self->mutex);
  pthread_mutex_unlock(&self->mutex);
}

static void release(echo* self) {
  pthread_mutex_lock(&self->mutex);
  self->is_released = 1;
  pthread_cond_broadcast(&self->released);
  pthread_mutex_unlock(&self->mutex);
}

/* {"got":<request>,"first":N,"last":N}: the bytes are read again after the wait, so that a host that let them go early
 * is found by the sanitizer or by a difference. */
static hd_status panel(void* ctx, const hd_call* call, const hd_reply* reply, hd_error* error) {
  if (number_in(call->body, "release", 0) > 0) release(ctx);
  unsigned before = 0;
  unsigned after = 0;
  for (uint64_t i = 0; i < call->body.size; ++i) before += (unsigned char)call->body.data[i];
  const long slow_ms = number_in(call->body, "slow_ms", 0);
  if (slow_ms > 0) wait_ms(slow_ms);
  for (uint64_t i = 0; i < call->body.size; ++i) after += (unsigned char)call->body.data[i];
  if (before != after) abort();
  if (!is_plain_object(call->body.data, (size_t)call->body.size)) {
    return refuse(error, HD_INVALID, "/: expected an object of plain JSON, found something else");
  }
  const long status = number_in(call->body, "fail", 0);
  if (status > 0) return refuse(error, (hd_status)status, "asked to fail");
  if (number_in(call->body, "garbage", 0) > 0) {
    reply->body(reply->ctx, bytes_of("no JSON"));
    return HD_OK;
  }
  for (long i = number_in(call->body, "mebibytes", 0); i > 0; --i) {
    char* chunk = calloc(1, 1024 * 1024);
    if (chunk == NULL) return HD_INTERNAL;
    const hd_bytes bytes = {chunk, 1024 * 1024};
    reply->body(reply->ctx, bytes);
    free(chunk);
  }
  if (number_in(call->body, "tell_request_id", 0) > 0) {
    reply->body(reply->ctx, bytes_of("{\"request_id\":\""));
    reply->body(reply->ctx, call->request_id);
    reply->body(reply->ctx, bytes_of("\"}"));
    return HD_OK;
  }
  reply->body(reply->ctx, bytes_of("{\"got\":"));
  reply->body(reply->ctx, call->body);
  if (!pad(reply, number_in(call->body, "padding", 0))) return HD_INTERNAL;
  reply->body(reply->ctx, bytes_of("}"));
  return HD_OK;
}

static hd_status webhook(void* ctx, const hd_call* call, const hd_reply* reply, hd_error* error) {
  if (number_in(call->body, "hold", 0) > 0) hold(ctx);
  (void)error;
  char line[512];
  const int size = snprintf(line, sizeof line, "%.*s|%.*s|%.*s|%llu|", (int)call->method.size, call->method.data,
                            (int)call->path.size, call->path.data, (int)call->query.size, call->query.data,
                            (unsigned long long)call->body.size);
  for (uint64_t i = 0; i < call->header_count; ++i) {
    if (call->headers[i].name.size == 6 && memcmp(call->headers[i].name.data, "x-echo", 6) == 0) {
      reply->header(reply->ctx, bytes_of("x-echo"), call->headers[i].value);
    }
  }
  reply->status(reply->ctx, 202);
  reply->header(reply->ctx, bytes_of("x-plugin-saw"), call->request_id);
  reply->header(reply->ctx, bytes_of("content-type"), bytes_of("text/plain"));
  const hd_bytes head = {line, size < (int)sizeof line ? (uint64_t)size : sizeof line - 1};
  reply->body(reply->ctx, head);
  reply->body(reply->ctx, call->body);
  return HD_OK;
}

/* {"secret":"..."}: what the host says of the secret named "greeting". */
static hd_status event(void* ctx, const hd_call* call, const hd_reply* reply, hd_error* error) {
  echo* self = ctx;
  char secret[64];
  if (number_in(call->body, "register", 0) > 0) return self->host->add(self->host->ctx, &self->late, error);
  const int64_t size = self->host->secret(self->host->ctx, bytes_of("greeting"), secret, sizeof secret);
  if (size < 0) return refuse(error, HD_NOT_FOUND, "no such secret");
  const hd_bytes value = {secret, (uint64_t)size};
  reply->body(reply->ctx, bytes_of("{\"secret\":\""));
  reply->body(reply->ctx, value);
  reply->body(reply->ctx, bytes_of("\"}"));
  return HD_OK;
}

static hd_status job(void* ctx, const hd_call* call, const hd_reply* reply, hd_error* error) {
  (void)call;
  (void)reply;
  (void)error;
  echo* self = ctx;
  self->host->log(self->host->ctx, HD_LOG_INFO, bytes_of("echo: the job ran"));
  return HD_OK;
}

static void delete_echo(echo* self) {
  pthread_cond_destroy(&self->released);
  pthread_mutex_destroy(&self->mutex);
  free(self);
}

static hd_status add(echo* self, int32_t kind, const char* id, hd_handler handler, hd_error* error) {
  const hd_registration registration = {sizeof registration, kind, bytes_of(id), self, handler};
  return self->host->add(self->host->ctx, &registration, error);
}

static hd_status create(const hd_host* host, hd_bytes config, void** instance, hd_error* error) {
  if (config.size < 2 || config.data[0] != '{' || config.data[config.size - 1] != '}') {
    return refuse(error, HD_INVALID, "the configuration: expected an object, found something else");
  }
#ifdef ECHO_REFUSES_CREATE
  return refuse(error, HD_INVALID, "the color is not to my taste");
#endif
  echo* self = calloc(1, sizeof *self);
  if (self == NULL) return HD_INTERNAL;
  self->host = host;
  pthread_mutex_init(&self->mutex, NULL);
  pthread_cond_init(&self->released, NULL);
  hd_status status = HD_OK;
#ifndef ECHO_MISSING_PANEL
  status = add(self, HD_PANEL, "mirror", panel, error);
#endif
  if (status == HD_OK) status = add(self, HD_ACTION, "note", panel, error);
  if (status == HD_OK) status = add(self, HD_WEBHOOK, "hooks", webhook, error);
  if (status == HD_OK) status = add(self, HD_EVENT, "happened", event, error);
  if (status == HD_OK) status = add(self, HD_JOB, "tidy", job, error);
#ifdef ECHO_UNDECLARED
  if (status == HD_OK) status = add(self, HD_PANEL, "window", panel, error);
#endif
#ifdef ECHO_TWICE
  if (status == HD_OK) status = add(self, HD_PANEL, "mirror", panel, error);
#endif
  const hd_registration late = {sizeof late, HD_PANEL, bytes_of("mirror"), self, panel};
  self->late = late;
  if (status != HD_OK) {
    delete_echo(self);
    return status;
  }
  *instance = self;
  return HD_OK;
}

static hd_status start(void* instance, hd_error* error) {
  echo* self = instance;
#ifdef ECHO_REFUSES_START
  return refuse(error, HD_UNAVAILABLE, "not today");
#endif
  (void)error;
  self->host->log(self->host->ctx, HD_LOG_INFO, bytes_of("echo: started"));
  return HD_OK;
}

static hd_status ready(void* instance, int64_t deadline_us, hd_error* error) {
  (void)instance;
  (void)deadline_us;
  (void)error;
  return HD_OK;
}

static void stop(void* instance) {
  echo* self = instance;
  self->host->log(self->host->ctx, HD_LOG_INFO, bytes_of("echo: stopped"));
}

static void destroy(void* instance) {
  echo* self = instance;
  self->host->log(self->host->ctx, HD_LOG_INFO, bytes_of("echo: destroyed"));
  delete_echo(self);
}

#ifndef ECHO_NO_SYMBOL
const hd_plugin* hd_plugin_entry_v1(void) {
  static const hd_plugin plugin = {
#ifdef ECHO_OLD_SIZE
      24,
#else
      sizeof plugin,
#endif
      0,
#ifdef ECHO_WRONG_ID
      "other",
#else
      "echo",
#endif
#ifdef ECHO_WRONG_VERSION
      "9.9.9",
#else
      "1.0.0",
#endif
      create,  start, ready, stop, destroy, NULL};
  return &plugin;
}
#else
/* So that nothing here is unused. */
HD_EXPORT const void* echo_functions[] = {(const void*)0};
HD_EXPORT hd_status echo_entry(const hd_host* host, hd_bytes config, void** instance, hd_error* error, int what);
hd_status echo_entry(const hd_host* host, hd_bytes config, void** instance, hd_error* error, int what) {
  if (what == 0) return create(host, config, instance, error);
  if (what == 1) return start(*instance, error);
  if (what == 2) return ready(*instance, 0, error);
  if (what == 3) stop(*instance);
  destroy(*instance);
  return HD_OK;
}
#endif
