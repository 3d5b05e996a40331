#include "store/audit_log.hpp"

namespace identities::store {
namespace {

const Statement kInsert{
    "insert_audit",
    "INSERT INTO audit (id, at_us, agent_id, action, identity_id, target_id, request_id) VALUES (?, ?, ?, ?, ?, ?, ?)"};

}  // namespace

void insert_audit(Session& session, const AuditEntry& entry) {
  session.execute(kInsert, {next_id(entry.at_us), entry.at_us, entry.agent, entry.action, id_or_null(entry.identity),
                            id_or_null(entry.target), entry.request_id});
}

void ReadAudit::add(AuditEntry entry) {
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
    for (const AuditEntry& entry : entries) insert_audit(session, entry);
    transaction.commit();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    queue_.insert(queue_.begin(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    throw;
  }
}

}  // namespace identities::store
