#include <fmt/format.h>

#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "store/accounts.hpp"
#include "store/match_store.hpp"

namespace identities::cli {
namespace {

using store::Session;
using store::Transaction;

/// More teach nothing new: the rates of 300,000 records are known to a thousandth.
constexpr std::int64_t kMostTrainingRecords = 300'000;
/// Of fewer, what is frequent and what is rare cannot be told.
constexpr std::int64_t kLeastTrainingRecords = 200;
constexpr std::size_t kRecordsAtOnce = 500;

class Installation {
 public:
  explicit Installation(const std::filesystem::path& config)
      : pool_(store::opener(read_configuration(config).database, clock_), clock_, 1) {}

  template <typename Work>
  auto with_session(Work&& work) {
    return pool_.with_command(clock_.monotonic_us() + kCommandUs, work);
  }
  Microseconds now_us() const { return clock_.now_us(); }

 private:
  const Clock clock_ = system_clock();
  store::Pool pool_;
};

/// The records to learn from: all of them, or every so many-th batch.
std::vector<matching::KnownPerson> read_persons(Installation& installation, std::int64_t records) {
  const std::int64_t stride = (records + kMostTrainingRecords - 1) / kMostTrainingRecords;
  const ResolutionRules rules = installation.with_session([](Session& session) { return store::read_rules(session); });
  std::vector<matching::KnownPerson> persons;
  Id after = 0;
  for (std::int64_t batch = 0;; ++batch) {
    const std::vector<Id> ids = installation.with_session(
        [&](Session& session) { return store::records_after(session, after, kRecordsAtOnce); });
    if (ids.empty()) return persons;
    after = ids.back();
    if (batch % stride != 0) continue;
    const auto known =
        installation.with_session([&](Session& session) { return store::read_known(session, ids, rules); });
    for (const store::KnownRecord& each : known) {
      matching::KnownPerson person = matching::person_of(each.facts);
      if (!person.empty()) persons.push_back(std::move(person));
    }
  }
}

}  // namespace

void suggest_train(const std::filesystem::path& config) {
  Installation installation(config);
  const std::int64_t records =
      installation.with_session([](Session& session) { return store::count_records(session); });
  const std::vector<matching::KnownPerson> persons = read_persons(installation, records);
  if (static_cast<std::int64_t>(persons.size()) < kLeastTrainingRecords)
    throw std::runtime_error(
        fmt::format("{} records tell who they are of, and at least {} are needed to learn from; until then nobody is "
                    "suggested by weighed evidence. Import customers or wait for messages, then run it again",
                    persons.size(), kLeastTrainingRecords));
  const matching::PersonModel model = matching::learn_from(persons, 2);
  if (model.passes.empty())
    throw std::runtime_error(fmt::format(
        "of {} records no two seem to be one person's, so there is nothing to learn from yet", persons.size()));
  const Microseconds now_us = installation.now_us();
  installation.with_session([&](Session& session) {
    Transaction transaction(session, Transaction::Kind::kWrite);
    store::write_model(session, next_id(now_us), static_cast<std::int64_t>(persons.size()), model, now_us);
    transaction.commit();
    return true;
  });
  for (Id after = 0;;) {
    const Id last = installation.with_session([&](Session& session) {
      Transaction transaction(session, Transaction::Kind::kWrite);
      const Id queued = store::queue_all_scoring(session, after, kRecordsAtOnce, now_us);
      transaction.commit();
      return queued;
    });
    if (last == 0) break;
    after = last;
  }
  fmt::print(
      "Learnt from {} of {} records, by {} ways to find who may be whom. All records wait to be compared by the job "
      "'suggest', which hdhost or 'identities work' runs.\n",
      persons.size(), records, model.passes.size());
}

void suggest_status(const std::filesystem::path& config) {
  static const store::Statement kOpen{"count_open_suggestions", "SELECT COUNT(*) FROM suggestion WHERE state = 0"};
  Installation installation(config);
  installation.with_session([&](Session& session) {
    const auto model = store::read_model(session);
    std::int64_t open = 0;
    session.query(kOpen, {}, [&](const store::Row& row) { open = row.integer(0); });
    if (model) {
      fmt::print("Learnt {} from {} records.\n", format_rfc3339(model->trained_us), model->records);
    } else {
      fmt::print("Nothing was learnt yet: run 'identities suggest --train'.\n");
    }
    fmt::print("{} records wait to be compared, {} suggestions are open.\n", store::count_queued(session), open);
    return true;
  });
}

}  // namespace identities::cli
