// Random histories of people in a real database: what sources tell, what agents do, in an order that a seed gives. The
// pools of addresses, numbers, ids and names are small, so that links, conflicts, shared values, limits and recycled
// numbers all happen; what happened is counted, for a history in which nothing meets proves nothing. One thread.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "merging.hpp"

namespace identities::unit {

/// What a source tells of a record, once.
struct Told {
  std::string record;
  std::string name;
  std::vector<GivenIdentifier> identifiers;
  std::size_t account = 0;
  Microseconds at_us = 0;
  bool message = false;  // in a message of a thread of its own; else with a profile
};

/// What a history draws from.
struct Pools {
  std::vector<std::string> names = {"",           "",         "Ann Lee",    "A. Lee",     "Annie Lee", "Bob Ray",
                                    "Robert Ray", "Cleo Fox", "Ann Lee Sr", "Ann Lee Jr", "Dan Oak"};
  int emails = 7;
  int mobiles = 5;
  int customer_ids = 4;
  int platform_ids = 3;
  bool landlines = true;
  bool nobodys = true;  // role mailboxes and placeholders, which are no person's
  bool old_times = true;
  int most_identifiers = 3;
};

class RandomHistory : public MergingDatabase {
 public:
  /// Begins a history whose values and records no other of this database has. Returns what to show when it fails.
  std::string begin(unsigned seed, Pools pools = {});

  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  template <typename Items>
  const auto& any_of(const Items& items) {
    return items.at(static_cast<std::size_t>(below(static_cast<int>(items.size()))));
  }
  std::mt19937& random() { return random_; }

  /// A new record's, or further words of one that is known.
  Told draw();
  Told draw_of(const std::string& record);
  void tell(Told told);
  const std::vector<Told>& all_told() const { return told_; }
  /// The records of this history, in the order in which they came.
  const std::vector<std::string>& people() const { return people_; }

  /// One step of any kind. What an agent cannot do is refused and counted.
  void step();
  void steps(int count) {
    for (int number = 0; number < count; ++number) step();
  }
  /// What an agent did; nothing when it was not possible.
  std::optional<IdentityEvent> merge_any();
  std::optional<IdentityEvent> split_any();
  std::optional<IdentityEvent> judge_any();
  std::optional<IdentityEvent> unlink_any();
  /// That two records of the one's identity are one person's, if it has two.
  void doubt(const std::string& record);
  std::optional<IdentityEvent> decide_any();
  std::optional<IdentityEvent> undo_any();
  std::optional<IdentityEvent> undo_if_possible(Id event);
  std::optional<IdentityEvent> act();  // any of these
  /// It is gone; nobody acts on it any more.
  void forget(const std::string& record) { std::erase(people_, record); }
  /// Another message with an interest, and a note.
  void add_facts(const std::string& record);

  /// "kind: times" of what the log of the whole database tells, and what was refused.
  std::map<std::string, std::int64_t> happened();

  /// Record's name without what is only this history's, to that of the first of its identity.
  std::map<std::string, std::string> partition();
  /// The records of the identity that a record is in, by name.
  std::set<std::string> beside(const std::string& record);
  /// All that an exact undo brings back, and what is read by it: membership, who is a person, retired ids, facts,
  /// names, counts, suggestions, values, and whom each value leads to. Without what is kept apart.
  std::vector<std::string> canonical();
  std::vector<std::string> kept_apart();
  /// Membership, retired ids, what is kept apart, which identifiers are off, which values are several people's and what
  /// of suggestions was decided, made of the log alone; and as they are stored.
  std::vector<std::string> rebuilt();
  std::vector<std::string> built();
  std::vector<IdentityEvent> log();
  /// Every row of every table, but those of `without`.
  std::vector<std::string> dump(const std::set<std::string>& without = {});

  GivenIdentifier email(int number) const;
  GivenIdentifier mobile(int number) const;
  GivenIdentifier landline(int number) const;
  GivenIdentifier customer_id(int number) const;
  GivenIdentifier platform_id(int number) const;
  GivenIdentifier role() const;
  GivenIdentifier placeholder() const;

  std::string record_named(const std::string& rest) const { return prefix_ + rest; }

 private:
  std::optional<IdentityEvent> attempt(const std::function<IdentityEvent(store::Merging&)>& work);
  std::vector<std::string> tables();
  const std::string& row_of(const std::string& table);

  std::mt19937 random_;
  Pools pools_;
  int number_ = 0;  // of the history
  std::string prefix_;
  std::vector<Told> told_;
  std::vector<std::string> people_;
  std::int64_t refused_ = 0;
  int facts_ = 0;
  std::map<std::string, std::string> rows_;  // by table, as dump asks for them
};

}  // namespace identities::unit
