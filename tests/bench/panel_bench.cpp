// panel.open, panel.open.growth and panel.history: what a helpdesk waits for when an agent opens a ticket.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <random>

#include "flat.hpp"
#include "panel.hpp"
#include "report.hpp"

namespace bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kPairs = 5000;
constexpr std::size_t kUnpinnedPairs = 1000;
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
void check_bulk_rows(const std::filesystem::path& data) {
  const std::filesystem::path parent = data / "check";
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
    Panel by_bulk(bulk);
    Panel by_event(delivered);
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

json::object sizes(const Dataset& dataset, const std::vector<Asked>& asked) {
  std::vector<double> bytes;
  for (const Asked& each : asked) bytes.push_back(static_cast<double>(each.reply_size));
  return {{"database", "SQLite " + std::string(sqlite3_libversion())},
          {"engagements", dataset.others},
          {"probed", asked.size()},
          {"reply_bytes", median(bytes)},
          {"database_mb", std::filesystem::file_size(dataset.ours()) >> 20U},
          {"flat_mb", std::filesystem::file_size(dataset.flat()) >> 20U}};
}

Pairs history_pairs(Panel& panel, Flat& flat, bool over_eight, std::size_t pairs) {
  std::vector<Asked> asked;
  for (std::size_t index = 0; index < kLongHistories; ++index) {
    const Customer customer = long_history(index, over_eight);
    const std::int64_t middle_us = customer.messages[customer.messages.size() / 2].occurred_us;
    asked.push_back({customer.email, history_request(customer, middle_us), middle_us, 0});
  }
  warm(panel, asked);
  expect_page(panel, "panel.history");
  return in_turn(
      pairs, [&](std::size_t pair) { return panel.open(asked[pair % asked.size()].request); },
      [&](std::size_t pair) {
        const Asked& each = asked[pair % asked.size()];
        return timed_us([&] { flat.page(each.email, each.before_us, each.reply_size); });
      });
}

}  // namespace

// Misses its bar when opening costs more than half as much again as hand-written code over flat tables: one more
// statement a thread, a value copied twice, a JSON tree, a scan where a range would do.
Result panel_open(const Options& options) {
  check_bulk_rows(options.data);
  const Dataset data = dataset(options.data, options.engagements);
  Panel panel(data);
  Flat flat(data.flat());
  std::vector<Asked> asked = probes_asked();
  warm(panel, asked);
  expect_page(panel, "panel.open");
  const std::vector<std::size_t> order = picks(kPairs, asked.size());
  const auto by_plugin = [&](std::size_t pair) { return panel.open(asked[order[pair]].request); };
  const auto by_floor = [&](std::size_t pair) {
    const Asked& each = asked[order[pair]];
    return timed_us([&] { flat.open(each.email, each.reply_size); });
  };
  Pairs pinned;
  {
    const OneCore core;
    pinned = in_turn(kPairs, by_plugin, by_floor);
  }
  const Pairs unpinned = in_turn(kUnpinnedPairs, by_plugin, by_floor);
  json::object detail = sizes(data, asked);
  detail["floor_bytes_before_blanks"] = flat.own_size();
  detail["one_core"] = spread(pinned, "plugin", "floor");
  detail["unpinned"] = spread(unpinned, "plugin", "floor");
  return ratio_below("panel.open", pinned.ratio(), 1.5, std::move(detail));
}

// Misses its bar when a statement reads more the more customers there are: a missing index, a plan that begins at the
// wrong table, a count over everything.
Result panel_open_growth(const Options& options) {
  const Dataset large = dataset(options.data, options.engagements);
  const Dataset small = dataset(options.data, kSmall);
  Panel in_large(large);
  Panel in_small(small);
  Flat flat_large(large.flat());
  Flat flat_small(small.flat());
  std::vector<Asked> asked = probes_asked();
  warm(in_small, asked);
  warm(in_large, asked);
  const std::vector<std::size_t> order = picks(kPairs, asked.size());
  const OneCore core;
  const Pairs measured = in_turn(
      kPairs, [&](std::size_t pair) { return in_large.open(asked[order[pair]].request); },
      [&](std::size_t pair) { return in_small.open(asked[order[pair]].request); });
  const auto by_flat = [&](Flat& flat) {
    return [&](std::size_t pair) {
      const Asked& each = asked[order[pair]];
      return timed_us([&] { flat.open(each.email, each.reply_size); });
    };
  };
  const Pairs floors = in_turn(kPairs, by_flat(flat_large), by_flat(flat_small));
  json::object detail = sizes(large, asked);
  detail["engagements_small"] = small.others;
  detail["plugin"] = spread(measured, "large", "small");
  detail["floor"] = spread(floors, "large", "small");
  Result result = ratio_below("panel.open.growth", measured.ratio(), 1.2, std::move(detail));
  result.unit = "x small";
  return result;
}

// Misses its bar when the cost of a page grows with what lies before or after it, or with the number of records beyond
// one more range each. The value is the worse of one record and eight.
Result panel_history(const Options& options) {
  const Dataset data = dataset(options.data, options.engagements);
  Panel panel(data);
  Flat flat(data.flat());
  const OneCore core;
  const Pairs one = history_pairs(panel, flat, false, kPairs / 2);
  const Pairs eight = history_pairs(panel, flat, true, kPairs / 2);
  json::object detail{{"database", "SQLite " + std::string(sqlite3_libversion())},
                      {"engagements", data.others},
                      {"history", 5000},
                      {"one_record", spread(one, "plugin", "floor")},
                      {"eight_records", spread(eight, "plugin", "floor")}};
  return ratio_below("panel.history", std::max(one.ratio(), eight.ratio()), 1.5, std::move(detail));
}

}  // namespace bench
