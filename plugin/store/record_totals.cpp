#include "store/record_totals.hpp"

#include <fmt/format.h>

namespace identities::store {
namespace {

constexpr std::string_view kSums =
    "SELECT SUM(rt.in_count + rt.out_count), MIN(rt.first_us), MAX(rt.last_us) FROM record_thread rt JOIN thread t ON "
    "t.id = rt.thread_id WHERE rt.record_id = ?";
const Statement kTotals{"record_totals", std::string(kSums)};
const Statement kTotalsInView{"record_totals_in_view", fmt::format("{} AND {}", kSums, kThreadVisible)};
const Statement kNotes{"record_notes", "SELECT COUNT(*) FROM note WHERE record_id = ?"};

}  // namespace

std::map<Id, RecordTotals> read_record_totals(Session& session, const std::set<Id>& records, const ViewFilter& filter) {
  std::map<Id, RecordTotals> totals;
  for (const Id record : records) {
    RecordTotals& of_record = totals[record];
    std::vector<Parameter> parameters = {record};
    if (!filter.all()) filter.add_thread(parameters);
    session.query(filter.all() ? kTotals : kTotalsInView, parameters, [&](const Row& row) {
      of_record.engagements = row.integer(0);
      of_record.first_us = optional_integer(row, 1);
      of_record.last_us = optional_integer(row, 2);
    });
    session.query(kNotes, {record}, [&](const Row& row) { of_record.notes = row.integer(0); });
  }
  return totals;
}

}  // namespace identities::store
