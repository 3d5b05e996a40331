// identities: the admin command. Exit status 0 when it did what was asked and found nothing wrong, 1 when it could not
// or something needs attention, 2 for a wrong call.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/commands.hpp"

namespace {

using namespace identities;

/// Declares every subcommand; each runs when it is parsed. The options live as long as `app`.
struct CommandLine {
  CLI::App app{"Identities: the whole customer beside every ticket"};
  std::filesystem::path config = "/etc/identities/identities.json";
  cli::InitOptions init;
  cli::NewAccount account;
  int overlap_hours = 24;
  cli::MatchOptions matching;
  std::filesystem::path story;
  std::filesystem::path desk;
  std::string stopped_host;
  bool all = false;
  bool once = false;
  bool train = false;
  bool json = false;
  bool prepare_only = false;
  bool defaults = false;
  std::string region;
  std::string rules_file;
  cli::TrialOptions trial;
  bool dry_run = false;
  bool well = true;  // what a command that judges found

  CommandLine() {
    app.require_subcommand(1);
    app.set_version_flag("--version", "identities 0.1.0");
    declare_init();
    declare_migrate();
    declare_operation();
    declare_account();
    declare_rules();
    declare_sample();
    declare_match();
    declare_suggest();
  }

  CLI::App* with_config(CLI::App* command) {
    command->add_option("--config", config, "The configuration file")
        ->envname("IDENTITIES_CONFIG")
        ->capture_default_str();
    return command;
  }

  void declare_init() {
    auto* command = app.add_subcommand("init", "Write a configuration with fresh keys");
    command->add_option("directory", init.directory, "Where to; made when it is not there")->required();
    command->add_option("--manifest", init.manifest, "plugin.json of the installed plugin")->capture_default_str();
    command->add_option("--listen", init.listen, "127.0.0.1:PORT (0: any free one) or unix:/path")
        ->capture_default_str();
    command->add_option("--status-listen", init.status_listen, "Where /readyz and /metrics are")->capture_default_str();
    command->add_option("--database", init.database_url,
                        "sqlite:/path (default: in the directory), or mysql://USER@HOST[:PORT]/DATABASE");
    auto* password = command->add_option("--password-file", init.password_file,
                                         "Holds the MySQL user's password; without it, it is asked for");
    command->add_flag("--no-password", init.no_password, "The MySQL user has none: its Unix socket tells who it is")
        ->excludes(password);
    command->add_option("--public-url", init.public_url, "What outside systems call this server");
    auto* pages = command->add_option("--desk-pages", init.desk_pages, "Folder of the demo helpdesk's pages");
    auto* data = command->add_option("--desk-data", init.desk_data, "File of the demo helpdesk's data");
    pages->needs(data);
    data->needs(pages);
    command->add_option("--cors", init.cors_origins, "An origin whose pages may call this server");
    command->add_option("--mailbox-domain", init.mailbox_domains, "A mail domain that names nobody's organisation");
    command->callback([this] { cli::init(init); });
  }

  void declare_migrate() {
    auto* command = with_config(
        app.add_subcommand("migrate", "Bring the database to this version's schema; makes it when there is none"));
    command->require_subcommand(0, 1);
    with_config(command->add_subcommand("apply", "The same"));
    with_config(command->add_subcommand("status", "List the migrations and their state"))->callback([this] {
      cli::migrate_status(config);
    });
    with_config(command->add_subcommand("verify", "Is every migration applied, and from the same content?"))
        ->callback([this] { cli::migrate_verify(config); });
    auto* show = with_config(command->add_subcommand("show", "Print the SQL of what is pending, for an administrator"));
    show->add_flag("--all", all, "Of every migration, without looking at the database");
    show->callback([this] { cli::migrate_show(config, all); });
    command->final_callback([this, command] {
      if (command->get_subcommands().empty() || command->got_subcommand("apply")) cli::migrate_apply(config);
    });
  }

  void declare_operation() {
    auto* work = with_config(app.add_subcommand("work", "Run the jobs, where no hdhost does, until SIGTERM or SIGINT"));
    work->add_flag("--once", once, "Run what is to do and end, for a timer");
    work->callback([this] { well = cli::work(config, once); });
    auto* status = with_config(app.add_subcommand("status", "How the installation is; exit status 1: see to it"));
    status->add_flag("--json", json, "As one JSON object");
    status->callback([this] { well = cli::status(config, json); });
    auto* check = app.add_subcommand("config", "The configuration");
    check->require_subcommand(1);
    auto* all_of_it =
        with_config(check->add_subcommand("check", "Name every fault of the configuration and of what it leads to"));
    all_of_it->add_option("--manifest", init.manifest, "plugin.json, where no section hdhost names it")
        ->capture_default_str();
    all_of_it->callback([this] { well = cli::config_check(config, init.manifest); });
    auto* key = app.add_subcommand("key", "The master key");
    key->require_subcommand(1);
    auto* rotate = with_config(key->add_subcommand("rotate", "Seal all secrets by a new key; finishes a broken run"));
    rotate->add_flag("--prepare", prepare_only, "Only make the new key, to be copied to other machines first");
    rotate->callback([this] { cli::key_rotate(config, prepare_only); });
  }

  void declare_account() {
    auto* command = app.add_subcommand("account", "Integrated accounts");
    command->require_subcommand(1);
    auto* add = command->add_subcommand("add", "Add an account");
    add->require_subcommand(1);
    auto* generic = with_config(add->add_subcommand("generic", "One that posts our own JSON (Standard Webhooks)"));
    generic->add_option("name", account.name, "Short and lower case; stays for good")->required();
    generic->add_option("--label", account.label, "What agents see");
    generic->add_option("--provider", account.provider, "What kind of platform is behind it")->capture_default_str();
    generic->add_option("--ticket-url", account.url_ticket, "Address of a ticket, with {thread}");
    generic->add_option("--region", account.region, "Country of numbers written without theirs, such as AU");
    generic->callback([this] { cli::account_add(config, account); });
    auto* rotate = with_config(command->add_subcommand("rotate", "Give an account a new secret"));
    rotate->add_option("name", account.name, "The account's name")->required();
    rotate->add_option("--overlap-hours", overlap_hours, "How long its former secrets stay good")
        ->check(CLI::Range(0, 720))
        ->capture_default_str();
    rotate->callback([this] { cli::account_rotate(config, account.name, overlap_hours); });
    auto* of = with_config(command->add_subcommand("region", "Say which country an account's phone numbers are of"));
    of->add_option("name", account.name, "The account's name")->required();
    of->add_option("region", region, "ISO 3166 code, such as AU; none: unknown")->required();
    of->callback([this] { cli::account_region(config, account.name, region); });
    with_config(command->add_subcommand("list", "List the accounts"))->callback([this] { cli::account_list(config); });
  }

  void declare_rules() {
    auto* command = app.add_subcommand("rules", "The rules by which requesters become identities");
    command->require_subcommand(1);
    auto* show = with_config(command->add_subcommand("show", "Print them, as a file to edit"));
    show->add_flag("--defaults", defaults, "Those that the product ships");
    show->callback([this] { cli::rules_show(config, defaults); });
    auto* set = with_config(command->add_subcommand("set", "Make a file's rules everybody's; says what changed"));
    set->add_option("file", rules_file, "JSON as manifest/schemas/rules.json says; - for standard input")->required();
    auto* dry = set->add_flag(
        "--dry-run", dry_run,
        "Change nothing; print whom these rules would join, part and suggest otherwise than the "
        "present ones, the riskiest first. All that is stored is gone through twice, in "
        "nameless files in TMPDIR: a million records take three to five minutes on two cores, and 2 GB there");
    set->add_flag("--json", json, "With --dry-run: as one JSON object")->needs(dry);
    set->add_option("--limit", trial.most, "With --dry-run: how many changes of each kind are printed; 0: all")
        ->needs(dry)
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    set->callback([this] {
      trial.json = json;
      dry_run ? cli::rules_try(config, rules_file, trial) : cli::rules_set(config, rules_file);
    });
  }

  void declare_match() {
    auto* command = app.add_subcommand("match", "Find who is in a CSV file twice; needs no configuration");
    command->add_option("input", matching.input, "The CSV file: UTF-8, with a line of column names")->required();
    command
        ->add_option(
            "--map", matching.map,
            "column=field,...: one column is the id; the other fields are name, given_name, surname, birth_date, "
            "email, phone, street_number, street, address2, city, postcode, state, national_id, company, "
            "handle, other")
        ->required()
        ->delimiter(',');
    command->add_option("--output", matching.output, "Where the pairs go: id_l,id_r,weight; - for standard output")
        ->required();
    command
        ->add_option("--min", matching.least_weight, "The least weight, in bits of the odds that a pair is one person")
        ->capture_default_str();
    command->add_flag("--reasons", matching.reasons, "Tell for each pair how its fields compare");
    command->add_option("--threads", matching.threads, "How many threads work")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    command->callback([this] { cli::match(matching); });
  }

  void declare_suggest() {
    auto* command = with_config(app.add_subcommand("suggest", "Who may be one person: what was learnt, what waits"));
    command->add_flag("--train", train, "Learn from the installation's own records, and compare all of them anew");
    command->callback([this] { train ? cli::suggest_train(config) : cli::suggest_status(config); });
  }

  void declare_sample() {
    auto* command = app.add_subcommand("sample", "Sample data");
    command->require_subcommand(1);
    auto* load = with_config(command->add_subcommand("load", "Load a story file into an empty database"));
    load->add_option("story", story, "The story file")->required();
    load->add_option("--desk", desk, "Where the demo helpdesk's data goes")->required();
    load->add_option("--stopped-host", stopped_host, "Address of a server whose database is stopped");
    load->callback([this] { cli::load_sample(config, story, desk, stopped_host); });
  }
};

}  // namespace

int main(int argc, char** argv) {
  CommandLine command_line;
  try {
    command_line.app.parse(argc, argv);
    return command_line.well ? 0 : 1;
  } catch (const CLI::ParseError& error) {
    return command_line.app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "identities: " << error.what() << '\n';
    return 1;
  }
}
