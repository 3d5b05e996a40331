// Deletes deliveries, agents' commands and audit entries that were kept long enough. How long is in the configuration's
// section "retention", in days; 0 keeps for ever.
#pragma once

#include <boost/json/object.hpp>

#include "jobs/job.hpp"
#include "store/clock.hpp"
#include "store/retention.hpp"

namespace identities::jobs {

struct RetentionSettings {
  /// A sender gives up redelivering within days (Standard Webhooks: 28 hours), and its operator asks what became of a
  /// delivery within weeks. A message that comes later still is known by its own id for good.
  std::int64_t deliveries_days = 30;
  /// An agent's browser repeats a command within minutes; a tab that slept over a week has lost its token.
  std::int64_t commands_days = 7;
  /// A yearly review of who read what finds the whole year, with a month to do it in.
  std::int64_t audit_days = 400;

  std::int64_t days(store::Kept kept) const;
};

/// What the section says, and the defaults where it says nothing. REQUIRES: the configuration keeps
/// manifest/config.schema.json.
RetentionSettings retention_settings(const boost::json::object& config);

class RetentionJob : public Job {
 public:
  RetentionJob(const RetentionSettings& settings, Clock clock) : settings_(settings), clock_(std::move(clock)) {}
  std::string_view name() const override { return "retention"; }
  Microseconds interval_us() const override { return kHourUs; }
  Progress step(store::Session& session, const Step& step) override;

 private:
  const RetentionSettings settings_;
  const Clock clock_;
};

}  // namespace identities::jobs
