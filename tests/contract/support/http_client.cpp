#include "http_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace contract {
namespace {

constexpr int wait_ms = 10'000;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

int connect_to(const std::string& url) {
  if (url.starts_with("unix:")) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, url.c_str() + 5, sizeof(address.sun_path) - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      throw std::runtime_error("connect");
    return fd;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(fd);
    throw std::runtime_error("connect");
  }
  return fd;
}

}  // namespace

Client::Client(const std::string& url) : fd_(connect_to(url)) {}

Client::~Client() {
  ::close(fd_);
}

void Client::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t size = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return;  // closed early by the other side, which a test of limits expects
    sent += static_cast<std::size_t>(size);
  }
}

bool Client::fill() {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, wait_ms) != 1) throw std::runtime_error("no answer in time");
  char buffer[65536];
  const ssize_t size = ::recv(fd_, buffer, sizeof(buffer), 0);
  if (size <= 0) return false;
  received_.append(buffer, static_cast<std::size_t>(size));
  return true;
}

Response Client::receive(bool to_head) {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return {};
  }
  Response response;
  response.status = std::stoi(received_.substr(9, 3));
  std::size_t at = received_.find("\r\n") + 2;
  while (at < end + 2) {
    const std::size_t line_end = received_.find("\r\n", at);
    const std::string line = received_.substr(at, line_end - at);
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) response.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    at = line_end + 2;
  }
  received_.erase(0, end + 4);
  const auto length = response.headers.find("content-length");
  if (to_head || length == response.headers.end()) return response;
  const std::size_t size = std::stoul(length->second);
  while (received_.size() < size) {
    if (!fill()) throw std::runtime_error("closed within a body");
  }
  response.body = received_.substr(0, size);
  received_.erase(0, size);
  return response;
}

bool Client::is_closed() {
  if (!received_.empty()) return false;
  return !fill();
}

Response Client::request(const std::string& method, const std::string& target, const std::vector<std::string>& headers,
                         const std::string& body) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, target);
  for (const std::string& header : headers) text += header + "\r\n";
  if (!body.empty()) text += fmt::format("Content-Length: {}\r\n", body.size());
  send(text + "\r\n" + body);
  return receive(method == "HEAD");
}

Response request(const std::string& url, const std::string& method, const std::string& target,
                 const std::vector<std::string>& headers, const std::string& body) {
  return Client(url).request(method, target, headers, body);
}

}  // namespace contract
