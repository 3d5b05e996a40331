#include "report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "contained.hpp"

namespace hdcheck {

void Report::write_line(const char* line, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t written = ::write(report_descriptor, line + done, size - done);
    if (written <= 0) return;  // nobody listens any more
    done += static_cast<std::size_t>(written);
  }
}

void Report::step(std::string_view text) {
  const std::string line = fmt::format("{}\t{}\n", step_word, helpdesk::clean_line(text));
  write_line(line.data(), line.size());
}

void Report::passed() {
  const std::string line = fmt::format("{}\n", passed_word);
  write_line(line.data(), line.size());
}

void Report::fault(const Fault& fault) {
  const std::string line = fmt::format("{}\t{}\t{}\t{}\n", fault_word, helpdesk::clean_line(fault.what),
                                       helpdesk::clean_line(fault.expected), helpdesk::clean_line(fault.found));
  write_line(line.data(), line.size());
}

}  // namespace hdcheck
