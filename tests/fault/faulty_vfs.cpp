#include "faulty_vfs.hpp"

#include <sqlite3.h>

#include <cstring>
#include <new>
#include <random>
#include <stdexcept>

namespace identities::fault {
namespace {

struct Layer {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::int64_t n = 0;  // 0: nothing fails
  std::int64_t seen = 0;
  DiskFault fault = DiskFault::kWriteFails;
  bool and_all_later = false;
  bool struck = false;
  bool records = false;
  std::vector<DiskEvent> events;

  bool strikes(DiskFault kind) {
    if (n == 0 || kind != fault) return false;
    ++seen;
    const bool now = seen == n || (and_all_later && seen > n);
    struck = struck || now;
    return now;
  }
  void note(DiskEvent event) {
    if (records) events.push_back(std::move(event));
  }
};
Layer layer;

/// Our part of an open file; the real one lies behind it in SQLite's memory.
struct File {
  sqlite3_file base;
  char* path;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}
std::string name_of(sqlite3_file* file) {
  return of(file).path == nullptr ? "" : std::filesystem::path(of(file).path).filename().string();
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const auto pass_on = [&](int bytes) {
    const int code = of(file).real()->pMethods->xWrite(of(file).real(), data, bytes, offset);
    if (code == SQLITE_OK)
      layer.note({DiskEvent::Kind::kWrite, name_of(file), offset,
                  std::string(static_cast<const char*>(data), static_cast<std::size_t>(bytes))});
    return code;
  };
  if (layer.strikes(DiskFault::kWriteFails)) return SQLITE_IOERR_WRITE;
  if (layer.strikes(DiskFault::kDiskFull)) return SQLITE_FULL;
  if (layer.strikes(DiskFault::kWriteIsShort)) {
    pass_on(size / 2);
    return SQLITE_IOERR_WRITE;
  }
  return pass_on(size);
}

int sync(sqlite3_file* file, int flags) {
  if (layer.strikes(DiskFault::kSyncFails)) return SQLITE_IOERR_FSYNC;
  const int code = of(file).real()->pMethods->xSync(of(file).real(), flags);
  if (code == SQLITE_OK) layer.note({DiskEvent::Kind::kSync, name_of(file), 0, {}});
  return code;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (layer.strikes(DiskFault::kTruncateFails)) return SQLITE_IOERR_TRUNCATE;
  const int code = of(file).real()->pMethods->xTruncate(of(file).real(), size);
  if (code == SQLITE_OK) layer.note({DiskEvent::Kind::kTruncate, name_of(file), size, {}});
  return code;
}

int close(sqlite3_file* file) {
  const int code = of(file).real()->pMethods->xClose(of(file).real());
  std::free(of(file).path);
  return code;
}

/// Hands a method on to the real file.
template <auto Method, typename... Arguments>
auto pass(sqlite3_file* file, Arguments... arguments) {
  return (of(file).real()->pMethods->*Method)(of(file).real(), arguments...);
}

sqlite3_io_methods methods() {
  sqlite3_io_methods made{};
  made.iVersion = 2;  // without memory-mapped reading, which would pass by this layer
  made.xClose = close;
  made.xRead = pass<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>;
  made.xWrite = write;
  made.xTruncate = truncate;
  made.xSync = sync;
  made.xFileSize = pass<&sqlite3_io_methods::xFileSize, sqlite3_int64*>;
  made.xLock = pass<&sqlite3_io_methods::xLock, int>;
  made.xUnlock = pass<&sqlite3_io_methods::xUnlock, int>;
  made.xCheckReservedLock = pass<&sqlite3_io_methods::xCheckReservedLock, int*>;
  made.xFileControl = pass<&sqlite3_io_methods::xFileControl, int, void*>;
  made.xSectorSize = pass<&sqlite3_io_methods::xSectorSize>;
  made.xDeviceCharacteristics = pass<&sqlite3_io_methods::xDeviceCharacteristics>;
  made.xShmMap = pass<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>;
  made.xShmLock = pass<&sqlite3_io_methods::xShmLock, int, int, int>;
  made.xShmBarrier = pass<&sqlite3_io_methods::xShmBarrier>;
  made.xShmUnmap = pass<&sqlite3_io_methods::xShmUnmap, int>;
  return made;
}

int open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  static const sqlite3_io_methods kMethods = methods();
  File* const made = new (file) File{};
  const int code = layer.real->xOpen(layer.real, path, made->real(), flags, out_flags);
  if (made->real()->pMethods == nullptr) return code;
  made->base.pMethods = &kMethods;
  made->path = path == nullptr ? nullptr : ::strdup(path);
  return code;
}

int remove(sqlite3_vfs*, const char* path, int sync_folder) {
  const int code = layer.real->xDelete(layer.real, path, sync_folder);
  if (code == SQLITE_OK) layer.note({DiskEvent::Kind::kDelete, std::filesystem::path(path).filename().string(), 0, {}});
  return code;
}

void play(std::string& content, const DiskEvent& event) {
  const auto offset = static_cast<std::size_t>(event.offset);
  if (event.kind == DiskEvent::Kind::kTruncate) {
    content.resize(offset);
    return;
  }
  if (content.size() < offset + event.bytes.size()) content.resize(offset + event.bytes.size());
  content.replace(offset, event.bytes.size(), event.bytes);
}

}  // namespace

FaultyVfs::FaultyVfs() {
  layer = Layer{};
  layer.real = sqlite3_vfs_find(nullptr);
  layer.vfs = *layer.real;  // every function that is not replaced takes the real one's data with it
  layer.vfs.szOsFile = static_cast<int>(sizeof(File)) + layer.real->szOsFile;
  layer.vfs.zName = "identities-faulty";
  layer.vfs.pNext = nullptr;
  layer.vfs.xOpen = open;
  layer.vfs.xDelete = remove;
  if (sqlite3_vfs_register(&layer.vfs, 1) != SQLITE_OK) throw std::runtime_error("SQLite takes no file system layer");
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&layer.vfs);
}

void FaultyVfs::fail_at(std::int64_t n, DiskFault fault, bool and_all_later) {
  layer.n = n;
  layer.seen = 0;
  layer.fault = fault;
  layer.and_all_later = and_all_later;
  layer.struck = false;
}

void FaultyVfs::fail_nothing() {
  layer.n = 0;
}

bool FaultyVfs::has_struck() const {
  return layer.struck;
}

void FaultyVfs::record() {
  layer.records = true;
}

const std::vector<DiskEvent>& FaultyVfs::recorded() const {
  return layer.events;
}

void Disk::apply(const DiskEvent& event) {
  std::vector<DiskEvent>& pending = pending_[event.file];
  switch (event.kind) {
    case DiskEvent::Kind::kWrite:
    case DiskEvent::Kind::kTruncate:
      pending.push_back(event);
      return;
    case DiskEvent::Kind::kSync:
      for (const DiskEvent& each : pending) play(synced_[event.file], each);
      pending.clear();
      return;
    case DiskEvent::Kind::kDelete:
      pending.clear();
      synced_.erase(event.file);
  }
}

std::map<std::string, std::string> Disk::after_power_loss(Lost lost, unsigned seed) const {
  std::map<std::string, std::string> files = synced_;
  if (lost == Lost::kAllUnsynced) return files;
  std::minstd_rand random(seed + 1);
  for (const auto& [name, events] : pending_) {
    for (const DiskEvent& event : events) {
      if (lost == Lost::kSome && random() % 2 == 0) continue;
      DiskEvent kept = event;
      constexpr std::size_t kSectorBytes = 512;
      if (lost == Lost::kSome && random() % 4 == 0) kept.bytes.resize(std::min(kept.bytes.size(), kSectorBytes));
      play(files[name], kept);
    }
  }
  return files;
}

}  // namespace identities::fault
