#include "panel.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "measure.hpp"

namespace bench {
namespace {

namespace json = boost::json;

json::object request_of(const Customer& customer) {
  return {
      {"requester", json::array{json::object{
                        {"kind", "email"}, {"value", customer.email}, {"name", customer.name}, {"role", "requester"}}}},
      {"ticket", json::object{{"account", kAccounts[customer.threads.front().record].name},
                              {"thread", customer.threads[customer.messages.back().thread].source_key}}},
      {"agent", json::object{{"id", "mia"}, {"name", "Mia"}, {"locale", "en"}, {"time_zone", "Europe/Berlin"}}},
      {"scopes", json::array{"identity.see", "note.write"}},
      {"view", json::object{{"all", true}}}};
}

}  // namespace

Panel::Panel(const std::string& config) {
  hd_error error{};
  host_.reset(hd_host_open(MANIFEST_FILE, config.c_str(), nullptr, &error));
  if (host_ == nullptr) throw std::runtime_error(std::string("the plugin was refused: ") + error.message);
}

double Panel::call(std::int32_t kind, std::string_view id, const std::string& request) {
  constexpr std::int64_t kBudgetMs = 30'000;
  char* reply = nullptr;
  std::uint64_t size = 0;
  hd_error error{};
  hd_status status = HD_OK;
  const double took_us = timed_us([&] {
    status = hd_host_call(host_.get(), kind, id.data(), id.size(), request.data(), request.size(), kBudgetMs, &reply,
                          &size, &error);
  });
  if (status != HD_OK) throw std::runtime_error(fmt::format("{} answered {}: {}", id, status, error.message));
  reply_.reset(reply);
  size_ = size;
  return took_us;
}

std::string open_request(const Customer& customer) {
  return json::serialize(request_of(customer));
}

std::string history_request(const Customer& customer, std::int64_t before_us) {
  json::object request = request_of(customer);
  request["pivot"] = "history";
  request["cursor"] = fmt::format("b{}.0", before_us);
  return json::serialize(request);
}

}  // namespace bench
