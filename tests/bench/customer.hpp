// A made-up customer with everything that was ever said: the one content that our schema, the flat schema of the peers
// and the events of a host are all written from. The same number gives the same customer. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The accounts of the installation; record n of a customer belongs to account n.
struct AccountName {
  std::string_view name;
  std::string_view provider;
};
constexpr std::array<AccountName, 8> kAccounts = {{{"support", "webdesk"},
                                                   {"shop", "shopify"},
                                                   {"chat", "webdesk"},
                                                   {"returns", "webdesk"},
                                                   {"wholesale", "webdesk"},
                                                   {"phone", "phone"},
                                                   {"events", "webdesk"},
                                                   {"repairs", "webdesk"}}};

constexpr std::size_t kTaxonomy = 12'000;
constexpr std::size_t kCategories = 40;
std::string category_name(std::size_t category);
std::string interest_name(std::size_t interest);  // its category is interest % kCategories

enum class Way : std::uint8_t { kIn, kOut, kInternal };

struct Thread {
  std::int64_t id = 0;
  std::size_t record = 0;
  std::string source_key;
  std::string subject;
  bool closed = false;
};

struct Interest {
  std::size_t number = 0;  // in the taxonomy
  std::size_t record = 0;
  std::int64_t set_us = 0;
  std::string words;  // empty: it came with the customer's facts, not with a message
};

constexpr std::size_t kNoInterest = SIZE_MAX;

struct Message {
  std::int64_t id = 0;
  std::int64_t occurred_us = 0;
  std::size_t thread = 0;
  std::string source_key;
  Way way = Way::kIn;
  std::string_view channel;
  std::string author;  // empty for the customer's own
  std::string text;
  std::size_t interest = kNoInterest;  // index of the one that it triggered
};

struct Note {
  std::int64_t id = 0;
  std::int64_t created_us = 0;
  std::string text;
};

struct Customer {
  std::int64_t id = 0;
  std::vector<std::int64_t> records;  // their ids
  std::string source_key;             // the same in each account
  std::string name;
  std::string email;
  std::string phone;  // may be empty
  std::string company;
  std::string title;
  std::string language;
  double spent = 0;
  std::vector<Thread> threads;    // record by record
  std::vector<Message> messages;  // by time
  std::vector<Interest> interests;
  std::vector<Note> notes;
};

struct Shape {
  std::size_t records = 1;
  std::size_t messages = 0;
  std::size_t interests = 5;
  std::size_t triggered = 0;  // of these interests, by the newest messages
  std::size_t notes = 3;
};

/// What every probed identity holds.
constexpr Shape kProbed = {2, 60, 20, 10, 3};
/// Long histories: over one record and over eight.
constexpr Shape kLong = {1, 5000, 5, 0, 3};
constexpr Shape kLongOverEight = {8, 5000, 5, 0, 3};

/// All but the ids, which stay 0.
Customer make_customer(std::uint32_t number, const Shape& shape);

/// One request of the event "engagement" for each account, in the order of the records.
std::vector<std::string> events_of(const Customer& customer);

}  // namespace bench
