// hdhost_process.hpp: a real hdhost for one test, on free ports. Stopped by its pid at the end.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "bundle.hpp"

namespace contract {

class HdhostProcess {
 public:
  // Writes the bundle's files, starts hdhost and waits until it listens; throws when it ends instead.
  explicit HdhostProcess(const Bundle& bundle, const std::vector<std::string>& options = {});
  // The same with a configuration that is there already; its ports_file is ports.json beside it.
  explicit HdhostProcess(const std::filesystem::path& config_file);
  ~HdhostProcess();
  HdhostProcess(const HdhostProcess&) = delete;
  HdhostProcess& operator=(const HdhostProcess&) = delete;

  const std::string& url() const { return url_; }
  const std::string& status_url() const { return status_url_; }
  void signal(int number) const;
  // Negative once it has ended.
  pid_t pid() const { return pid_; }
  // How many it has open now.
  std::size_t open_sockets() const;
  // Its exit code; 128 + signal when a signal ended it. Waits at most some seconds.
  int wait();
  // What it has logged so far.
  std::string log() const;
  // Waits until the log holds the text so many times; false when it does not come.
  bool logs(const std::string& text, int times = 1) const;

 private:
  void start(const std::string& config_file, const std::filesystem::path& folder,
             const std::vector<std::string>& options = {});

  std::string log_file_;
  std::string url_;
  std::string status_url_;
  pid_t pid_ = -1;
};

struct Finished {
  int code;
  std::string output;  // standard output and error
};

// Runs hdhost with these arguments to its end, for configurations that it refuses.
Finished run_hdhost(const Bundle& bundle, const std::vector<std::string>& arguments);

}  // namespace contract
