// What one would write by hand for one page over the flat schema of the peers, for each database and each way to ask
// it: the floor that the panel is measured against. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace bench {

class Flat {
 public:
  virtual ~Flat() = default;
  /// The whole identity and its newest 50 engagements, filled with blanks up to `size` bytes. Valid until the next
  /// call.
  virtual std::string_view open(std::string_view email, std::size_t size) = 0;
  /// The 50 engagements before that time.
  virtual std::string_view page(std::string_view email, std::int64_t before_us, std::size_t size) = 0;
  /// Bytes of the last reply without the blanks.
  virtual std::size_t own_size() const = 0;
};

/// The SQLite API with prepared statements.
std::unique_ptr<Flat> flat_on_sqlite(const std::string& path);

/// libmariadb: one prepared statement a table.
std::unique_ptr<Flat> flat_prepared(const std::string& socket, const std::string& database);
/// libmariadb: one text of several statements, in one round trip.
std::unique_ptr<Flat> flat_multi_statement(const std::string& socket, const std::string& database);
/// libmariadb: one stored procedure, which this makes.
std::unique_ptr<Flat> flat_procedure(const std::string& socket, const std::string& database);

}  // namespace bench
