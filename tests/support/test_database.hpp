// An empty, migrated database of ours: an SQLite file in a private folder, or a database of the run's own MariaDB when
// the environment says IDENTITIES_TEST_MARIADB=FILE (what shared_mariadb wrote). Removed at the end. One thread.
#pragma once

#include <filesystem>
#include <string>

#include "store/database_url.hpp"

namespace support {

class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const identities::store::DatabaseUrl& url() const { return url_; }
  const std::string& url_text() const { return text_; }
  const std::filesystem::path& folder() const { return folder_; }

  /// The first column of the first row of a statement, on a connection of its own; -1 when there is none.
  std::int64_t count(const std::string& sql) const;

 private:
  std::filesystem::path folder_;
  std::string text_;
  identities::store::DatabaseUrl url_;
};

/// The same for any database. Throws std::runtime_error when the statement fails.
std::int64_t count(const identities::store::DatabaseUrl& url, const std::string& sql);

}  // namespace support
