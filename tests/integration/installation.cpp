#include "installation.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "accounts/standard_webhooks.hpp"
#include "test_database.hpp"
#include "token.hpp"

namespace integration {
namespace {

namespace json = boost::json;

/// What follows `label` and spaces in the command's output, up to white space.
std::string word_after(const std::string& output, const std::string& label) {
  const auto at = output.find(label);
  if (at == std::string::npos) throw std::runtime_error("no '" + label + "' in: " + output);
  const auto begin = output.find_first_not_of(' ', at + label.size());
  return output.substr(begin, output.find_first_of(" \n", begin) - begin);
}

}  // namespace

Installation::Installation(const std::string& database_url) {
  std::string pattern = std::filesystem::temp_directory_path() / "identities-integration-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = std::filesystem::path(pattern) / "etc";
  std::string url = database_url;
  if (url.empty() && std::getenv("IDENTITIES_TEST_MARIADB") != nullptr) url = mariadb_.emplace().url_text();
  if (url.empty()) url = "sqlite:" + database().string();
  database_ = identities::store::parse_database_url(url);
  run(fmt::format("init {} --manifest {} --listen 127.0.0.1:0 --status-listen 127.0.0.1:0 --database '{}'{}",
                  folder_.string(), MANIFEST_FILE, url, url.starts_with("mysql:") ? " --no-password" : ""));
  run(fmt::format("migrate --config {}/identities.json", folder_.string()));
  run(fmt::format("rules set {} --config {}/identities.json", SAMPLE_RULES, folder_.string()));
  std::ifstream file(folder_ / "desk_token");
  token_secret_.assign(std::istreambuf_iterator<char>(file), {});
  token_secret_.pop_back();
}

Installation::~Installation() {
  hdhost_.reset();
  std::filesystem::remove_all(folder_.parent_path());
}

std::string Installation::run(const std::string& arguments) const {
  const std::string command = fmt::format("{} {} 2>&1", IDENTITIES_PROGRAM, arguments);
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  char buffer[4096];
  for (std::size_t size = 0; (size = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, size);
  if (::pclose(pipe) != 0) throw std::runtime_error(command + " failed: " + output);
  return output;
}

Account Installation::add_account(const std::string& name, const std::string& provider) {
  const std::string output = run(fmt::format("account add generic {} --provider {} --config {}/identities.json", name,
                                             provider, folder_.string()));
  const std::string address = word_after(output, "address");
  return {address.substr(address.find("/hooks/")), word_after(output, "secret")};
}

std::string Installation::rotate(const std::string& name, int overlap_hours) {
  return word_after(run(fmt::format("account rotate {} --overlap-hours {} --config {}/identities.json", name,
                                    overlap_hours, folder_.string())),
                    "secret");
}

void Installation::start() {
  hdhost_.reset();
  hdhost_ = std::make_unique<contract::HdhostProcess>(folder_ / "identities.json");
}

void Installation::stop_hard() {
  hdhost_->signal(SIGKILL);
  hdhost_->wait();
  hdhost_.reset();
}

contract::Response Installation::deliver(const Account& account, const Sent& sent) const {
  const std::int64_t at = contract::now_s() - sent.age_s;
  const std::string key = *identities::accounts::key_of_secret(account.secret);
  std::vector<std::string> headers = {"content-type: " + sent.content_type};
  if (sent.is_signed) {
    headers.push_back("webhook-id: " + sent.id);
    headers.push_back(fmt::format("webhook-timestamp: {}", at));
    headers.push_back("webhook-signature: " + identities::accounts::sign(key, sent.id, at, sent.body));
  }
  return contract::request(hdhost_->url(), "POST", account.address + (sent.query.empty() ? "" : "?" + sent.query),
                           headers, sent.body);
}

contract::Response Installation::ask_delivery(const Account& account, const std::string& id) const {
  const std::int64_t at = contract::now_s();
  const std::string key = *identities::accounts::key_of_secret(account.secret);
  return contract::request(hdhost_->url(), "GET", account.address + "/deliveries/" + id,
                           {"webhook-id: " + id, fmt::format("webhook-timestamp: {}", at),
                            "webhook-signature: " + identities::accounts::sign(key, id, at, "")});
}

std::string Installation::token_with(const std::string& email, const json::object& claims) const {
  json::object all_claims = {{"iss", "support"},
                             {"aud", "identities"},
                             {"sub", "mia"},
                             {"name", "mia"},
                             {"scopes", json::array{"identity.see", "note.write"}},
                             {"view", all()},
                             {"ticket", json::object{{"account", "support"}, {"thread", "t-1"}}},
                             {"requesters", json::array{json::object{{"kind", "email"}, {"value", email}}}},
                             {"iat", contract::now_s()},
                             {"exp", contract::now_s() + 300}};
  for (const auto& claim : claims) all_claims[claim.key()] = claim.value();
  return contract::sign({{"alg", "HS256"}, {"typ", "JWT"}, {"kid", "desk"}}, all_claims, token_secret_);
}

std::string Installation::token(const std::string& email, const std::string& agent, const json::object& view) const {
  return token_with(email, {{"sub", agent}, {"name", agent}, {"view", view}});
}

contract::Response Installation::panel_with(const std::string& token, const json::object& body) const {
  return contract::request(hdhost_->url(), "POST", "/v1/panel/identities/sidebar",
                           {"content-type: application/json", "authorization: Bearer " + token}, json::serialize(body));
}

contract::Response Installation::panel(const std::string& email, const json::object& body,
                                       const json::object& view) const {
  return panel_with(token(email, "mia", view), body);
}

contract::Response Installation::action_with(const std::string& token, const std::string& name,
                                             const json::object& body) const {
  return contract::request(hdhost_->url(), "POST", "/v1/action/identities/" + name,
                           {"content-type: application/json", "authorization: Bearer " + token}, json::serialize(body));
}

contract::Response Installation::action(const std::string& name, const std::string& email, const json::object& body,
                                        const std::string& agent) const {
  return action_with(token(email, agent), name, body);
}

std::int64_t Installation::count(const std::string& sql) const {
  return support::count(database_, sql);
}

bool Installation::wait_for(const std::string& sql) const {
  const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (count(sql) != 1)
    if (std::chrono::steady_clock::now() > give_up_at) return false;
  return true;
}

json::object message(const std::string& id, const std::string& text, const std::string& email) {
  // Always the same, so that a message sent again is the same message.
  constexpr std::string_view kAt = "2026-11-03T10:12:00Z";
  return {{"type", "engagement.created"},
          {"timestamp", kAt},
          {"data",
           json::object{{"id", id},
                        {"customer",
                         json::object{{"id", "c-" + email},
                                      {"name", "Ada Example"},
                                      {"identifiers", json::array{json::object{{"kind", "email"}, {"value", email}}}}}},
                        {"direction", "in"},
                        {"channel", "mail"},
                        {"occurred_at", kAt},
                        {"thread", json::object{{"id", "t-1"}, {"subject", "Hello"}, {"status", "open"}}},
                        {"text", text}}}};
}

}  // namespace integration
