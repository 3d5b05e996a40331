#include "store/audit_log.hpp"

namespace identities::store {
namespace {

const Statement kInsert{
    "insert_audit",
    "INSERT INTO audit (id, at_us, agent_id, action, identity_id, target_id, request_id) VALUES (?, ?, ?, ?, ?, ?, ?)"};

const Statement kIsThere{"find_audit",
                         "SELECT 1 FROM audit WHERE id = ? AND at_us = ? AND agent_id = ? AND request_id = ?"};

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

}  // namespace

void insert_audit(Session& session, const AuditEntry& entry) {
  session.execute(kInsert, {entry.id == 0 ? next_id(entry.at_us) : entry.id, entry.at_us, entry.agent, entry.action,
                            id_or_null(entry.identity), id_or_null(entry.target), entry.request_id});
}

void ReadAudit::add(AuditEntry entry) {
  entry.id = next_id(entry.at_us);
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(entry));
}

bool ReadAudit::wants_flush() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() >= kFlushFrom;
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
    for (AuditEntry& entry : entries) insert_once(session, entry);
    transaction.commit();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    queue_.swap(entries);  // takes no memory, which may be what is missing
    queue_.insert(queue_.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    throw;
  }
}

}  // namespace identities::store
