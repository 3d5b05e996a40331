// Files that only their owner may read. Each function throws std::runtime_error with the path and what went wrong.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace identities::cli {

/// Makes a file of mode 0600, on the disk when it returns. Fails when it exists.
void make_private(const std::filesystem::path& path, std::string_view text);

/// Puts a file in another's place at once: whoever opens the path reads the old text or the new, also after a crash.
/// Mode 0600, and the owner of the old one. path: no symbolic link.
void replace_private(const std::filesystem::path& path, std::string_view text);

/// Keeps a second process of ours out of a folder while it lives. Throws when there is one; `what` says what it does.
class FolderLock {
 public:
  FolderLock(const std::filesystem::path& folder, std::string_view what);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int folder_;
};

/// A line of text, asked for at the terminal without showing it, or the first line of standard input.
std::string ask_secret(std::string_view question);

/// 32 random bytes.
std::string random_key();

}  // namespace identities::cli
