#include "jobs/purge_job.hpp"

#include "store/note_writer.hpp"

namespace identities::jobs {

bool PurgeJob::is_wanted(store::Session& session) const {
  return store::purge_wanted(session).has_value();
}

Progress PurgeJob::step(store::Session& session, const Step& step) {
  const auto wish = store::purge_wanted(session);
  if (!wish) return {};
  // Readers that still need the old pages keep the log from being emptied; the next step finds them gone.
  if (!session.purge()) return {false, {}};
  store::Transaction transaction(session, store::Transaction::Kind::kWrite);
  step.hold(session);
  const bool done = store::purged(session, *wish);
  transaction.commit();
  return {done, {{"purges", 1}}};
}

}  // namespace identities::jobs
