// The echo plugin in C++, through plugin.hpp: its panel throws what the request's "filter" asks for.
#include <helpdesk/plugin.hpp>
#include <stdexcept>

namespace {

class Thrower {
 public:
  static std::unique_ptr<Thrower> create(hd::Host& host, std::string_view) {
    host.add(HD_PANEL, "mirror", [](const hd::Call& call, hd::Reply& reply) { mirror(call, reply); });
    host.add(HD_ACTION, "note", [](const hd::Call&, hd::Reply& reply) { reply.body("{}"); });
    host.add(HD_WEBHOOK, "hooks", [](const hd::Call& call, hd::Reply& reply) {
      reply.status(202);
      reply.body(call.header("x-echo").value_or("none"));
    });
    host.add(HD_EVENT, "happened", [&host](const hd::Call&, hd::Reply& reply) {
      const auto secret = host.secret("greeting");
      if (!secret) throw hd::Error(HD_NOT_FOUND, "no such secret");
      reply.body("{\"size\":" + std::to_string(secret->size()) + "}");
    });
    host.add(HD_JOB, "tidy", [](const hd::Call&, hd::Reply&) {});
    return std::make_unique<Thrower>();
  }
  void start() {}
  void ready(std::int64_t) { throw hd::Error(HD_UNAVAILABLE, "the database is away"); }
  void stop() { throw std::runtime_error("stop"); }

 private:
  static void mirror(const hd::Call& call, hd::Reply& reply) {
    const std::string_view body = call.body();
    const auto asks = [&](std::string_view what) { return body.find(what) != std::string_view::npos; };
    if (asks("error")) throw hd::Error(HD_CONFLICT, "somebody was faster");
    if (asks("runtime")) throw std::runtime_error("holds jane@example.org");
    if (asks("number")) throw 42;
    if (asks("long")) throw hd::Error(HD_INVALID, std::string(254, 'a') + "\u00e9\u00e9");
    reply.body("{}");
  }
};

}  // namespace

HD_PLUGIN(Thrower, "echo", "1.0.0");
