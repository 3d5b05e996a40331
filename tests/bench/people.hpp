// A set of people for the matching benches, as an old customer file is: common and rare names, towns with their
// postcodes, families of one name, address and phone, people who moved, married or got another mailbox, fields left
// empty, slips of the hand. Made of nothing but numbers: the same ones give the same people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace bench {

struct PersonRow {
  std::uint64_t person = 0;  // whose record it is; no matcher sees it
  std::string given_name;
  std::string surname;
  std::string birth_date;
  std::string email;
  std::string phone;
  std::string street_number;
  std::string street;
  std::string city;
  std::string postcode;
};

/// A person as known to one source; copy 0 is without slips.
class People {
 public:
  explicit People(std::uint64_t seed) : seed_(seed) {}
  /// The same person and copy always give the same row.
  [[nodiscard]] PersonRow row(std::uint64_t person, std::uint64_t copy) const;

 private:
  std::uint64_t seed_;
};

/// So many records; about a third of the people have more than one, up to five.
std::vector<PersonRow> people_with_copies(std::uint64_t seed, std::size_t records);

}  // namespace bench
