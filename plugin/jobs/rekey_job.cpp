#include "jobs/rekey_job.hpp"

#include "store/rekeying.hpp"

namespace identities::jobs {

bool RekeyJob::is_wanted(store::Session& session) const {
  return store::rekey_wanted(session);
}

Progress RekeyJob::step(store::Session& session, const Step& step) {
  Progress progress;
  do {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    step.hold(session);
    // Within the transaction, so that the wish that it fulfils is one of these rules.
    const auto accounts = directory_.current(session, store::read_settings(session));
    const store::Rekeyed rekeyed = store::rekey_some(session, *accounts);
    transaction.commit();
    progress.done = rekeyed.done;
    if (rekeyed.identifiers > 0) progress.changes["identifiers"] += rekeyed.identifiers;
    if (rekeyed.values > 0) progress.changes["values"] += rekeyed.values;
  } while (!progress.done && clock_.monotonic_us() < step.yield_us);
  return progress;
}

}  // namespace identities::jobs
