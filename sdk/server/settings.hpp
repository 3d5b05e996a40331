// settings.hpp: the section "hdhost" of the configuration file, checked. Plain values; read once, then any thread may
// look. Paths are absolute.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config.hpp"
#include "rate_limits.hpp"
#include "result.hpp"

namespace hdhost {

// Where to listen: a loopback address and port, or a Unix socket.
struct Endpoint {
  std::string address;  // "127.0.0.1", "::1"; empty for a Unix socket
  std::uint16_t port = 0;
  std::string unix_path;
};

struct Limits {
  std::int64_t connections = 1024;
  std::int64_t header_bytes = 16'384;
  std::int64_t body_bytes = 1'048'576;
  std::int64_t header_timeout_ms = 10'000;
  std::int64_t body_timeout_ms = 30'000;
  std::int64_t idle_timeout_ms = 60'000;
};

// Generous: they keep the database from one runaway sender, not an agent from a second tab.
struct Rates {
  Rate webhook{2000, 20'000};  // of one address
  Rate caller{100, 1000};      // of one agent of one helpdesk
};

struct TokenKey {
  std::string kid;
  std::string issuer;
  std::string secret;
};

struct DeskSettings {
  std::filesystem::path pages;
  std::filesystem::path data;
};

struct Settings {
  std::filesystem::path manifest;
  Endpoint listen;
  std::optional<Endpoint> status_listen;
  std::filesystem::path ports_file;  // empty: none is written
  std::int64_t threads = 8;
  std::int64_t webhook_threads = 32;  // they wait for a disk together, and are stored together
  std::int64_t queue = 1024;          // as many as connections: who may connect may ask
  Limits limits;
  Rates rates;
  std::string audience;
  std::vector<TokenKey> keys;  // empty: no panel and no action can be called
  std::vector<std::string> cors_origins;
  std::vector<std::string> frame_ancestors;
  std::optional<DeskSettings> desk;
};

helpdesk::result<Settings> read_settings(const helpdesk::Config& config);

// Every fault of the section; none when read_settings takes it.
std::vector<helpdesk::Refusal> settings_faults(const helpdesk::Config& config);

}  // namespace hdhost
