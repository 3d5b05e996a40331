// merge and merge.undo: two identities with 10,000 engagements each become one, and two again.
#include <fmt/format.h>

#include "core/ids.hpp"
#include "dataset.hpp"
#include "mariadb_data.hpp"
#include "measure.hpp"
#include "report.hpp"
#include "store/accounts.hpp"
#include "store/item_writer.hpp"
#include "store/merging.hpp"
#include "store/pool.hpp"

namespace bench {
namespace {

namespace fs = std::filesystem;
using namespace identities;

constexpr std::size_t kEngagements = 10'000;  // of each identity
constexpr std::size_t kRecords = 4;           // of each, the engagements spread over them
constexpr std::size_t kAtOnce = 500;
constexpr std::size_t kRounds = 50;
constexpr Microseconds kFirstUs = 1'700'000'000'000'000;

Item message(std::size_t person, std::size_t number) {
  const std::size_t record = number % kRecords;
  Engagement engagement;
  engagement.source_key = fmt::format("m-{}-{}", person, number);
  engagement.customer.source_key = fmt::format("c-{}-{}", person, record);
  engagement.customer.name = "Ada Stone";
  GivenIdentifier email{IdentifierKind::kEmail, fmt::format("ada{}@merging.net", person), {}};
  email.key = normalise_email(email.shown);
  GivenIdentifier phone{IdentifierKind::kPhone, fmt::format("+6141234567{}", person), {}};
  phone.key = normalise_phone(phone.shown);
  engagement.customer.identifiers = {std::move(email), std::move(phone)};
  engagement.direction = number % 3 == 0 ? Direction::kOut : Direction::kIn;
  engagement.channel = "mail";
  engagement.occurred_us = kFirstUs + static_cast<Microseconds>(number) * kMinuteUs;
  engagement.thread_key = fmt::format("t-{}-{}", person, number / 10);
  engagement.text = "Is the 20 inch Sparrow right, or should we still take the 18?";
  engagement.interests = {{"Sport", fmt::format("Interest {}", number % 20), "Sparrow", Party::kFirst, {}}};
  if (number % 50 != 0) engagement.interests.clear();
  return {engagement.occurred_us, engagement};
}

void write_people(store::Session& session, const Clock& clock) {
  const auto accounts = store::AccountDirectory().current(session, store::read_settings(session));
  for (std::size_t person = 0; person < 2; ++person)
    for (std::size_t begin = 0; begin < kEngagements; begin += kAtOnce) {
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      store::WriteBatch batch(session);
      store::ItemWriter writer(batch, clock.now_us(), accounts->all().front(), "account:bench");
      for (std::size_t number = begin; number < begin + kAtOnce; ++number) writer.apply(message(person, number));
      writer.finish();
      batch.commit(transaction);
    }
}

std::vector<Id> identities_of(store::Session& session) {
  static const store::Statement kIdentities{"bench_identities",
                                            "SELECT identity_id FROM record GROUP BY identity_id ORDER BY 1"};
  std::vector<Id> found;
  session.query(kIdentities, {}, [&](const store::Row& row) { found.push_back(row.integer(0)); });
  return found;
}

/// Changes with any engagement that is written, moved or gone.
std::string engagements_of(store::Session& session) {
  static const store::Statement kSum{
      "bench_engagements",
      "SELECT COUNT(*), SUM(id % 1000003), SUM((record_id % 1000003) * (id % 1009)) FROM engagement"};
  std::string text;
  session.query(kSum, {},
                [&](const store::Row& row) { text = fmt::format("{} {} {}", row.text(0), row.text(1), row.text(2)); });
  return text;
}

template <typename Work>
double command_us(store::Session& session, const Clock& clock, IdentityEvent& event, const Work& work) {
  return timed_us([&] {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(session);
    store::Merging merging(batch, clock.now_us(), "agent:bench");
    event = work(merging);
    batch.commit(transaction);
  });
}

Result result_of(std::string name, const std::vector<double>& samples, const boost::json::object& about) {
  Result result;
  result.name = std::move(name);
  result.value = rounded(quantile(samples, 0.95) / 1000);
  result.unit = "ms p95";
  result.bar = 50;
  result.pass = result.value <= result.bar;
  result.detail = about;
  result.detail["engagements_each"] = kEngagements;
  result.detail["records_each"] = kRecords;
  result.detail["rounds"] = kRounds;
  result.detail["took"] = spread(samples);
  return result;
}

}  // namespace

// Misses its bar when a merge writes a row for each engagement, counts them again, or waits for another.
std::vector<Result> merge_and_undo(const Options& options, DatabaseKind kind) {
  const Clock clock = system_clock();
  const fs::path folder = fs::absolute(options.data) / "merging";
  fs::remove_all(folder);
  fs::create_directories(folder.parent_path());
  const Dataset data = installation(folder);
  store::DatabaseUrl url = store::parse_database_url("sqlite:" + data.ours());
  boost::json::object about{{"database", "SQLite"}};
  if (kind == DatabaseKind::kMariadb) {
    MariadbData& maria = MariadbData::of(options);
    const Twin twin = maria.fresh_twin(data, "merging");
    url = store::parse_database_url(maria.server().url(twin.ours));
    about = maria.about(twin);
  }
  const std::unique_ptr<store::Session> session = store::opener(url, clock)(clock.monotonic_us() + 10 * kSecondUs);
  session->set_deadline(clock.monotonic_us() + kHourUs);
  write_people(*session, clock);
  const std::vector<Id> two = identities_of(*session);
  if (two.size() != 2) throw std::runtime_error("expected two identities to merge");
  const std::string before = engagements_of(*session);
  std::vector<double> merges;
  std::vector<double> undos;
  IdentityEvent event;
  for (std::size_t round = 0; round < kRounds; ++round) {
    merges.push_back(
        command_us(*session, clock, event, [&](store::Merging& merging) { return merging.merge(two[0], two[1], {}); }));
    if (identities_of(*session).size() != 1) throw std::runtime_error("the two were not merged");
    undos.push_back(
        command_us(*session, clock, event, [&](store::Merging& merging) { return merging.undo(event.id); }));
    if (identities_of(*session) != two) throw std::runtime_error("the undo did not bring both back");
  }
  if (engagements_of(*session) != before) throw std::runtime_error("a merge or its undo wrote an engagement");
  return {result_of(name_on("merge", kind), merges, about), result_of(name_on("merge.undo", kind), undos, about)};
}

}  // namespace bench
