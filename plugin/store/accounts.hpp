// Accounts, their sealed secrets and the rules of resolution: the rows, and a directory of them that a process keeps in
// memory until settings_version changes. The directory is thread-safe; the functions use the session they are given.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/resolution_rules.hpp"
#include "store/session.hpp"

namespace identities::store {

struct SealedSecret {
  std::string sealed;
  Microseconds not_before_us = 0;
  std::optional<Microseconds> not_after_us;
};

struct Account {
  Id id = 0;
  std::string name;
  std::string label;
  std::string provider;
  std::string region;  // ISO 3166 country of numbers that are written without theirs; empty: unknown
  std::string webhook_key;
  std::string url_ticket;  // templates with {thread}, {id}
  std::string url_order;
  std::string url_profile;
  std::optional<Microseconds> connected_us;
  Microseconds created_us = 0;
  bool disabled = false;
  std::vector<SealedSecret> secrets;
};

/// All accounts and the rules as of one settings_version. Immutable.
class Accounts {
 public:
  Accounts(std::int64_t version, std::vector<Account> accounts, ResolutionRules rules = default_rules());
  std::int64_t version() const { return version_; }
  const ResolutionRules& rules() const { return rules_; }
  /// Each returns nullptr when there is none.
  const Account* by_id(Id id) const;
  const Account* by_name(std::string_view name) const;
  const Account* by_webhook_key(std::string_view key) const;
  const std::vector<Account>& all() const { return accounts_; }

 private:
  std::int64_t version_;
  std::vector<Account> accounts_;
  ResolutionRules rules_;
};

struct Settings {
  std::int64_t version = 0;
  std::int64_t interest_count = 0;
  std::int64_t threads_going = 0;  // deleted, and not yet removed
};

Settings read_settings(Session& session);
/// The same as one query among several; settings must outlive it.
Session::Ask ask_settings(Settings& settings);

/// The number that a setting holds; 0 when it is none.
std::int64_t integer_of(std::string_view text);

class AccountDirectory {
 public:
  /// Those that were read last; nullptr before the first time.
  std::shared_ptr<const Accounts> known();
  /// The accounts as of `settings.version`, read again when it has changed.
  std::shared_ptr<const Accounts> current(Session& session, const Settings& settings);

 private:
  std::mutex mutex_;  // guards accounts_
  std::shared_ptr<const Accounts> accounts_;
};

/// Adds an account with one secret and raises settings_version. Throws Duplicate when the name is taken.
/// REQUIRES: inside a write transaction.
void insert_account(Session& session, const Account& account);

/// Changes the country of an account's numbers and raises settings_version; an empty one: unknown.
/// REQUIRES: inside a write transaction.
void set_region(Session& session, Id account, std::string_view region);

/// The rules as they are stored; the defaults when none are. Throws std::runtime_error, and says what to do, when they
/// are not as rules_from_json takes them.
ResolutionRules read_rules(Session& session);
/// The same, and nothing when they are not understood: for whoever replaces them.
std::optional<ResolutionRules> read_understood_rules(Session& session);
/// Stores rules for all processes and raises settings_version. REQUIRES: inside a write transaction.
void write_rules(Session& session, const ResolutionRules& rules);

/// Adds a secret to an account, lets the account's others end at old_until_us at the latest, and raises
/// settings_version. REQUIRES: inside a write transaction.
void add_secret(Session& session, Id account, const SealedSecret& secret, Microseconds old_until_us);

}  // namespace identities::store
