#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>

#include "accounts/standard_webhooks.hpp"
#include "accounts/webhook_handler.hpp"
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "core/json_writer.hpp"
#include "panel/actions.hpp"

namespace identities::cli {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string().data(), value->get_string().size())
                                                : std::string{};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(fmt::format("cannot read {}", path.string()));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// "@now" and "@-3d5h30m": a time before now. Nothing for any other text.
std::optional<Microseconds> relative_time(std::string_view text, Microseconds now_us) {
  if (text == "@now") return now_us;
  if (!text.starts_with("@-")) return std::nullopt;
  const char* at = text.data() + 2;
  const char* const end = text.data() + text.size();
  Microseconds before = 0;
  while (at < end) {
    std::int64_t count = 0;
    const auto [next, error] = std::from_chars(at, end, count);
    if (error != std::errc{} || next == end) return std::nullopt;
    before += count * (*next == 'd' ? kDayUs : *next == 'h' ? kHourUs : *next == 'm' ? kMinuteUs : kSecondUs);
    at = next + 1;
  }
  return now_us - before;
}

/// Replaces every relative time by RFC 3339. A button's template keeps "@now", which the desk replaces.
void settle_times(json::value& value, Microseconds now_us, bool keep_now) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) settle_times(member.value(), now_us, keep_now);
  } else if (auto* array = value.if_array()) {
    for (auto& element : *array) settle_times(element, now_us, keep_now);
  } else if (auto* string = value.if_string()) {
    if (keep_now && *string == "@now") return;
    if (const auto time = relative_time({string->data(), string->size()}, now_us)) value = format_rfc3339(*time);
  }
}

class Loader {
 public:
  Loader(const std::filesystem::path& config, const std::filesystem::path& story_path)
      : configuration_(read_configuration(config)),
        clock_(system_clock()),
        pool_(store::opener(configuration_.database, clock_), clock_, 1),
        keys_(require_master_keys(config)),
        webhooks_(pool_, directory_, std::make_unique<accounts::MasterKeys>(keys_, nullptr, clock_)),
        actions_(pool_, directory_, audit_) {
    folder_ = story_path.parent_path();
    story_ = json::parse(read_file(story_path)).as_object();
  }

  void load() {
    set_rules();
    for (json::value& account : story_.at("accounts").as_array()) add(account);
    for (json::value& delivery : story_.at("deliveries").as_array()) send(delivery);
    for (json::value& note : story_.at("notes").as_array()) write(note);
  }

  void write_desk(const std::filesystem::path& path, const std::string& stopped_host) {
    json::value& desk = story_.at("desk");
    for (json::value& delivery : desk.as_object()["deliveries"].as_array()) {
      const AddedAccount& account = accounts_.at(text_at(delivery.as_object(), "account"));
      delivery.as_object()["address"] = "/hooks/v1/" + account.account.webhook_key;
      delivery.as_object()["secret"] = account.secret;
    }
    for (json::value& ticket : desk.as_object()["tickets"].as_array()) {
      settle_times(ticket, clock_.now_us(), false);
      if (text_at(ticket.as_object(), "host") == "stopped" || ticket.as_object().contains("stopped"))
        ticket.as_object()["host"] = stopped_host;
      if (stopped_host.empty()) ticket.as_object().erase("host");
    }
    settle_times(desk.as_object()["deliveries"], clock_.now_us(), true);
    if (!stopped_host.empty()) desk.as_object()["connect"] = json::array{stopped_host};
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << json::serialize(desk) << '\n';
    if (!file.flush()) throw std::runtime_error(fmt::format("cannot write {}", path.string()));
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  std::string summary() const {
    return fmt::format("{} accounts, {} items, {} notes", accounts_.size(), items_, notes_);
  }

 private:
  Microseconds deadline() const { return clock_.monotonic_us() + kCommandUs; }

  /// A story whose addresses are of domains that nobody has, which the product's own rules block, brings rules: a file
  /// beside it.
  void set_rules() {
    const std::string name = text_at(story_, "rules");
    if (name.empty()) return;
    const ResolutionRules rules = rules_from_json(read_file(folder_ / name));
    pool_.with_session(deadline(), [&](store::Session& session) {
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      store::write_rules(session, rules);
      transaction.commit();
      return true;
    });
  }

  void add(json::value& value) {
    settle_times(value, clock_.now_us(), false);
    const json::object& given = value.as_object();
    NewAccount wanted{text_at(given, "name"),
                      text_at(given, "label"),
                      text_at(given, "provider"),
                      text_at(given, "region"),
                      {},
                      {},
                      {},
                      {}};
    if (const json::value* urls = given.if_contains("urls")) {
      wanted.url_ticket = text_at(urls->as_object(), "ticket");
      wanted.url_order = text_at(urls->as_object(), "order");
      wanted.url_profile = text_at(urls->as_object(), "profile");
    }
    wanted.connected_us = parse_rfc3339(text_at(given, "connected_at"));
    accounts_.emplace(wanted.name, add_account(pool_, keys_, wanted));
  }

  void send(json::value& value) {
    settle_times(value, clock_.now_us(), false);
    const AddedAccount& account = accounts_.at(text_at(value.as_object(), "account"));
    const std::string body = json::serialize(value.as_object().at("items"));
    const std::int64_t seconds = clock_.now_us() / kSecondUs;
    const std::string id = fmt::format("sample-{}", ++deliveries_);
    const std::string stamp = std::to_string(seconds);
    const std::string signature = accounts::sign(*accounts::key_of_secret(account.secret), id, seconds, body);
    const std::map<std::string_view, std::string_view> headers = {{"content-type", "application/json"},
                                                                  {"webhook-id", id},
                                                                  {"webhook-timestamp", stamp},
                                                                  {"webhook-signature", signature}};
    accounts::WebhookRequest request;
    request.method = "POST";
    request.path = account.account.webhook_key;
    request.body = body;
    request.header = [&](std::string_view name) -> std::optional<std::string_view> {
      const auto found = headers.find(name);
      return found == headers.end() ? std::nullopt : std::optional(found->second);
    };
    request.deadline_us = deadline();
    const accounts::WebhookAnswer answer = webhooks_.handle(request);
    if (answer.status != 200)
      throw std::runtime_error(fmt::format("delivery {} was answered {}: {}", id, answer.status, answer.body));
    items_ += value.as_object().at("items").as_array().size();
  }

  /// A note as its agent would have written it: through the action, then dated back.
  void write(json::value& value) {
    settle_times(value, clock_.now_us(), false);
    const json::object& given = value.as_object();
    std::string agent_name = text_at(given, "agent");
    for (const json::value& agent : story_.at("desk").at("agents").as_array())
      if (text_at(agent.as_object(), "id") == agent_name) agent_name = text_at(agent.as_object(), "name");
    const AddedAccount& account = accounts_.at(text_at(given, "account"));
    const Microseconds at_us = parse_rfc3339(text_at(given, "at")).value_or(clock_.now_us());
    pool_.with_session(deadline(), [&](store::Session& session) {
      static const store::Statement kRecord{
          "record_of_sample", "SELECT id, identity_id FROM record WHERE account_id = ? AND source_key = ?"};
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      store::Note note;
      session.query(kRecord, {account.account.id, text_at(given, "customer")}, [&](const store::Row& row) {
        note.record = row.integer(0);
        note.identity = row.integer(1);
      });
      if (note.record == 0)
        throw std::runtime_error(fmt::format("a note names an unknown customer of {}", account.account.name));
      note.id = next_id(at_us);
      note.author = {text_at(given, "agent"), agent_name};
      note.created_us = at_us;
      note.pinned = given.contains("pinned") && given.at("pinned").as_bool();
      note.text = text_at(given, "text");
      store::insert_note(session, note);
      transaction.commit();
      return true;
    });
    ++notes_;
  }

  Configuration configuration_;
  Clock clock_;
  store::Pool pool_;
  store::AccountDirectory directory_;
  accounts::MasterKeyList keys_;
  store::ReadAudit audit_;
  accounts::WebhookHandler webhooks_;
  panel::Actions actions_;
  std::filesystem::path folder_;  // of the story
  json::object story_;
  std::map<std::string, AddedAccount> accounts_;
  std::size_t deliveries_ = 0;
  std::size_t items_ = 0;
  std::size_t notes_ = 0;
};

}  // namespace

void load_sample(const std::filesystem::path& config, const std::filesystem::path& story,
                 const std::filesystem::path& desk_path, const std::string& stopped_host) {
  Loader loader(config, story);
  loader.load();
  loader.write_desk(desk_path, stopped_host);
  fmt::print("Loaded {}; the desk's data is in {}\n", loader.summary(), desk_path.string());
}

}  // namespace identities::cli
