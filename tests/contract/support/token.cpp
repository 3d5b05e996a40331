#include "token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <ctime>

#include "bundle.hpp"

namespace contract {
namespace {

std::string base64url(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

}  // namespace

std::int64_t now_s() {
  return std::time(nullptr);
}

boost::json::object good_claims() {
  boost::json::object claims = boost::json::parse(R"({
    "iss": "support", "aud": "identities", "sub": "a1", "name": "Ann Agent", "scopes": ["see", "write"],
    "view": {"all": true}, "ticket": {"account": "acme", "thread": "t1"},
    "requesters": [{"kind": "email", "value": "customer@example.org"}]})")
                                   .as_object();
  claims["iat"] = now_s();
  claims["exp"] = now_s() + 300;
  return claims;
}

std::string sign(const boost::json::object& header, const boost::json::object& claims, const std::string& secret,
                 const std::string& digest) {
  const std::string signed_part =
      base64url(boost::json::serialize(header)) + "." + base64url(boost::json::serialize(claims));
  if (digest.empty()) return signed_part + ".";
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_get_digestbyname(digest.c_str()), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size(), mac, &size);
  return signed_part + "." + base64url(std::string(reinterpret_cast<const char*>(mac), size));
}

std::string good_token() {
  return sign({{"alg", "HS256"}, {"typ", "JWT"}, {"kid", "desk"}}, good_claims(), token_secret);
}

}  // namespace contract
