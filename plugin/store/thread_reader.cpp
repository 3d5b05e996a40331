#include "store/thread_reader.hpp"

#include <fmt/format.h>

#include <array>

namespace identities::store {
namespace {

constexpr std::size_t kMostIds = 64;  // in one statement: more threads than a page shows are read in several
constexpr std::size_t kFewIds = 16;
constexpr std::size_t kFewRecords = 8;  // whoever asks for fewer repeats the last, so that there are few statements
constexpr std::size_t kMostRecords = 32;

/// From the few threads of the page to their records, whatever else the identity or the thread has: a row for each
/// record that wrote in it. The last column says whether internal engagements are in view.
std::string threads_sql(std::size_t ids, bool restricted) {
  return fmt::format(
      "SELECT t.id, t.source_key, t.partition_key, t.subject, t.status, t.account_id, rt.first_us, rt.last_us, "
      "rt.in_count + rt.out_count, rt.internal_first_us, rt.internal_last_us, rt.internal_count, {} FROM "
      "record_thread rt @straight record r ON r.id = rt.record_id @straight thread t ON t.id = rt.thread_id WHERE "
      "rt.thread_id IN ({}) AND r.identity_id = ?",
      restricted ? "t.partition_key IN @list" : "1", places(ids));
}
const std::array<Statement, 2> kThreads = {{{"threads_of_identity", threads_sql(kMostIds, false)},
                                            {"threads_of_identity_in_view", threads_sql(kMostIds, true)}}};
const std::array<Statement, 2> kFewThreads = {{{"few_threads_of_identity", threads_sql(kFewIds, false)},
                                               {"few_threads_of_identity_in_view", threads_sql(kFewIds, true)}}};

/// The same for known records, and what tells whether all that was known beforehand still holds. The sums keep MySQL
/// from estimating every pair of thread and record before it begins.
Statement threads_of_key(std::size_t threads, std::size_t records) {
  return {"threads_of_key",
          fmt::format(
              "SELECT t.id, t.source_key, t.partition_key, t.subject, t.status, t.account_id, rt.first_us, rt.last_us, "
              "rt.in_count + rt.out_count, rt.internal_first_us, rt.internal_last_us, rt.internal_count, 1, d.id, "
              "d.version, s.value FROM setting s @straight identifier_value w @straight identity d @straight thread t "
              "@straight record_thread rt WHERE s.name = 'settings_version' AND w.kind = ? AND w.value = ? AND {} AND "
              "t.id IN ({}) AND rt.thread_id = t.id + 0 AND "
              "rt.record_id + 0 IN ({})",
              kIsNamedHolder, places(threads), places(records))};
}
/// By threads: few, many; in that by records: one, few, many.
const std::array<std::array<Statement, 3>, 2> kThreadsOfKey = {
    {{{threads_of_key(kFewIds, 1), threads_of_key(kFewIds, kFewRecords), threads_of_key(kFewIds, kMostRecords)}},
     {{threads_of_key(kMostIds, 1), threads_of_key(kMostIds, kFewRecords), threads_of_key(kMostIds, kMostRecords)}}}};

/// What one record did in the thread of that row.
ThreadOfRecord thread_of_record(const Row& row) {
  ThreadOfRecord part;
  part.thread = {row.integer(0),
                 std::string(row.text(1)),
                 std::string(row.text(2)),
                 std::string(row.text(3)),
                 static_cast<ThreadStatus>(row.integer(4)),
                 row.integer(5),
                 0,
                 0,
                 0};
  part.in = row.integer(8);
  part.first_us = optional_integer(row, 6);
  part.last_us = optional_integer(row, 7);
  if (row.integer(12) == 0) return part;
  part.internal = row.integer(11);
  part.internal_first_us = optional_integer(row, 9);
  part.internal_last_us = optional_integer(row, 10);
  return part;
}

}  // namespace

std::vector<ThreadRow> read_threads(Session& session, std::span<const Id> threads, Id identity,
                                    const ViewFilter& filter) {
  std::vector<ThreadOfRecord> parts;
  parts.reserve(threads.size());
  const std::size_t restricted = filter.all() ? 0 : 1;
  for (std::size_t at = 0; at < threads.size(); at += kMostIds) {
    const auto some = threads.subspan(at, std::min(kMostIds, threads.size() - at));
    const bool few = some.size() <= kFewIds;
    std::vector<Parameter> parameters;
    if (!filter.all()) filter.add_internal(parameters);
    parameters.insert(parameters.end(), some.begin(), some.end());
    // The last one again, so that there are few shapes of the statement.
    parameters.insert(parameters.end(), (few ? kFewIds : kMostIds) - some.size(), some.back());
    parameters.emplace_back(identity);
    session.query((few ? kFewThreads : kThreads).at(restricted), parameters,
                  [&](const Row& row) { parts.push_back(thread_of_record(row)); });
  }
  return threads_among(parts, threads);
}

std::optional<ThreadsOfKey> read_threads_of_key(Session& session, std::span<const Id> threads,
                                                std::span<const Id> records, IdentifierKind kind,
                                                std::string_view key) {
  if (threads.empty() || threads.size() > kMostIds || records.empty() || records.size() > kMostRecords)
    return std::nullopt;
  const bool few_threads = threads.size() <= kFewIds;
  const std::size_t by_records = records.size() == 1 ? 0 : records.size() <= kFewRecords ? 1 : 2;
  constexpr std::array<std::size_t, 3> kRecordPlaces = {1, kFewRecords, kMostRecords};
  std::vector<Parameter> parameters = {name_of(kind), key};
  parameters.insert(parameters.end(), threads.begin(), threads.end());
  parameters.insert(parameters.end(), (few_threads ? kFewIds : kMostIds) - threads.size(), threads.back());
  parameters.insert(parameters.end(), records.begin(), records.end());
  parameters.insert(parameters.end(), kRecordPlaces.at(by_records) - records.size(), records.back());
  std::optional<ThreadsOfKey> read;
  std::vector<ThreadOfRecord> parts;
  parts.reserve(threads.size());
  session.query(kThreadsOfKey.at(few_threads ? 0 : 1).at(by_records), parameters, [&](const Row& row) {
    parts.push_back(thread_of_record(row));
    if (read) return;
    read.emplace();
    read->holder = {row.integer(13), row.integer(14)};
    read->settings_version = integer_of(row.text(15));
  });
  if (read) read->threads = threads_among(parts, threads);
  return read;
}

}  // namespace identities::store
