// shared_mariadb: one MariaDB for all tests of a run, as CTest's fixture. `start FILE` starts it and writes its folder
// and process id into FILE; `stop FILE` stops and removes it.
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "mariadb_server.hpp"

namespace {

void start(const std::filesystem::path& file) {
  // Nothing of it outlives the run, so nothing need be flushed.
  support::MariadbServer server({"innodb_doublewrite=0", "sync_frm=0"}, false);
  std::ofstream(file) << server.folder().string() << ' ' << server.pid() << '\n';
  server.detach();
}

/// Is that process the server of that folder? By now another may have the number that an interrupted run left.
bool serves(pid_t pid, const std::filesystem::path& folder) {
  std::ifstream command(fmt::format("/proc/{}/cmdline", pid), std::ios::binary);
  const std::string words(std::istreambuf_iterator<char>(command), {});
  return words.find(folder.string() + "/") != std::string::npos;
}

void stop(const std::filesystem::path& file) {
  std::filesystem::path folder;
  pid_t pid = 0;
  if (!(std::ifstream(file) >> folder >> pid)) return;
  if (serves(pid, folder)) ::kill(pid, SIGKILL);
  std::filesystem::remove_all(folder);
  std::filesystem::remove(file);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string task = argc == 3 ? argv[1] : "";
  if (task != "start" && task != "stop") {
    std::cerr << "shared_mariadb: start FILE or stop FILE\n";
    return 2;
  }
  try {
    stop(argv[2]);  // what an interrupted run left
    if (task == "start") start(argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "shared_mariadb: " << error.what() << '\n';
    return 1;
  }
}
