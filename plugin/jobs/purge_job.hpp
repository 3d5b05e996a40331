// Makes the text of deleted notes unreadable in the database's files, where the dialect must be told to (SQLite).
// hdhost does the same by its housekeeping; this is for `identities work`.
#pragma once

#include "jobs/job.hpp"

namespace identities::jobs {

class PurgeJob : public Job {
 public:
  std::string_view name() const override { return "purge"; }
  Microseconds interval_us() const override { return kSecondUs; }
  bool is_wanted(store::Session& session) const override;
  Progress step(store::Session& session, const Step& step) override;
};

}  // namespace identities::jobs
