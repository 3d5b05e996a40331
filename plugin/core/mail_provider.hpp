// Mail providers whose addresses are people's, who often have one at several of them. Pure and thread-safe.
#pragma once

#include <string_view>

namespace identities {

/// Is the domain, an A-label in lower case, one of theirs?
bool is_mail_provider(std::string_view domain);

/// Is it no provider's, but one slip of the hand away from one's, such as gmail.co?
bool is_misspelt_provider(std::string_view domain);

}  // namespace identities
