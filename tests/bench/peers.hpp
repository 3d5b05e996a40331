// What a team would write instead: the sidebar services in ../shared/bench/sidecars, run from copies below the build
// folder on their own data, and the same customers in our schema. One thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "mariadb_data.hpp"

namespace bench {

constexpr std::size_t kPeerIdentities = 200'000;  // as their emails.lua asks

/// The folder of the peers; empty where it is absent.
std::filesystem::path peers_folder();

/// Makes their database `sidecar` with gen.py, and ours with the same customers by INSERT ... SELECT from it. Returns
/// the configuration of an installation on it.
std::filesystem::path make_peers_data(MariadbData& data, std::size_t engagements);

/// A program of ours that runs until this object ends; stopped by its process id. Its output goes to the log.
class Program {
 public:
  Program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
          const std::filesystem::path& log);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

/// A service that answers GET /?email=... at that port.
struct Peer {
  std::string name;
  std::string version;
  std::uint16_t port = 0;
  std::vector<std::unique_ptr<Program>> programs;
  std::vector<pid_t> servers;  // whose CPU counts
};

/// Each waits until it answers. Throws std::runtime_error, with what is missing, where it cannot run.
Peer start_node(const MariadbData& data, const std::filesystem::path& folder);
Peer start_php(const MariadbData& data, const std::filesystem::path& folder);

/// Processor time of a process and all its threads, in microseconds; its children's not.
double cpu_us(pid_t process);
/// Memory that no other process shares, in MB.
double private_mb(pid_t process);

}  // namespace bench
