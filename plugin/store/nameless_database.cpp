#include "store/nameless_database.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <stdlib.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string>

#include "store/migrate.hpp"
#include "store/sqlite_session.hpp"

namespace identities::store {
namespace {

const Statement kDoNotWait{"do_not_wait_for_disk", "PRAGMA synchronous=OFF"};

/// Signals that end the process wait while it lives: what has a name then is not left behind.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&ending, signal);
    pthread_sigmask(SIG_BLOCK, &ending, &before_);
  }
  ~SignalsWait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_{};
};

class Folder {
 public:
  explicit Folder(const std::filesystem::path& parent) {
    std::string pattern = parent / "identities-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error(fmt::format("cannot make a folder in {}: {}; set TMPDIR to a folder that can be written",
                                           parent.string(), std::strerror(errno)));
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

std::unique_ptr<Session> make_nameless_database(const std::filesystem::path& parent, const Clock& clock,
                                                Microseconds deadline_us) {
  const SignalsWait signals_wait;
  const Folder folder(parent);
  DatabaseUrl url;
  url.path = folder.path() / "database";
  try {
    migrate(url);
    auto session = open_sqlite(url.path, clock, deadline_us);
    session->execute(kDoNotWait, {});
    // The files of the log are made by the first write; they need their names no longer than the database does.
    Transaction transaction(*session, Transaction::Kind::kWrite);
    transaction.commit();
    return session;
  } catch (const std::exception& error) {
    throw std::runtime_error(
        fmt::format("cannot make a database in {}: {}; free some room there, or set TMPDIR to "
                    "another folder",
                    parent.string(), error.what()));
  }
}

}  // namespace identities::store
