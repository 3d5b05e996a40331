#include "store/database_url.hpp"

#include <charconv>
#include <stdexcept>

namespace identities::store {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMysql = "mysql://";

[[noreturn]] void refuse(std::string_view found) {
  throw std::invalid_argument(
      "database.url: expected sqlite:/absolute/path or mysql://USER@HOST[:PORT]/DATABASE[?socket=/path], found " +
      std::string(found));
}

/// Takes what stands before the first `end` off the front of text; all of it when there is none.
std::string take(std::string_view& text, char end) {
  const auto at = text.find(end);
  std::string taken(text.substr(0, at));
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return taken;
}

void read_options(std::string_view query, DatabaseUrl& url) {
  while (!query.empty()) {
    std::string pair = take(query, '&');
    std::string_view value = pair;
    const std::string name = take(value, '=');
    if (name == "socket" && value.starts_with('/'))
      url.socket = value;
    else if (name == "tls" && (value == "0" || value == "1"))
      url.tls = value == "1";
    else if (name == "tls_ca" && value.starts_with('/'))
      url.tls_ca = value;
    else
      refuse("another option than socket=/path, tls=0 or 1, tls_ca=/path");
  }
  if (!url.tls_ca.empty()) url.tls = true;
}

DatabaseUrl parse_mysql(std::string_view rest, std::string_view password) {
  DatabaseUrl url;
  url.dialect = Dialect::kMysql;
  url.password = password;
  std::string_view address = rest.substr(0, rest.find('?'));
  rest.remove_prefix(address.size());
  if (address.find('@') == std::string_view::npos) refuse("a mysql address without a user");
  url.user = take(address, '@');
  std::string_view host = address.substr(0, address.find('/'));
  address.remove_prefix(host.size());
  if (url.user.empty() || url.user.find_first_of(":/") != std::string::npos)
    refuse("a user with ':' or '/', or none; the password is the secret database_password");
  const bool six = host.starts_with('[');
  const auto bracket = host.find(']');
  if (six && bracket == std::string_view::npos) refuse("a host with '[' and no ']'");
  url.host = six ? host.substr(1, bracket - 1) : host.substr(0, host.find(':'));
  host.remove_prefix(six ? bracket + 1 : url.host.size());
  if (url.host.empty()) refuse("a mysql address without a host");
  if (!host.empty()) {
    host.remove_prefix(1);
    const auto [end, error] = std::from_chars(host.data(), host.data() + host.size(), url.port);
    if (error != std::errc{} || end != host.data() + host.size() || url.port == 0) refuse("a port that is no number");
  }
  if (address.size() < 2 || address.find('/', 1) != std::string_view::npos)
    refuse("a mysql address without one database");
  url.database = address.substr(1);
  if (!rest.empty()) read_options(rest.substr(1), url);
  if (!url.socket.empty() && url.host != "localhost") refuse("a socket with another host than localhost");
  return url;
}

}  // namespace

DatabaseUrl parse_database_url(std::string_view url, std::string_view password) {
  if (url.starts_with(kMysql)) return parse_mysql(url.substr(kMysql.size()), password);
  if (!url.starts_with(kSqlite) || url.size() == kSqlite.size()) refuse("another scheme, or no path");
  DatabaseUrl parsed;
  parsed.path = url.substr(kSqlite.size());
  return parsed;
}

}  // namespace identities::store
