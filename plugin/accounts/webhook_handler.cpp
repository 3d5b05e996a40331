#include "accounts/webhook_handler.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/stream_parser.hpp>
#include <new>

#include "accounts/item_decoder.hpp"
#include "accounts/standard_webhooks.hpp"
#include "core/json_writer.hpp"

namespace identities::accounts {
namespace {

namespace json = boost::json;

constexpr std::string_view kDeliveries = "deliveries/";

WebhookAnswer refuse(const Problem& problem, const WebhookRequest& request) {
  return {
      problem.status, "application/problem+json", problem_json(problem, request.request_id), problem.retry_after_s, {}};
}

Problem unknown_address() {
  return {404,
          "unknown-address",
          "Unknown address",
          "No account has this webhook address; 'identities account list' shows them.",
          {},
          {},
          {}};
}

/// The value of a query parameter; empty when absent.
std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name)
      return equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
  }
  return {};
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(),
                 nullptr) != 1)
    throw std::bad_alloc();
  return digest;
}

std::optional<Problem> check_signature(const WebhookRequest& request, const store::Account& account,
                                       MasterKeys& master_keys, Microseconds now_us) {
  std::vector<std::string> keys;
  for (const store::SealedSecret& secret : account.secrets) {
    if (now_us < secret.not_before_us || (secret.not_after_us && now_us >= *secret.not_after_us)) continue;
    if (const auto plain = master_keys.unseal(account.id, secret.sealed))
      if (auto key = key_of_secret(*plain)) keys.push_back(std::move(*key));
  }
  if (keys.empty())
    return Problem{503,
                   "no-usable-secret",
                   "No usable secret",
                   "The account has no live secret that the master key opens; its admin must see to it.",
                   {},
                   {},
                   60};
  const SignedDelivery delivery{request.header("webhook-id"), request.header("webhook-timestamp"),
                                request.header("webhook-signature"), request.body};
  switch (verify(delivery, keys, now_us)) {
    case SignatureFault::kNone:
      return std::nullopt;
    case SignatureFault::kMissingHeader:
      return Problem{401,
                     "unsigned",
                     "Unsigned delivery",
                     "Send the headers webhook-id, webhook-timestamp and webhook-signature (Standard Webhooks).",
                     {},
                     {},
                     {}};
    case SignatureFault::kMalformedHeader:
      return Problem{401,
                     "malformed-signature",
                     "Malformed signature headers",
                     "webhook-id: 1 to 255 visible characters without '/'; webhook-timestamp: seconds since 1970; "
                     "webhook-signature: \"v1,\" and base64 of 32 bytes.",
                     {},
                     {},
                     {}};
    case SignatureFault::kStale:
      return Problem{
          401,
          "stale-timestamp",
          "Stale timestamp",
          "webhook-timestamp is more than 5 minutes from this server's time; set the sender's clock and sign again.",
          {},
          now_us,
          {}};
    case SignatureFault::kMismatch:
      break;
  }
  return Problem{401,
                 "wrong-signature",
                 "Wrong signature",
                 "No live secret of the account gives this signature over \"id.timestamp.body\" of the raw body.",
                 {},
                 {},
                 {}};
}

std::optional<Problem> check_content_type(const WebhookRequest& request) {
  std::string_view type = request.header("content-type").value_or(std::string_view{});
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; };
  constexpr std::string_view kJson = "application/json";
  if (std::equal(type.begin(), type.end(), kJson.begin(), kJson.end(), same)) return std::nullopt;
  return Problem{415, "unsupported-media-type", "Not JSON", "Send content-type: application/json.", {}, {}, {}};
}

/// The parsed body, or why it cannot be.
std::optional<Problem> parse_body(std::string_view body, json::value& value) {
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return Problem{400,
                   "empty-body",
                   "Empty body",
                   "Send one item, or an array of up to 500.",
                   {{"", "an object or an array", "nothing"}},
                   {},
                   {}};
  json::parse_options options;
  options.max_depth = kJsonDepth;
  json::error_code error;
  json::stream_parser parser(json::storage_ptr{}, options);
  const std::size_t read = parser.write_some(body.data(), body.size(), error);
  if (!error && read < body.size() && body.find_first_not_of(" \t\r\n", read) != std::string_view::npos)
    error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (error == json::error::too_deep)
    return Problem{400,
                   "too-deep",
                   "Nested too deep",
                   fmt::format("JSON here nests at most {} deep.", kJsonDepth),
                   {{"", fmt::format("at most {} levels", kJsonDepth), "more"}},
                   {},
                   {}};
  if (error)
    return Problem{
        400,
        "malformed-json",
        "Malformed JSON",
        fmt::format("Not JSON in UTF-8 near byte {}.", read),
        {{"", "JSON (RFC 8259) in UTF-8", fmt::format("a syntax error near byte {} of {}", read, body.size())}},
        {},
        {}};
  value = parser.release();
  return std::nullopt;
}

WebhookAnswer accepted(std::string_view id, const store::Delivery& delivery, bool duplicate, bool dry_run) {
  JsonWriter json(256 + delivery.results.size());
  json.begin_object().member("delivery", id).member("received_at", format_rfc3339(delivery.received_us));
  if (dry_run) json.member_boolean("dry_run", true);
  json.member_boolean("duplicate", duplicate).key("results").raw(delivery.results).end_object();
  return {delivery.status, "application/json", json.take(), {}, {}};
}

}  // namespace

WebhookAnswer WebhookHandler::handle(const WebhookRequest& request) {
  const auto slash = request.path.find('/');
  const std::string_view key = request.path.substr(0, slash);
  const std::string_view rest = slash == std::string_view::npos ? std::string_view{} : request.path.substr(slash + 1);
  const bool asks_delivery = rest.starts_with(kDeliveries) && rest.size() > kDeliveries.size();
  if (!rest.empty() && !asks_delivery) return refuse(unknown_address(), request);
  const std::string_view wanted = asks_delivery ? "GET" : "POST";
  if (request.method != wanted) {
    auto answer = refuse(
        {405, "method-not-allowed", "Method not allowed", fmt::format("This address takes {}.", wanted), {}, {}, {}},
        request);
    answer.allow = wanted;
    return answer;
  }
  if (asks_delivery)
    return pool_.with_command(request.deadline_us, [&](store::Session& session) {
      session.set_request_id(request.request_id);
      return get(request, key, rest.substr(kDeliveries.size()), session);
    });
  auto accounts = directory_.known();
  bool current = false;
  for (;;) {
    // What is accepted is checked in its own transaction against the settings of that moment; what is refused, here.
    std::optional<WebhookAnswer> answer;
    if (accounts != nullptr) answer = post(request, key, *accounts);
    const bool refused = answer && answer->status >= 400;
    if (answer && (!refused || current)) return std::move(*answer);
    const auto now = pool_.with_session(request.deadline_us, [&](store::Session& session) {
      session.set_request_id(request.request_id);
      return directory_.current(session, store::read_settings(session));
    });
    if (answer && now == accounts) return std::move(*answer);
    current = true;
    accounts = now;
  }
}

std::optional<WebhookAnswer> WebhookHandler::post(const WebhookRequest& request, std::string_view key,
                                                  const store::Accounts& accounts) {
  const store::Account* account = accounts.by_webhook_key(key);
  if (account == nullptr || account->disabled) return refuse(unknown_address(), request);
  const Microseconds now_us = pool_.clock().now_us();
  if (const auto problem = check_signature(request, *account, *keys_, now_us)) return refuse(*problem, request);
  if (const auto problem = check_content_type(request)) return refuse(*problem, request);
  const std::string_view dry_run = query_value(request.query, "dry_run");
  if (!dry_run.empty() && dry_run != "0" && dry_run != "1")
    return refuse({422, "invalid-query", "Invalid query", "dry_run takes 0 or 1.", {}, {}, {}}, request);
  json::value value;
  if (const auto problem = parse_body(request.body, value)) return refuse(*problem, request);
  const std::size_t count = value.is_array() ? value.get_array().size() : 1;
  if (count > kMaxItems || count == 0)
    return refuse({count == 0 ? 422 : 413,
                   count == 0 ? "no-items" : "too-many-items",
                   count == 0 ? "No items" : "Too many items",
                   "Send 1 to 500 items in one delivery.",
                   {{"", "1 to 500 items", fmt::format("{}", count)}},
                   {},
                   {}},
                  request);

  const std::vector<Decoded> decoded = decode_items(value, *account, accounts.rules(), now_us);
  if (std::none_of(decoded.begin(), decoded.end(), [](const Decoded& each) { return each.item.has_value(); })) {
    Faults faults;
    for (const Decoded& each : decoded) faults.insert(faults.end(), each.faults.begin(), each.faults.end());
    return refuse({422,
                   "invalid-items",
                   "Breaks the schema",
                   "Nothing was stored. Mend what errors names and send it again; dry_run=1 tries without storing.",
                   std::move(faults),
                   {},
                   {}},
                  request);
  }
  const Received received{*account,
                          accounts.version(),
                          *request.header("webhook-id"),
                          sha256(request.body),
                          now_us,
                          decoded,
                          request.body.size(),
                          request.request_id,
                          request.deadline_us};
  const bool only_try = dry_run == "1";
  const Stored stored = only_try ? intake_.try_out(received) : intake_.store(received);
  switch (stored.fate) {
    case Fate::kSettingsChanged:
      return std::nullopt;
    case Fate::kIdReused:
      return refuse({409,
                     "delivery-id-reused",
                     "Delivery id used before",
                     "This webhook-id was accepted with another body; give each delivery its own id.",
                     {},
                     {},
                     {}},
                    request);
    case Fate::kStored:
    case Fate::kDuplicate:
      break;
  }
  return accepted(received.id, stored.delivery, stored.fate == Fate::kDuplicate, only_try);
}

WebhookAnswer WebhookHandler::get(const WebhookRequest& request, std::string_view key, std::string_view delivery,
                                  store::Session& session) {
  const auto accounts = directory_.current(session, store::read_settings(session));
  const store::Account* account = accounts->by_webhook_key(key);
  if (account == nullptr || account->disabled) return refuse(unknown_address(), request);
  if (const auto problem = check_signature(request, *account, *keys_, pool_.clock().now_us()))
    return refuse(*problem, request);
  if (request.header("webhook-id") != delivery)
    return refuse(
        {401,
         "wrong-signature",
         "Wrong signature",
         "webhook-id must be the id of the delivery in the address; sign \"id.timestamp.\" with an empty body.",
         {},
         {},
         {}},
        request);
  const auto found = store::find_delivery(session, account->id, delivery);
  if (!found)
    return refuse({404,
                   "unknown-delivery",
                   "Unknown delivery",
                   "No delivery of this account was accepted under that webhook-id; send it again.",
                   {},
                   {},
                   {}},
                  request);
  return accepted(delivery, {found->id, {}, found->received_us, 200, found->results}, false, false);
}

std::optional<std::string> take_host_items(std::string_view text, store::Pool& pool, store::AccountDirectory& directory,
                                           Microseconds deadline_us, Faults& faults) {
  json::value value;
  if (const auto problem = parse_body(text, value)) {
    faults = problem->faults;
    return std::nullopt;
  }
  if (!value.is_object()) {
    faults.push_back({"", "an object", describe(&value)});
    return std::nullopt;
  }
  Fields fields(value.get_object(), "", faults);
  const std::string_view name = fields.text("account", {64, 1});
  const json::array* items = fields.optional_array("items", kMaxItems);
  if (items == nullptr || items->empty()) fields.fault("items", "an array of 1 to 500 items", fields.any("items"));
  fields.refuse_others();
  if (!faults.empty()) return std::nullopt;

  return pool.with_command(deadline_us, [&](store::Session& session) -> std::optional<std::string> {
    faults.clear();
    const auto accounts = directory.current(session, store::read_settings(session));
    const store::Account* account = accounts->by_name(name);
    if (account == nullptr || account->disabled) {
      faults.push_back({"/account", "the name of an account", "another name"});
      return std::nullopt;
    }
    std::vector<Decoded> decoded = decode_items(*items, *account, accounts->rules(), pool.clock().now_us());
    for (Decoded& each : decoded)
      for (Fault& fault : each.faults) faults.push_back({"/items" + fault.pointer, fault.expected, fault.found});
    if (!faults.empty()) return std::nullopt;
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(session);
    std::vector<store::WriteBatch::Expected> expected;
    expect(expected, *account, decoded);
    batch.expect(expected);
    std::string results = apply_items(batch, *account, pool.clock().now_us(), decoded);
    batch.commit(transaction);
    return R"({"results":)" + results + "}";
  });
}

}  // namespace identities::accounts
