// Properties that fuzz targets hold every input against. One that does not hold ends the process, so that libFuzzer
// keeps the input. One thread.
#pragma once

#include <boost/json/value.hpp>
#include <set>
#include <string>
#include <string_view>

#include "core/json_reader.hpp"

namespace fuzz {

/// Ends the process unless it holds; `property` is a sentence, `seen` what broke it.
void require(bool holds, std::string_view property, std::string_view seen = {});

/// One line of valid UTF-8 without control characters, at most max_bytes long.
void require_line(std::string_view text, std::size_t max_bytes);

/// What is said of a file that is refused: one line with "expected" and "found".
void require_refusal(std::string_view message);

/// The texts that a program can say, digits aside. An input that found its way into one of them would make ever more of
/// them, so their number has a limit.
class Vocabulary {
 public:
  explicit Vocabulary(std::size_t limit) : limit_(limit) {}
  void add(std::string_view text);

 private:
  std::size_t limit_;
  std::set<std::string> texts_;
};

/// Each fault is a line, names a place that is in the document (or a member that is missing there), and says nothing
/// of the input.
class FaultProperties {
 public:
  void check(const identities::Faults& faults, const boost::json::value& document);
  /// The same for one fault as JSON has it.
  void check(std::string_view pointer, std::string_view expected, std::string_view found,
             const boost::json::value& document);

 private:
  Vocabulary expected_{300};
  Vocabulary found_{40};
};

}  // namespace fuzz
