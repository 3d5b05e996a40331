#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>

#include "accounts/master_keys.hpp"
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "config.hpp"
#include "core/time_zone.hpp"
#include "json_fields.hpp"
#include "json_file.hpp"
#include "schema_check.hpp"
#include "settings.hpp"
#include "store/key_rotation.hpp"
#include "store/migrate.hpp"
#include "store/server_facts.hpp"
#include "store/status_reader.hpp"

namespace identities::cli {
namespace {

namespace json = boost::json;

constexpr Microseconds kAskUs = 10 * kSecondUs;

/// Reads the configuration as hdhost and the host library do, but goes on after a fault.
class Check {
 public:
  Check(const std::filesystem::path& file, std::filesystem::path manifest)
      : file_(file), manifest_(std::move(manifest)) {}

  std::vector<std::string> run() {
    auto object = helpdesk::read_json_object(file_);
    if (!object) return {object.error().message};
    config_.file = file_;
    if (const json::object* const section = section_of(*object, "hdhost")) config_.hdhost = *section;
    if (const json::object* const secrets = section_of(*object, "secrets")) read_secrets(*secrets);
    object->erase("hdhost");
    object->erase("secrets");
    config_.plugin = std::move(*object);
    check_host();
    check_plugin();
    check_master_key();
    check_database();
    return std::move(faults_);
  }

 private:
  void add(std::string_view pointer, std::string_view expected, std::string_view found) {
    faults_.push_back(fmt::format("{}: {}: expected {}, found {}", file_.string(), pointer, expected, found));
  }
  void add(const helpdesk::Refusal& refusal) { faults_.push_back(refusal.message); }

  const json::object* section_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    if (value == nullptr || value->is_object()) return value == nullptr ? nullptr : &value->get_object();
    add(fmt::format("/{}", name), "an object", helpdesk::describe(value, false));
    return nullptr;
  }

  void read_secrets(const json::object& section) {
    names_master_key_ = section.contains("master_key");
    for (const auto& [name, value] : section) {
      const std::string pointer = helpdesk::append_pointer("/secrets", name);
      helpdesk::Faults faults(file_.string());
      if (!value.is_object()) {
        add(pointer, "an object {\"file\": PATH}", helpdesk::describe(&value, true));
        continue;
      }
      helpdesk::Fields fields(value.get_object(), pointer, faults);
      const std::string path = fields.text("file", {"the path of a file", 1, 4096});
      fields.finish();
      for (const helpdesk::Refusal& fault : faults.all()) add(fault);
      if (faults.any()) continue;
      auto secret = helpdesk::read_secret(helpdesk::beside(file_, path));
      if (secret)
        config_.secrets.emplace(name, std::move(*secret));
      else
        add(secret.error());
    }
  }

  void check_host() {
    if (!config_.hdhost) return;  // a helpdesk that loads the plugin itself
    for (const helpdesk::Refusal& fault : hdhost::settings_faults(config_)) add(fault);
    const json::value* const named = config_.hdhost->if_contains("manifest");
    if (named != nullptr && named->is_string())
      manifest_ = helpdesk::beside(file_, std::string_view(named->get_string()));
  }

  void check_plugin() {
    const auto manifest = helpdesk::read_manifest(manifest_);
    if (!manifest) return add(manifest.error());
    if (::access(manifest->library.c_str(), R_OK) != 0)
      faults_.push_back(fmt::format("{}: library: expected a readable file, found none at {}", manifest_.string(),
                                    manifest->library.string()));
    const auto schema = helpdesk::read_json_object(manifest->config_schema);
    if (!schema) return add(schema.error());
    for (const helpdesk::Refusal& fault :
         helpdesk::schema_faults(config_.plugin, file_.string(), *schema, manifest->config_schema.string()))
      add(fault);
  }

  void check_master_key() {
    const auto text = config_.secrets.find("master_key");
    if (text == config_.secrets.end()) {
      if (!names_master_key_)  // else it could not be read, which has been told
        add("/secrets/master_key", "a file that 'identities init' makes", "nothing");
      return;
    }
    if (auto keys = accounts::master_keys_of(text->second))
      keys_ = std::move(*keys);
    else
      add("/secrets/master_key/file", "a file with base64 of 32 bytes, a line each",
          fmt::format("another text of {} bytes", text->second.size()));
  }

  void check_database() {
    const json::value* const section = config_.plugin.if_contains("database");
    const json::value* const url =
        section != nullptr && section->is_object() ? section->get_object().if_contains("url") : nullptr;
    if (url == nullptr || !url->is_string()) return;  // the schema has told
    const auto password = config_.secrets.find("database_password");
    try {
      const store::DatabaseUrl database =
          store::parse_database_url(std::string_view(url->get_string()),
                                    password == config_.secrets.end() ? std::string_view{} : password->second);
      check_server(database);
    } catch (const std::invalid_argument& error) {
      faults_.push_back(fmt::format("{}: /database/url: {}", file_.string(), error.what()));
    } catch (const std::exception& error) {
      faults_.push_back(fmt::format("{}: /database/url: {}", file_.string(), error.what()));
    }
  }

  void check_server(const store::DatabaseUrl& url) {
    const store::ServerFacts facts = store::read_server_facts(url, clock_, clock_.monotonic_us() + kAskUs);
    if (!facts.missing_rights.empty())
      add("/database/url", "a user with the rights that sql/README.md lists",
          fmt::format("one without {}", fmt::join(facts.missing_rights, ", ")));
    bool migrated = true;
    for (const store::MigrationStatus& status : store::migration_status(url)) {
      if (advice_on(status).empty()) continue;
      migrated = false;
      add("/database/url", fmt::format("a database with migration {}", status.name),
          fmt::format("that it is {}; {}", store::name_of(status.state), advice_on(status)));
    }
    if (!migrated) return;
    store::Pool pool(store::opener(url, clock_), clock_, 1);
    pool.with_session(clock_.monotonic_us() + kAskUs, [&](store::Session& session) {
      check_secrets(session);
      for (const store::AccountSettings& account : store::read_account_settings(session)) check_account(account);
      return true;
    });
  }

  void check_secrets(store::Session& session) {
    if (keys_.empty()) return;  // that has been told
    if (const std::string recorded = store::recorded_master_key(session);
        accounts::sealing_key(keys_, recorded) == nullptr)
      add("/secrets/master_key/file", fmt::format("the key {} that the database's secrets are sealed by", recorded),
          "others; copy the file from the machine where the key was rotated");
    for (const store::StoredSecret& secret : store::read_secrets(session))
      if (!accounts::unseal_any(keys_, secret.account, secret.sealed))
        add("/secrets/master_key/file", fmt::format("a key that opens the secrets of account {}", secret.account_name),
            "none that does; 'identities account rotate' gives it a new one");
  }

  void check_account(const store::AccountSettings& account) {
    const auto fault = [&](std::string_view field, std::string_view expected, std::string_view found) {
      faults_.push_back(fmt::format("account {}: {}: expected {}, found {}", account.name, field, expected, found));
    };
    if (!account.time_zone.empty() && !offset_east(account.time_zone, clock_.now_us()))
      fault("time_zone", "a name like Europe/Berlin", fmt::format("\"{}\"", account.time_zone));
    check_template(account.url_ticket, "url_ticket", "{thread}", fault);
    check_template(account.url_order, "url_order", "{id}", fault);
    check_template(account.url_profile, "url_profile", "{id}", fault);
  }

  template <typename Fault>
  static void check_template(std::string_view url, std::string_view field, std::string_view place, Fault&& fault) {
    if (url.empty()) return;
    if (!url.starts_with("https://") && !url.starts_with("http://") && !url.starts_with('/'))
      fault(field, "an address that begins with https://, http:// or /", "another beginning");
    const auto at = url.find(place);
    if (at == std::string_view::npos) return fault(field, fmt::format("an address with {}", place), "one without it");
    std::string rest(url);
    rest.erase(at, place.size());
    if (rest.find_first_of("{}") != std::string::npos)
      fault(field, fmt::format("{} once and no other brace", place), "another { or }");
    if (std::any_of(rest.begin(), rest.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; }))
      fault(field, "an address without white space", "some");
  }

  const std::filesystem::path file_;
  std::filesystem::path manifest_;
  const Clock clock_ = system_clock();
  helpdesk::Config config_;
  bool names_master_key_ = false;
  accounts::MasterKeyList keys_;
  std::vector<std::string> faults_;
};

}  // namespace

bool config_check(const std::filesystem::path& config, const std::filesystem::path& manifest) {
  const std::vector<std::string> faults = Check(config, manifest).run();
  for (const std::string& fault : faults) fmt::print("{}\n", fault);
  if (faults.empty()) fmt::print("{}: in order\n", config.string());
  return faults.empty();
}

}  // namespace identities::cli
