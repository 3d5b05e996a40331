// http_client.hpp: a blocking HTTP/1.1 client that can misbehave: it sends what it is told, byte for byte. Every wait
// has a deadline of some seconds and then throws. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace contract {

struct Response {
  int status = 0;                              // 0: the connection was closed without a response
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class Client {
 public:
  // url: "http://127.0.0.1:8480" or "unix:/path".
  explicit Client(const std::string& url);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& bytes);
  // The next response; `to_head` when it answers a HEAD request.
  Response receive(bool to_head = false);
  // True when the other side has closed the connection.
  bool is_closed();
  // Sends one request with Host and, with a body, Content-Length; returns its response.
  Response request(const std::string& method, const std::string& target, const std::vector<std::string>& headers = {},
                   const std::string& body = {});

 private:
  bool fill();

  int fd_ = -1;
  std::string received_;
};

// One request on a connection of its own.
Response request(const std::string& url, const std::string& method, const std::string& target,
                 const std::vector<std::string>& headers = {}, const std::string& body = {});

}  // namespace contract
