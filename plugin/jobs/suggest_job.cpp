#include "jobs/suggest_job.hpp"

#include <set>

#include "store/accounts.hpp"
#include "store/membership.hpp"

namespace identities::jobs {
namespace {

/// Some milliseconds each: short enough that what the transaction locks is soon free.
constexpr std::size_t kRecordsAtOnce = 20;

}  // namespace

bool SuggestJob::is_wanted(store::Session& session) const {
  return store::newest_model(session) != 0 && !store::queued_for_scoring(session, 1).empty();
}

Progress SuggestJob::step(store::Session& session, const Step& step) {
  Progress progress;
  if (const Id newest = store::newest_model(session); !model_ || model_->id != newest)
    model_ = store::read_model(session);
  if (!model_) return progress;
  const ResolutionRules rules = store::read_rules(session);
  do {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    step.hold(session);
    const std::vector<Id> records = store::queued_for_scoring(session, kRecordsAtOnce);
    progress.done = records.size() < kRecordsAtOnce;
    std::size_t suggested = 0;
    std::set<Id> concerned;
    for (const Id record : records) {
      // Before it is read: a delivery that changes the record either committed before, and is seen, or queues it anew
      // afterwards.
      store::drop_from_queue(session, record);
      suggested += store::suggest_for(session, record, *model_, step.now_us, rules, &concerned);
    }
    store::raise_identities(session, concerned);
    transaction.commit();
    if (!records.empty()) progress.changes["records compared"] += static_cast<std::int64_t>(records.size());
    if (suggested > 0) progress.changes["suggestions"] += static_cast<std::int64_t>(suggested);
  } while (!progress.done && clock_.monotonic_us() < step.yield_us);
  return progress;
}

}  // namespace identities::jobs
