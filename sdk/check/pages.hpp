// pages.hpp: memory that can be taken away from a plugin while it stays mapped, and a line for the report about whoever
// touches it then. Pages live until the process ends. Made and changed on one thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace hdcheck {

class Pages {
 public:
  // At least so many bytes, zeroed, readable and writable; the last `tail_bytes` end where a guard page begins.
  Pages(std::size_t front_bytes, std::size_t tail_bytes);

  // The next so many bytes of the front, aligned for any type. REQUIRES: they were asked for.
  void* take(std::size_t bytes);
  char* tail() const { return guard_ - tail_bytes_; }

  // From now on a write (read_only), any access (forbid), or one past the end (guard) ends the process with this line,
  // which must be a constant "fault\twhat\texpected\tfound\n".
  void read_only(std::string_view line);
  void forbid(std::string_view line);
  void guard(std::string_view line);

 private:
  void protect(char* from, char* until, int protection, std::string_view line);

  char* begin_;
  char* guard_;
  std::size_t tail_bytes_;
  std::size_t taken_ = 0;
};

}  // namespace hdcheck
