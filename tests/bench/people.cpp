#include "people.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace bench {
namespace {

/// Numbers that follow from a seed alone, on every machine.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t one, std::uint64_t other = 0, std::uint64_t third = 0)
      : random_(seed * 0x9e3779b97f4a7c15 + one * 0xbf58476d1ce4e5b9 + other * 0x94d049bb133111eb + third) {
    random_.discard(3);
  }
  double share() { return static_cast<double>(random_() >> 11) / 9007199254740992.0; }
  bool happens(double share_of) { return share() < share_of; }
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }
  /// Small numbers far more often than large ones, as names are.
  std::size_t skewed(std::size_t end) {
    const double at = std::pow(static_cast<double>(end), share()) - 1;
    return std::min(end - 1, static_cast<std::size_t>(at * 1.0));
  }

 private:
  std::mt19937_64 random_;
};

constexpr std::array<std::string_view, 80> kGiven = {
    "John",    "Mary",    "James",   "Linda",    "Robert",  "Susan",   "Michael", "Karen",     "David",   "Lisa",
    "William", "Sarah",   "Thomas",  "Emma",     "Daniel",  "Anna",    "Paul",    "Laura",     "Mark",    "Julia",
    "George",  "Maria",   "Steven",  "Helen",    "Andrew",  "Ruth",    "Kenneth", "Alice",     "Peter",   "Grace",
    "Edward",  "Judith",  "Brian",   "Rose",     "Anthony", "Diana",   "Kevin",   "Clara",     "Jason",   "Nora",
    "Matthew", "Olivia",  "Gary",    "Megan",    "Timothy", "Hannah",  "Jose",    "Victoria",  "Larry",   "Amelia",
    "Jeffrey", "Martha",  "Frank",   "Kathryn",  "Scott",   "Deborah", "Eric",    "Joan",      "Stephen", "Evelyn",
    "Raymond", "Abigail", "Gregory", "Isabella", "Joshua",  "Sophia",  "Jerry",   "Charlotte", "Dennis",  "Marie",
    "Walter",  "Amy",     "Patrick", "Theresa",  "Harold",  "Priya",   "Douglas", "Wei",       "Henry",   "Fatima"};
constexpr std::array<std::array<std::string_view, 2>, 12> kShort = {{{"Robert", "Bob"},
                                                                     {"William", "Bill"},
                                                                     {"Michael", "Mike"},
                                                                     {"Thomas", "Tom"},
                                                                     {"Kathryn", "Kate"},
                                                                     {"Steven", "Steve"},
                                                                     {"Deborah", "Debbie"},
                                                                     {"Andrew", "Andy"},
                                                                     {"Edward", "Ted"},
                                                                     {"Victoria", "Vicky"},
                                                                     {"Timothy", "Tim"},
                                                                     {"Matthew", "Matt"}}};
constexpr std::array<std::string_view, 40> kSurnames = {
    "Smith",  "Jones",  "Taylor",   "Brown",  "Williams", "Wilson", "Johnson", "Davies",   "Patel",  "Wright",
    "Walker", "White",  "Edwards",  "Hughes", "Green",    "Hall",   "Lewis",   "Harris",   "Clarke", "Jackson",
    "Wood",   "Turner", "Martin",   "Cooper", "Hill",     "Ward",   "Morris",  "Moore",    "Clark",  "Lee",
    "King",   "Baker",  "Harrison", "Morgan", "Allen",    "James",  "Scott",   "Phillips", "Watson", "Nguyen"};
constexpr std::array<std::string_view, 24> kStarts = {"Bar", "Cal", "Den", "Ash", "Fen",  "Gor", "Hal", "Ker",
                                                      "Lan", "Mar", "Nor", "Pen", "Quin", "Ros", "Sel", "Thor",
                                                      "Ul",  "Ver", "Wil", "Yar", "Zel",  "Bro", "Cra", "Stan"};
constexpr std::array<std::string_view, 20> kEnds = {"ton",  "ley",  "man",  "ford", "well",  "by",    "croft",
                                                    "mont", "son",  "ski",  "er",   "field", "stone", "wick",
                                                    "ham",  "dale", "more", "shaw", "worth", "bridge"};
constexpr std::array<std::string_view, 8> kStreetKinds = {"Street", "Road",  "Avenue", "Lane",
                                                          "Close",  "Drive", "Place",  "Court"};
constexpr std::array<std::string_view, 5> kProviders = {"gmail.com", "outlook.com", "yahoo.com", "icloud.com",
                                                        "bigpond.com"};

std::string made_name(std::size_t number) {
  const std::size_t middle = number / (kStarts.size() * kEnds.size());
  std::string name(kStarts[number % kStarts.size()]);
  if (middle > 0) name += std::string_view("aeioulnrst").substr(middle % 10, 1);
  name += kEnds[number / kStarts.size() % kEnds.size()];
  return name;
}

std::string surname(Dice& dice) {
  if (dice.happens(0.35)) return std::string(kSurnames[dice.skewed(kSurnames.size())]);
  return made_name(dice.skewed(4'000));
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string padded(std::size_t number, std::size_t width) {
  std::string text = std::to_string(number);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

void slip(std::string& text, Dice& dice) {
  if (text.size() < 2) return;
  const std::size_t at = dice.below(text.size() - 1);
  const bool digit = text[at] >= '0' && text[at] <= '9';
  const char other = digit ? static_cast<char>('0' + dice.below(10)) : static_cast<char>('a' + dice.below(26));
  switch (dice.below(4)) {
    case 0:
      text.erase(at, 1);
      break;
    case 1:
      text.insert(at, 1, other);
      break;
    case 2:
      text[at] = other;
      break;
    default:
      std::swap(text[at], text[at + 1]);
  }
}

struct Home {
  std::string number;
  std::string street;
  std::string city;
  std::string postcode;
};

Home home(Dice dice) {
  Home home;
  home.number = std::to_string(1 + dice.skewed(400));
  home.street = made_name(dice.skewed(3'000)) + " " + std::string(kStreetKinds[dice.skewed(kStreetKinds.size())]);
  const std::size_t town = dice.skewed(700);
  home.city = made_name(town * 7 % 9'000) + (town % 9 == 0 ? " Heights" : "");
  home.postcode = padded(1000 + town * 11 + dice.below(3), 4);  // a town has three
  return home;
}

std::string mobile(Dice dice) {
  return "04" + padded(dice.below(100'000'000), 8);
}

/// Four in ten live in a family of three.
constexpr std::uint64_t kFamily = 3;
bool in_family(std::uint64_t person) {
  return person / kFamily % 10 < 4;
}

}  // namespace

PersonRow People::row(std::uint64_t person, std::uint64_t copy) const {
  Dice dice(seed_, person);
  const std::uint64_t household = in_family(person) ? person / kFamily * kFamily + 1'000'000'000 : person;
  PersonRow row;
  row.person = person;
  Dice of_household(seed_, household, 1);
  row.surname = surname(of_household);
  row.given_name = kGiven[dice.skewed(kGiven.size())];
  row.birth_date =
      std::to_string(1935 + dice.below(72)) + "-" + padded(1 + dice.below(12), 2) + "-" + padded(1 + dice.below(28), 2);
  const Home lives = home(Dice(seed_, household, 2));
  const bool moved = copy > 0 && Dice(seed_, person, copy, 7).happens(0.12);
  const Home at = moved ? home(Dice(seed_, person, copy, 9)) : lives;
  row.street_number = at.number;
  row.street = at.street;
  row.city = at.city;
  row.postcode = at.postcode;
  const bool family_phone = in_family(person) && dice.happens(0.3);
  row.phone = mobile(Dice(seed_, family_phone ? household : person, 3));
  Dice of_copy(seed_, person, copy, 11);
  const bool other_mailbox = copy > 0 && of_copy.happens(0.25);
  // A mailbox is one person's: a number or two letters tell the namesakes apart.
  const std::string given = row.given_name.substr(0, dice.happens(0.5) ? 1 : 99);
  const std::string letters = {static_cast<char>('a' + dice.below(26)), static_cast<char>('a' + dice.below(26)), '.'};
  const bool numbered = dice.happens(0.5);
  const std::string provider(
      kProviders[(dice.skewed(kProviders.size()) + (other_mailbox ? 1 : 0)) % kProviders.size()]);
  row.email = lower(given + "." + (numbered ? "" : letters) + row.surname +
                    (numbered ? std::to_string(dice.below(10'000)) : "") + "@" + provider);
  for (std::string* field :
       {&row.birth_date, &row.email, &row.phone, &row.street_number, &row.street, &row.city, &row.postcode})
    if (of_copy.happens(0.15)) field->clear();
  if (of_copy.happens(0.04)) row.given_name.clear();
  if (copy == 0) return row;
  if (of_copy.happens(0.04)) row.surname = surname(of_copy);
  for (const auto& [whole, nickname] : kShort)
    if (row.given_name == whole && of_copy.happens(0.3)) row.given_name = nickname;
  if (of_copy.happens(0.03)) std::swap(row.given_name, row.surname);
  if (of_copy.happens(0.05)) row.phone = mobile(Dice(seed_, person, copy, 13));
  for (std::string* field :
       {&row.given_name, &row.surname, &row.birth_date, &row.email, &row.phone, &row.street, &row.city, &row.postcode})
    if (of_copy.happens(0.08)) slip(*field, of_copy);
  return row;
}

std::vector<PersonRow> people_with_copies(std::uint64_t seed, std::size_t records) {
  const People people(seed);
  std::vector<PersonRow> rows;
  Dice dice(seed, 0, 0, 17);
  for (std::uint64_t person = 0; rows.size() < records; ++person) {
    rows.push_back(people.row(person, 0));
    std::uint64_t copies = 0;
    while (copies < 4 && dice.happens(0.33)) ++copies;
    for (std::uint64_t copy = 1; copy <= copies && rows.size() < records; ++copy)
      rows.push_back(people.row(person, copy));
  }
  for (std::size_t at = rows.size(); at > 1; --at) std::swap(rows[at - 1], rows[dice.below(at)]);
  return rows;
}

}  // namespace bench
