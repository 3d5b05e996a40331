// The two dialects of SQL, and what differs between them. A statement is written once; what one dialect says otherwise
// stands in it as a token, which the session renders when it first meets the statement. Pure and thread-safe.
//
//   @list        what follows IN: the strings of a JSON array, one parameter
//   @ids         the same for a JSON array of ids
//   @for_update  at the end of a SELECT: locks the rows until the write transaction ends. SQLite has the write lock
//   @any_case    after a text to be searched: compares without regard to case
//   @straight    between two tables: joins them in the order in which they stand
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace identities::store {

enum class Dialect : std::uint8_t { kSqlite, kMysql };

/// "sqlite" or "mysql": the folder of its migrations.
std::string_view name_of(Dialect dialect);

/// The text with every token replaced. Throws std::logic_error for a token that is not one of the above.
std::string render(std::string_view text, Dialect dialect);

}  // namespace identities::store
