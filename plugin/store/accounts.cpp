#include "store/accounts.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "store/rekeying.hpp"

namespace identities::store {
namespace {

const Statement kSettings{"settings",
                          "SELECT name, value FROM setting WHERE name IN ('interest_count', 'settings_version', "
                          "'threads_going')"};
const Statement kRaiseVersion{"raise_settings_version",
                              "UPDATE setting SET value = value + 1 WHERE name = 'settings_version'"};
const Statement kAccounts{
    "accounts",
    "SELECT id, name, label, provider, webhook_key, url_ticket, url_order, url_profile, connected_us, "
    "created_us, disabled_us, region FROM account ORDER BY id"};
const Statement kSecrets{"account_secrets",
                         "SELECT account_id, sealed, not_before_us, not_after_us FROM account_secret ORDER BY id DESC"};
const Statement kInsertAccount{"insert_account",
                               "INSERT INTO account (id, name, label, provider, webhook_key, url_ticket, url_order, "
                               "url_profile, connected_us, created_us, region) "
                               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const Statement kSetRegion{"set_account_region", "UPDATE account SET region = ? WHERE id = ?"};
const Statement kRules{"resolution_rules", "SELECT value FROM rule_set WHERE name = 'resolution'"};
const Statement kDeleteRules{"delete_resolution_rules", "DELETE FROM rule_set WHERE name = 'resolution'"};
const Statement kInsertRules{"insert_resolution_rules", "INSERT INTO rule_set (name, value) VALUES ('resolution', ?)"};
const Statement kInsertSecret{
    "insert_account_secret",
    "INSERT INTO account_secret (id, account_id, sealed, not_before_us, not_after_us) VALUES (?, ?, ?, ?, ?)"};

const Statement kEndSecrets{
    "end_account_secrets",
    "UPDATE account_secret SET not_after_us = ? WHERE account_id = ? AND (not_after_us IS NULL OR not_after_us > ?)"};

std::vector<Account> read_accounts(Session& session) {
  std::vector<Account> accounts;
  session.query(kAccounts, {}, [&](const Row& row) {
    Account account;
    account.id = row.integer(0);
    account.name = row.text(1);
    account.label = row.text(2);
    account.provider = row.text(3);
    account.webhook_key = row.text(4);
    account.url_ticket = row.text(5);
    account.url_order = row.text(6);
    account.url_profile = row.text(7);
    if (!row.is_null(8)) account.connected_us = row.integer(8);
    account.created_us = row.integer(9);
    account.disabled = !row.is_null(10);
    account.region = row.text(11);
    accounts.push_back(std::move(account));
  });
  session.query(kSecrets, {}, [&](const Row& row) {
    const auto owner =
        std::find_if(accounts.begin(), accounts.end(), [&](const Account& a) { return a.id == row.integer(0); });
    if (owner == accounts.end()) return;
    SealedSecret secret{std::string(row.text(1)), row.integer(2), std::nullopt};
    if (!row.is_null(3)) secret.not_after_us = row.integer(3);
    owner->secrets.push_back(std::move(secret));
  });
  return accounts;
}

/// Throws std::invalid_argument.
ResolutionRules stored_rules(Session& session) {
  std::optional<std::string> stored;
  session.query(kRules, {}, [&](const Row& row) { stored = row.text(0); });
  return stored ? rules_from_json(*stored) : default_rules();
}

void insert_secret(Session& session, Id account, const SealedSecret& secret) {
  session.execute(kInsertSecret, {next_id(secret.not_before_us), account, Blob{secret.sealed}, secret.not_before_us,
                                  or_null(secret.not_after_us)});
}

template <typename Matches>
const Account* find(const std::vector<Account>& accounts, Matches&& matches) {
  const auto found = std::find_if(accounts.begin(), accounts.end(), matches);
  return found == accounts.end() ? nullptr : &*found;
}

}  // namespace

Accounts::Accounts(std::int64_t version, std::vector<Account> accounts, ResolutionRules rules)
    : version_(version), accounts_(std::move(accounts)), rules_(std::move(rules)) {}

const Account* Accounts::by_id(Id id) const {
  return find(accounts_, [&](const Account& account) { return account.id == id; });
}
const Account* Accounts::by_name(std::string_view name) const {
  return find(accounts_, [&](const Account& account) { return account.name == name; });
}
const Account* Accounts::by_webhook_key(std::string_view key) const {
  return find(accounts_, [&](const Account& account) { return account.webhook_key == key; });
}

std::int64_t integer_of(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Session::Ask ask_settings(Settings& settings) {
  return {&kSettings, {}, [&settings](const Row& row) {
            std::int64_t& setting = row.text(0) == "settings_version" ? settings.version
                                    : row.text(0) == "interest_count" ? settings.interest_count
                                                                      : settings.threads_going;
            setting = integer_of(row.text(1));
          }};
}

Settings read_settings(Session& session) {
  Settings settings;
  const Session::Ask ask = ask_settings(settings);
  session.query(*ask.statement, ask.parameters, ask.each);
  return settings;
}

std::shared_ptr<const Accounts> AccountDirectory::known() {
  const std::lock_guard lock(mutex_);
  return accounts_;
}

std::shared_ptr<const Accounts> AccountDirectory::current(Session& session, const Settings& settings) {
  {
    const std::lock_guard lock(mutex_);
    if (accounts_ != nullptr && accounts_->version() == settings.version) return accounts_;
  }
  auto fresh = std::make_shared<const Accounts>(settings.version, read_accounts(session), read_rules(session));
  const std::lock_guard lock(mutex_);
  accounts_ = fresh;
  return fresh;
}

void insert_account(Session& session, const Account& account) {
  session.execute(kInsertAccount, {account.id, account.name, account.label, account.provider, account.webhook_key,
                                   account.url_ticket, account.url_order, account.url_profile,
                                   or_null(account.connected_us), account.created_us, or_null(account.region)});
  for (const SealedSecret& secret : account.secrets) insert_secret(session, account.id, secret);
  session.execute(kRaiseVersion, {});
}

void set_region(Session& session, Id account, std::string_view region) {
  session.execute(kSetRegion, {or_null(region), account});
  want_rekey(session);
  session.execute(kRaiseVersion, {});
}

ResolutionRules read_rules(Session& session) {
  try {
    return stored_rules(session);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(std::string("the stored rules are not understood; 'identities rules set FILE' replaces ") +
                             "them. " + error.what());
  }
}

std::optional<ResolutionRules> read_understood_rules(Session& session) {
  try {
    return stored_rules(session);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

void write_rules(Session& session, const ResolutionRules& rules) {
  session.execute(kDeleteRules, {});
  session.execute(kInsertRules, {rules_to_json(rules)});
  want_rekey(session);
  session.execute(kRaiseVersion, {});
}

void add_secret(Session& session, Id account, const SealedSecret& secret, Microseconds old_until_us) {
  session.execute(kEndSecrets, {old_until_us, account, old_until_us});
  insert_secret(session, account, secret);
  session.execute(kRaiseVersion, {});
}

}  // namespace identities::store
