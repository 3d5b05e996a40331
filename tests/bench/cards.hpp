// What a server's jobs do beside the calls, done before they are measured: the cards of who was opened
// (store/opening_card.hpp), so that an opening can be measured with its card and without; and the walk that gives what
// is stored the keys of today's rules, which a new server does once.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "store/database_url.hpp"

namespace bench {

/// Of those who hold these addresses. Throws unless each gets one.
void write_cards(const identities::store::DatabaseUrl& url, std::span<const std::string> emails);
/// Of everybody; returns how many there are.
std::size_t write_all_cards(const identities::store::DatabaseUrl& url);
/// Returns how many values link others than before: none, where the data were written as the plugin writes them.
std::int64_t rekey_all(const identities::store::DatabaseUrl& url);
void drop_cards(const identities::store::DatabaseUrl& url);

}  // namespace bench
