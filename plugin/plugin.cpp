// The plugin identities.so: reads its configuration, registers its handlers and wires the parts together. Everything it
// owns lives from create to destroy; sessions are opened by the calls that need them, so start succeeds with the
// database down. Thread-safe as the parts are.
#include <helpdesk/plugin.hpp>

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>

#include "accounts/master_keys.hpp"
#include "accounts/webhook_handler.hpp"
#include "jobs/rekey_job.hpp"
#include "jobs/retention_job.hpp"
#include "jobs/runner.hpp"
#include "panel/actions.hpp"
#include "panel/sidebar.hpp"
#include "store/server_facts.hpp"

namespace identities {
namespace {

/// What is kept back of a call's time for the answer, so that ours comes before the host's at the deadline.
constexpr Microseconds kAnswerUs = 25'000;
/// Deliveries have seconds, and many of them may be answered at one moment.
constexpr Microseconds kDeliveryAnswerUs = 250'000;

/// The database gets the rest, nine tenths at least.
Microseconds database_deadline(const hd::Host& host, const hd::Call& call, Microseconds answer_us = kAnswerUs) {
  const Microseconds left_us = call.deadline_us() - host.monotonic_us();
  return call.deadline_us() - std::clamp<Microseconds>(left_us / 10, 0, answer_us);
}

/// Sessions of webhooks, which agents' calls do not share: two that store what comes together, two for what is stored
/// by itself, and two for questions.
constexpr std::size_t kDeliverySessions = 6;

struct Settings {
  store::DatabaseUrl database;
  std::size_t connections = 8;
  panel::SidebarSettings sidebar;
  jobs::RetentionSettings retention;
};

std::vector<std::string> strings(const boost::json::value& value) {
  std::vector<std::string> list;
  for (const auto& each : value.as_array()) list.emplace_back(each.as_string().c_str());
  return list;
}

/// The host has checked the configuration against config.schema.json.
Settings parse_settings(const hd::Host& host, std::string_view config) {
  const boost::json::object object = boost::json::parse(config).as_object();
  Settings settings;
  const auto& database = object.at("database").as_object();
  try {
    settings.database = store::parse_database_url(database.at("url").as_string(),
                                                  host.secret("database_password").value_or(std::string{}));
  } catch (const std::invalid_argument& error) {
    throw hd::Error(HD_INVALID, error.what());
  }
  if (const auto* connections = database.if_contains("connections"))
    settings.connections = connections->to_number<std::size_t>();
  if (const auto* sidebar = object.if_contains("sidebar")) {
    if (const auto* facts = sidebar->as_object().if_contains("facts")) settings.sidebar.fact_keys = strings(*facts);
    if (const auto* domains = sidebar->as_object().if_contains("mailbox_domains"))
      settings.sidebar.mailbox_domains = strings(*domains);
  }
  settings.retention = jobs::retention_settings(object);
  return settings;
}

/// Read again where they do not open a secret: the key may have been rotated meanwhile.
std::unique_ptr<accounts::MasterKeys> master_keys(const hd::Host& host, const Clock& clock) {
  const auto secret = host.secret("master_key");
  auto keys = secret ? accounts::master_keys_of(*secret) : std::nullopt;
  if (!keys)
    throw hd::Error(HD_INVALID,
                    "secrets.master_key: expected a file with 32 bytes, or their base64; 'identities init' makes one");
  return std::make_unique<accounts::MasterKeys>(
      std::move(*keys), [&host] { return host.secret("master_key"); }, clock);
}

/// The jobs of this process; the read audit and the purge are housekeeping's.
std::vector<std::unique_ptr<jobs::Job>> job_list(const Settings& settings, const Clock& clock) {
  std::vector<std::unique_ptr<jobs::Job>> list;
  list.push_back(std::make_unique<jobs::RetentionJob>(settings.retention, clock));
  list.push_back(std::make_unique<jobs::RekeyJob>(clock));
  return list;
}

class Plugin {
 public:
  static std::unique_ptr<Plugin> create(hd::Host& host, std::string_view config) {
    return std::make_unique<Plugin>(host, parse_settings(host, config));
  }

  Plugin(hd::Host& host, Settings settings)
      : clock_{[&host] { return host.now_us(); }, [&host] { return host.monotonic_us(); }},
        pool_(store::opener(settings.database, clock_), clock_, settings.connections),
        delivery_pool_(store::opener(settings.database, clock_), clock_, kDeliverySessions),
        webhooks_(delivery_pool_, directory_, master_keys(host, clock_)),
        sidebar_(pool_, directory_, audit_, std::move(settings.sidebar)),
        actions_(pool_, directory_, audit_),
        runner_(pool_, jobs::holder_name(), job_list(settings, clock_)),
        host_(host) {
    add(HD_WEBHOOK, "hooks", [this](const hd::Call& call, hd::Reply& reply) { webhook(call, reply); });
    add(HD_EVENT, "engagement", [this](const hd::Call& call, hd::Reply& reply) { engagement(call, reply); });
    add(HD_PANEL, "sidebar", [this](const hd::Call& call, hd::Reply& reply) {
      reply.body(sidebar_.reply(call.body(), call.request_id(), database_deadline(host_, call)));
    });
    add_action("note.add", &panel::Actions::add_note);
    add_action("note.edit", &panel::Actions::edit_note);
    add_action("note.pin", &panel::Actions::pin_note);
    add_action("note.delete", &panel::Actions::delete_note);
    add_action("looked", &panel::Actions::looked);
    add(HD_JOB, "housekeeping", [this](const hd::Call& call, hd::Reply&) {
      actions_.housekeep(database_deadline(host_, call));
      sidebar_.write_cards(host_.monotonic_us() + (call.deadline_us() - host_.monotonic_us()) / 2);
    });
    for (const char* const name : {"retention", "rekey"}) {
      add(HD_JOB, name, [this, name](const hd::Call& call, hd::Reply&) {
        const jobs::StepReport report = runner_.step(name, database_deadline(host_, call));
        if (!report.former.empty())
          host_.log(HD_LOG_INFO,
                    "job " + std::string(name) + ": taken over from " + report.former + ", which went silent");
      });
    }
  }

  void start() {}

  void ready(std::int64_t deadline_us) {
    guarded([&] {
      pool_.with_session(deadline_us, [this](store::Session& session) {
        if (!flush_told_) warn_of_flush(session);
        return store::read_settings(session).version;
      });
    });
  }

  void stop() {
    try {
      runner_.release(host_.monotonic_us() + kSecondUs);
      actions_.housekeep(host_.monotonic_us() + kSecondUs);
    } catch (const std::exception&) {
      host_.log(HD_LOG_WARNING, "the last reads could not be written to the audit: the database is away");
    }
    delivery_pool_.close();
    pool_.close();
  }

 private:
  /// Once in a process: what we answered 2xx for must outlive a power failure.
  void warn_of_flush(store::Session& session) {
    const auto settings = store::flush_settings(session);
    if (flush_told_.exchange(true)) return;
    for (const store::FlushSetting& setting : settings)
      if (!setting.wanted.empty())
        host_.log(HD_LOG_WARNING, "the database's " + setting.name + " is " + setting.value + ", not " +
                                      setting.wanted + ": what was accepted can be lost when the power fails");
  }

  /// Turns what the parts throw into what the host understands.
  template <typename Work>
  void guarded(Work&& work) {
    try {
      work();
    } catch (const panel::BadRequest& error) {
      throw hd::Error(HD_UNPROCESSABLE, error.what());
    } catch (const panel::NotFound& error) {
      throw hd::Error(HD_NOT_FOUND, error.what());
    } catch (const panel::Conflict& error) {
      throw hd::Error(HD_CONFLICT, error.what());
    } catch (const panel::Forbidden& error) {
      throw hd::Error(HD_FORBIDDEN, error.what());
    } catch (const store::Unavailable& error) {
      host_.log(HD_LOG_WARNING, std::string("database unavailable: ") + error.what());
      throw hd::Error(HD_UNAVAILABLE, "the database is unavailable; try again later");
    } catch (const store::DeadlineExceeded& error) {
      host_.log(HD_LOG_WARNING, error.what());
      throw hd::Error(HD_UNAVAILABLE, "the database did not answer in time; try again later");
    } catch (const store::Contended& error) {
      host_.log(HD_LOG_WARNING, error.what());
      throw hd::Error(HD_UNAVAILABLE, "others were writing the same all the time; try again");
    } catch (const store::Duplicate& error) {
      host_.log(HD_LOG_WARNING, error.what());
      throw hd::Error(HD_UNAVAILABLE, "two writes met; try again");
    } catch (const store::BrokenStatement& error) {
      host_.log(HD_LOG_ERROR, error.what());
      throw hd::Error(HD_INTERNAL, "a statement failed; the log names it");
    }
  }

  template <typename Handler>
  void add(std::int32_t kind, std::string_view id, Handler handler) {
    host_.add(kind, id,
              [this, handler](const hd::Call& call, hd::Reply& reply) { guarded([&] { handler(call, reply); }); });
  }

  void add_action(std::string_view id,
                  std::string (panel::Actions::*action)(std::string_view, std::string_view, Microseconds)) {
    add(HD_ACTION, id, [this, action](const hd::Call& call, hd::Reply& reply) {
      reply.body((actions_.*action)(call.body(), call.request_id(), database_deadline(host_, call)));
    });
  }

  void webhook(const hd::Call& call, hd::Reply& reply) {
    accounts::WebhookRequest request;
    request.method = call.method();
    request.path = call.path();
    request.query = call.query();
    request.body = call.body();
    request.header = [&](std::string_view name) { return call.header(name); };
    request.request_id = call.request_id();
    request.deadline_us = database_deadline(host_, call, kDeliveryAnswerUs);
    const accounts::WebhookAnswer answer = webhooks_.handle(request);
    reply.status(answer.status);
    reply.header("content-type", answer.content_type);
    if (answer.retry_after_s) reply.header("retry-after", std::to_string(*answer.retry_after_s));
    if (!answer.allow.empty()) reply.header("allow", answer.allow);
    reply.body(answer.body);
  }

  void engagement(const hd::Call& call, hd::Reply& reply) {
    Faults faults;
    const auto results =
        accounts::take_host_items(call.body(), pool_, directory_, database_deadline(host_, call), faults);
    if (!results)
      throw hd::Error(HD_UNPROCESSABLE, faults.front().pointer + ": expected " + faults.front().expected + ", found " +
                                            faults.front().found);
    reply.body(*results);
  }

  Clock clock_;
  store::Pool pool_;
  store::Pool delivery_pool_;
  store::AccountDirectory directory_;
  store::ReadAudit audit_;
  accounts::WebhookHandler webhooks_;
  panel::Sidebar sidebar_;
  panel::Actions actions_;
  jobs::Runner runner_;
  std::atomic<bool> flush_told_ = false;
  hd::Host& host_;
};

}  // namespace
}  // namespace identities

HD_PLUGIN(identities::Plugin, "identities", "0.1.0");
