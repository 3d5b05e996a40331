#include "store/host_lookup.hpp"

#include <ares.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>

#include <array>
#include <ctime>
#include <memory>
#include <mutex>
#include <new>

#include "store/session.hpp"

namespace identities::store {
namespace {

struct Answer {
  bool is_there = false;
  int status = ARES_SUCCESS;
  std::vector<std::string> addresses;
};

void on_answer(void* argument, int status, int /*timeouts*/, ares_addrinfo* found) {
  auto& answer = *static_cast<Answer*>(argument);
  answer.is_there = true;
  answer.status = status;
  for (const auto* node = found == nullptr ? nullptr : found->nodes; node != nullptr; node = node->ai_next) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* const bytes =
        node->ai_family == AF_INET6
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(node->ai_addr)->sin6_addr)
            : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(node->ai_addr)->sin_addr);
    if (::inet_ntop(node->ai_family, bytes, text.data(), text.size()) != nullptr)
      answer.addresses.emplace_back(text.data());
  }
  if (found != nullptr) ares_freeaddrinfo(found);
}

struct Destroy {
  void operator()(ares_channeldata* channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<ares_channeldata, Destroy>;

Channel open_channel(const std::string& servers) {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  ares_channel opened = nullptr;
  if (const int status = ares_init(&opened); status != ARES_SUCCESS)
    throw Unavailable(fmt::format("cannot look up the host of database.url: {}", ares_strerror(status)));
  Channel channel(opened);
  if (!servers.empty()) ares_set_servers_ports_csv(opened, servers.c_str());
  return channel;
}

/// Waits for one of the lookup's sockets or for the time of its next try, at most until then. Tells it what came.
void wait(ares_channel channel, Microseconds left_us) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const auto wanted = static_cast<unsigned>(ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM));
  std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
  for (std::size_t index = 0; index < polled.size(); ++index) {
    polled[index].fd = -1;
    if (ARES_GETSOCK_READABLE(wanted, index)) polled[index] = {sockets[index], POLLIN, 0};
    if (ARES_GETSOCK_WRITABLE(wanted, index))
      polled[index] = {sockets[index], static_cast<short>(polled[index].events | POLLOUT), 0};
  }
  timeval most{left_us / kSecondUs, left_us % kSecondUs};
  timeval next{};
  const timeval* const until = ares_timeout(channel, &most, &next);
  const timespec time{until->tv_sec, until->tv_usec * 1000};
  const int ready = ::ppoll(polled.data(), polled.size(), &time, nullptr);
  if (ready <= 0) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  for (const pollfd& socket : polled) {
    if (socket.fd < 0 || socket.revents == 0) continue;
    const bool writable = (socket.revents & POLLOUT) != 0;
    const bool readable = (socket.revents & ~POLLOUT) != 0;
    ares_process_fd(channel, readable ? socket.fd : ARES_SOCKET_BAD, writable ? socket.fd : ARES_SOCKET_BAD);
  }
}

bool is_numeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

std::vector<std::string> addresses_of(const std::string& host, const Clock& clock, Microseconds deadline_us,
                                      const std::string& servers) {
  if (is_numeric(host)) return {host};
  Answer answer;  // outlives the channel, which answers at its end at the latest
  const Channel channel = open_channel(servers);
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel.get(), host.c_str(), nullptr, &hints, &on_answer, &answer);
  while (!answer.is_there) {
    const Microseconds left_us = deadline_us - clock.monotonic_us();
    if (left_us <= 0)
      throw Unavailable(
          "the name server did not tell the host of database.url in time; does it answer? An address or "
          "a name of /etc/hosts needs none");
    wait(channel.get(), left_us);
  }
  if (answer.status == ARES_ENOMEM) throw std::bad_alloc();
  if (answer.addresses.empty())
    throw Unavailable(fmt::format("the host of database.url has no address ({}); check the name, or give an address",
                                  ares_strerror(answer.status)));
  return std::move(answer.addresses);
}

}  // namespace identities::store
