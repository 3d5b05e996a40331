// Makes one allocation of this thread fail, or that one and all after it: malloc and its kin and operator new, of this
// program and of every library in it. One at a time on a thread; other threads are not touched.
#pragma once

#include <cstdint>

namespace identities::fault {

enum class Failing { kOne, kAllFrom };

class AllocationFault {
 public:
  /// From now until its end the n-th allocation (from 1) fails.
  AllocationFault(std::int64_t n, Failing failing);
  ~AllocationFault();
  AllocationFault(const AllocationFault&) = delete;
  AllocationFault& operator=(const AllocationFault&) = delete;

  /// Did an allocation fail? False when there were fewer than n.
  static bool has_struck();
};

}  // namespace identities::fault
