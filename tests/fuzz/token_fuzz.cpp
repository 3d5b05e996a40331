// Method: the input as a whole token, and as a token's header (first line) and claims (the rest) that are signed with
// our key by OpenSSL alone. A token that was not signed by us never passes; one that was passes only with its
// algorithm, its issuer, its audience and a right time, and not with one byte changed.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/ids.hpp"
#include "properties.hpp"
#include "token.hpp"
#include "tokens.hpp"

namespace {

namespace json = boost::json;

constexpr std::int64_t kNow_s = 1'793'700'720;
/// No input can know it.
const std::string& secret() {
  static const std::string made = identities::random_token(48);
  return made;
}
const json::object kGoodHeader{{"alg", "HS256"}, {"typ", "JWT"}, {"kid", "desk"}};

hdhost::Tokens::Checked check(const std::string& token) {
  static const hdhost::Tokens tokens("identities", {{"desk", "support", secret()}});
  const std::string value = "Bearer " + token;
  const hdhost::Head head("POST", "/v1/panel/identities/sidebar", {{"Authorization", value}}, "127.0.0.1", false);
  return tokens.check(head, kNow_s);
}

void check_refusal(const hdhost::TokenFault& fault) {
  fuzz::require(!fault.detail.empty(), "a refused token is told why");
  fuzz::require_line(fault.detail, 2048);
}

void check_unsigned(const std::string& token) {
  static fuzz::Vocabulary words(20);
  const auto checked = check(token);
  fuzz::require(!checked, "a token that was not signed by us does not pass", token);
  check_refusal(checked.error());
  words.add(checked.error().detail);
}

std::optional<json::object> parsed(std::string_view text) {
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

void check_signed(const json::object& header, const json::object& claims) {
  const std::string token = contract::sign(header, claims, secret());
  const auto checked = check(token);
  if (!checked) {
    check_refusal(checked.error());
    return;
  }
  fuzz::require(header.at("alg") == "HS256" && header.at("kid") == "desk", "a token has our algorithm and key", token);
  fuzz::require(claims.at("iss") == "support" && claims.at("aud") == "identities", "a token is from and for us", token);
  const hdhost::Caller& caller = **checked;
  fuzz::require(caller.expires_s + hdhost::Tokens::leeway_s >= kNow_s, "a token has not expired", token);
  fuzz::require(caller.not_before_s - hdhost::Tokens::leeway_s <= kNow_s, "a token is valid already", token);
  const auto context = parsed("{" + caller.context_json + "}");
  fuzz::require(context && context->size() == 5, "what a token says is passed on as five members", caller.context_json);
  fuzz::require(context->at("agent").at("id") == claims.at("sub"), "the agent is the token's", token);
  fuzz::require(context->at("requester").as_array().size() == claims.at("requesters").as_array().size(),
                "the requesters are the token's", token);
  for (const std::size_t at : {token.find('.') + 1, token.rfind('.') + 1}) {
    std::string changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    fuzz::require(!check(changed), "a changed token does not pass", changed);
  }
  fuzz::require(!check(token.substr(0, token.rfind('.') + 1)), "a token without its signature does not pass", token);
  check_unsigned(contract::sign(header, claims, secret() + "x"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_unsigned(text);
  const auto end = text.find('\n');
  if (end == std::string::npos) return 0;
  const auto claims = parsed(std::string_view(text).substr(end + 1));
  if (!claims) return 0;
  check_signed(parsed(std::string_view(text).substr(0, end)).value_or(kGoodHeader), *claims);
  return 0;
}
