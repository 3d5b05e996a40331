#include "settings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>

#include "json_fields.hpp"

namespace hdhost {
namespace {

namespace json = boost::json;
using helpdesk::Faults;
using helpdesk::Fields;
using helpdesk::TextRule;

constexpr std::size_t min_secret_bytes = 32;  // RFC 7518, 3.2: a key for HS256 has at least the hash's size
constexpr std::size_t max_unix_path_bytes = 107;

const TextRule path_rule{"the path of a file or folder", 1, 4096};
const TextRule name_rule{"a name of 1 to 64 bytes", 1, 64};

bool is_loopback(const std::string& address) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127U;
  return ::inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint endpoint;
  if (text.starts_with("unix:/")) {
    endpoint.unix_path = text.substr(5);
    return endpoint.unix_path.size() <= max_unix_path_bytes ? std::optional(endpoint) : std::nullopt;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view address = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (port.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size()) return std::nullopt;
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  endpoint.address = address;
  return is_loopback(endpoint.address) ? std::optional(endpoint) : std::nullopt;
}

Endpoint read_endpoint(Fields& fields, std::string_view name) {
  const std::string text = fields.text(name, {"an address like \"127.0.0.1:8480\"", 1, 256});
  const auto endpoint = parse_endpoint(text);
  if (endpoint) return *endpoint;
  fields.refuse(
      name,
      "a loopback address with a port, like \"127.0.0.1:8480\" or \"[::1]:0\", or \"unix:/path\" (plain HTTP is "
      "for loopback; TLS and the outside are the proxy's)",
      fmt::format("\"{}\"", text));
  return {};
}

// "https://host[:port]": what a browser sends as Origin.
bool is_origin(std::string_view text) {
  const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || text.size() == scheme) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(scheme), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
}

std::vector<std::string> read_origins(Fields& fields, std::string_view name, Faults& faults) {
  std::vector<std::string> origins;
  const json::array* const entries = fields.array_or_null(name, 0, 64);
  for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    origins.push_back(
        text_at(*entries, i, fields.pointer_of(name),
                {"an exact origin like \"https://desk.example.org\" in lower case, without a path", 8, 256, is_origin},
                faults));
  }
  return origins;
}

Limits read_limits(Fields& parent, Faults& faults) {
  Limits limits;
  const json::object* const object = parent.object_or_null("limits");
  if (object == nullptr) return limits;
  Fields fields(*object, parent.pointer_of("limits"), faults);
  limits.connections = fields.integer_or("connections", limits.connections, 1, 100'000);
  limits.header_bytes = fields.integer_or("header_bytes", limits.header_bytes, 1024, 1'048'576);
  limits.body_bytes = fields.integer_or("body_bytes", limits.body_bytes, 1024, 64 * 1'048'576);
  limits.header_timeout_ms = fields.integer_or("header_timeout_ms", limits.header_timeout_ms, 100, 600'000);
  limits.body_timeout_ms = fields.integer_or("body_timeout_ms", limits.body_timeout_ms, 100, 600'000);
  limits.idle_timeout_ms = fields.integer_or("idle_timeout_ms", limits.idle_timeout_ms, 100, 3'600'000);
  fields.finish();
  return limits;
}

Rates read_rates(Fields& parent, Faults& faults) {
  Rates rates;
  const json::object* const object = parent.object_or_null("rates");
  if (object == nullptr) return rates;
  Fields fields(*object, parent.pointer_of("rates"), faults);
  rates.webhook.per_s = fields.integer_or("webhook_per_s", rates.webhook.per_s, 0, 100'000);
  rates.webhook.burst = fields.integer_or("webhook_burst", rates.webhook.burst, 1, 1'000'000);
  rates.caller.per_s = fields.integer_or("caller_per_s", rates.caller.per_s, 0, 100'000);
  rates.caller.burst = fields.integer_or("caller_burst", rates.caller.burst, 1, 1'000'000);
  fields.finish();
  return rates;
}

TokenKey read_key(const json::object& object, std::string pointer, const helpdesk::Secrets& secrets, Faults& faults) {
  Fields fields(object, std::move(pointer), faults);
  TokenKey key;
  key.kid = fields.text("kid", name_rule);
  key.issuer = fields.text("issuer", {"a text of 1 to 256 bytes", 1, 256});
  const std::string secret_name = fields.text("secret", name_rule);
  fields.finish();
  const auto secret = secrets.find(secret_name);
  if (faults.any()) return key;
  if (secret == secrets.end()) {
    fields.refuse("secret", "a name in \"secrets\"", fmt::format("\"{}\"", secret_name));
  } else if (secret->second.size() < min_secret_bytes) {
    fields.refuse("secret", fmt::format("a secret of at least {} bytes", min_secret_bytes),
                  fmt::format("one of {}", secret->second.size()));
  } else {
    key.secret = secret->second;
  }
  return key;
}

void read_tokens(Fields& parent, const helpdesk::Secrets& secrets, Settings& settings, Faults& faults) {
  const json::object* const object = parent.object_or_null("tokens");
  if (object == nullptr) return;
  Fields fields(*object, parent.pointer_of("tokens"), faults);
  settings.audience = fields.text("audience", {"a text of 1 to 256 bytes", 1, 256});
  const json::array* const keys = fields.array("keys", 1, 64);
  for (std::size_t i = 0; keys != nullptr && i < keys->size(); ++i) {
    const json::object* const entry = object_at(*keys, i, fields.pointer_of("keys"), faults);
    if (entry == nullptr) return;
    const std::string pointer = helpdesk::append_pointer(fields.pointer_of("keys"), std::to_string(i));
    TokenKey key = read_key(*entry, pointer, secrets, faults);
    const bool again = std::any_of(settings.keys.begin(), settings.keys.end(),
                                   [&](const TokenKey& other) { return other.kid == key.kid; });
    if (again) fields.refuse("keys", "each kid once", fmt::format("\"{}\" again", key.kid));
    settings.keys.push_back(std::move(key));
  }
  fields.finish();
}

void read_desk(Fields& parent, const std::filesystem::path& file, Settings& settings, Faults& faults) {
  const json::object* const object = parent.object_or_null("desk");
  if (object == nullptr) return;
  Fields fields(*object, parent.pointer_of("desk"), faults);
  settings.desk = DeskSettings{helpdesk::beside(file, fields.text("pages", path_rule)),
                               helpdesk::beside(file, fields.text("data", path_rule))};
  fields.finish();
  if (!settings.listen.unix_path.empty())
    parent.refuse("desk", "a loopback TCP address in \"listen\"", "a Unix socket");
  if (settings.keys.empty()) parent.refuse("desk", "\"tokens\" with a key to sign with", "none");
}

Settings parse_settings(const helpdesk::Config& config, Faults& faults) {
  Fields fields(*config.hdhost, "/hdhost", faults);
  Settings settings;
  settings.manifest = helpdesk::beside(config.file, fields.text("manifest", path_rule));
  settings.listen = read_endpoint(fields, "listen");
  if (fields.has("status_listen")) settings.status_listen = read_endpoint(fields, "status_listen");
  if (fields.has("ports_file"))
    settings.ports_file = helpdesk::beside(config.file, fields.text("ports_file", path_rule));
  settings.threads = fields.integer_or("threads", settings.threads, 1, 256);
  settings.webhook_threads = fields.integer_or("webhook_threads", settings.webhook_threads, 1, 256);
  settings.queue = fields.integer_or("queue", settings.queue, 1, 100'000);
  settings.limits = read_limits(fields, faults);
  settings.rates = read_rates(fields, faults);
  read_tokens(fields, config.secrets, settings, faults);
  settings.cors_origins = read_origins(fields, "cors_origins", faults);
  settings.frame_ancestors = read_origins(fields, "frame_ancestors", faults);
  read_desk(fields, config.file, settings, faults);
  fields.finish();
  return settings;
}

helpdesk::Refusal no_section(const helpdesk::Config& config) {
  return {fmt::format("{}: /hdhost: expected an object, found nothing", config.file.string())};
}

}  // namespace

helpdesk::result<Settings> read_settings(const helpdesk::Config& config) {
  if (!config.hdhost) return no_section(config);
  Faults faults(config.file.string());
  Settings settings = parse_settings(config, faults);
  if (faults.any()) return faults.first();
  return settings;
}

std::vector<helpdesk::Refusal> settings_faults(const helpdesk::Config& config) {
  if (!config.hdhost) return {no_section(config)};
  Faults faults(config.file.string());
  parse_settings(config, faults);
  return faults.all();
}

}  // namespace hdhost
