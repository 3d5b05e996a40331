// What a restricted view shows of a record beside its messages: the newest name that something in view told, and the
// profile where its account is in view. Also the view of an agent who sees everything, while a deleted thread is being
// removed. Uses the session it is given.
#pragma once

#include <string>
#include <vector>

#include "core/view.hpp"
#include "store/accounts.hpp"
#include "store/identity_reader.hpp"

namespace identities::store {

/// Condition on a row `x` of record_told or identifier_told beside `account a` and, joined from the left, `thread t`:
/// is who told it in view? Parameters: add_told.
std::string told_visible();
void add_told(const ViewFilter& filter, std::vector<Parameter>& parameters);

/// Replaces names and takes away profiles of these records of the identity, as the view demands.
/// REQUIRES: the filter is a restricted one.
void restrict_told(Session& session, Id identity, const ViewFilter& filter, std::vector<RecordRow>& records);

/// Did something in view tell that the identity has this identifier? Else a view that holds the identity by another one
/// must not find it by this.
bool identifier_in_view(Session& session, Id identity, IdentifierKind kind, std::string_view key,
                        const ViewFilter& filter);

/// How many identities have that value, as far as somebody in view told it.
std::int64_t count_people(Session& session, IdentifierKind kind, std::string_view key, const ViewFilter& filter);

/// Everything of the identity but its deleted threads, whose rows may still be there.
View all_but_deleted(Session& session, Id identity, const Accounts& accounts);

}  // namespace identities::store
