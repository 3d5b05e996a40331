#include "cli/result_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "core/ids.hpp"

namespace identities::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameBytes = 9;  // of randomness, in the name of what is not whole yet

[[noreturn]] void fail(const fs::path& output, int error) {
  throw std::runtime_error(fmt::format("{} cannot be written: {}", output.string(), std::strerror(error)));
}

bool is_stream(const fs::path& output) {
  std::error_code ignored;
  const fs::file_status status = fs::status(output, ignored);
  return output == "-" || (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status));
}

/// Nothing, or why not all could be written.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

void require_writable(const fs::path& output, const fs::path& input) {
  std::error_code error;
  if (output == "-" || is_stream(output)) return;
  if (fs::is_directory(output, error))
    throw std::runtime_error(fmt::format("{} is a folder; give the path of a file to write", output.string()));
  if (fs::exists(output, error) && fs::equivalent(output, input, error))
    throw std::runtime_error(
        fmt::format("{} is the file that is read; give the result a path of its own", output.string()));
}

void write_result(const fs::path& output, std::string_view text) {
  if (is_stream(output)) {
    const int file = output == "-" ? STDOUT_FILENO : ::open(output.c_str(), O_WRONLY | O_CLOEXEC);
    int error = file < 0 ? errno : write_all(file, text);
    if (file > STDERR_FILENO && ::close(file) != 0 && error == 0) error = errno;
    if (error != 0) fail(output, error);
    return;
  }
  std::error_code ignored;
  // Through a link, so that it stays one.
  const fs::path target = fs::is_symlink(output, ignored) ? fs::weakly_canonical(output, ignored) : output;
  const fs::path partial = fmt::format("{}.{}.partial", target.string(), random_token(kNameBytes));
  // Nobody else's file and no link that waits there.
  const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file < 0) fail(output, errno);
  int error = write_all(file, text);
  if (error == 0 && ::fsync(file) != 0) error = errno;
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(partial.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(partial.c_str());
  fail(output, error);
}

}  // namespace identities::cli
