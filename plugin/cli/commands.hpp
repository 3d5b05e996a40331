// The subcommands of `identities`. Each prints its result to standard output and throws std::runtime_error with one
// line that says what failed and what to do.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "accounts/master_keys.hpp"
#include "store/accounts.hpp"
#include "store/migrate.hpp"
#include "store/pool.hpp"

namespace identities::cli {

struct InitOptions {
  std::filesystem::path directory;
  std::filesystem::path manifest = "/usr/share/identities/plugin.json";
  std::string listen = "127.0.0.1:8480";
  std::string status_listen = "127.0.0.1:8481";
  std::string database_url;             // empty: sqlite in the directory
  std::filesystem::path password_file;  // of the MySQL user; empty: asked for
  bool no_password = false;             // the server knows the MySQL user by its Unix socket
  std::string public_url;
  std::string desk_pages;
  std::string desk_data;
  std::vector<std::string> cors_origins;
  std::vector<std::string> mailbox_domains;
};

/// Writes identities.json, master_key, desk_token and with MySQL database_password (mode 0600) into a directory;
/// overwrites nothing.
void init(const InitOptions& options);

/// Brings the database to this version's schema.
void migrate_apply(const std::filesystem::path& config);
/// One line a migration.
void migrate_status(const std::filesystem::path& config);
/// Throws unless every migration is applied from the content that this version has.
void migrate_verify(const std::filesystem::path& config);
/// Prints the SQL of what is pending, or of all, for an administrator to run.
void migrate_show(const std::filesystem::path& config, bool all);
/// What to do about a migration's state; empty when all is well.
std::string_view advice_on(const store::MigrationStatus& status);

/// Gives the database's secrets a new master key. A run that broke off is finished by the next one. prepare_only: only
/// puts the new key into the file beside the old one, for the other machines.
void key_rotate(const std::filesystem::path& config, bool prepare_only);

/// Runs the jobs until SIGTERM or SIGINT; once: what is due, and ends. False when a job failed.
bool work(const std::filesystem::path& config, bool once);

/// Prints what there is to know of a running installation. False when something needs attention.
bool status(const std::filesystem::path& config, bool json);

/// Prints every fault of the configuration and of what it leads to, a line each. False when there is one. manifest: of
/// a plugin that no section "hdhost" names.
bool config_check(const std::filesystem::path& config, const std::filesystem::path& manifest);

struct MatchOptions {
  std::filesystem::path input;
  std::filesystem::path output;
  std::vector<std::string> map;  // column=field
  double least_weight = 3;
  bool reasons = false;
  std::size_t threads = 2;
};

/// Finds the duplicates in a CSV file and writes them as another one: id_l, id_r, weight, the surest first. Needs no
/// configuration and no database.
void match(const MatchOptions& options);

/// Learns from the installation's own records by which evidence people are recognised, and lets the job compare all of
/// them anew. Prints what was learnt.
void suggest_train(const std::filesystem::path& config);
/// Prints when it was learnt, how many records wait and how many suggestions are open.
void suggest_status(const std::filesystem::path& config);

struct NewAccount {
  std::string name;
  std::string label;
  std::string provider = "generic";
  std::string region;  // ISO 3166 country of numbers that are written without theirs; empty: unknown
  std::string url_ticket;
  std::string url_order;
  std::string url_profile;
  std::optional<Microseconds> connected_us;
};

struct AddedAccount {
  store::Account account;
  std::string secret;  // whsec_..., shown once
};

/// Adds an account with a fresh webhook address and secret. Throws when the name is taken or malformed.
AddedAccount add_account(store::Pool& pool, const accounts::MasterKeyList& keys, const NewAccount& wanted);

void account_add(const std::filesystem::path& config, const NewAccount& wanted);
/// Gives an account a further secret and prints it; the others are good for overlap_hours more, so that the sender can
/// change over without losing a delivery.
void account_rotate(const std::filesystem::path& config, const std::string& name, int overlap_hours);
/// Changes the country of an account's numbers; "none": unknown.
void account_region(const std::filesystem::path& config, const std::string& name, const std::string& region);
void account_list(const std::filesystem::path& config);

/// Prints the rules by which requesters become identities, or those that the product ships, as a file to edit.
void rules_show(const std::filesystem::path& config, bool defaults);
/// Makes the rules of that file ("-": standard input) everybody's, and prints what changed; those that it does not name
/// are the product's.
void rules_set(const std::filesystem::path& config, const std::string& file);

struct TrialOptions {
  bool json = false;
  std::size_t most = 50;  // changes of each kind that are printed; 0: all
};

/// Goes through all that is stored once more, by the present rules and by those of that file, and prints whom they
/// would join, part and suggest otherwise, the riskiest first. Writes nothing to the database.
void rules_try(const std::filesystem::path& config, const std::string& file, const TrialOptions& options);

/// Sets the rules and makes the accounts of a story file, sends its deliveries signed through the webhook's own code,
/// writes its notes, and the desk's data to desk_path. stopped_host: the address of a server whose database is stopped.
void load_sample(const std::filesystem::path& config, const std::filesystem::path& story,
                 const std::filesystem::path& desk_path, const std::string& stopped_host);

}  // namespace identities::cli
