#include "connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_suffix.hpp>
#include <iterator>

#include "problem.hpp"

// Asio's frames have an operator new and an operator delete of their own, a pair. Once GCC 12 has inlined the first
// down to the allocation in it but not the second, it takes them for strangers.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace hdhost {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

constexpr auto as_result = net::as_tuple(net::use_awaitable);
constexpr std::size_t first_read_bytes = 4096;
constexpr std::size_t largest_read_bytes = 65'536;
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

// The end of a co_await in call_plugin.
using Resume = net::async_result<std::decay_t<decltype(net::use_awaitable)>, void()>::handler_type;

// A call of the plugin and the coroutine that waits for it. Whoever moves the stage on from queued or running to an
// end resumes the coroutine, on the strand of its connection: the thread that ran the handler, or the deadline. What
// the handler borrows lives until it has returned, however late that is: the pool's work holds this.
class Pending final : public Expiring, public std::enable_shared_from_this<Pending> {
 public:
  enum Stage { queued, running, finished, late, never_ran, refused };

  Pending(std::shared_ptr<PluginCall> call, Service& service, net::any_io_executor strand)
      : call_(std::move(call)), service_(service), strand_(std::move(strand)) {}

  // REQUIRES: called once, on the strand, while the coroutine is suspended.
  void start(Resume resume) {
    resume_.emplace(std::move(resume));
    const auto self = shared_from_this();
    deadline_ = service_.deadlines.add(deadline_at(), self);
    const bool outside = call_->registration != nullptr && call_->registration->declaration->kind == HD_WEBHOOK;
    const bool accepted = service_.pool.submit(
        outside ? Lane::outside : Lane::agents, [self] { self->run(); }, [self] { self->done(); });
    if (accepted) return;
    service_.deadlines.remove(deadline_);
    end_from(queued, refused, helpdesk::Outcome::never_ran);
  }
  void expire() override {
    if (!end_from(queued, never_ran, helpdesk::Outcome::never_ran)) {
      end_from(running, late, helpdesk::Outcome::overran);
    }
  }
  // How it ended. REQUIRES: the coroutine was resumed.
  Stage stage() const { return stage_; }
  helpdesk::CallOutput take_output() { return std::move(output_); }

 private:
  // The deadline holds here, too, where it is told late because the machine is busy.
  void run() {
    if (Clock::now() >= deadline_at()) return expire();
    if (!move_on(queued, running)) return;
    output_ = service_.routes.run(*call_);
    if (Clock::now() >= deadline_at()) return expire();
    if (move_on(running, finished)) settle(helpdesk::Outcome::in_time);
  }
  // On a thread of the pool, which goes on with the coroutine itself.
  void done() {
    service_.deadlines.remove(deadline_);
    if (stage_ != finished) return;
    net::dispatch(strand_, [self = shared_from_this()] { std::move (*self->resume_)(); });
  }
  // False when it is not in that stage any more.
  bool end_from(Stage from, Stage to, helpdesk::Outcome outcome) {
    if (!move_on(from, to)) return false;
    settle(outcome);
    net::post(strand_, [self = shared_from_this()] { std::move (*self->resume_)(); });
    return true;
  }
  Deadlines::Time deadline_at() const { return Deadlines::Time(std::chrono::microseconds(call_->input.deadline_us)); }
  bool move_on(Stage from, Stage to) { return stage_.compare_exchange_strong(from, to); }
  void settle(helpdesk::Outcome outcome) {
    if (call_->permit) call_->permit->settle(outcome);
  }

  const std::shared_ptr<PluginCall> call_;
  Service& service_;
  const net::any_io_executor strand_;
  std::optional<Resume> resume_;
  Deadlines::Key deadline_;
  std::atomic<Stage> stage_ = queued;
  helpdesk::CallOutput output_;  // the handler's thread alone, until finished
};

net::awaitable<void> end_of(const std::shared_ptr<Pending>& pending) {
  return net::async_initiate<decltype(net::use_awaitable), void()>(
      [](Resume resume, const std::shared_ptr<Pending>& started) { started->start(std::move(resume)); },
      net::use_awaitable, pending);
}

std::string head_of(const HttpReply& reply, bool keep_alive) {
  std::string head;
  head.reserve(512);
  const auto add = std::back_inserter(head);
  fmt::format_to(add, "HTTP/1.1 {} {}\r\n", reply.status, reason_of(reply.status));
  const auto line = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  if (!reply.content_type.empty()) line("Content-Type", reply.content_type);
  for (const auto& [name, value] : reply.headers) line(name, value);
  if (!keep_alive) line("Connection", "close");
  if (reply.status >= 200 && reply.status != 204 && reply.status != 304) {
    fmt::format_to(add, "Content-Length: {}\r\n", reply.body.size());
  }
  head.append("\r\n");
  return head;
}

}  // namespace

void Connections::add(Connection* connection, Purpose purpose) {
  const std::lock_guard lock(mutex_);
  all_.insert(connection);
  ++counts_.at(static_cast<std::size_t>(purpose));
}

void Connections::remove(Connection* connection, Purpose purpose) {
  const std::lock_guard lock(mutex_);
  all_.erase(connection);
  --counts_.at(static_cast<std::size_t>(purpose));
}

std::size_t Connections::count(Purpose purpose) const {
  const std::lock_guard lock(mutex_);
  return counts_.at(static_cast<std::size_t>(purpose));
}

Connection::Connection(Socket socket, Service& service, std::string peer, Purpose purpose)
    : socket_(std::move(socket)), service_(service), peer_(std::move(peer)), purpose_(purpose) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  service_.connections.add(this, purpose_);
}

Connection::~Connection() {
  service_.connections.remove(this, purpose_);
}

// The connection may be on its way out on another thread, which waits for this one: then there is nothing to lock.
void Connection::tick(Time now) {
  if (now < give_up_at_.load()) return;
  if (auto self = weak_from_this().lock()) {
    net::post(socket_.get_executor(), [self = std::move(self)] { self->give_up(); });
  }
}

// The time stays as it is: what is cancelled just before the next wait begins is cancelled again at the next tick.
void Connection::give_up() {
  if (Clock::now() < give_up_at_.load()) return;
  gave_up_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::stop() {
  auto self = weak_from_this().lock();
  if (!self) return;
  net::post(socket_.get_executor(), [self = std::move(self)] {
    boost::system::error_code ignored;
    if (self->waits_for_request_) self->socket_.cancel(ignored);
  });
}

void Connection::allow(std::int64_t timeout_ms) {
  gave_up_ = false;
  give_up_at_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
}

net::awaitable<void> Connection::serve(std::shared_ptr<Connection> connection) {
  Connection& self = *connection;
  if (self.purpose_ == Purpose::turned_away) {
    co_await self.turn_away();
    co_return;
  }
  while (co_await self.wait_for_request()) {
    if (!co_await self.serve_one()) break;
  }
  co_await self.close_gently();
}

net::awaitable<void> Connection::turn_away() {
  const Head head("", "/", {}, peer_, on_status_port());
  HttpReply reply = problem(503, "too many connections; try again later", head.request_id());
  reply.set("Retry-After", "1");
  const Route nowhere;  // named: GCC 12 destroys an aggregate temporary of a co_await expression twice
  co_await write(std::move(reply), nowhere, head, false);
  co_await close_gently();
}

// False when the other side is gone, idle for too long, or the host stops.
net::awaitable<bool> Connection::wait_for_request() {
  if (buffer_.size() > 0) co_return !stops();
  if (!stops()) {
    allow(service_.settings.limits.idle_timeout_ms);
    waits_for_request_ = true;
    const boost::system::error_code failed = co_await read_more(first_read_bytes);
    waits_for_request_ = false;
    if (!failed) co_return true;
    if (failed != net::error::operation_aborted || !stops()) co_return false;
  }
  // A request that is here already gets its answer.
  boost::system::error_code ec;
  buffer_.commit(socket_.read_some(buffer_.prepare(first_read_bytes), ec));
  co_return !ec;
}

net::awaitable<boost::system::error_code> Connection::read_more(std::size_t bytes) {
  const auto [ec, size] = co_await socket_.async_read_some(buffer_.prepare(bytes), as_result);
  buffer_.commit(size);
  co_return ec == net::error::eof ? http::error::partial_message : ec;
}

// What has come already costs no wait.
net::awaitable<boost::system::error_code> Connection::read_head(Parser& parser) {
  while (!parser.is_header_done()) {
    if (buffer_.size() > 0) {
      boost::system::error_code ec;
      buffer_.consume(parser.put(buffer_.data(), ec));
      if (!ec) continue;
      if (ec != http::error::need_more) co_return ec;
    }
    if (const boost::system::error_code failed = co_await read_more(first_read_bytes)) co_return failed;
  }
  co_return boost::system::error_code{};
}

net::awaitable<boost::system::error_code> Connection::read_body(Parser& parser) {
  parser.eager(true);
  while (!parser.is_done()) {
    if (buffer_.size() > 0) {
      boost::system::error_code ec;
      buffer_.consume(parser.put(buffer_.data(), ec));
      if (!ec) continue;
      if (ec != http::error::need_more) co_return ec;
      // What is left is the head of a chunk, or the fields after the last one.
      if (buffer_.size() > static_cast<std::size_t>(service_.settings.limits.header_bytes)) {
        co_return http::error::header_limit;
      }
    }
    const auto left = parser.content_length_remaining();
    const std::size_t bytes = std::clamp<std::uint64_t>(left ? *left : 0, first_read_bytes, largest_read_bytes);
    if (const boost::system::error_code failed = co_await read_more(bytes)) co_return failed;
  }
  co_return boost::system::error_code{};
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
  const boost::system::error_code ec = co_await read_head(parser);
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
    if (on_status_port()) service_.metrics.queued = static_cast<std::int64_t>(service_.pool.queued());
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
    if (!head->header("expect").empty()) {
      if (!boost::beast::iequals(head->header("expect"), "100-continue")) {
        keep_alive = false;
        co_return problem(417, "expected no expectation but 100-continue", id);
      }
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [ec, size] = co_await net::async_write(socket_, net::buffer(go_on), as_result);
      if (ec) keep_alive = false;
    }
    const boost::system::error_code ec = co_await read_body(parser);
    if (ec) {
      keep_alive = false;
      if (gave_up_) co_return problem(408, "the body did not arrive in time", id);
      if (ec == http::error::body_limit) co_return problem(413, too_large, id);
      if (ec == http::error::header_limit) {
        co_return problem(431, "a chunk's head, or what follows the body, is larger than \"header_bytes\" allows", id);
      }
      co_return problem(400, "the body is not whole", id);
    }
  }
  auto prepared = service_.routes.prepare(route, head, std::move(parser.get().body()));
  if (auto* const reply = std::get_if<HttpReply>(&prepared)) co_return std::move(*reply);
  co_return co_await call_plugin(route, *head, std::get<std::shared_ptr<PluginCall>>(std::move(prepared)));
}

net::awaitable<HttpReply> Connection::call_plugin(const Route& route, const Head& head,
                                                  std::shared_ptr<PluginCall> call) {
  allow_all();
  const auto pending = std::make_shared<Pending>(call, service_, socket_.get_executor());
  ++service_.metrics.in_flight;
  co_await end_of(pending);
  --service_.metrics.in_flight;
  switch (pending->stage()) {
    case Pending::finished:
      co_return service_.routes.answer(route, head, pending->take_output());
    case Pending::refused: {
      HttpReply reply = problem(503, "too many requests wait; try again later", head.request_id());
      reply.set("Retry-After", "1");
      co_return reply;
    }
    default:
      co_return service_.routes.timed_out(route, head, *call);
  }
}

net::awaitable<bool> Connection::write(HttpReply reply, const Route& route, const Head& head, bool keep_alive) {
  service_.routes.complete(reply, route, head);
  allow(service_.settings.limits.body_timeout_ms);
  const std::string top = head_of(reply, keep_alive);
  const bool without_body = head.method() == "HEAD" || reply.status == 204 || reply.status == 304;
  const std::array<net::const_buffer, 2> whole{net::buffer(top),
                                               without_body ? net::const_buffer{} : net::buffer(reply.body)};
  // At once, if the socket takes it; nearly every reply needs no wait.
  boost::system::error_code ec;
  const std::size_t at_once = socket_.write_some(whole, ec);
  if (ec && ec != net::error::would_block) co_return false;
  if (at_once == net::buffer_size(whole)) co_return keep_alive;
  boost::beast::buffers_suffix<std::array<net::const_buffer, 2>> rest(whole);
  rest.consume(at_once);
  const auto [failed, size] = co_await net::async_write(socket_, rest, as_result);
  co_return keep_alive && !failed;
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
