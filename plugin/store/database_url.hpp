// Where the database is: the setting database.url, taken apart. Plain values.
//
//   sqlite:/absolute/path
//   mysql://USER@HOST[:PORT]/DATABASE[?socket=/path][&tls=1][&tls_ca=/path]     HOST localhost with a socket: a Unix
//   socket
//
// The password is never in the URL: it is the secret "database_password", a file that the configuration names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/dialect.hpp"

namespace identities::store {

struct DatabaseUrl {
  Dialect dialect = Dialect::kSqlite;
  std::string path;  // sqlite
  std::string user;  // mysql, as all below
  std::string password;
  std::string host;
  std::uint16_t port = 3306;
  std::string database;
  std::string socket;  // empty: TCP
  bool tls = false;    // refuses a server without TLS
  std::string tls_ca;  // empty: the system's authorities
};

/// password: of the MySQL user. Throws std::invalid_argument that says what was expected, without the password.
DatabaseUrl parse_database_url(std::string_view url, std::string_view password = {});

}  // namespace identities::store
