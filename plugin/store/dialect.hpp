// The two dialects of SQL, and what differs between them. A statement is written once; what one dialect says otherwise
// stands in it as a token, which the session renders when it first meets the statement. Pure and thread-safe.
//
//   @list        what follows IN: the strings of a JSON array, one parameter
//   @ids         the same for a JSON array of ids
//   @for_update  at the end of a SELECT: locks the rows until the write transaction ends. SQLite has the write lock
//   @any_case    after a text to be searched: compares without regard to case
//   @straight    between two tables: joins them in the order in which they stand
//   @or_update   after the row of an INSERT: what to set instead where the key is there already; @new_COLUMN is what
//                the row brings for the column
//
// Braces stand for parentheses around what may be repeated when a statement is executed for several sets of parameters
// at once: the row of an INSERT, the condition of another statement. All of its parameters are within them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace identities::store {

enum class Dialect : std::uint8_t { kSqlite, kMysql };

/// "sqlite" or "mysql": the folder of its migrations.
std::string_view name_of(Dialect dialect);

/// The text with every token replaced. Throws std::logic_error for a token that is not one of the above.
std::string render(std::string_view text, Dialect dialect);

/// "?, ?, ?": that many places for parameters. REQUIRES: count > 0.
std::string places(std::size_t count);

/// A statement for any number of sets of parameters: before, the units with the joint between them, after. A statement
/// without braces is a unit that is repeated as a whole; its joint is empty.
struct Repeated {
  std::string before;
  std::vector<std::string> unit;  // what stands around and between its parameters
  std::string joint;
  std::string after;
};
Repeated repeated(std::string_view text, Dialect dialect);

}  // namespace identities::store
