#include "connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "problem.hpp"

namespace hdhost {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

constexpr auto as_result = net::as_tuple(net::use_awaitable);
constexpr std::size_t first_read_bytes = 4096;
constexpr std::int64_t goodbye_ms = 1000;  // how long an unread request is swallowed, so that the reply arrives
constexpr std::size_t goodbye_bytes = 4 * 1024 * 1024;

Head::Fields fields_of(const http::request_header<>& header) {
  Head::Fields fields;
  for (const auto& field : header) {
    fields.emplace_back(std::string_view(field.name_string().data(), field.name_string().size()),
                        std::string_view(field.value().data(), field.value().size()));
  }
  return fields;
}

std::string_view view_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// How a call of the plugin and the wait for it find together.
struct Pending {
  enum Stage { queued, running, abandoned };
  explicit Pending(const net::any_io_executor& executor) : timer(executor) {}
  net::steady_timer timer;
  std::atomic<int> stage = queued;
  bool finished = false;  // on the I/O thread
  helpdesk::CallOutput output;
};

}  // namespace

Connection::Connection(Socket socket, Service& service, std::string peer, Purpose purpose)
    : socket_(std::move(socket)), service_(service), peer_(std::move(peer)), purpose_(purpose) {
  service_.connections.insert(this);
  if (std::size_t* const count = counter()) ++*count;
  service_.metrics.connections = static_cast<std::int64_t>(service_.callers);
}

Connection::~Connection() {
  service_.connections.erase(this);
  if (std::size_t* const count = counter()) --*count;
  service_.metrics.connections = static_cast<std::int64_t>(service_.callers);
}

// Where connections of this purpose are counted; NULL for the status address.
std::size_t* Connection::counter() const {
  if (purpose_ == Purpose::status) return nullptr;
  return purpose_ == Purpose::caller ? &service_.callers : &service_.turned_away;
}

void Connection::tick(Time now) {
  if (now < give_up_at_) return;
  give_up_at_ = Time::max();
  gave_up_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::stop() {
  boost::system::error_code ignored;
  if (waiting_) socket_.cancel(ignored);
}

void Connection::allow(std::int64_t timeout_ms) {
  gave_up_ = false;
  give_up_at_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
}

net::awaitable<void> Connection::serve() {
  const auto self = shared_from_this();
  if (purpose_ == Purpose::turned_away) {
    co_await turn_away();
    co_return;
  }
  while (co_await wait_for_request()) {
    if (!co_await serve_one()) break;
  }
  co_await close_gently();
}

net::awaitable<void> Connection::turn_away() {
  const Head head("", "/", {}, peer_, on_status_port());
  HttpReply reply = problem(503, "too many connections; try again later", head.request_id());
  reply.set("Retry-After", "1");
  allow(goodbye_ms);
  const Route nowhere;  // named: GCC 12 destroys an aggregate temporary of a co_await expression twice
  co_await write(std::move(reply), nowhere, head, false);
  co_await close_gently();
}

// False when the other side is gone, idle for too long, or the host stops.
net::awaitable<bool> Connection::wait_for_request() {
  if (service_.stopping && !on_status_port()) co_return false;
  if (buffer_.size() > 0) co_return true;
  allow(service_.settings.limits.idle_timeout_ms);
  waiting_ = true;
  const auto [ec, size] = co_await socket_.async_read_some(buffer_.prepare(first_read_bytes), as_result);
  waiting_ = false;
  buffer_.commit(size);
  co_return !ec;
}

std::optional<HttpReply> Connection::head_fault(boost::system::error_code ec, const Head& head) const {
  const std::string& id = head.request_id();
  if (gave_up_) return problem(408, "the request's head did not arrive in time", id);
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
    return problem(431, "the request's head is larger than \"header_bytes\" allows", id);
  }
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) return std::nullopt;
  if (ec.category() == http::make_error_code(http::error::bad_method).category()) {
    return problem(400, "expected an HTTP/1.1 request, found something else", id);
  }
  return std::nullopt;
}

// Reads one request, answers it. False when the connection is to be closed.
net::awaitable<bool> Connection::serve_one() {
  const Limits& limits = service_.settings.limits;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser.body_limit(boost::none);
  allow(limits.header_timeout_ms);
  const auto [ec, size] = co_await http::async_read_header(socket_, buffer_, parser, as_result);
  const Time began = Clock::now();
  if (ec) {
    const Head nobody("", "/", {}, peer_, on_status_port());
    const Route nowhere;
    std::optional<HttpReply> fault = head_fault(ec, nobody);
    if (fault) {
      account(nowhere, nobody, fault->status, began);
      co_await write(std::move(*fault), nowhere, nobody, false);
    }
    co_return false;
  }
  const auto& message = parser.get();
  const auto head = std::make_shared<const Head>(view_of(message.method_string()), view_of(message.target()),
                                                 fields_of(message.base()), peer_, on_status_port());
  Route route;
  if (head->path().empty() || head->path().front() != '/') {
    route.reply = problem(400, "expected a target that begins with a slash", head->request_id());
  } else if (head->count("host") > 1 || (message.version() >= 11 && head->count("host") == 0)) {
    route.reply = problem(400, "expected one Host header", head->request_id());
  } else {
    service_.routes.set_queued(service_.pool.queued());
    route = service_.routes.open(*head);
  }
  bool keep_alive = message.keep_alive();
  HttpReply reply = co_await answer(parser, route, head, keep_alive);
  account(route, *head, reply.status, began);
  keep_alive = keep_alive && (!service_.stopping || on_status_port());
  co_return co_await write(std::move(reply), route, *head, keep_alive);
}

// Reads the body where the route wants one, and makes the reply. Clears keep_alive when the body stays unread.
net::awaitable<HttpReply> Connection::answer(Parser& parser, const Route& route, std::shared_ptr<const Head> head,
                                             bool& keep_alive) {
  const std::string& id = head->request_id();
  if (route.reply) {
    if (!parser.is_done()) keep_alive = false;
    co_return *route.reply;
  }
  if (!parser.is_done()) {
    const std::string too_large = fmt::format("the body is larger than {} bytes", route.max_body_bytes);
    const auto length = parser.content_length();
    if (length && *length > route.max_body_bytes) {
      keep_alive = false;
      co_return problem(413, too_large, id);
    }
    parser.body_limit(route.max_body_bytes);
    allow(service_.settings.limits.body_timeout_ms);
    const std::string_view expect = head->header("expect");
    if (!expect.empty()) {
      if (!boost::beast::iequals(expect, "100-continue")) {
        keep_alive = false;
        co_return problem(417, "expected no expectation but 100-continue", id);
      }
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [ec, size] = co_await net::async_write(socket_, net::buffer(go_on), as_result);
      if (ec) keep_alive = false;
    }
    const auto [ec, size] = co_await http::async_read(socket_, buffer_, parser, as_result);
    if (ec) {
      keep_alive = false;
      if (gave_up_) co_return problem(408, "the body did not arrive in time", id);
      if (ec == http::error::body_limit) co_return problem(413, too_large, id);
      co_return problem(400, "the body is not whole", id);
    }
  }
  auto prepared = service_.routes.prepare(route, head, std::move(parser.get().body()));
  if (auto* const reply = std::get_if<HttpReply>(&prepared)) co_return std::move(*reply);
  co_return co_await call_plugin(route, *head, std::get<std::shared_ptr<PluginCall>>(std::move(prepared)));
}

net::awaitable<HttpReply> Connection::call_plugin(const Route& route, const Head& head,
                                                  std::shared_ptr<PluginCall> call) {
  give_up_at_ = Time::max();
  const net::any_io_executor executor = co_await net::this_coro::executor;
  const auto pending = std::make_shared<Pending>(executor);
  pending->timer.expires_at(Time(std::chrono::microseconds(call->input.deadline_us)));
  const bool outside = call->registration != nullptr && call->registration->declaration->kind == HD_WEBHOOK;
  const bool accepted = service_.pool.submit(outside ? Lane::outside : Lane::agents,
                                             [call, pending, executor, &routes = service_.routes] {
                                               int expected = Pending::queued;
                                               if (!pending->stage.compare_exchange_strong(expected, Pending::running))
                                                 return;
                                               helpdesk::CallOutput output = routes.run(*call);
                                               if (call->permit) call->permit->settle(helpdesk::Outcome::in_time);
                                               net::post(executor, [pending, output = std::move(output)]() mutable {
                                                 pending->output = std::move(output);
                                                 pending->finished = true;
                                                 pending->timer.cancel();
                                               });
                                             });
  if (!accepted) {
    HttpReply reply = problem(503, "too many requests wait; try again later", head.request_id());
    reply.set("Retry-After", "1");
    co_return reply;
  }
  ++service_.metrics.in_flight;
  co_await pending->timer.async_wait(as_result);
  --service_.metrics.in_flight;
  if (pending->finished) co_return service_.routes.answer(route, head, std::move(pending->output));
  int expected = Pending::queued;
  const bool never_ran = pending->stage.compare_exchange_strong(expected, Pending::abandoned);
  if (call->permit) call->permit->settle(never_ran ? helpdesk::Outcome::never_ran : helpdesk::Outcome::overran);
  co_return service_.routes.timed_out(route, head, *call);
}

net::awaitable<bool> Connection::write(HttpReply reply, const Route& route, const Head& head, bool keep_alive) {
  service_.routes.complete(reply, route, head);
  allow(service_.settings.limits.body_timeout_ms);
  const auto fill = [&](auto& message) {
    message.version(11);
    message.result(static_cast<unsigned>(reply.status));
    message.reason(reason_of(reply.status));
    if (!reply.content_type.empty()) message.set(http::field::content_type, reply.content_type);
    for (const auto& [name, value] : reply.headers) message.insert(name, value);
    message.keep_alive(keep_alive);
    if (reply.status >= 200 && reply.status != 204 && reply.status != 304) message.content_length(reply.body.size());
  };
  if (head.method() == "HEAD" || reply.status == 204 || reply.status == 304) {
    http::response<http::empty_body> message;
    fill(message);
    const auto [ec, size] = co_await http::async_write(socket_, message, as_result);
    co_return keep_alive && !ec;
  }
  http::response<http::string_body> message;
  fill(message);
  message.body() = std::move(reply.body);
  const auto [ec, size] = co_await http::async_write(socket_, message, as_result);
  co_return keep_alive && !ec;
}

// A socket closed with unread bytes resets the connection, and the reply may be lost on its way: so what still comes is
// read for a moment.
net::awaitable<void> Connection::close_gently() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  allow(goodbye_ms);
  std::size_t swallowed = 0;
  while (!ignored && !gave_up_ && swallowed < goodbye_bytes) {
    buffer_.clear();
    const auto [ec, size] = co_await socket_.async_read_some(buffer_.prepare(first_read_bytes), as_result);
    if (ec) break;
    swallowed += size;
  }
  socket_.close(ignored);
}

void Connection::account(const Route& route, const Head& head, int status, Time began) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began).count();
  service_.metrics.count(route.pattern, status, us);
  service_.log.info("{} {} {} {} us {}", head.method().empty() ? "-" : head.method(), route.pattern, status, us,
                    head.request_id());
}

}  // namespace hdhost
