// tokens.hpp: who is asking. A token is a JWT, HS256 and nothing else, by which a helpdesk says which agent looks at
// which ticket; it comes in the Authorization header only. Rules: RFC 7519 and RFC 8725 (pinned algorithm, iss, aud).
// Thread-safe. Owns the keys and the Callers of tokens seen before; a Caller never changes.
#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http.hpp"
#include "settings.hpp"

namespace hdhost {

// What a good token says.
struct Caller {
  std::string rate_key;  // issuer and sub: what stays when the token is renewed
  std::vector<std::string> scopes;
  std::string context_json;  // the members "requester", "ticket", "agent", "scopes", "view", without the braces
  std::int64_t expires_s = 0;
  std::int64_t not_before_s = 0;

  bool may(std::string_view scope) const;
};

struct TokenFault {
  std::string error;   // for WWW-Authenticate; empty when no token came at all
  std::string detail;  // without any value of the token
  bool about_time = false;
};

class Tokens {
 public:
  static constexpr std::size_t max_token_bytes = 16 * 1024;
  static constexpr std::int64_t max_life_s = 600;
  static constexpr std::int64_t leeway_s = 60;

  using Checked = boost::system::result<std::shared_ptr<const Caller>, TokenFault>;

  Tokens(std::string audience, std::vector<TokenKey> keys) : audience_(std::move(audience)), keys_(std::move(keys)) {}

  // now_s: seconds since 1970 UTC.
  Checked check(const Head& head, std::int64_t now_s) const;

  // A signed token with these claims, by the key of that kid; empty when there is no such key. iss, aud, iat and exp
  // are set here.
  std::string sign(const std::string& kid, boost::json::object claims, std::int64_t now_s, std::int64_t life_s) const;

 private:
  Checked verify(const std::string& token, std::int64_t now_s) const;
  const TokenKey* find(std::string_view kid) const;

  const std::string audience_;
  const std::vector<TokenKey> keys_;

  // Callers by the SHA-256 of the whole token: a sidebar asks every two seconds with the same one. In two generations:
  // where the younger has no more room it becomes the older, whose place it takes; so what is in use stays.
  using Digest = std::array<unsigned char, 32>;
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const;
  };
  using Callers = std::unordered_map<Digest, std::shared_ptr<const Caller>, DigestHash>;
  struct Known {
    std::mutex mutex;
    std::size_t young_bytes = 0;
    Callers young;
    Callers old;
  };
  static Digest digest_of(std::string_view token);
  std::shared_ptr<const Caller> recall(const Digest& digest) const;
  void remember(const Digest& digest, const std::shared_ptr<const Caller>& caller) const;

  mutable Known known_;
};

}  // namespace hdhost
