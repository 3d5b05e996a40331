// token.hpp: makes good and bad tokens, by OpenSSL and not by the library that hdhost checks them with.
#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace contract {

std::int64_t now_s();

// Good claims of an agent with both scopes, from now for 300 s.
boost::json::object good_claims();

// header.claims.signature; `digest` is "SHA256", "SHA512" or "" for no signature at all.
std::string sign(const boost::json::object& header, const boost::json::object& claims, const std::string& secret,
                 const std::string& digest = "SHA256");

std::string good_token();

}  // namespace contract
