// A file of its own for what is read from files, rewritten with each input. In the folder for temporary files, which
// run.sh puts into memory. One thread.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "properties.hpp"

namespace fuzz {

class ScratchFile {
 public:
  ScratchFile() {
    path_ = (std::filesystem::temp_directory_path() / "identities-fuzz-XXXXXX").string();
    file_ = ::mkstemp(path_.data());
    require(file_ >= 0, "a temporary file can be made");
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile() {
    ::close(file_);
    ::unlink(path_.c_str());
  }

  void write(const std::uint8_t* data, std::size_t size) {
    require(::ftruncate(file_, 0) == 0 && ::pwrite(file_, data, size, 0) == static_cast<ssize_t>(size),
            "a temporary file can be written");
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace fuzz
