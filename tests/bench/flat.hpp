// What one would write by hand for one page over the flat schema of the peers: prepared statements of the SQLite API
// and JSON appended to a buffer that is used again and again. The floor that the panel is measured against. One thread.
#pragma once

#include "database.hpp"

namespace bench {

class Flat {
 public:
  explicit Flat(const std::string& path);

  /// The whole identity and its newest 50 engagements, filled with blanks up to `size` bytes. Valid until the next
  /// call.
  std::string_view open(std::string_view email, std::size_t size);
  /// The 50 engagements before that time.
  std::string_view page(std::string_view email, std::int64_t before_us, std::size_t size);
  /// Bytes of the last reply without the blanks.
  std::size_t own_size() const { return own_size_; }

 private:
  void identity(std::string_view email);
  void engagements(std::int64_t before_us);
  std::string_view finish(std::size_t size);

  Database db_;
  Query begin_, commit_, identity_, identifiers_, notes_, interests_, engagements_;
  std::string reply_;
  std::size_t own_size_ = 0;
  std::int64_t id_ = 0;
};

}  // namespace bench
