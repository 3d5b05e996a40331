#include "reply_slots.hpp"

#include <algorithm>
#include <helpdesk/plugin.hpp>
#include <new>

#include "loaded_plugin.hpp"

namespace helpdesk {
namespace {

constexpr std::size_t max_reply_headers = 64;
constexpr std::size_t min_free_slots = 64;

bool is_header_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_header_value(std::string_view value) {
  return value.size() <= 8192 && std::all_of(value.begin(), value.end(),
                                             [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return lower(x) == lower(y);
  });
}

// These the host writes itself.
bool is_hosts_header(std::string_view name) {
  for (const std::string_view own : {"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade",
                                     "date", "server", "x-request-id", "trailer"}) {
    if (equal_ignoring_case(name, own)) return true;
  }
  return false;
}

// What breaks the contract is remembered and makes the whole call fail. No exception goes back to the plugin.
template <typename F>
void collect(Collected& collected, F&& f) noexcept {
  try {
    f();
  } catch (const std::bad_alloc&) {
    collected.fault = "the host has no memory for the plugin's reply";
  }
}

}  // namespace

bool is_one_object(const std::string& text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0 || (--depth == 0 && i + 1 != text.size())) return false;
    }
  }
  return depth == 0 && !in_string && text.size() >= 2 && text.front() == '{';
}

ReplySlots::Slot::Slot(ReplySlots& slots)
    : owner(slots), reply{sizeof(hd_reply), 0, this, &Slot::status, &Slot::header, &Slot::body} {}

ReplySlots::Slot* ReplySlots::Slot::open_one(void* ctx) {
  Slot& self = *static_cast<Slot*>(ctx);
  if (self.is_open()) return &self;
  self.owner.late_(*self.registration.load());
  return nullptr;
}

void ReplySlots::Slot::status(void* ctx, std::int32_t http_status) {
  Slot* const self = open_one(ctx);
  if (self == nullptr) return;
  if (self->registration.load()->declaration->kind != HD_WEBHOOK || http_status < 200 || http_status > 599) {
    self->collected.fault = "the plugin's reply has a status that it may not set";
  } else {
    self->collected.http_status = http_status;
  }
}

void ReplySlots::Slot::header(void* ctx, hd_bytes name, hd_bytes value) {
  Slot* const self = open_one(ctx);
  if (self == nullptr) return;
  const std::string_view key = hd::text(name);
  const std::string_view content = hd::text(value);
  Collected& collected = self->collected;
  if (self->registration.load()->declaration->kind != HD_WEBHOOK || !is_header_name(key) || is_hosts_header(key) ||
      !is_header_value(content) || collected.headers.size() >= max_reply_headers) {
    collected.fault = "the plugin's reply has a header that it may not set";
    return;
  }
  collect(collected, [&] { collected.headers.emplace_back(key, content); });
}

void ReplySlots::Slot::body(void* ctx, hd_bytes chunk) {
  Slot* const self = open_one(ctx);
  if (self == nullptr) return;
  const std::string_view more = hd::text(chunk);
  Collected& collected = self->collected;
  if (more.size() > max_reply_bytes - collected.body.size()) {
    collected.fault = "the plugin's reply is larger than 8 MiB";
    return;
  }
  if (collected.body.ends_with('}') && more.starts_with('{')) collected.maybe_twice = true;
  collect(collected, [&] { collected.body.append(more); });
}

ReplySlots::Slot& ReplySlots::take(const Registration& registration) {
  Slot* slot = nullptr;
  {
    const std::lock_guard lock(pool_.mutex);
    if (pool_.free_count > min_free_slots) {
      slot = pool_.longest_free;
      pool_.longest_free = slot->next_free;
      --pool_.free_count;
    } else {
      slot = &pool_.all.emplace_back(*this);
    }
  }
  slot->collected = {};
  slot->registration = &registration;
  slot->runner = std::this_thread::get_id();
  return *slot;
}

void ReplySlots::give_back(Slot& slot) noexcept {
  slot.runner = std::thread::id{};
  const std::lock_guard lock(pool_.mutex);
  slot.next_free = nullptr;
  (pool_.free_count == 0 ? pool_.longest_free : pool_.last_freed->next_free) = &slot;
  pool_.last_freed = &slot;
  ++pool_.free_count;
}

}  // namespace helpdesk
