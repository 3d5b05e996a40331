// panel.open, panel.open.growth and panel.history: what a helpdesk waits for when an agent opens a ticket.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <random>

#include "cards.hpp"
#include "flat.hpp"
#include "mariadb_data.hpp"
#include "panel.hpp"
#include "report.hpp"

namespace bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kSmall = 20'000;
constexpr std::size_t kPageRows = 50;

struct Asked {
  std::string email;
  std::string request;
  std::int64_t before_us = 0;
  std::size_t reply_size = 0;
};

std::vector<Asked> probes_asked() {
  std::vector<Asked> asked;
  for (std::size_t index = 0; index < kProbes; ++index) {
    const Customer customer = probe(index);
    asked.push_back({customer.email, open_request(customer), 0, 0});
  }
  return asked;
}

/// Which of them each pair asks for: at random, the same in every run.
std::vector<std::size_t> picks(std::size_t pairs, std::size_t from) {
  std::mt19937 random(7);
  std::vector<std::size_t> picked(pairs);
  for (std::size_t& pick : picked) pick = random() % from;
  return picked;
}

/// One way to ask the flat schema.
struct Floor {
  std::string_view way;
  std::unique_ptr<Flat> flat;
};

/// The plugin and its floors over the same content in one database.
struct Stand {
  Stand(const Options& options, DatabaseKind kind, const Dataset& dataset) {
    if (kind == DatabaseKind::kSqlite) {
      panel = std::make_unique<Panel>(dataset.config());
      url = identities::store::parse_database_url("sqlite:" + dataset.ours());
      floors.push_back({"prepared", flat_on_sqlite(dataset.flat())});
      about = {{"database", "SQLite " + std::string(sqlite3_libversion())},
               {"database_mb", std::filesystem::file_size(dataset.ours()) >> 20U},
               {"flat_mb", std::filesystem::file_size(dataset.flat()) >> 20U}};
      return;
    }
    MariadbData& data = MariadbData::of(options);
    const Twin twin = data.twin(dataset);
    const std::string socket = data.server().socket();
    panel = std::make_unique<Panel>(twin.config);
    url = identities::store::parse_database_url(data.server().url(twin.ours));
    floors.push_back({"prepared", flat_prepared(socket, twin.flat)});
    floors.push_back({"multi_statement", flat_multi_statement(socket, twin.flat)});
    floors.push_back({"procedure", flat_procedure(socket, twin.flat)});
    about = data.about(twin);
    server = data.server().pid();
  }
  std::unique_ptr<Panel> panel;
  identities::store::DatabaseUrl url;  // of ours
  std::vector<Floor> floors;
  json::object about;
  pid_t server = 0;  // 0: none but this process
};

/// The plugin against each of its floors.
struct Measured {
  std::vector<double> plugin_us;
  std::vector<std::vector<double>> floors_us;
  std::size_t best = 0;  // of the floors: the least median
  double ratio() const { return Pairs{plugin_us, floors_us[best]}.ratio(); }
};

json::object spread_of(const Measured& measured, const Stand& stand) {
  json::object object = spread(Pairs{measured.plugin_us, measured.floors_us[measured.best]}, "plugin", "floor");
  object["floor_is"] = stand.floors[measured.best].way;
  for (std::size_t index = 0; index < stand.floors.size(); ++index)
    object[fmt::format("floor_{}", stand.floors[index].way)] = spread(measured.floors_us[index]);
  return object;
}

/// Calls the plugin and each floor in turn, each for another of those asked, so that none finds what the one before it
/// left in the processor's caches.
template <typename ByFloor>
Measured measure(const Stand& stand, const std::vector<Asked>& asked, std::size_t pairs, ByFloor&& by_floor) {
  const std::vector<std::size_t> order = picks(pairs, asked.size());
  const auto pick = [&](std::size_t pair, std::size_t caller) -> const Asked& {
    return asked[order[(pair + caller * (pairs / 5)) % pairs]];
  };
  std::vector<std::function<double(std::size_t)>> calls;
  calls.emplace_back([&](std::size_t pair) { return stand.panel->open(pick(pair, 0).request); });
  for (std::size_t index = 0; index < stand.floors.size(); ++index)
    calls.emplace_back([&, index](std::size_t pair) {
      const Asked& each = pick(pair, index + 1);
      return timed_us([&] { by_floor(*stand.floors[index].flat, each); });
    });
  for (const Asked& each : asked)
    for (const Floor& floor : stand.floors) by_floor(*floor.flat, each);
  std::vector<std::vector<double>> samples = all_in_turn(pairs, calls);
  Measured measured;
  measured.plugin_us = std::move(samples.front());
  measured.floors_us.assign(std::make_move_iterator(samples.begin() + 1), std::make_move_iterator(samples.end()));
  for (std::size_t index = 1; index < measured.floors_us.size(); ++index)
    if (median(measured.floors_us[index]) < median(measured.floors_us[measured.best])) measured.best = index;
  return measured;
}

void by_open(Flat& flat, const Asked& asked) {
  flat.open(asked.email, asked.reply_size);
}
void by_page(Flat& flat, const Asked& asked) {
  flat.page(asked.email, asked.before_us, asked.reply_size);
}

/// Throws unless all floors show the same, to the byte: else one of them does less work.
void expect_same(const Stand& stand, const Asked& asked) {
  const std::string first(stand.floors.front().flat->open(asked.email, 0));
  for (const Floor& floor : stand.floors) {
    const json::value reply = json::parse(floor.flat->open(asked.email, 0));
    if (reply != json::parse(first))
      throw std::runtime_error(fmt::format("the floor {} differs from the first", floor.way));
    if (reply.at("history").as_array().size() != kPageRows)
      throw std::runtime_error(fmt::format("the floor {} lacks engagements", floor.way));
  }
}

std::vector<std::string> emails_of(const std::vector<Asked>& asked) {
  std::vector<std::string> emails;
  for (const Asked& each : asked) emails.push_back(each.email);
  return emails;
}

/// Calls each once, so that pages are in memory and statements are prepared, and keeps the sizes of the replies.
void warm(Panel& panel, std::vector<Asked>& asked) {
  for (Asked& each : asked) {
    panel.open(each.request);
    each.reply_size = panel.reply().size();
  }
}

void expect_page(const Panel& panel, std::string_view what) {
  const json::value reply = json::parse(panel.reply());
  std::size_t rows = 0;
  for (const json::value& row : reply.at("history").at("rows").as_array()) rows += row.at("type") != "interest";
  if (rows != kPageRows) throw std::runtime_error(fmt::format("{}: expected 50 engagements, found {}", what, rows));
}

/// The reply without what must differ between two databases with the same content: ids become the number of their first
/// appearance, and the times at which the rows were written go.
class Comparable {
 public:
  std::string of(std::string_view reply) {
    json::value value = json::parse(reply);
    value.as_object().erase("version");
    value.as_object().erase("as_of_us");
    strip(value);
    return json::serialize(value);
  }

 private:
  static bool is_id(std::string_view text) {
    return text.size() >= 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
  }
  std::string number_of(std::string_view id) {
    return fmt::format("#{}", numbers_.try_emplace(std::string(id), numbers_.size()).first->second);
  }
  // NOLINTNEXTLINE(misc-no-recursion): a reply nests a few levels deep.
  void strip(json::value& value) {
    if (auto* object = value.if_object()) {
      json::object stripped;
      for (auto& [key, member] : *object) {
        if (key == "created_us" || key == "connected_us" || key == "since_us") continue;
        if ((key == "before" || key == "after") && member.is_string()) {
          const std::string_view cursor = member.get_string();
          member =
              fmt::format("{}.{}", cursor.substr(0, cursor.find('.')), number_of(cursor.substr(cursor.find('.') + 1)));
        }
        strip(member);
        stripped[is_id(key) ? number_of(key) : std::string(key)] = std::move(member);
      }
      *object = std::move(stripped);
    } else if (auto* array = value.if_array()) {
      for (json::value& each : *array) strip(each);
    } else if (const auto* string = value.if_string(); string != nullptr && is_id(*string)) {
      value = number_of(*string);
    }
  }
  std::map<std::string, std::size_t> numbers_;
};

/// Throws unless a customer written in bulk and one delivered through the plugin's event give the same reply: else the
/// figures would speak of rows that the plugin never writes.
void check_bulk_rows(const Options& options, DatabaseKind kind) {
  const std::filesystem::path parent = options.data / "check";
  std::filesystem::remove_all(parent);
  std::filesystem::create_directories(parent);
  for (const bool over_eight : {false, true}) {
    const Dataset bulk = installation(parent / fmt::format("bulk{}", over_eight));
    const Dataset delivered = installation(parent / fmt::format("delivered{}", over_eight));
    Customer customer =
        over_eight ? make_customer(7, {.records = 8, .messages = 400, .interests = 5, .triggered = 0, .notes = 0})
                   : make_customer(8, {.records = 2, .messages = 60, .interests = 20, .triggered = 10, .notes = 0});
    const std::vector<std::string> events = events_of(customer);
    OurWriter writer(bulk.ours());
    writer.write(customer);
    writer.finish(true);
    const auto config = [&](const Dataset& made, const std::string& name) {
      return kind == DatabaseKind::kSqlite ? std::filesystem::path(made.config())
                                           : MariadbData::of(options).fresh_twin(made, name).config;
    };
    Panel by_bulk(config(bulk, "check_bulk"));
    Panel by_event(config(delivered, "check_delivered"));
    for (const std::string& event : events) by_event.deliver(event);
    for (const std::string& request :
         {open_request(customer),
          history_request(customer, customer.messages[customer.messages.size() / 2].occurred_us)}) {
      by_bulk.open(request);
      by_event.open(request);
      const std::string a = Comparable().of(by_bulk.reply());
      const std::string b = Comparable().of(by_event.reply());
      if (a != b) {
        const auto at =
            static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
        const std::size_t from = at < 80 ? 0 : at - 80;
        throw std::runtime_error(
            fmt::format("bulk-made rows differ from delivered ones:\n  bulk      ...{}\n  delivered ...{}",
                        a.substr(from, 200), b.substr(from, 200)));
      }
    }
  }
  std::filesystem::remove_all(parent);
}

void add_sizes(json::object& about, const Dataset& dataset, const std::vector<Asked>& asked) {
  std::vector<double> bytes;
  for (const Asked& each : asked) bytes.push_back(static_cast<double>(each.reply_size));
  about["engagements"] = dataset.others;
  about["asked"] = asked.size();
  about["reply_bytes"] = median(bytes);
}

Measured measure_history(const Stand& stand, bool over_eight, std::size_t pairs, json::object& detail) {
  std::vector<Asked> asked;
  for (std::size_t index = 0; index < kLongHistories; ++index) {
    const Customer customer = long_history(index, over_eight);
    const std::int64_t middle_us = customer.messages[customer.messages.size() / 2].occurred_us;
    asked.push_back({customer.email, history_request(customer, middle_us), middle_us, 0});
  }
  warm(*stand.panel, asked);
  expect_page(*stand.panel, "panel.history");
  Measured measured = measure(stand, asked, pairs, by_page);
  detail[over_eight ? "eight_records" : "one_record"] = spread_of(measured, stand);
  return measured;
}

}  // namespace

// Misses its bar when opening costs more than half as much again as hand-written code over flat tables: a second round
// trip, a value copied twice, a JSON tree, a card that is not used. Those opened have their cards, which the plugin's
// job writes for who was opened; `without_card` is the first opening after a change: one more statement in the
// procedure, a scan where a range would do.
std::vector<Result> panel_open(const Options& options, DatabaseKind kind) {
  check_bulk_rows(options, kind);
  const Dataset data = dataset(options.data, options.engagements);
  const Stand stand(options, kind, data);
  std::vector<Asked> asked = probes_asked();
  drop_cards(stand.url);
  warm(*stand.panel, asked);
  expect_page(*stand.panel, "panel.open");
  expect_same(stand, asked.front());
  Measured without_card;
  Measured pinned;
  {
    const OneCore core(stand.server);
    without_card = measure(stand, asked, options.pairs / 5, by_open);
    write_cards(stand.url, emails_of(asked));
    pinned = measure(stand, asked, options.pairs, by_open);
  }
  const Measured unpinned = measure(stand, asked, options.pairs / 5, by_open);
  drop_cards(stand.url);
  json::object detail = stand.about;
  add_sizes(detail, data, asked);
  detail["floor_bytes_before_blanks"] = stand.floors.front().flat->own_size();
  detail["one_core"] = spread_of(pinned, stand);
  detail["unpinned"] = spread_of(unpinned, stand);
  detail["without_card"] = spread_of(without_card, stand);
  return {ratio_below(name_on("panel.open", kind), pinned.ratio(), 1.5, std::move(detail))};
}

// Misses its bar when a statement reads more the more customers there are: a missing index, a plan that begins at the
// wrong table, a count over everything. With their cards and without; the worse counts.
std::vector<Result> panel_open_growth(const Options& options, DatabaseKind kind) {
  const Dataset large = dataset(options.data, options.engagements);
  const Dataset small = dataset(options.data, kSmall);
  // Copying restarts the server, so both are there before anything connects.
  if (kind == DatabaseKind::kMariadb)
    for (const Dataset& each : {large, small}) MariadbData::of(options).twin(each);
  const Stand in_large(options, kind, large);
  const Stand in_small(options, kind, small);
  std::vector<Asked> asked = probes_asked();
  for (const Stand* stand : {&in_small, &in_large}) {
    drop_cards(stand->url);
    warm(*stand->panel, asked);
  }
  const std::vector<std::size_t> order = picks(options.pairs, asked.size());
  const auto open_in = [&](const Stand& stand) {
    return [&](std::size_t pair) { return stand.panel->open(asked[order[pair]].request); };
  };
  const OneCore core(in_large.server);
  const Pairs without_card = in_turn(options.pairs, open_in(in_large), open_in(in_small));
  for (const Stand* stand : {&in_small, &in_large}) write_cards(stand->url, emails_of(asked));
  const Pairs with_card = in_turn(options.pairs, open_in(in_large), open_in(in_small));
  for (const Stand* stand : {&in_small, &in_large}) drop_cards(stand->url);
  const auto by_flat = [&](const Stand& stand) {
    return [&](std::size_t pair) {
      const Asked& each = asked[order[pair]];
      return timed_us([&] { by_open(*stand.floors.front().flat, each); });
    };
  };
  const Pairs floors = in_turn(options.pairs, by_flat(in_large), by_flat(in_small));
  json::object detail = in_large.about;
  add_sizes(detail, large, asked);
  detail["engagements_small"] = small.others;
  detail["with_card"] = spread(with_card, "large", "small");
  detail["without_card"] = spread(without_card, "large", "small");
  detail["floor"] = spread(floors, "large", "small");
  Result result = ratio_below(name_on("panel.open.growth", kind), std::max(with_card.ratio(), without_card.ratio()),
                              1.2, std::move(detail));
  result.unit = "x small";
  return {std::move(result)};
}

// Misses its bar when the cost of a page grows with what lies before or after it, or with the number of records beyond
// one more range each. The value is the worse of one record and eight.
std::vector<Result> panel_history(const Options& options, DatabaseKind kind) {
  const Dataset data = dataset(options.data, options.engagements);
  const Stand stand(options, kind, data);
  json::object detail = stand.about;
  detail["engagements"] = data.others;
  detail["history"] = 5000;
  const OneCore core(stand.server);
  const Measured one = measure_history(stand, false, options.pairs / 2, detail);
  const Measured eight = measure_history(stand, true, options.pairs / 2, detail);
  return {ratio_below(name_on("panel.history", kind), std::max(one.ratio(), eight.ratio()), 1.5, std::move(detail))};
}

}  // namespace bench
