// A layer of SQLite's file system, under every connection that is opened while it lives: it makes one write, sync or
// truncation fail, and it records what reaches the disk, so that a loss of power after any of them can be played. One
// at a time in a process; one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace identities::fault {

enum class DiskFault {
  kWriteFails,
  kWriteIsShort,  // half of it is written
  kDiskFull,
  kSyncFails,
  kTruncateFails,
};

/// What reached a file, in order.
struct DiskEvent {
  enum class Kind { kWrite, kTruncate, kSync, kDelete };
  Kind kind = Kind::kWrite;
  std::string file;
  std::int64_t offset = 0;  // the new size, when truncated
  std::string bytes;
};

class FaultyVfs {
 public:
  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  /// The n-th operation (from 1) of that kind from now on fails; with `and_all_later` each after it, too.
  void fail_at(std::int64_t n, DiskFault fault, bool and_all_later);
  void fail_nothing();
  bool has_struck() const;

  void record();
  const std::vector<DiskEvent>& recorded() const;
};

/// Files as a loss of power leaves them: all that was synced, and of what came later what `survives` says.
class Disk {
 public:
  explicit Disk(std::map<std::string, std::string> files) : synced_(std::move(files)) {}

  void apply(const DiskEvent& event);
  enum class Lost { kNothing, kAllUnsynced, kSome };
  /// seed: which, when some are lost; of the last write then only a part is there.
  std::map<std::string, std::string> after_power_loss(Lost lost, unsigned seed) const;

 private:
  std::map<std::string, std::string> synced_;
  std::map<std::string, std::vector<DiskEvent>> pending_;
};

}  // namespace identities::fault
