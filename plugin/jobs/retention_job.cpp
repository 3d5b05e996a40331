#include "jobs/retention_job.hpp"

#include <algorithm>

namespace identities::jobs {

std::int64_t RetentionSettings::days(store::Kept kept) const {
  switch (kept) {
    case store::Kept::kDeliveries:
      return deliveries_days;
    case store::Kept::kCommands:
      return commands_days;
    case store::Kept::kAudit:
      return audit_days;
  }
  return 0;
}

RetentionSettings retention_settings(const boost::json::object& config) {
  RetentionSettings settings;
  const auto* const section = config.if_contains("retention");
  if (section == nullptr) return settings;
  const auto read = [&](std::string_view name, std::int64_t& days) {
    if (const auto* const value = section->as_object().if_contains(name)) days = value->to_number<std::int64_t>();
  };
  read("deliveries_days", settings.deliveries_days);
  read("commands_days", settings.commands_days);
  read("audit_days", settings.audit_days);
  return settings;
}

Progress RetentionJob::step(store::Session& session, const Step& step) {
  Progress progress;
  // The rows' times are of the clocks of those who wrote them. The earlier of the clocks at hand decides, so that one
  // that runs ahead deletes nothing too early.
  const Microseconds now_us = std::min(step.now_us, clock_.now_us());
  for (const store::Kept kept : store::kAllKept) {
    const std::int64_t days = settings_.days(kept);
    std::int64_t deleted = days == 0 ? 0 : store::kRetentionBatch;
    while (deleted >= store::kRetentionBatch) {
      // Only after something was deleted: else a slow database, where one look takes the whole step, would never get
      // beyond the first kind.
      if (!progress.changes.empty() && clock_.monotonic_us() >= step.yield_us) {
        progress.done = false;
        return progress;
      }
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      step.hold(session);
      deleted = store::delete_oldest(session, kept, now_us - days * kDayUs);
      transaction.commit();
      if (deleted > 0) progress.changes[std::string(store::name_of(kept))] += deleted;
    }
  }
  return progress;
}

}  // namespace identities::jobs
