/* The echo plugin's manifest served by one handler, with one fault of a handler or of the process per build:
 *   in a call    FAULT_ANSWERS_LATE, FAULT_REPLIES_TWICE, FAULT_KEEPS_INPUT, FAULT_KEEPS_ERROR, FAULT_READS_PAST_END,
 *                FAULT_WRITES_INPUT, FAULT_OVERRUNS, FAULT_CRASHES, FAULT_CRASHES_ON_DEPTH, FAULT_RECURSES_IN_PANEL,
 *                FAULT_RECURSES_IN_JOB, FAULT_EXITS, FAULT_LONG_ERROR, FAULT_NO_MESSAGE, FAULT_UNKNOWN_STATUS,
 *                FAULT_NO_JSON, FAULT_NOT_REENTRANT
 *   in its life  FAULT_WRONG_MAJOR, FAULT_SECOND_SYMBOL, FAULT_CHANGING_ENTRY, FAULT_THREAD_IN_CREATE,
 *                FAULT_FILE_IN_CREATE, FAULT_CRASHES_ON_CONFIG, FAULT_TAKES_ANY_CONFIG, FAULT_STARTS_IN_ONE_PROCESS,
 *                FAULT_RECURSES_IN_START, FAULT_SIGNAL_HANDLER, FAULT_CHANGES_FOLDER, FAULT_CHANGES_LOCALE,
 *                FAULT_HANGS_IN_STOP, FAULT_HANGS_IN_READY
 * Without any it keeps the contract. */
#include <fcntl.h>
#include <helpdesk/plugin.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef FAULT_WRONG_MAJOR
#define ENTRY hd_plugin_entry_v2
HD_EXPORT const hd_plugin* hd_plugin_entry_v2(void);
#else
#define ENTRY hd_plugin_entry_v1
#endif
#ifdef FAULT_SECOND_SYMBOL
HD_EXPORT int faulty_helper(void);
int faulty_helper(void) {
  return 1;
}
#endif

static const hd_host* the_host;
static pid_t creator;

static hd_bytes bytes_of(const char* text) {
  const hd_bytes bytes = {text, strlen(text)};
  return bytes;
}

static hd_status refuse(hd_error* error, hd_status status, const char* message) {
  snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

static void wait_ms(long ms) {
  const struct timespec time = {ms / 1000, (ms % 1000) * 1000000L};
  nanosleep(&time, NULL);
}

#if defined FAULT_CRASHES || defined FAULT_CRASHES_ON_DEPTH
/* A write to read-only memory: no compiler or sanitizer sees it coming. */
static void crash(void) {
  static const char constant[] = "constant";
  char* volatile place = (char*)(size_t)constant;
  *(volatile char*)place = 'x';
}
#endif

#if defined FAULT_RECURSES_IN_PANEL || defined FAULT_RECURSES_IN_JOB || defined FAULT_RECURSES_IN_START
/* Until the stack is used up, by steps that do not reach over the page that guards it. */
static int recurse(int depth) {
  volatile char room[256];
  room[0] = (char)depth;
  return depth < 0 ? 0 : recurse(depth + 1) + room[0];
}
#endif

/* What the next call finds of this one. */
static struct {
  hd_reply reply;
  const char* body;
  hd_error* error;
} kept;

/* The faults of one call. HD_OK: go on as a good plugin does. */
static hd_status misbehave(const hd_call* call, const hd_reply* reply, hd_error* error) {
  (void)call;
  (void)reply;
  (void)error;
#if defined FAULT_ANSWERS_LATE
  if (kept.reply.body != NULL) kept.reply.body(kept.reply.ctx, bytes_of("{\"of\":\"another call\"}"));
  kept.reply = *reply;
#elif defined FAULT_KEEPS_INPUT
  static volatile char seen;
  if (kept.body != NULL) seen = *(const volatile char*)kept.body;
  (void)seen;
  if (call->body.size > 0) kept.body = call->body.data;
#elif defined FAULT_KEEPS_ERROR
  if (kept.error != NULL) kept.error->message[0] = 'x';
  kept.error = error;
#elif defined FAULT_READS_PAST_END
  static volatile char seen;
  if (call->body.size > 0) seen = *(const volatile char*)(call->body.data + call->body.size);
  (void)seen;
#elif defined FAULT_WRITES_INPUT
  if (call->body.size > 0) *(volatile char*)(size_t)call->body.data = '{';
#elif defined FAULT_OVERRUNS
  if (call->kind == HD_PANEL) wait_ms(400);
#elif defined FAULT_CRASHES
  crash();
#elif defined FAULT_CRASHES_ON_DEPTH
  if (call->body.size > 900 && memcmp(call->body.data, "[[[[", 4) == 0) crash();
#elif defined FAULT_RECURSES_IN_PANEL
  if (call->kind == HD_PANEL) return recurse(0);
#elif defined FAULT_RECURSES_IN_JOB
  if (call->kind == HD_JOB) return recurse(0);
#elif defined FAULT_EXITS
  exit(0);
#elif defined FAULT_LONG_ERROR
  memset(error, 'e', 300);
  return HD_UNPROCESSABLE;
#elif defined FAULT_NO_MESSAGE
  return HD_CONFLICT;
#elif defined FAULT_UNKNOWN_STATUS
  return refuse(error, 77, "seventy-seven");
#elif defined FAULT_NOT_REENTRANT
  static volatile int busy;
  if (busy) abort();
  busy = 1;
  wait_ms(5);
  busy = 0;
#endif
  return HD_OK;
}

static hd_status serve(void* ctx, const hd_call* call, const hd_reply* reply, hd_error* error) {
  (void)ctx;
  const hd_status status = misbehave(call, reply, error);
  if (status != HD_OK || call->kind == HD_JOB) return status;
  const hd_bytes body = call->body;
  if (call->kind != HD_WEBHOOK && (body.size < 2 || body.data[0] != '{' || body.data[body.size - 1] != '}')) {
    return refuse(error, HD_UNPROCESSABLE, "/: expected an object, found something else");
  }
#ifdef FAULT_NO_JSON
  reply->body(reply->ctx, bytes_of("{nothing}"));
#else
  reply->body(reply->ctx, bytes_of("{\"a\":1}"));
#endif
#ifdef FAULT_REPLIES_TWICE
  reply->body(reply->ctx, bytes_of("{\"a\":1}"));
#endif
  return HD_OK;
}

static void* idle(void* unused) {
  pause();
  return unused;
}

static void on_signal(int number) {
  (void)number;
}

/* The faults of create that a host sees as a change of its process. */
static void disturb_in_create(void) {
#if defined FAULT_THREAD_IN_CREATE
  pthread_t thread;
  pthread_create(&thread, NULL, idle, NULL);
#elif defined FAULT_FILE_IN_CREATE
  static int file;
  file = open("/dev/null", O_RDONLY);
  (void)file;
#endif
  (void)idle;
}

static void disturb_in_start(void) {
#if defined FAULT_SIGNAL_HANDLER
  signal(SIGUSR1, on_signal);
#elif defined FAULT_RECURSES_IN_START
  if (recurse(0) != 0) abort();
#elif defined FAULT_CHANGES_FOLDER
  if (chdir("/") != 0) abort();
#elif defined FAULT_CHANGES_LOCALE
  if (setlocale(LC_ALL, "C.UTF-8") == NULL) abort();
#endif
  (void)on_signal;
}

static hd_status create(const hd_host* host, hd_bytes config, void** instance, hd_error* error) {
  static const struct {
    int32_t kind;
    const char* id;
  } declared[] = {
      {HD_PANEL, "mirror"}, {HD_ACTION, "note"}, {HD_WEBHOOK, "hooks"}, {HD_EVENT, "happened"}, {HD_JOB, "tidy"}};
  the_host = host;
  creator = getpid();
#ifdef FAULT_CRASHES_ON_CONFIG
  if (config.size == 0) abort();
#endif
#ifndef FAULT_TAKES_ANY_CONFIG
  if (config.size < 2 || config.data[0] != '{' || config.data[config.size - 1] != '}') {
    return refuse(error, HD_INVALID, "/: expected an object, found something else");
  }
#endif
  (void)config;
  disturb_in_create();
  for (size_t i = 0; i < sizeof declared / sizeof declared[0]; ++i) {
    const hd_registration one = {sizeof one, declared[i].kind, bytes_of(declared[i].id), NULL, serve};
    const hd_status status = host->add(host->ctx, &one, error);
    if (status != HD_OK) return status;
  }
  *instance = &kept;
  return HD_OK;
}

static hd_status start(void* instance, hd_error* error) {
  (void)instance;
  (void)error;
#ifdef FAULT_STARTS_IN_ONE_PROCESS
  if (getpid() != creator) return refuse(error, HD_INTERNAL, "created in another process");
#endif
  disturb_in_start();
  return HD_OK;
}

static hd_status ready(void* instance, int64_t deadline_us, hd_error* error) {
  (void)instance;
  (void)deadline_us;
  (void)error;
#ifdef FAULT_HANGS_IN_READY
  pause();
#endif
  return HD_OK;
}

static void stop(void* instance) {
  (void)instance;
#ifdef FAULT_HANGS_IN_STOP
  for (;;) pause();
#endif
  the_host->log(the_host->ctx, HD_LOG_INFO, bytes_of("faulty: stopped"));
}

static void destroy(void* instance) {
  (void)instance;
  (void)wait_ms;
}

const hd_plugin* ENTRY(void) {
#ifdef FAULT_CHANGING_ENTRY
  static hd_plugin plugins[2];
  static int next;
  hd_plugin* const description = &plugins[next];
  next = 1 - next;
  const hd_plugin plugin = {sizeof plugin, 0, "echo", "1.0.0", create, start, ready, stop, destroy, NULL};
  *description = plugin;
  return description;
#else
  static const hd_plugin plugin = {sizeof plugin, 0, "echo", "1.0.0", create, start, ready, stop, destroy, NULL};
  return &plugin;
#endif
}
