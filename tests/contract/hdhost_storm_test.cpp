// hdhost under many clients at once, good, slow and rude ones, and stopped in the middle of it.
// Method: each client draws what it does from a seed of its own. An answer carries the marker of its request, so that a
// mixed-up one is seen; the panel's handler always overruns its budget, the action's never does. Nothing depends on
// time.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <csignal>
#include <memory>
#include <random>
#include <thread>

#include "bundle.hpp"
#include "hdhost_process.hpp"
#include "http_client.hpp"
#include "token.hpp"

namespace contract {
namespace {

using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;

constexpr int clients = 12;
constexpr int rounds = 25;

std::string call(const std::string& path, const std::string& body) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\n"
      "Content-Length: {}\r\n\r\n{}",
      path, good_token(), body.size(), body);
}

std::string webhook(const std::string& marker) {
  return fmt::format("POST /hooks/v1/{} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody", marker);
}

std::string action(const std::string& marker, int slow_ms) {
  return call("/v1/action/echo/note", fmt::format(R"({{"key":"{}","args":{{"slow_ms":{}}}}})", marker, slow_ms));
}

std::string late_panel(int slow_ms) {
  return call("/v1/panel/echo/mirror", fmt::format(R"({{"filter":{{"slow_ms":{}}}}})", slow_ms));
}

class Stormy {
 public:
  Stormy(const HdhostProcess& host, int number)
      : url_(host.url()), number_(number), random_(static_cast<unsigned>(number)) {
    connect();
  }

  void act() {
    const std::string marker = fmt::format("m-{}-{}", number_, ++count_);
    switch (below(8)) {
      case 0:
        return expect(action(marker, 0), 200, marker);
      case 1:
        return expect(action(marker, below(40)), 200, marker);
      case 2:
        return expect(webhook(marker), 202, marker);
      case 3:
        return expect_in_order(marker);
      case 4:
        return expect_slowly(marker);
      case 5:  // leaves with a call running
        client_->send(action(marker, below(40)));
        return connect();
      case 6:  // leaves in the middle of a request
        client_->send(webhook(marker).substr(0, static_cast<std::size_t>(10 + below(60))));
        return connect();
      default:
        client_->send(late_panel(150 + below(100)));
        EXPECT_THAT(client_->receive().status, AnyOf(Eq(504), Eq(503)));  // 503 while the breaker is open
    }
  }

 private:
  int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
  void connect() { client_ = std::make_unique<Client>(url_); }
  void expect(const std::string& request, int status, const std::string& marker) {
    client_->send(request);
    expect_answer(status, marker);
  }
  void expect_answer(int status, const std::string& marker) {
    const Response response = client_->receive();
    EXPECT_EQ(response.status, status);
    EXPECT_THAT(response.body, HasSubstr(marker));
  }
  void expect_in_order(const std::string& marker) {
    client_->send(webhook(marker + "-a") + action(marker + "-b", below(10)) + webhook(marker + "-c"));
    expect_answer(202, marker + "-a");
    expect_answer(200, marker + "-b");
    expect_answer(202, marker + "-c");
  }
  // The rest of the request comes after somebody else's whole one.
  void expect_slowly(const std::string& marker) {
    const std::string request = action(marker, 0);
    const std::size_t half = static_cast<std::size_t>(below(static_cast<int>(request.size())));
    client_->send(request.substr(0, half));
    EXPECT_EQ(contract::request(url_, "POST", "/hooks/v1/between", {}, "x").status, 202);
    client_->send(request.substr(half));
    expect_answer(200, marker);
  }

  const std::string url_;
  const int number_;
  int count_ = 0;
  std::mt19937 random_;
  std::unique_ptr<Client> client_;
};

struct Storm : ::testing::Test {
  Storm() {
    bundle.hdhost()["rates"] = {{"webhook_per_s", 0}, {"caller_per_s", 0}};
    bundle.manifest["panels"].as_array()[0].as_object()["budget_ms"] = 50;
    bundle.manifest["actions"].as_array()[0].as_object()["budget_ms"] = 20'000;
    bundle.manifest["webhooks"].as_array()[0].as_object()["budget_ms"] = 20'000;
  }
  Bundle bundle;
};

// True once it has no more open than before; asks meanwhile on one connection, so that it is seen to live.
bool goes_back_to(std::size_t sockets, const HdhostProcess& host, Client& client) {
  for (int i = 0; i < 20'000; ++i) {
    if (client.request("GET", "/healthz").status != 200) return false;
    if (host.open_sockets() <= sockets) return true;
  }
  return false;
}

TEST_F(Storm, every_client_gets_its_own_answer_and_nothing_is_left_behind) {
  HdhostProcess host(bundle);
  Client stays(host.url());
  EXPECT_EQ(stays.request("GET", "/healthz").status, 200);
  const std::size_t before = host.open_sockets();
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&host, i] {
      Stormy stormy(host, i);
      for (int round = 0; round < rounds; ++round) stormy.act();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(goes_back_to(before, host, stays));
  host.signal(SIGTERM);
  EXPECT_EQ(host.wait(), 0);  // under ASan also: nothing leaked
}

int occurrences(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

TEST_F(Storm, a_stop_in_the_middle_of_it_loses_no_answer) {
  HdhostProcess host(bundle);
  Client left_open(host.status_url());  // nobody waits for these at the end
  EXPECT_EQ(left_open.request("GET", "/healthz").status, 200);
  std::atomic<int> answered = 0;
  std::atomic<bool> stopping = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&host, &answered, &stopping, i] {
      Client client(host.url());
      for (int count = 0;; ++count) {
        const std::string marker = fmt::format("m-{}-{}", i, count);
        client.send(i % 2 == 0 ? webhook(marker) : action(marker, count % 20));
        const Response response = client.receive();
        if (response.status == 0) {  // closed without an answer: then it was not taken
          EXPECT_TRUE(stopping);
          return;
        }
        EXPECT_EQ(response.status, i % 2 == 0 ? 202 : 200);
        EXPECT_THAT(response.body, HasSubstr(marker));
        ++answered;
        if (response.headers.contains("connection")) {
          EXPECT_TRUE(stopping);
          EXPECT_EQ(response.headers.at("connection"), "close");
          return;
        }
      }
    });
  }
  while (answered < 20 * clients) std::this_thread::yield();
  stopping = true;
  host.signal(SIGTERM);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(host.wait(), 0);
  const std::string log = host.log();
  EXPECT_THAT(log, HasSubstr("echo: destroyed"));
  EXPECT_EQ(occurrences(log, "/hooks/v1/* 202 ") + occurrences(log, "/v1/action/{plugin}/{action} 200 "), answered);
}

}  // namespace
}  // namespace contract
