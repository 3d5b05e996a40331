// The generic webhook: POST /hooks/v1/{key} takes engagements, profiles and attributes, GET .../deliveries/{id} says
// what became of a delivery. The routes, answers and errors are those of manifest/openapi.yaml. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "accounts/intake.hpp"
#include "accounts/master_keys.hpp"
#include "accounts/problem.hpp"
#include "store/accounts.hpp"
#include "store/pool.hpp"

namespace identities::accounts {

struct WebhookRequest {
  std::string_view method;
  std::string_view path;   // after /hooks/v1/
  std::string_view query;  // without the question mark
  std::string_view body;
  std::function<std::optional<std::string_view>(std::string_view lower_case_name)> header;
  std::string_view request_id;
  Microseconds deadline_us = 0;
};

struct WebhookAnswer {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string body;
  std::optional<int> retry_after_s;
  std::string_view allow;  // with 405
};

class WebhookHandler {
 public:
  /// keys: unseal the accounts' secrets.
  WebhookHandler(store::Pool& pool, store::AccountDirectory& directory, std::unique_ptr<MasterKeys> keys)
      : pool_(pool), directory_(directory), keys_(std::move(keys)), intake_(pool) {}
  WebhookHandler(store::Pool& pool, store::AccountDirectory& directory, std::string master_key)
      : WebhookHandler(pool, directory, std::make_unique<MasterKeys>(std::move(master_key))) {}

  /// Throws store::Unavailable and store::DeadlineExceeded; nothing is stored then.
  WebhookAnswer handle(const WebhookRequest& request);

 private:
  /// Nothing when the settings have changed since the accounts were read.
  std::optional<WebhookAnswer> post(const WebhookRequest& request, std::string_view key,
                                    const store::Accounts& accounts);
  WebhookAnswer get(const WebhookRequest& request, std::string_view key, std::string_view delivery,
                    store::Session& session);

  store::Pool& pool_;
  store::AccountDirectory& directory_;
  const std::unique_ptr<MasterKeys> keys_;
  Intake intake_;
};

/// The event "engagement" of a trusted host: {"account", "items"}; stored in one transaction, all or, when one item
/// breaks the schema, none. Returns {"results": [...]}; the faults are in `faults` when it returns nothing.
std::optional<std::string> take_host_items(std::string_view json, store::Pool& pool, store::AccountDirectory& directory,
                                           Microseconds deadline_us, Faults& faults);

}  // namespace identities::accounts
