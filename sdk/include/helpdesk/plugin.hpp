// helpdesk/plugin.hpp: the C++20 face of plugin.h for plugin authors; header only, standard library only.
//
// Ownership: the wrapper owns one instance of the author's class P and its Host; both live from create until destroy,
// so P may keep the Host&. Handlers are copied into the Host. A Call and everything it returns is borrowed until the
// handler returns; what a Reply is given is copied at once.
// Threads: create, start, stop and ~P run one at a time; ready and the handlers run on any thread, several at once.
// Errors: throw hd::Error to answer with a status and a message for people (no personal data in it). Anything else that
// is thrown is a bug: the caller gets HD_INTERNAL with a fixed text, the log gets the exception's type, never its text.
//
// A whole plugin:
//
//   #include <helpdesk/plugin.hpp>
//
//   class Greeter {
//    public:
//     static std::unique_ptr<Greeter> create(hd::Host& host, std::string_view config) {   // no I/O here
//       if (config.empty()) throw hd::Error(HD_INVALID, "the configuration is empty");
//       auto greeter = std::make_unique<Greeter>(host);
//       host.add(HD_PANEL, "greeting", [g = greeter.get()](const hd::Call& call, hd::Reply& reply) {
//         g->greet(call, reply);
//       });
//       return greeter;
//     }
//     explicit Greeter(hd::Host& host) : host_(host) {}
//     void start() { host_.log(HD_LOG_INFO, "greeter started"); }                         // open what is needed
//     void ready(std::int64_t deadline_us) {
//       if (host_.monotonic_us() > deadline_us) throw hd::Error(HD_UNAVAILABLE, "not within the deadline");
//     }
//     void stop() {}
//
//    private:
//     void greet(const hd::Call& call, hd::Reply& reply) {
//       if (call.body().empty()) throw hd::Error(HD_UNPROCESSABLE, "/: expected an object, found nothing");
//       reply.body(R"({"greeting":"hello"})");
//     }
//     hd::Host& host_;
//   };
//
//   HD_PLUGIN(Greeter, "greeter", "1.0.0");
#ifndef HELPDESK_PLUGIN_HPP
#define HELPDESK_PLUGIN_HPP

#include <cxxabi.h>
#include <helpdesk/plugin.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

namespace hd {

inline std::string_view text(hd_bytes bytes) {
  return bytes.data == nullptr ? std::string_view{}
                               : std::string_view{bytes.data, static_cast<std::size_t>(bytes.size)};
}

inline hd_bytes bytes(std::string_view text) {
  return hd_bytes{text.data(), text.size()};
}

// The longest prefix of at most `limit` bytes that does not cut a UTF-8 character in two.
inline std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

// Writes the message into the caller's error, cut to fit. `error` may be NULL.
inline void fill(hd_error* error, std::string_view message) {
  if (error == nullptr) return;
  message = cut(message, sizeof(error->message) - 1);
  if (!message.empty()) std::memcpy(error->message, message.data(), message.size());
  error->message[message.size()] = '\0';
}

// What a plugin throws to answer with a status. Without personal data; cut at 255 bytes when it crosses.
class Error : public std::exception {
 public:
  Error(hd_status status, std::string message) : status_(status), message_(std::move(message)) {}
  hd_status status() const noexcept { return status_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  hd_status status_;
  std::string message_;
};

// One call of a handler, read-only.
class Call {
 public:
  explicit Call(const hd_call* call) : call_(call) {}
  std::int32_t kind() const { return call_->kind; }
  std::int64_t deadline_us() const { return call_->deadline_us; }  // on Host::monotonic_us
  std::string_view request_id() const { return text(call_->request_id); }
  std::string_view method() const { return text(call_->method); }
  std::string_view path() const { return text(call_->path); }    // after the prefix, percent-encoded
  std::string_view query() const { return text(call_->query); }  // without the question mark
  std::string_view peer() const { return text(call_->peer); }    // empty when unknown
  std::string_view body() const { return text(call_->body); }
  std::span<const hd_header> headers() const { return {call_->headers, static_cast<std::size_t>(call_->header_count)}; }

  // The first header of that name, which must be in lower case; nothing when the request has none.
  std::optional<std::string_view> header(std::string_view lower_case_name) const {
    for (const hd_header& entry : headers()) {
      if (text(entry.name) == lower_case_name) return text(entry.value);
    }
    return std::nullopt;
  }

 private:
  const hd_call* call_;
};

// Where a handler puts its answer. status and header count for webhooks only.
class Reply {
 public:
  explicit Reply(const hd_reply* reply) : reply_(reply) {}
  void status(int http_status) { reply_->status(reply_->ctx, http_status); }
  void header(std::string_view name, std::string_view value) { reply_->header(reply_->ctx, bytes(name), bytes(value)); }
  void body(std::string_view chunk) { reply_->body(reply_->ctx, bytes(chunk)); }  // appends

 private:
  const hd_reply* reply_;
};

// What the host offers. [any] for all but add, which works only while create runs.
class Host {
 public:
  using Handler = std::function<void(const Call&, Reply&)>;

  explicit Host(const hd_host* host) : host_(host) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  std::int64_t now_us() const { return host_->now_us(host_->ctx); }
  std::int64_t monotonic_us() const { return host_->monotonic_us(host_->ctx); }
  void log(std::int32_t level, std::string_view line) const { host_->log(host_->ctx, level, bytes(line)); }

  // The secret's bytes; nothing when the configuration names no such secret.
  std::optional<std::string> secret(std::string_view name) const {
    std::string value(256, '\0');
    for (;;) {
      const std::int64_t size = host_->secret(host_->ctx, bytes(name), value.data(), value.size());
      if (size < 0) return std::nullopt;
      const bool fits = static_cast<std::uint64_t>(size) <= value.size();
      value.resize(static_cast<std::size_t>(size));
      if (fits) return value;
    }
  }

  // Registers a handler under an id that the manifest declares for that kind. Throws Error when the host refuses.
  void add(std::int32_t kind, std::string_view id, Handler handler);

  // The host's side of an extension; NULL when it lacks it.
  const void* extension(std::string_view id) const {
    const hd_host* const host = host_;
    return HD_HAS(host, extension) && host->extension != nullptr ? host->extension(host->ctx, bytes(id)) : nullptr;
  }

 private:
  struct Registered {
    const Host* host;
    std::string id;
    Handler handler;
  };
  static hd_status handle(void* ctx, const hd_call* call, const hd_reply* reply, hd_error* error);

  const hd_host* host_;
  std::deque<Registered> registered_;
};

namespace detail {

// The boundary: runs f and turns whatever it throws into a status. `where` must hold no personal data.
template <typename F>
hd_status guarded(const Host* host, std::string_view where, hd_error* error, F&& f) noexcept {
  try {
    std::forward<F>(f)();
    return HD_OK;
  } catch (const Error& e) {
    fill(error, e.what());
    return e.status() == HD_OK ? HD_INTERNAL : e.status();
  } catch (...) {
    fill(error, "internal error in the plugin; its log says where");
    if (host != nullptr) {
      char line[256] = "";
      const std::type_info* const type = abi::__cxa_current_exception_type();
      const std::string_view parts[] = {where, " threw ", type == nullptr ? "a foreign exception" : type->name()};
      std::size_t used = 0;
      for (const std::string_view part : parts) {
        const std::string_view taken = cut(part, sizeof(line) - used);
        std::memcpy(line + used, taken.data(), taken.size());
        used += taken.size();
      }
      host->log(HD_LOG_ERROR, std::string_view{line, used});
    }
    return HD_INTERNAL;
  }
}

// One created plugin: the author's object and the Host it refers to, destroyed in that order.
template <typename P>
struct Instance {
  explicit Instance(const hd_host* c_host) : host(c_host) {}
  Host host;
  std::unique_ptr<P> plugin;
};

template <typename P>
struct Functions {
  static hd_status create(const hd_host* host, hd_bytes config, void** instance, hd_error* error) {
    std::unique_ptr<Instance<P>> made;
    const hd_status status = guarded(nullptr, "create", error, [&] { made = std::make_unique<Instance<P>>(host); });
    if (status != HD_OK) return status;
    return guarded(&made->host, "create", error, [&] {
      made->plugin = P::create(made->host, text(config));
      if (!made->plugin) throw Error(HD_INTERNAL, "create made no plugin");
      *instance = made.release();
    });
  }
  static hd_status start(void* instance, hd_error* error) {
    Instance<P>& self = of(instance);
    return guarded(&self.host, "start", error, [&] { self.plugin->start(); });
  }
  static hd_status ready(void* instance, std::int64_t deadline_us, hd_error* error) {
    Instance<P>& self = of(instance);
    return guarded(&self.host, "ready", error, [&] { self.plugin->ready(deadline_us); });
  }
  static void stop(void* instance) {
    Instance<P>& self = of(instance);
    guarded(&self.host, "stop", nullptr, [&] { self.plugin->stop(); });
  }
  static void destroy(void* instance) { delete &of(instance); }

 private:
  static Instance<P>& of(void* instance) { return *static_cast<Instance<P>*>(instance); }
};

template <typename P>
hd_plugin describe(const char* id, const char* version) {
  hd_plugin plugin{};
  plugin.size = sizeof(hd_plugin);
  plugin.id = id;
  plugin.version = version;
  plugin.create = &Functions<P>::create;
  plugin.start = &Functions<P>::start;
  plugin.ready = &Functions<P>::ready;
  plugin.stop = &Functions<P>::stop;
  plugin.destroy = &Functions<P>::destroy;
  return plugin;
}

}  // namespace detail

inline void Host::add(std::int32_t kind, std::string_view id, Handler handler) {
  Registered& entry = registered_.emplace_back(Registered{this, std::string(id), std::move(handler)});
  hd_registration registration{};
  registration.size = sizeof(registration);
  registration.kind = kind;
  registration.id = bytes(entry.id);
  registration.ctx = &entry;
  registration.handler = &Host::handle;
  hd_error error{};
  const hd_status status = host_->add(host_->ctx, &registration, &error);
  if (status == HD_OK) return;
  registered_.pop_back();
  throw Error(status, error.message);
}

inline hd_status Host::handle(void* ctx, const hd_call* call, const hd_reply* reply, hd_error* error) {
  const Registered& entry = *static_cast<const Registered*>(ctx);
  return detail::guarded(entry.host, entry.id, error, [&] {
    Reply sink(reply);
    entry.handler(Call(call), sink);
  });
}

}  // namespace hd

// Defines the exported entry of the plugin class P. Once in a shared object, at namespace scope.
#define HD_PLUGIN(P, ID, VERSION)                                               \
  extern "C" HD_EXPORT const hd_plugin* hd_plugin_entry_v1(void) {              \
    static const hd_plugin plugin = ::hd::detail::describe<P>((ID), (VERSION)); \
    return &plugin;                                                             \
  }                                                                             \
  static_assert(true, "HD_PLUGIN ends with a semicolon")

#endif
