// The cards of identities, as the plugin's job writes them for who was opened (store/opening_card.hpp): written here,
// so that an opening can be measured with its card and without.
#pragma once

#include <span>
#include <string>

#include "store/database_url.hpp"

namespace bench {

/// Of those who hold these addresses. Throws unless each gets one.
void write_cards(const identities::store::DatabaseUrl& url, std::span<const std::string> emails);
/// Of everybody; returns how many there are.
std::size_t write_all_cards(const identities::store::DatabaseUrl& url);
void drop_cards(const identities::store::DatabaseUrl& url);

}  // namespace bench
