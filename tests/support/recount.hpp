// Invariants of a database of ours as queries: each gives 0 where all is well, however deliveries met or were cut off.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace support {

struct Invariant {
  std::string_view name;
  std::string_view violations;  // SQL that counts them
};

inline constexpr std::array<Invariant, 18> kInvariants = {{
    {"counters that differ from a recount",
     "SELECT COUNT(*) FROM record_thread c WHERE "
     "in_count <> (SELECT COUNT(*) FROM engagement e WHERE e.record_id = c.record_id AND e.thread_id = c.thread_id AND "
     "direction = 0) OR out_count <> (SELECT COUNT(*) FROM engagement e WHERE e.record_id = c.record_id AND "
     "e.thread_id "
     "= c.thread_id AND direction = 1) OR internal_count <> (SELECT COUNT(*) FROM engagement e WHERE e.record_id = "
     "c.record_id AND e.thread_id = c.thread_id AND direction = 2)"},
    {"first and last times that differ from a recount",
     "SELECT COUNT(*) FROM record_thread c WHERE COALESCE(first_us, -1) <> COALESCE((SELECT MIN(occurred_us) FROM "
     "engagement e WHERE e.record_id = c.record_id AND e.thread_id = c.thread_id AND direction <> 2), -1) OR "
     "COALESCE(last_us, -1) <> COALESCE((SELECT MAX(occurred_us) FROM engagement e WHERE e.record_id = c.record_id AND "
     "e.thread_id = c.thread_id AND direction <> 2), -1)"},
    {"engagements without counters",
     "SELECT COUNT(*) FROM engagement e WHERE NOT EXISTS (SELECT 1 FROM record_thread c WHERE c.record_id = "
     "e.record_id "
     "AND c.thread_id = e.thread_id)"},
    {"counters without engagements",
     "SELECT COUNT(*) FROM record_thread c WHERE in_count + out_count + internal_count = 0"},
    {"engagements without a key",
     "SELECT COUNT(*) FROM engagement e WHERE (SELECT COUNT(*) FROM engagement_key k WHERE k.engagement_id = e.id) <> "
     "1"},
    {"keys without their engagement",
     "SELECT COUNT(*) FROM engagement_key k WHERE engagement_id <> 0 AND NOT EXISTS (SELECT 1 FROM engagement e WHERE "
     "e.id = k.engagement_id)"},
    {"bodies without an engagement",
     "SELECT COUNT(*) FROM engagement_body b WHERE NOT EXISTS (SELECT 1 FROM engagement e WHERE e.id = "
     "b.engagement_id)"},
    {"identities without a record",
     "SELECT COUNT(*) FROM identity i WHERE NOT EXISTS (SELECT 1 FROM record r WHERE r.identity_id = i.id) AND NOT "
     "EXISTS (SELECT 1 FROM identity_redirect x WHERE x.identity_id = i.id)"},
    {"retired identities with a record",
     "SELECT COUNT(*) FROM identity_redirect x WHERE EXISTS (SELECT 1 FROM record r WHERE r.identity_id = "
     "x.identity_id)"},
    {"retired ids that lead to a retired one",
     "SELECT COUNT(*) FROM identity_redirect x JOIN identity_redirect y ON y.identity_id = x.live_id"},
    {"records of one identity that cannot be one person",
     "SELECT COUNT(*) FROM cannot_link c JOIN record a ON a.id = c.record_id JOIN record b ON b.id = c.other_record_id "
     "WHERE a.identity_id = b.identity_id"},
    {"records in an identity without an entry in the log",
     "SELECT COUNT(*) FROM record r WHERE NOT EXISTS (SELECT 1 FROM identity_log l WHERE l.record_id = r.id)"},
    {"identities of a shared mailbox with more than it",
     "SELECT COUNT(*) FROM identity d JOIN identity_redirect x ON x.live_id = d.id JOIN identity was ON was.id = "
     "x.identity_id WHERE d.kind = 1 AND was.kind <> 1"},
    {"records of a shared mailbox that say who they are",
     "SELECT COUNT(*) FROM record r JOIN identity d ON d.id = r.identity_id WHERE d.kind = 1 AND (r.name IS NOT NULL "
     "OR "
     "EXISTS (SELECT 1 FROM identifier i JOIN identifier_value v ON v.kind = i.kind AND v.value = i.value WHERE "
     "i.record_id = r.id AND v.state = 0))"},
    {"records without an identity",
     "SELECT COUNT(*) FROM record r WHERE NOT EXISTS (SELECT 1 FROM identity i WHERE i.id = r.identity_id)"},
    {"identifiers without their value",
     "SELECT COUNT(*) FROM identifier i WHERE NOT EXISTS (SELECT 1 FROM identifier_value v WHERE v.kind = i.kind AND "
     "v.value = i.value)"},
    {"values that name a holder though another identity has them too",
     "SELECT COUNT(*) FROM identifier_value v WHERE v.state = 0 AND v.holder_version = v.version AND EXISTS (SELECT 1 "
     "FROM identifier i JOIN record r ON r.id = i.record_id WHERE i.kind = v.kind AND i.value = v.value AND "
     "i.detached_by <= 0 AND r.identity_id <> v.holder_id)"},
    {"interests whose evidence differs from a recount",
     "SELECT COUNT(*) FROM attribute a WHERE interest_id IS NOT NULL AND evidence_count <> (SELECT COUNT(*) FROM "
     "interest_trigger t WHERE t.attribute_id = a.id)"},
}};

/// "name: n; ..." of those that do not hold; empty when all do. count: the first column of a query.
template <typename Count>
std::string broken_invariants(Count&& count) {
  std::string broken;
  for (const Invariant& each : kInvariants)
    if (const auto violations = count(std::string(each.violations)); violations != 0)
      broken += std::string(each.name) + ": " + std::to_string(violations) + "; ";
  return broken;
}

}  // namespace support
