// Who read or wrote what. Writes are recorded in their own transaction; reads are queued in memory, because opening an
// identity only reads, and flushed by the host's job, by any write, when the queue is full, and at stop. A process that
// is killed loses at most the reads since the last flush. Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "store/session.hpp"

namespace identities::store {

struct AuditEntry {
  Microseconds at_us = 0;
  std::string agent;
  std::string action;
  Id identity = 0;  // 0: none
  Id target = 0;    // 0: none
  std::string request_id;
  Id id = 0;  // 0: insert_audit draws one
};

/// REQUIRES: inside a write transaction.
void insert_audit(Session& session, const AuditEntry& entry);

class ReadAudit {
 public:
  /// From so many queued entries on the next reader tries to flush. A job that flushes each second comes first, so that
  /// no agent waits for it.
  static constexpr std::size_t kFlushFrom = 16'384;
  /// And when the oldest entry is older, as in a helpdesk's worker, which runs no job.
  static constexpr Microseconds kFlushAfterUs = 30 * kSecondUs;
  /// Entries kept in memory where none can be written, as on a full disk. Beyond that full() is true and nothing more
  /// is read, because an audit that loses reads is none.
  static constexpr std::size_t kCapacity = 65'536;

  void add(AuditEntry entry);
  bool wants_flush(Microseconds now_us) const;
  bool full() const;
  bool empty() const;
  /// Writes all queued entries in one transaction. What could not be written stays queued; what was written although
  /// the answer to the commit was lost is not written twice.
  void flush(Session& session);

 private:
  mutable std::mutex mutex_;  // guards queue_
  std::vector<AuditEntry> queue_;
};

}  // namespace identities::store
