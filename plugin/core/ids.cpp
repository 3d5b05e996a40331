#include "core/ids.hpp"

#include <openssl/rand.h>
#include <pthread.h>
#include <unistd.h>

#include <charconv>
#include <mutex>
#include <new>
#include <stdexcept>
#include <vector>

#include "core/base64.hpp"

namespace identities {
namespace {

constexpr std::int64_t kEpochMs = 1'704'067'200'000;  // 2024-01-01T00:00:00Z
constexpr int kLowBits = 22;

struct Sequence {
  std::mutex mutex;
  Id last = 0;
};
constinit Sequence sequence;

/// A forked child begins a sequence of its own, and finds the lock open whichever thread held it. Set up when the
/// library is loaded: at the first draw, a child that another thread forks meanwhile would wait for its end for ever.
const int begins_again_in_children = pthread_atfork([] { sequence.mutex.lock(); }, [] { sequence.mutex.unlock(); },
                                                    [] {
                                                      sequence.last = 0;
                                                      sequence.mutex.unlock();
                                                    });

/// From the kernel, which keeps no state in the process that a fork would double and no lock that it would leave shut.
std::uint32_t random_low_bits() {
  std::uint32_t bits = 0;
  if (::getentropy(&bits, sizeof bits) != 0) throw std::runtime_error("the system gave no random bytes");
  // The top bit stays clear, so that a millisecond has room to count up.
  return bits & ((1U << (kLowBits - 1)) - 1U);
}

}  // namespace

Id next_id(std::int64_t now_us) {
  if (begins_again_in_children != 0) throw std::bad_alloc();
  const Id fresh = first_id_at(now_us) | static_cast<Id>(random_low_bits());
  const std::lock_guard lock(sequence.mutex);
  sequence.last =
      fresh > sequence.last && (fresh >> kLowBits) != (sequence.last >> kLowBits) ? fresh : sequence.last + 1;
  return sequence.last;
}

Id first_id_at(std::int64_t time_us) {
  const std::int64_t ms = time_us / 1000 - kEpochMs;
  return ms <= 0 ? 0 : ms << kLowBits;
}

std::optional<Id> parse_id(std::string_view text) {
  if (text.empty() || text.size() > 19) return std::nullopt;
  Id id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 0 || text.front() == '-') return std::nullopt;
  return id;
}

std::string random_token(std::size_t size) {
  std::vector<unsigned char> bytes(size);
  if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1)
    throw std::runtime_error("the system gave no random bytes");
  return base64url_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace identities
