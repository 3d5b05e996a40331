// desk.hpp: a demo helpdesk that shows the sidebar: its pages, its data and tokens for the agents in its data file.
// It asks nobody for a password, so it is served on loopback TCP only and only to requests whose Host is loopback.
// No state but the settings; any thread. The data file is read again on each request.
#pragma once

#include "http.hpp"
#include "settings.hpp"
#include "tokens.hpp"

namespace hdhost {

class Desk {
 public:
  static constexpr std::int64_t token_life_s = 300;

  // Borrows the settings and the tokens.
  Desk(const Settings& settings, const Tokens& tokens) : settings_(settings), tokens_(tokens) {}

  // GET below /desk/; the head's path begins with it.
  HttpReply page(const Head& head) const;
  // POST /desk/api/token.
  HttpReply token(const Head& head, std::string_view body, std::int64_t now_s) const;
  // A name that points here by a rebound DNS record must not get tokens.
  static bool is_loopback_host(std::string_view host);

 private:
  std::vector<std::string> connect_sources() const;

  const Settings& settings_;
  const Tokens& tokens_;
};

}  // namespace hdhost
