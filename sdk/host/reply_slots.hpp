// reply_slots.hpp: where handlers put their replies. A slot is open while its handler runs, for the thread that runs
// it; whatever a plugin does with it at another time or on another thread is dropped and told. Slots live as long as
// their ReplySlots, because a plugin that breaks the contract may keep a pointer. Thread-safe.
#pragma once

#include <helpdesk/plugin.h>

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace helpdesk {

inline constexpr std::size_t max_reply_bytes = 8 * 1024 * 1024;

struct Registration;

// What a handler put into its reply. fault is the first thing that breaks the contract, else NULL.
struct Collected {
  int http_status = 200;  // webhooks
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  const char* fault = nullptr;
  bool maybe_twice = false;  // one chunk ended an object and the next began one, or so it looks
};

// True when the text is one JSON object from its first to its last byte, as far as braces and strings tell.
bool is_one_object(const std::string& text);

class ReplySlots {
 public:
  using Told = std::function<void(const Registration&)>;

  // `late` hears of each use that was dropped, on the thread that did it.
  explicit ReplySlots(Told late) : late_(std::move(late)) {}
  ReplySlots(const ReplySlots&) = delete;
  ReplySlots& operator=(const ReplySlots&) = delete;

 private:
  struct Slot {
    explicit Slot(ReplySlots& slots);
    bool is_open() const { return runner.load() == std::this_thread::get_id(); }
    static Slot* open_one(void* ctx);  // NULL, and told, unless it is open for this thread
    static void status(void* ctx, std::int32_t http_status);
    static void header(void* ctx, hd_bytes name, hd_bytes value);
    static void body(void* ctx, hd_bytes chunk);

    ReplySlots& owner;
    hd_reply reply;
    std::atomic<std::thread::id> runner;  // nobody while it is closed
    std::atomic<const Registration*> registration = nullptr;
    Collected collected;        // of the runner alone
    Slot* next_free = nullptr;  // of the pool
  };

 public:
  // One slot, open for this thread while it lives.
  class Open {
   public:
    Open(ReplySlots& slots, const Registration& registration) : slot_(slots.take(registration)) {}
    ~Open() { slot_.owner.give_back(slot_); }
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    const hd_reply* reply() const { return &slot_.reply; }
    Collected& collected() { return slot_.collected; }

   private:
    Slot& slot_;
  };

 private:
  Slot& take(const Registration& registration);
  void give_back(Slot& slot) noexcept;

  const Told late_;
  struct Pool {
    std::mutex mutex;
    std::deque<Slot> all;
    // Those not in use, linked, so that giving one back needs no memory; the longest unused first, so that a late use
    // rarely meets a new call.
    Slot* longest_free = nullptr;
    Slot* last_freed = nullptr;
    std::size_t free_count = 0;
  };
  Pool pool_;
};

}  // namespace helpdesk
