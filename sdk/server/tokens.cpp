#include "tokens.hpp"

#include <fmt/format.h>
#include <jwt.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "json_fields.hpp"

namespace hdhost {
namespace {

namespace json = boost::json;
using helpdesk::Faults;
using helpdesk::Fields;
using helpdesk::TextRule;

constexpr std::size_t max_young_bytes = 4 * 1024 * 1024;  // and as much of the older ones
constexpr std::int64_t far_future_s = 32'503'680'000;     // the year 3000

using Jwt = std::unique_ptr<jwt_t, decltype(&jwt_free)>;

TokenFault bad(std::string detail) {
  return {"invalid_token", std::move(detail), false};
}

TokenFault bad_time(std::string detail) {
  return {"invalid_token", std::move(detail), true};
}

// NULL when it is no JWT or, with a key, when the signature is wrong.
Jwt decode(const std::string& token, const std::string* secret) {
  jwt_t* decoded = nullptr;
  const auto* const key = secret == nullptr ? nullptr : reinterpret_cast<const unsigned char*>(secret->data());
  const int size = secret == nullptr ? 0 : static_cast<int>(secret->size());
  const int failed = jwt_decode(&decoded, token.c_str(), key, size);
  Jwt owned(decoded, &jwt_free);
  if (failed != 0) return {nullptr, &jwt_free};
  return owned;
}

std::string_view header_of(const Jwt& token, const char* name) {
  const char* const value = jwt_get_header(token.get(), name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

bool is_kind(std::string_view text) {
  return text == "email" || text == "phone" || text == "platform" || text == "customer";
}

bool is_role(std::string_view text) {
  return text == "requester" || text == "cc";
}

json::array read_texts(Fields& fields, std::string_view name, std::size_t max_size, const TextRule& rule,
                       Faults& faults) {
  json::array texts;
  const json::array* const entries = fields.array(name, 0, max_size);
  for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    texts.emplace_back(text_at(*entries, i, fields.pointer_of(name), rule, faults));
  }
  return texts;
}

void copy_optional(Fields& fields, std::string_view name, std::size_t max_bytes, json::object& into) {
  if (fields.has(name)) into[name] = fields.text(name, {"a short text", 0, max_bytes});
}

json::array read_requesters(Fields& claims, Faults& faults) {
  json::array requesters;
  const json::array* const entries = claims.array("requesters", 1, 50);
  for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    const json::object* const entry = object_at(*entries, i, "/requesters", faults);
    if (entry == nullptr) break;
    Fields fields(*entry, helpdesk::append_pointer("/requesters", std::to_string(i)), faults);
    json::object requester;
    requester["kind"] = fields.text("kind", {"email, phone, platform or customer", 1, 16, is_kind});
    requester["value"] = fields.text("value", {"a text of 1 to 320 bytes", 1, 320});
    copy_optional(fields, "scope", 64, requester);
    copy_optional(fields, "name", 800, requester);
    if (fields.has("role")) requester["role"] = fields.text("role", {"requester or cc", 1, 16, is_role});
    fields.finish();
    requesters.push_back(std::move(requester));
  }
  return requesters;
}

json::object read_ticket(Fields& claims, Faults& faults) {
  json::object ticket;
  const json::object* const object = claims.object("ticket");
  if (object == nullptr) return ticket;
  Fields fields(*object, "/ticket", faults);
  ticket["account"] = fields.text("account", {"a text of 1 to 64 bytes", 1, 64});
  ticket["thread"] = fields.text("thread", {"a text of 1 to 200 bytes", 1, 200});
  copy_optional(fields, "partition", 800, ticket);
  fields.finish();
  return ticket;
}

json::object read_view(Fields& claims, Faults& faults) {
  json::object view;
  const json::object* const object = claims.object("view");
  if (object == nullptr) return view;
  Fields fields(*object, "/view", faults);
  view["all"] = fields.boolean("all");
  const TextRule rule{"a text of at most 800 bytes", 0, 800};
  if (fields.has("partitions")) view["partitions"] = read_texts(fields, "partitions", 1000, rule, faults);
  if (fields.has("internal_partitions")) {
    view["internal_partitions"] = read_texts(fields, "internal_partitions", 1000, rule, faults);
  }
  if (fields.has("threads")) view["threads"] = read_texts(fields, "threads", 10'000, rule, faults);
  fields.finish();
  return view;
}

// What is checked of the signed claims, besides their times.
void read_caller(Fields& claims, Faults& faults, Caller& caller) {
  json::object agent;
  agent["id"] = claims.text("sub", {"a text of 1 to 200 bytes", 1, 200});
  agent["name"] = claims.text("name", {"a text of 1 to 800 bytes", 1, 800});
  copy_optional(claims, "locale", 35, agent);
  copy_optional(claims, "time_zone", 64, agent);
  json::array scopes = read_texts(claims, "scopes", 32, {"a scope of 1 to 64 bytes", 1, 64}, faults);
  for (const json::value& scope : scopes)
    caller.scopes.emplace_back(scope.is_string() ? scope.get_string().c_str() : "");
  json::object context;
  context["requester"] = read_requesters(claims, faults);
  context["ticket"] = read_ticket(claims, faults);
  context["agent"] = std::move(agent);
  context["scopes"] = std::move(scopes);
  context["view"] = read_view(claims, faults);
  const std::string whole = json::serialize(context);
  caller.context_json = whole.substr(1, whole.size() - 2);
}

// Nothing when the time is right. REQUIRES: read_caller and the times found no fault.
std::optional<TokenFault> time_fault(const Caller& caller, std::int64_t now_s) {
  if (now_s > caller.expires_s + Tokens::leeway_s)
    return bad_time("the token has expired; ask the helpdesk for a new one");
  if (now_s < caller.not_before_s - Tokens::leeway_s) {
    return bad_time("the token is not valid yet; compare the clocks of the helpdesk and this server");
  }
  return std::nullopt;
}

}  // namespace

bool Caller::may(std::string_view scope) const {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

const TokenKey* Tokens::find(std::string_view kid) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const TokenKey& key) { return key.kid == kid; });
  return found == keys_.end() ? nullptr : &*found;
}

Tokens::Checked Tokens::check(const Head& head, std::int64_t now_s) const {
  const std::string_view authorization = head.header("authorization");
  if (authorization.empty()) {
    return TokenFault{"", "expected the header \"Authorization: Bearer <token>\", found none", false};
  }
  if (head.count("authorization") > 1) {
    return TokenFault{"invalid_request", "expected one Authorization header, found several", false};
  }
  constexpr std::string_view scheme = "bearer ";
  const bool bearer = authorization.size() > scheme.size() &&
                      std::equal(scheme.begin(), scheme.end(), authorization.begin(),
                                 [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b); });
  if (!bearer) return TokenFault{"invalid_request", "expected the scheme Bearer, found another", false};
  const std::string token(authorization.substr(scheme.size()));
  if (token.size() > max_token_bytes) {
    return bad(fmt::format("expected a token of at most {} bytes, found a larger one", max_token_bytes));
  }
  const Digest digest = digest_of(token);
  if (auto known = recall(digest)) {
    if (auto fault = time_fault(*known, now_s)) return *fault;
    return known;
  }
  auto checked = verify(token, now_s);
  if (checked) remember(digest, *checked);
  return checked;
}

Tokens::Digest Tokens::digest_of(std::string_view token) {
  // Fetched once: looking for it among the providers costs as much as the hash.
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256 = [] {
    std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> found(EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
    if (found == nullptr) throw std::bad_alloc();  // so that the next call tries again
    return found;
  }();
  Digest digest{};
  if (EVP_Digest(token.data(), token.size(), digest.data(), nullptr, sha256.get(), nullptr) != 1)
    throw std::bad_alloc();
  return digest;
}

// Any eight bytes of it are as good as a hash.
std::size_t Tokens::DigestHash::operator()(const Digest& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

// nullptr when the token was not seen, or not lately.
std::shared_ptr<const Caller> Tokens::recall(const Digest& digest) const {
  std::shared_ptr<const Caller> known;
  {
    const std::lock_guard lock(known_.mutex);
    if (const auto young = known_.young.find(digest); young != known_.young.end()) return young->second;
    const auto old = known_.old.find(digest);
    if (old == known_.old.end()) return nullptr;
    known = old->second;
  }
  remember(digest, known);
  return known;
}

void Tokens::remember(const Digest& digest, const std::shared_ptr<const Caller>& caller) const {
  constexpr std::size_t of_an_entry = 256;  // the digest, the Caller and what the allocator takes for each
  const std::size_t cost = of_an_entry + 2 * caller->rate_key.size() + caller->context_json.size();
  Callers dropped;  // after the lock
  const std::lock_guard lock(known_.mutex);
  if (known_.young_bytes + cost > max_young_bytes) {
    dropped = std::exchange(known_.old, std::exchange(known_.young, {}));
    known_.young_bytes = 0;
  }
  if (known_.young.emplace(digest, caller).second) known_.young_bytes += cost;
}

Tokens::Checked Tokens::verify(const std::string& token, std::int64_t now_s) const {
  const Jwt unverified = decode(token, nullptr);
  if (!unverified) return bad("expected a JSON Web Token, found something else");
  if (header_of(unverified, "alg") != "HS256")
    return bad("expected a token signed with HS256, found another algorithm");
  const TokenKey* const key = find(header_of(unverified, "kid"));
  if (key == nullptr) return bad("expected the kid of a configured key, found another or none");
  const Jwt verified = decode(token, &key->secret);
  if (!verified || jwt_get_alg(verified.get()) != JWT_ALG_HS256) return bad("the token's signature is wrong");

  const std::unique_ptr<char, decltype(&std::free)> text(jwt_get_grants_json(verified.get(), nullptr), &std::free);
  json::error_code ec;
  const json::value document = json::parse(text ? text.get() : "", ec);
  if (ec || !document.is_object()) return bad("expected claims in one JSON object of at most 32 levels, found others");
  Faults faults("the token", true);
  Fields claims(document.get_object(), "", faults);
  auto caller = std::make_shared<Caller>();
  const std::string issuer = claims.text("iss", {"the issuer configured for its kid", 1, 256});
  const std::string audience = claims.text("aud", {"the configured audience", 1, 256});
  const std::int64_t issued_s = claims.integer("iat", 0, far_future_s);
  caller->expires_s = claims.integer("exp", 0, far_future_s);
  caller->not_before_s = std::max(issued_s, claims.integer_or("nbf", 0, 0, far_future_s));
  if (!faults.any() && issuer != key->issuer) claims.refuse("iss", "the issuer configured for its kid", "another");
  if (!faults.any() && audience != audience_) claims.refuse("aud", "the configured audience", "another");
  read_caller(claims, faults, *caller);
  if (!faults.any()) caller->rate_key = issuer + "\n" + claims.text("sub", {"a text of 1 to 200 bytes", 1, 200});
  if (faults.any()) return bad(faults.first().message);
  if (caller->expires_s - issued_s > max_life_s || caller->expires_s <= issued_s) {
    return bad_time(fmt::format("expected exp at most {} s after iat, found another span", max_life_s));
  }
  if (auto fault = time_fault(*caller, now_s)) return *fault;
  return std::shared_ptr<const Caller>(std::move(caller));
}

std::string Tokens::sign(const std::string& kid, json::object claims, std::int64_t now_s, std::int64_t life_s) const {
  const TokenKey* const key = find(kid);
  if (key == nullptr) return {};
  claims["iss"] = key->issuer;
  claims["aud"] = audience_;
  claims["iat"] = now_s;
  claims["exp"] = now_s + life_s;
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) throw std::bad_alloc();
  const Jwt token(made, &jwt_free);
  if (jwt_add_grants_json(made, json::serialize(claims).c_str()) != 0 ||
      jwt_add_header(made, "kid", kid.c_str()) != 0 ||
      jwt_set_alg(made, JWT_ALG_HS256, reinterpret_cast<const unsigned char*>(key->secret.data()),
                  static_cast<int>(key->secret.size())) != 0) {
    throw std::runtime_error("a token could not be made");
  }
  const std::unique_ptr<char, decltype(&std::free)> text(jwt_encode_str(made), &std::free);
  if (!text) throw std::bad_alloc();
  return text.get();
}

}  // namespace hdhost
