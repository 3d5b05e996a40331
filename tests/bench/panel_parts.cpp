// Where the time of one opening on MariaDB goes: each line runs one layer more than the line before it.
#include <fmt/format.h>

#include <algorithm>

#include "flat.hpp"
#include "maria.hpp"
#include "mariadb_data.hpp"
#include "panel.hpp"
#include "panel/sidebar.hpp"
#include "report.hpp"

namespace bench {
namespace {

namespace store = identities::store;
namespace panel = identities::panel;
using identities::Microseconds;

constexpr Microseconds kPatienceUs = 30 * identities::kSecondUs;

/// Passes everything on, but may drop the rows that a procedure gives: what is left is the database and the way there.
class Forwarding : public store::Session {
 public:
  explicit Forwarding(store::Session& to) : to_(to) {}
  bool drop_rows = false;

  store::Dialect dialect() const override { return to_.dialect(); }
  void set_deadline(Microseconds deadline_us) override { to_.set_deadline(deadline_us); }
  void begin_read() override { to_.begin_read(); }
  void begin_write() override { to_.begin_write(); }
  void commit() override { to_.commit(); }
  void rollback() noexcept override { to_.rollback(); }
  void query(const store::Statement& statement, std::span<const store::Parameter> parameters,
             const RowFunction& each) override {
    to_.query(statement, parameters, each);
  }
  std::int64_t execute(const store::Statement& statement, std::span<const store::Parameter> parameters) override {
    return to_.execute(statement, parameters);
  }
  void call(const store::Statement& statement, std::span<const store::Parameter> parameters,
            const SetFunction& each) override {
    if (!drop_rows) return to_.call(statement, parameters, each);
    rows = 0;
    to_.call(statement, parameters, [this](std::size_t, const store::Row&) { ++rows; });
  }
  bool purge() override { return to_.purge(); }
  std::size_t rows = 0;

 private:
  store::Session& to_;
};

struct Line {
  std::string_view name;
  std::vector<double> took_us;
};

/// Everything that Sidebar has, to run it layer by layer.
struct Layers {
  Layers(const MariadbData& data, const Twin& twin)
      : clock(identities::system_clock()),
        url(store::parse_database_url(data.server().url(twin.ours))),
        session(store::opener(url, clock)(clock.monotonic_us() + kPatienceUs)),
        forwarding(*session),
        pool(store::opener(url, clock), clock, 1),
        sidebar(pool, directory, audit, {}) {
    session->set_deadline(clock.monotonic_us() + 3600 * identities::kSecondUs);
    accounts = directory.current(*session, store::read_settings(*session));
  }

  store::OpeningQuery query_of(const panel::PanelRequest& request, const std::string& key) const {
    store::OpeningQuery query;
    query.key = key;
    const store::Account* const account = accounts->by_name(request.asking.account);
    query.account = account == nullptr ? 0 : account->id;
    query.agent = request.asking.agent.id;
    query.thread = request.asking.thread;
    query.rows = panel::kPageRows;
    return query;
  }

  identities::Clock clock;
  store::DatabaseUrl url;
  std::unique_ptr<store::Session> session;
  Forwarding forwarding;
  store::AccountDirectory directory;
  std::shared_ptr<const store::Accounts> accounts;
  store::Taxonomy taxonomy;
  store::ReadAudit audit;
  store::Pool pool;
  panel::Sidebar sidebar;
};

void measure_layers(Layers& layers, const Customer& customer, std::vector<Line>& lines) {
  std::size_t line = 0;
  const auto timed = [&](auto&& work) { lines[line++].took_us.push_back(timed_us(work)); };
  const std::string request_json = open_request(customer);
  panel::PanelRequest request;
  timed([&] { request = panel::decode_panel_request(request_json); });
  std::string key;
  timed([&] { key = identities::normalise_email(request.asking.requesters.front().value).value_or(""); });
  const store::OpeningQuery query = layers.query_of(request, key);
  layers.forwarding.drop_rows = true;
  timed([&] { store::read_opening(layers.forwarding, query); });
  layers.forwarding.drop_rows = false;
  store::Opening opening;
  timed([&] { opening = store::read_opening(layers.forwarding, query); });
  const identities::Id thread = opening.thread;
  const store::ViewFilter filter(request.asking.view, query.account);
  const Microseconds now_us = layers.clock.now_us();
  timed([&] {
    panel::picture_of(layers.forwarding, layers.taxonomy, request.asking, std::move(opening), thread, filter, now_us);
  });
  timed([&] { layers.sidebar.reply(request_json, "", layers.clock.monotonic_us() + kPatienceUs); });
}

double median_of(const std::vector<Line>& lines, std::size_t index) {
  return median(lines[index].took_us);
}

}  // namespace

void print_parts(const Options& options) {
  MariadbData& data = MariadbData::of(options);
  const Twin twin = data.twin(dataset(options.data, options.engagements));
  Layers layers(data, twin);
  Panel whole(twin.config);
  Maria maria(data.server().socket(), twin.flat);
  const std::string socket = data.server().socket();
  const auto prepared = flat_prepared(socket, twin.flat);
  const auto several = flat_multi_statement(socket, twin.flat);
  const auto procedure = flat_procedure(socket, twin.flat);
  std::vector<Line> lines = {{"decode the request", {}},     {"normalise", {}},       {"call, rows dropped", {}},
                             {"call, rows taken", {}},       {"picture", {}},         {"Sidebar::reply", {}},
                             {"hd_host_call", {}},           {"SELECT 1", {}},        {"floor, prepared", {}},
                             {"floor, multi-statement", {}}, {"floor, procedure", {}}};
  const OneCore core(data.server().pid());
  for (std::size_t round = 0; round < kProbes + options.pairs; ++round) {
    if (round == kProbes)  // all is in memory now
      for (Line& line : lines) line.took_us.clear();
    const Customer customer = probe(round * 7 % kProbes);
    measure_layers(layers, customer, lines);
    lines[6].took_us.push_back(whole.open(open_request(customer)));
    lines[7].took_us.push_back(timed_us([&] { maria.run("SELECT 1"); }));
    lines[8].took_us.push_back(timed_us([&] { prepared->open(customer.email, whole.reply().size()); }));
    lines[9].took_us.push_back(timed_us([&] { several->open(customer.email, whole.reply().size()); }));
    lines[10].took_us.push_back(timed_us([&] { procedure->open(customer.email, whole.reply().size()); }));
  }
  const auto print = [](std::string_view name, double took_us) { fmt::print("{:<44} {:>8.1f} us\n", name, took_us); };
  fmt::print("One opening on MariaDB, {} engagements, one core, medians of {}:\n", options.engagements, options.pairs);
  print("decode the request", median_of(lines, 0));
  print("normalise the identifier", median_of(lines, 1));
  print(fmt::format("SQL: the call and its {} rows, dropped", layers.forwarding.rows), median_of(lines, 2));
  print("building: rows into an Opening", median_of(lines, 3) - median_of(lines, 2));
  print("picture: names, totals, page", median_of(lines, 4));
  print("summary, JSON, version, audit, pool",
        median_of(lines, 5) - median_of(lines, 0) - median_of(lines, 1) - median_of(lines, 3) - median_of(lines, 4));
  print("host: hd_host_call around it", median_of(lines, 6) - median_of(lines, 5));
  print("all: hd_host_call", median_of(lines, 6));
  fmt::print("Beside it:\n");
  for (std::size_t index = 7; index < lines.size(); ++index) print(lines[index].name, median_of(lines, index));
}

}  // namespace bench
