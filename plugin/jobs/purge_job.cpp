#include "jobs/purge_job.hpp"

#include "store/note_writer.hpp"

namespace identities::jobs {

bool PurgeJob::is_wanted(store::Session& session) const {
  return store::purge_wanted(session);
}

Progress PurgeJob::step(store::Session& session, const Step& step) {
  if (!store::purge_wanted(session)) return {};
  // Readers that still need the old pages keep the log from being emptied; the next step finds them gone.
  if (!session.purge()) return {false, {}};
  store::Transaction transaction(session, store::Transaction::Kind::kWrite);
  step.hold(session);
  store::purged(session);
  transaction.commit();
  return {true, {{"purges", 1}}};
}

}  // namespace identities::jobs
