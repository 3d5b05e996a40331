#include <fmt/format.h>

#include "accounts/sealed_secret.hpp"
#include "accounts/standard_webhooks.hpp"
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "core/identifier.hpp"
#include "store/key_rotation.hpp"

namespace identities::cli {
namespace {

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() < 'a' || name.front() > 'z') return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) return false;
  return true;
}

constexpr std::string_view kCurl = R"(Post one engagement, signed:

  address='{0}'
  secret='{1}'
  body='{{"type":"engagement.created","timestamp":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'","data":{{"id":"first-1","customer":{{"id":"c-1","name":"Ada Example","identifiers":[{{"kind":"email","value":"ada@customer.example"}}]}},"direction":"in","channel":"mail","occurred_at":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'","thread":{{"id":"t-1","subject":"Hello"}},"text":"My first message"}}}}'
  id=msg_$(date +%s%N); at=$(date +%s)
  key=$(printf %s "${{secret#whsec_}}" | base64 -d | od -An -vtx1 | tr -d ' \n')
  signature=$(printf '%s.%s.%s' "$id" "$at" "$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
  curl -sS "$address" -H 'content-type: application/json' -H "webhook-id: $id" -H "webhook-timestamp: $at" -H "webhook-signature: v1,$signature" --data-binary "$body"
)";

void require_region(const std::string& region) {
  if (!is_phone_region(region))
    throw std::runtime_error(fmt::format(
        "\"{}\" is no country whose numbers are known; give its ISO 3166 code in capitals, such as AU or DE", region));
}

/// Sealed by the key that the database names, which cannot change before the transaction ends.
store::SealedSecret seal_for(store::Session& session, const accounts::MasterKeyList& keys, Id account,
                             const std::string& secret, Microseconds now_us) {
  store::lock_secrets(session);
  const std::string recorded = store::recorded_master_key(session);
  const std::string* const key = accounts::sealing_key(keys, recorded);
  if (key == nullptr)
    throw std::runtime_error(
        fmt::format("the database's secrets are sealed by the master key {}, which the file of secrets.master_key does "
                    "not hold; copy the file from the machine where the key was rotated",
                    recorded));
  return {accounts::seal(*key, account, secret), now_us, std::nullopt};
}

/// Throws when there is no account of that name.
const store::Account& require_account(const store::Accounts& accounts, const std::string& name) {
  const store::Account* account = accounts.by_name(name);
  if (account == nullptr)
    throw std::runtime_error(fmt::format("there is no account named {}; 'identities account list' shows them", name));
  return *account;
}

}  // namespace

AddedAccount add_account(store::Pool& pool, const accounts::MasterKeyList& keys, const NewAccount& wanted) {
  if (!valid_name(wanted.name))
    throw std::runtime_error(
        "the account's name: expected 1 to 64 lower-case letters, digits, '_' or '-', a letter first");
  if (!wanted.region.empty()) require_region(wanted.region);
  const Microseconds now_us = pool.clock().now_us();
  AddedAccount added;
  added.secret = accounts::make_secret();
  store::Account& account = added.account;
  account.id = next_id(now_us);
  account.name = wanted.name;
  account.label = wanted.label.empty() ? wanted.name : wanted.label;
  account.provider = wanted.provider;
  account.region = wanted.region;
  account.webhook_key = random_token(16);
  account.url_ticket = wanted.url_ticket;
  account.url_order = wanted.url_order;
  account.url_profile = wanted.url_profile;
  account.connected_us = wanted.connected_us;
  account.created_us = now_us;
  try {
    pool.with_session(pool.clock().monotonic_us() + kCommandUs, [&](store::Session& session) {
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      account.secrets = {seal_for(session, keys, account.id, added.secret, now_us)};
      store::insert_account(session, account);
      transaction.commit();
      return true;
    });
  } catch (const store::Duplicate&) {
    throw std::runtime_error(
        fmt::format("an account named {} exists already; 'identities account list' shows it", wanted.name));
  }
  return added;
}

void account_add(const std::filesystem::path& config, const NewAccount& wanted) {
  const Configuration configuration = read_configuration(config);
  const Clock clock = system_clock();
  store::Pool pool(store::opener(configuration.database, clock), clock, 1);
  const AddedAccount added = add_account(pool, require_master_keys(config), wanted);
  const std::string base = configuration.public_url.empty() ? "http://127.0.0.1:8480" : configuration.public_url;
  const std::string address = fmt::format("{}/hooks/v1/{}", base, added.account.webhook_key);
  fmt::print("Account {} ({})\n  address  {}\n  secret   {}   (shown once; it is sealed in the database)\n\n",
             added.account.name, added.account.label, address, added.secret);
  fmt::print(fmt::runtime(kCurl), address, added.secret);
}

void account_rotate(const std::filesystem::path& config, const std::string& name, int overlap_hours) {
  const Configuration configuration = read_configuration(config);
  const accounts::MasterKeyList keys = require_master_keys(config);
  const Clock clock = system_clock();
  store::Pool pool(store::opener(configuration.database, clock), clock, 1);
  store::AccountDirectory directory;
  const std::string secret = accounts::make_secret();
  const Microseconds now_us = clock.now_us();
  pool.with_session(clock.monotonic_us() + kCommandUs, [&](store::Session& session) {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    const auto accounts = directory.current(session, store::read_settings(session));
    const Id account = require_account(*accounts, name).id;
    store::add_secret(session, account, seal_for(session, keys, account, secret, now_us),
                      now_us + overlap_hours * kHourUs);
    transaction.commit();
    return true;
  });
  fmt::print("Account {}\n  secret   {}   (shown once)\nIts former secrets are good for {} hours more.\n", name, secret,
             overlap_hours);
}

void account_region(const std::filesystem::path& config, const std::string& name, const std::string& region) {
  const bool none = region == "none";
  if (!none) require_region(region);
  const Configuration configuration = read_configuration(config);
  const Clock clock = system_clock();
  store::Pool pool(store::opener(configuration.database, clock), clock, 1);
  store::AccountDirectory directory;
  pool.with_session(clock.monotonic_us() + kCommandUs, [&](store::Session& session) {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    store::set_region(session, require_account(*directory.current(session, store::read_settings(session)), name).id,
                      none ? std::string_view{} : std::string_view(region));
    transaction.commit();
    return true;
  });
  fmt::print("Account {}: numbers without their country are {}\n", name,
             none ? "not joined up" : fmt::format("of {}", region));
}

void account_list(const std::filesystem::path& config) {
  const Configuration configuration = read_configuration(config);
  const Clock clock = system_clock();
  store::Pool pool(store::opener(configuration.database, clock), clock, 1);
  store::AccountDirectory directory;
  const auto accounts = pool.with_session(clock.monotonic_us() + kCommandUs, [&](store::Session& session) {
    return directory.current(session, store::read_settings(session));
  });
  for (const store::Account& account : accounts->all())
    fmt::print("{:<20} {:<16} {:<2} {:<20} /hooks/v1/{}{}\n", account.name, account.provider, account.region,
               account.label, account.webhook_key, account.disabled ? "  disabled" : "");
  if (accounts->all().empty()) fmt::print("No accounts yet; 'identities account add generic NAME' adds one.\n");
}

}  // namespace identities::cli
