#include "store/visible_told.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace identities::store {
namespace {

/// Newest first, so that the first of a record counts.
const Statement kNames{
    "names_in_view",
    fmt::format("SELECT x.record_id, x.name, x.name_us FROM record r JOIN account a ON a.id = r.account_id JOIN "
                "record_told x ON x.record_id = r.id LEFT JOIN thread t ON t.id = x.thread_id WHERE r.identity_id = ? "
                "AND x.name IS NOT NULL AND {} ORDER BY x.record_id, x.name_us DESC, x.name DESC",
                told_visible())};
const Statement kProfiles{
    "profiles_in_view",
    fmt::format("SELECT r.id FROM record r JOIN account a ON a.id = r.account_id WHERE r.identity_id = ? AND {}",
                kAccountVisible)};
const Statement kIdentifier{
    "identifier_in_view",
    fmt::format("SELECT 1 FROM record r JOIN account a ON a.id = r.account_id JOIN identifier_told x ON x.record_id = "
                "r.id LEFT JOIN thread t ON t.id = x.thread_id WHERE r.identity_id = ? AND x.kind = ? AND x.value = ? "
                "AND {} LIMIT 1",
                told_visible())};
constexpr std::string_view kPeopleSql =
    "SELECT COUNT(DISTINCT r.identity_id) FROM identifier i JOIN record r ON r.id = i.record_id";
const Statement kPeople{"people_of_value",
                        fmt::format("{} WHERE i.kind = ? AND i.value = ? AND i.detached_by <= 0", kPeopleSql)};
const Statement kPeopleInView{
    "people_of_value_in_view",
    fmt::format("{} JOIN account a ON a.id = r.account_id JOIN identifier_told x ON x.record_id = i.record_id AND "
                "x.kind = i.kind AND x.value = i.value LEFT JOIN thread t ON t.id = x.thread_id WHERE i.kind = ? AND "
                "i.value = ? AND i.detached_by <= 0 AND {}",
                kPeopleSql, told_visible())};
const Statement kPartitions{
    "partitions_of_identity",
    "SELECT DISTINCT t.partition_key FROM record r JOIN record_told x ON x.record_id = r.id JOIN thread t ON t.id = "
    "x.thread_id WHERE r.identity_id = ? AND t.partition_key <> ''"};

RecordRow* find(std::vector<RecordRow>& records, Id id) {
  const auto found = std::find_if(records.begin(), records.end(), [&](const RecordRow& row) { return row.id == id; });
  return found == records.end() ? nullptr : &*found;
}

}  // namespace

std::string told_visible() {
  return fmt::format(
      "((x.thread_id = 0 AND {}) OR (x.thread_id <> 0 AND {} AND (x.internal = 0 OR t.partition_key IN @list)))",
      kAccountVisible, kThreadVisible);
}

void add_told(const ViewFilter& filter, std::vector<Parameter>& parameters) {
  filter.add_account(parameters);
  filter.add_thread(parameters);
  filter.add_internal(parameters);
}

void restrict_told(Session& session, Id identity, const ViewFilter& filter, std::vector<RecordRow>& records) {
  for (RecordRow& record : records) {
    record.name.clear();
    record.name_us = 0;
  }
  std::vector<Parameter> names = {identity};
  add_told(filter, names);
  std::vector<Parameter> profiles = {identity};
  filter.add_account(profiles);
  std::vector<Id> with_profile;
  const Session::Ask asks[] = {
      {&kNames, std::move(names),
       [&](const Row& row) {
         RecordRow* const record = find(records, row.integer(0));
         if (record == nullptr || !record->name.empty()) return;
         record->name = row.text(1);
         record->name_us = row.integer(2);
       }},
      {&kProfiles, std::move(profiles), [&](const Row& row) { with_profile.push_back(row.integer(0)); }}};
  session.query_all(asks, false);
  for (RecordRow& record : records) {
    if (std::find(with_profile.begin(), with_profile.end(), record.id) != with_profile.end()) continue;
    record.handle.clear();
    record.url.clear();
    record.bio.clear();
    record.fetched_us.reset();
  }
}

bool identifier_in_view(Session& session, Id identity, IdentifierKind kind, std::string_view key,
                        const ViewFilter& filter) {
  std::vector<Parameter> parameters = {identity, name_of(kind), key};
  add_told(filter, parameters);
  bool told = false;
  session.query(kIdentifier, parameters, [&](const Row&) { told = true; });
  return told;
}

std::int64_t count_people(Session& session, IdentifierKind kind, std::string_view key, const ViewFilter& filter) {
  std::vector<Parameter> parameters = {identities::name_of(kind), key};
  if (!filter.all()) add_told(filter, parameters);
  std::int64_t people = 0;
  session.query(filter.all() ? kPeople : kPeopleInView, parameters, [&](const Row& row) { people = row.integer(0); });
  return people;
}

View all_but_deleted(Session& session, Id identity, const Accounts& accounts) {
  View view;
  for (const Account& account : accounts.all()) view.partitions.push_back(account.name);
  session.query(kPartitions, {identity}, [&](const Row& row) { view.partitions.emplace_back(row.text(0)); });
  view.internal_partitions = view.partitions;
  return view;
}

}  // namespace identities::store
