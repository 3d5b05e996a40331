#include "problem.hpp"

#include <boost/json/serialize.hpp>

namespace hdhost {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return status < 300 ? "Success" : status < 400 ? "Redirect" : status < 500 ? "Client Error" : "Server Error";
  }
}

HttpReply problem(int status, std::string_view detail, const std::string& request_id, boost::json::object more) {
  boost::json::object object{
      {"type", "about:blank"}, {"title", reason_of(status)}, {"status", status}, {"detail", detail}};
  for (auto& entry : more) object.insert_or_assign(entry.key(), std::move(entry.value()));
  object["request_id"] = request_id;
  HttpReply reply;
  reply.status = status;
  reply.content_type = "application/problem+json";
  reply.body = boost::json::serialize(object);
  return reply;
}

}  // namespace hdhost
