/* no_memory.so, preloaded: a SIGUSR1 that carries the number n makes the n-th allocation from then on of the process's
 * first thread fail, once. It says both by lines to standard error. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t left;

static void say(const char* line) {
  if (write(STDERR_FILENO, line, strlen(line)) < 0) _exit(1);
}

static int fails(void) {
  if (left == 0 || syscall(SYS_gettid) != getpid() || --left != 0) return 0;
  say("no_memory: an allocation failed\n");
  errno = ENOMEM;
  return 1;
}

static void on_signal(int number, siginfo_t* info, void* unused) {
  (void)number;
  (void)unused;
  left = info->si_value.sival_int;
  say("no_memory: counts allocations\n");
}

__attribute__((constructor)) static void listen_to_signal(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGUSR1, &action, NULL);
}

extern void* __libc_malloc(size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  return fails() ? NULL : __libc_malloc(size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void** place, size_t alignment, size_t size) {
  if (fails()) return ENOMEM;
  *place = __libc_memalign(alignment, size);
  return *place == NULL ? ENOMEM : 0;
}
