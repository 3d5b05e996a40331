// http.hpp: a request's head and a reply as the routes see them; the sockets are connection.cpp's.
// A Head owns the bytes that its views point into, so it stays where it was made; it never changes after that, and any
// thread may read it.
#pragma once

#include <helpdesk/plugin.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hdhost {

class Head {
 public:
  using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

  // Copies everything. A request id that is not [A-Za-z0-9-]{1,64} is replaced by one of ours.
  Head(std::string_view method, std::string_view target, const Fields& fields, std::string peer, bool on_status_port);
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  std::string_view method() const { return method_; }
  std::string_view path() const { return path_; }    // still percent-encoded
  std::string_view query() const { return query_; }  // without the question mark
  const std::string& request_id() const { return request_id_; }
  const std::string& peer() const { return peer_; }
  bool on_status_port() const { return on_status_port_; }
  const std::vector<hd_header>& headers() const { return headers_; }  // names in lower case
  // The first of that name, empty when there is none.
  std::string_view header(std::string_view lower_case_name) const;
  std::size_t count(std::string_view lower_case_name) const;

 private:
  std::string bytes_;
  std::string_view method_;
  std::string_view path_;
  std::string_view query_;
  std::vector<hd_header> headers_;
  std::string request_id_;
  std::string peer_;
  bool on_status_port_;
};

struct HttpReply {
  int status = 200;
  std::string content_type;  // empty: no body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  void set(std::string name, std::string value) { headers.emplace_back(std::move(name), std::move(value)); }
};

}  // namespace hdhost
