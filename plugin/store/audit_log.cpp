#include "store/audit_log.hpp"

namespace identities::store {
namespace {

constexpr std::size_t kMostRows = 100;  // of one statement
constexpr std::size_t kSomeRows = 10;

std::string insert_sql(std::size_t rows) {
  std::string sql = "INSERT INTO audit (id, at_us, agent_id, action, identity_id, target_id, request_id) VALUES ";
  for (std::size_t row = 0; row < rows; ++row) sql += row == 0 ? "(?, ?, ?, ?, ?, ?, ?)" : ", (?, ?, ?, ?, ?, ?, ?)";
  return sql;
}
const Statement kInsert{"insert_audit", insert_sql(1)};
const Statement kInsertSome{"insert_audit_10", insert_sql(kSomeRows)};
const Statement kInsertMost{"insert_audit_100", insert_sql(kMostRows)};

const Statement kIsThere{"find_audit",
                         "SELECT 1 FROM audit WHERE id = ? AND at_us = ? AND agent_id = ? AND request_id = ?"};

/// The entry has its id.
void add_row(std::vector<Parameter>& parameters, const AuditEntry& entry) {
  parameters.insert(parameters.end(),
                    {entry.id, entry.at_us, std::string_view(entry.agent), std::string_view(entry.action),
                     id_or_null(entry.identity), id_or_null(entry.target), std::string_view(entry.request_id)});
}

bool is_there(Session& session, const AuditEntry& entry) {
  bool found = false;
  session.query(kIsThere, {entry.id, entry.at_us, entry.agent, entry.request_id}, [&](const Row&) { found = true; });
  return found;
}

/// An entry keeps its id, by which a flush finds what an earlier one wrote without learning it.
void insert_once(Session& session, AuditEntry& entry) {
  try {
    insert_audit(session, entry);
  } catch (const Duplicate&) {
    if (is_there(session, entry)) return;
    entry.id = next_id(entry.at_us);  // another process drew the same
    insert_audit(session, entry);
  }
}

void insert_each(Session& session, std::span<AuditEntry> entries) {
  for (AuditEntry& entry : entries) insert_once(session, entry);
}

/// As many rows a statement as there are; one by one where one of them is there already.
void insert_all(Session& session, std::span<AuditEntry> entries) {
  std::vector<Parameter> parameters;
  while (entries.size() >= kSomeRows) {
    const std::size_t rows = entries.size() >= kMostRows ? kMostRows : kSomeRows;
    parameters.clear();
    for (const AuditEntry& entry : entries.first(rows)) add_row(parameters, entry);
    try {
      session.execute(rows == kMostRows ? kInsertMost : kInsertSome, parameters);
    } catch (const Duplicate&) {
      insert_each(session, entries.first(rows));
    }
    entries = entries.subspan(rows);
  }
  insert_each(session, entries);
}

}  // namespace

void insert_audit(Session& session, const AuditEntry& entry) {
  AuditEntry drawn;
  if (entry.id == 0) {
    drawn = entry;
    drawn.id = next_id(entry.at_us);
  }
  std::vector<Parameter> parameters;
  add_row(parameters, entry.id == 0 ? drawn : entry);
  session.execute(kInsert, parameters);
}

void ReadAudit::add(AuditEntry entry) {
  entry.id = next_id(entry.at_us);
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(entry));
}

bool ReadAudit::wants_flush(Microseconds now_us) const {
  const std::lock_guard lock(mutex_);
  return queue_.size() >= kFlushFrom || (!queue_.empty() && now_us - queue_.front().at_us >= kFlushAfterUs);
}

bool ReadAudit::full() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() >= kCapacity;
}

bool ReadAudit::empty() const {
  const std::lock_guard lock(mutex_);
  return queue_.empty();
}

void ReadAudit::flush(Session& session) {
  std::vector<AuditEntry> entries;
  {
    const std::lock_guard lock(mutex_);
    entries.swap(queue_);
  }
  if (entries.empty()) return;
  try {
    Transaction transaction(session, Transaction::Kind::kWrite);
    insert_all(session, entries);
    transaction.commit();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    queue_.swap(entries);  // takes no memory, which may be what is missing
    queue_.insert(queue_.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    throw;
  }
}

}  // namespace identities::store
