#include "allocation_fault.hpp"

#include <cerrno>
#include <cstdlib>
#include <new>

// What allocates underneath: the C library, or a sanitizer where there is one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REAL(function) __interceptor_##function
#else
#define REAL(function) __libc_##function
#endif

extern "C" {
void* REAL(malloc)(std::size_t size);
void* REAL(calloc)(std::size_t count, std::size_t size);
void* REAL(realloc)(void* memory, std::size_t size);
void* REAL(memalign)(std::size_t alignment, std::size_t size);
void REAL(free)(void* memory);
}

namespace {

struct State {
  std::int64_t left = 0;  // allocations until the one that fails; 0: none will
  bool all_from = false;
  bool struck = false;
};
// Plain memory of the thread, because it is used while the C library starts it.
constinit thread_local State state;

bool refuses() {
  if (state.left == 0) return false;
  if (state.left > 1) {
    --state.left;
    return false;
  }
  if (!state.all_from) state.left = 0;
  state.struck = true;
  errno = ENOMEM;
  return true;
}

void* new_or_throw(std::size_t size, std::size_t alignment) {
  void* const memory = refuses() ? nullptr : alignment == 0 ? REAL(malloc)(size) : REAL(memalign)(alignment, size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

namespace identities::fault {

AllocationFault::AllocationFault(std::int64_t n, Failing failing) {
  state = {n, failing == Failing::kAllFrom, false};
}

AllocationFault::~AllocationFault() {
  state.left = 0;
}

bool AllocationFault::has_struck() {
  return state.struck;
}

}  // namespace identities::fault

// These take the place of the libraries' own for the whole program.
#define REPLACES __attribute__((visibility("default")))

extern "C" {

REPLACES void* malloc(std::size_t size) noexcept {
  return refuses() ? nullptr : REAL(malloc)(size);
}
REPLACES void* calloc(std::size_t count, std::size_t size) noexcept {
  return refuses() ? nullptr : REAL(calloc)(count, size);
}
REPLACES void* realloc(void* memory, std::size_t size) noexcept {
  return refuses() ? nullptr : REAL(realloc)(memory, size);
}
REPLACES void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return refuses() ? nullptr : REAL(memalign)(alignment, size);
}
REPLACES void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return refuses() ? nullptr : REAL(memalign)(alignment, size);
}
REPLACES int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  if (refuses()) return ENOMEM;
  *memory = REAL(memalign)(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
REPLACES void free(void* memory) noexcept {
  REAL(free)(memory);
}

}  // extern "C"

REPLACES void* operator new(std::size_t size) {
  return new_or_throw(size, 0);
}
REPLACES void* operator new[](std::size_t size) {
  return new_or_throw(size, 0);
}
REPLACES void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return refuses() ? nullptr : REAL(malloc)(size);
}
REPLACES void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return refuses() ? nullptr : REAL(malloc)(size);
}
REPLACES void* operator new(std::size_t size, std::align_val_t alignment) {
  return new_or_throw(size, static_cast<std::size_t>(alignment));
}
REPLACES void* operator new[](std::size_t size, std::align_val_t alignment) {
  return new_or_throw(size, static_cast<std::size_t>(alignment));
}
REPLACES void operator delete(void* memory) noexcept {
  REAL(free)(memory);
}
REPLACES void operator delete[](void* memory) noexcept {
  REAL(free)(memory);
}
REPLACES void operator delete(void* memory, std::size_t) noexcept {
  REAL(free)(memory);
}
REPLACES void operator delete[](void* memory, std::size_t) noexcept {
  REAL(free)(memory);
}
REPLACES void operator delete(void* memory, const std::nothrow_t&) noexcept {
  REAL(free)(memory);
}
REPLACES void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  REAL(free)(memory);
}
REPLACES void operator delete(void* memory, std::align_val_t) noexcept {
  REAL(free)(memory);
}
REPLACES void operator delete[](void* memory, std::align_val_t) noexcept {
  REAL(free)(memory);
}
REPLACES void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  REAL(free)(memory);
}
REPLACES void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  REAL(free)(memory);
}
