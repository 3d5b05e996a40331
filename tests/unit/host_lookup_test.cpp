// Method: real lookups against a name server that the test plays on 127.0.0.1: silent, or answering as it was told.
#include "store/host_lookup.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "store/session.hpp"

namespace identities::store {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

/// A UDP socket on a free port of 127.0.0.1.
class NameServer {
 public:
  NameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0) throw std::runtime_error("bind");
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    name_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~NameServer() {
    stops_ = true;
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  const std::string& name() const { return name_; }
  bool was_asked() const {
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0;
  }
  /// From now on. No addresses: there is no such name. Else these answer a question for IPv4, and nothing for IPv6.
  void answer(std::vector<std::array<unsigned char, 4>> addresses) {
    thread_ = std::thread([this, addresses = std::move(addresses)] {
      while (!stops_) {
        pollfd ready{socket_, POLLIN, 0};
        if (::poll(&ready, 1, 10) == 1) answer_one(addresses);
      }
    });
  }

 private:
  void answer_one(const std::vector<std::array<unsigned char, 4>>& addresses) const {
    std::array<char, 512> question{};
    sockaddr_in asker{};
    socklen_t size = sizeof asker;
    const ssize_t length =
        ::recvfrom(socket_, question.data(), question.size(), 0, reinterpret_cast<sockaddr*>(&asker), &size);
    constexpr std::size_t kHead = 12;
    if (length < static_cast<ssize_t>(kHead)) return;
    std::size_t end = kHead;
    while (question[end] != 0) end += static_cast<unsigned char>(question[end]) + 1U;
    const bool ipv4 = question[end + 2] == 1;
    std::string reply(question.data(), end + 5);
    const bool unknown = addresses.empty();
    reply[2] = static_cast<char>(0x81);
    reply[3] = static_cast<char>(unknown ? 0x83 : 0x80);
    reply[7] = static_cast<char>(ipv4 ? addresses.size() : 0);
    reply[11] = 0;  // without the asker's options
    if (ipv4)
      for (const auto& address : addresses) {
        reply += std::string("\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04", 12);
        reply.append(reinterpret_cast<const char*>(address.data()), address.size());
      }
    ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&asker), size);
  }

  int socket_;
  std::string name_;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
};

class HostLookup : public testing::Test {
 protected:
  std::vector<std::string> look_up(const std::string& host, Microseconds within_us = 30 * kSecondUs) {
    return addresses_of(host, clock_, clock_.monotonic_us() + within_us, server_.name());
  }
  std::string refusal(const std::string& host, Microseconds within_us = 30 * kSecondUs) {
    try {
      look_up(host, within_us);
    } catch (const Unavailable& error) {
      return error.what();
    }
    return "found";
  }
  const Clock clock_ = system_clock();
  NameServer server_;
};

TEST_F(HostLookup, of_an_address_asks_nobody) {
  EXPECT_THAT(look_up("192.0.2.7", 0), ElementsAre("192.0.2.7"));
  EXPECT_THAT(look_up("2001:db8::7", 0), ElementsAre("2001:db8::7"));
  EXPECT_FALSE(server_.was_asked());
}

TEST_F(HostLookup, of_a_name_in_the_hosts_file_asks_nobody) {
  EXPECT_THAT(look_up("localhost"), Contains("127.0.0.1"));
  EXPECT_FALSE(server_.was_asked());
}

TEST_F(HostLookup, by_a_silent_name_server_is_given_up_at_the_deadline) {
  EXPECT_THAT(refusal("db.example", 50'000), HasSubstr("did not tell the host of database.url in time"));
  EXPECT_TRUE(server_.was_asked());
}

TEST_F(HostLookup, gives_every_address_that_the_name_server_tells) {
  server_.answer({{192, 0, 2, 7}, {192, 0, 2, 8}});
  EXPECT_THAT(look_up("db.example"), testing::UnorderedElementsAre("192.0.2.7", "192.0.2.8"));
}

TEST_F(HostLookup, of_an_unknown_name_says_so) {
  server_.answer({});
  EXPECT_THAT(refusal("db.example"), HasSubstr("has no address"));
}

}  // namespace
}  // namespace identities::store
