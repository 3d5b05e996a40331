/* kill_at.so, preloaded: ends the process by SIGKILL just before its n-th call that leaves something behind
 * (KILL_AT=n), so that a test can stop a command at each of its steps. One thread counts; the commands under test have
 * one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static void step(void) {
  static long left = -1;
  if (left < 0) {
    const char* const at = getenv("KILL_AT");
    left = at == NULL ? 0 : strtol(at, NULL, 10);
  }
  if (left > 0 && --left == 0) {
    kill(getpid(), SIGKILL);
    pause();
  }
}

#define STEPPED(type, name, parameters, arguments)              \
  type name parameters {                                        \
    static type(*next) parameters = NULL;                       \
    if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, #name); \
    step();                                                     \
    return next arguments;                                      \
  }

STEPPED(ssize_t, write, (int file, const void* bytes, size_t size), (file, bytes, size))
STEPPED(ssize_t, pwrite, (int file, const void* bytes, size_t size, off_t at), (file, bytes, size, at))
STEPPED(ssize_t, pwrite64, (int file, const void* bytes, size_t size, off64_t at), (file, bytes, size, at))
STEPPED(ssize_t, send, (int file, const void* bytes, size_t size, int flags), (file, bytes, size, flags))
STEPPED(int, fsync, (int file), (file))
STEPPED(int, fdatasync, (int file), (file))
STEPPED(int, ftruncate, (int file, off_t size), (file, size))
STEPPED(int, ftruncate64, (int file, off64_t size), (file, size))
STEPPED(int, unlink, (const char* path), (path))
STEPPED(int, rename, (const char* from, const char* to), (from, to))
