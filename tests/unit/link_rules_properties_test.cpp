// Method: questions to the link rules, and texts to the normalisers, drawn from seeds; no database. What must hold of
// every answer carries the number of its property in the merge model.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/identifier.hpp"
#include "core/link_rules.hpp"

namespace identities {
namespace {

constexpr int kQuestions = 3'000;

/// A question that owns what it speaks of.
struct Asked {
  Side asked;
  std::vector<Evidence> evidence;
  std::map<Id, Side> sides;
  std::set<std::pair<Id, Id>> cannot_link;
  std::set<std::pair<Id, Id>> may_suggest;
  Microseconds at_us = 0;

  LinkDecision decide(const ResolutionRules& rules) const {
    return decide_links({asked, asked.record, at_us, evidence, sides, cannot_link, may_suggest, rules});
  }
};

class RandomQuestion {
 public:
  explicit RandomQuestion(unsigned seed) : random_(seed) {}

  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  std::mt19937& random() { return random_; }

  Asked draw() {
    Asked question;
    question.at_us = 1'000LL * 24 * 3600 * 1'000'000;
    question.asked = side(below(2) == 0 ? 0 : 1, 900);
    const int others = 1 + below(5);
    for (int number = 0; number < others; ++number) {
      const Id identity = 10 + number;
      question.sides[identity] = side(identity, 100 + number * 10);
    }
    const int values = 1 + below(4);
    for (int value = 0; value < values; ++value) question.evidence.push_back(evidence(question, value));
    if (question.asked.identity != 0) question.sides[question.asked.identity] = question.asked;
    for (const auto& [identity, one] : question.sides)
      for (const auto& [other, two] : question.sides)
        if (identity < other && below(8) == 0) {
          question.cannot_link.emplace(identity, other);
          if (below(2) == 0) question.may_suggest.emplace(identity, other);
        }
    return question;
  }

  /// Some limit, smaller than it was.
  ResolutionRules stricter(ResolutionRules rules) {
    for (std::size_t* limit : {&rules.max_emails, &rules.max_mobiles, &rules.max_landlines, &rules.max_identifiers,
                               &rules.max_records, &rules.max_joined})
      if (below(3) == 0 && *limit > 0) *limit -= 1 + static_cast<std::size_t>(below(static_cast<int>(*limit)));
    return rules;
  }

 private:
  Side side(Id identity, Id record) {
    Side made;
    made.identity = identity;
    made.record = record;
    made.records = identity == 0 ? 1 : static_cast<std::size_t>(1 + below(6));
    static const std::vector<std::string> kNames = {"Ann Lee", "A. Lee", "Bob Ray", "Cleo Fox", "Ann Lee Jr"};
    const int names = below(3);
    for (int name = 0; name < names; ++name)
      made.names.push_back(parse_name(kNames[static_cast<std::size_t>(below(static_cast<int>(kNames.size())))]));
    const auto fill = [&](std::set<std::string>& values, int most, const char* what) {
      for (int number = below(most + 1); number > 0; --number) values.insert(fmt::format("{}{}", what, below(9)));
    };
    fill(made.emails, 4, "e");
    fill(made.mobiles, 3, "m");
    fill(made.landlines, 2, "l");
    if (below(3) == 0) fill(made.customer_ids["crm"], 1, "crm:");
    if (below(4) == 0) fill(made.platform_ids["x"], 1, "x:");
    if (below(6) == 0) fill(made.birth_dates, 1, "b");
    if (below(10) != 0) return made;
    Side mailbox;
    mailbox.identity = identity;
    mailbox.record = record;
    mailbox.records = made.records;
    mailbox.is_shared_mailbox = true;
    return mailbox;
  }

  Evidence evidence(const Asked& question, int value) {
    Evidence made;
    made.rule = static_cast<LinkRule>(below(6));
    made.code = made.rule == LinkRule::kSuggestOnly ? "E3" : code_of(made.rule);
    made.needs_name = made.rule == LinkRule::kSuggestOnly && below(2) == 0;
    made.recycles = made.rule == LinkRule::kMobile;
    made.value = static_cast<std::size_t>(value);
    for (const auto& [identity, other] : question.sides) {
      if (identity == question.asked.identity || below(2) == 0) continue;
      made.holders.push_back(
          {other.record + below(3), identity, std::nullopt,
           below(3) == 0 ? std::nullopt : std::optional<Microseconds>(question.at_us * below(10) / 10)});
    }
    return made;
  }

  std::mt19937 random_;
};

std::set<Id> linked(const LinkDecision& decision) {
  std::set<Id> identities;
  for (const Link& link : decision.links) identities.insert(link.identity);
  return identities;
}

template <typename Check>
void for_each_question(unsigned seed, Check&& check) {
  RandomQuestion draws(seed);
  for (int number = 0; number < kQuestions; ++number) {
    SCOPED_TRACE(fmt::format("seed {}, question {}", seed, number));
    check(draws.draw(), draws);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(LinkRulesProperties, P10_an_answer_does_not_hang_on_the_order_of_the_evidence) {
  int links = 0;
  for_each_question(10, [&](Asked question, RandomQuestion& draws) {
    const std::set<Id> before = linked(question.decide(default_rules()));
    std::shuffle(question.evidence.begin(), question.evidence.end(), draws.random());
    for (Evidence& each : question.evidence) std::shuffle(each.holders.begin(), each.holders.end(), draws.random());
    ASSERT_EQ(linked(question.decide(default_rules())), before);
    links += static_cast<int>(before.size());
  });
  EXPECT_GE(links, 200);
}

TEST(LinkRulesProperties, P13_all_that_is_joined_keeps_every_limit_that_its_sides_kept) {
  int links = 0;
  int demoted = 0;
  for_each_question(13, [&](const Asked& question, RandomQuestion&) {
    const ResolutionRules& rules = default_rules();
    const LinkDecision decision = question.decide(rules);
    if (decision.links.empty()) return;
    Side sum = question.asked;
    std::size_t identities = question.asked.identity == 0 ? 0 : 1;
    for (const Id identity : linked(decision)) {
      ASSERT_EQ(conflict_of(sum, question.sides.at(identity), rules), std::nullopt);
      sum = joined(sum, question.sides.at(identity));
      ++identities;
    }
    ASSERT_LE(identities, rules.max_joined);
    ASSERT_LE(sum.records, rules.max_records);
    links += static_cast<int>(decision.links.size());
    demoted += decision.suggestions.empty() ? 0 : 1;
  });
  EXPECT_GE(links, 200);
  EXPECT_GE(demoted, 100);
}

TEST(LinkRulesProperties, P14_no_two_are_joined_that_were_judged_to_be_two_people) {
  int kept = 0;
  for_each_question(14, [&](const Asked& question, RandomQuestion&) {
    std::set<Id> together = linked(question.decide(default_rules()));
    if (together.empty()) return;
    together.insert(question.asked.identity);
    for (const auto& [one, other] : question.cannot_link)
      ASSERT_FALSE(together.contains(one) && together.contains(other)) << one << " and " << other;
    kept += static_cast<int>(question.cannot_link.size());
  });
  EXPECT_GE(kept, 100);
}

TEST(LinkRulesProperties, P14_of_who_was_judged_to_be_another_nothing_is_told_but_what_would_have_joined_them) {
  int conflicts = 0;
  for_each_question(142, [&](const Asked& question, RandomQuestion&) {
    const ResolutionRules& rules = default_rules();
    const LinkDecision decision = question.decide(rules);
    Side sum = question.asked;
    std::set<Id> together = linked(decision);
    for (const Id identity : together) sum = joined(sum, question.sides.at(identity));
    together.insert(question.asked.identity);
    for (const Suggested& each : decision.suggestions) {
      const Id identity = 10 + (each.other_record - 100) / 10;  // as draw() numbers them
      const auto is_in = [&](const std::set<std::pair<Id, Id>>& pairs) {
        return std::any_of(together.begin(), together.end(), [&](Id one) {
          return pairs.contains({std::min(one, identity), std::max(one, identity)});
        });
      };
      const bool judged = is_in(question.cannot_link) && !is_in(question.may_suggest);
      ASSERT_EQ(each.code == kConflict, judged);
      if (!judged) continue;
      ASSERT_LE(each.against, LinkRule::kMobile);
      ASSERT_EQ(conflict_of(sum, question.sides.at(identity), rules), std::nullopt);
      ASSERT_TRUE(std::any_of(question.evidence.begin(), question.evidence.end(), [&](const Evidence& evidence) {
        return evidence.rule == each.against &&
               std::any_of(evidence.holders.begin(), evidence.holders.end(), [&](const Holder& holder) {
                 return holder.identity == identity && holder.record == each.other_record;
               });
      }));
      Asked freed = question;
      std::erase_if(freed.cannot_link,
                    [&](const auto& pair) { return pair.first == identity || pair.second == identity; });
      const LinkDecision without = freed.decide(rules);
      ASSERT_TRUE(linked(without).contains(identity) ||
                  std::any_of(without.suggestions.begin(), without.suggestions.end(), [&](const Suggested& one) {
                    return one.other_record / 10 == each.other_record / 10 && one.code.starts_with('D');
                  }));
      ++conflicts;
    }
  });
  EXPECT_GE(conflicts, 30);
}

TEST(LinkRulesProperties, P15_evidence_that_only_suggests_never_links) {
  int suggested = 0;
  for_each_question(15, [&](Asked question, RandomQuestion&) {
    const std::set<Id> all = linked(question.decide(default_rules()));
    std::set<Id> sound;
    for (const Evidence& each : question.evidence)
      if (each.rule != LinkRule::kSuggestOnly)
        for (const Holder& holder : each.holders) sound.insert(holder.identity);
    ASSERT_THAT(all, testing::IsSubsetOf(sound));
    suggested += static_cast<int>(question.decide(default_rules()).suggestions.size());
  });
  EXPECT_GE(suggested, 200);
}

TEST(LinkRulesProperties, P15_a_mailbox_is_joined_by_nobody_but_a_newcomer_that_is_one) {
  int joined = 0;
  for_each_question(151, [&](const Asked& question, RandomQuestion&) {
    const LinkDecision decision = question.decide(default_rules());
    for (const Link& link : decision.links) {
      const bool mailbox = question.sides.at(link.identity).is_shared_mailbox;
      ASSERT_EQ(mailbox, question.asked.is_shared_mailbox);
      if (!mailbox) continue;
      ASSERT_EQ(link.rule, LinkRule::kSharedMailbox);
      ASSERT_EQ(question.asked.identity, 0) << "it takes part in no merge";
      ASSERT_EQ(decision.links.size(), 1U);
      ++joined;
    }
    for (const Suggested& each : decision.suggestions)
      for (const auto& [identity, side] : question.sides)
        ASSERT_FALSE(side.is_shared_mailbox && each.other_record >= side.record && each.other_record < side.record + 3);
  });
  EXPECT_GE(joined, 5);
}

TEST(LinkRulesProperties, P10_how_many_names_are_apart_does_not_hang_on_their_order_and_is_the_most) {
  static const std::vector<std::string> kNames = {"J. Smith",   "John Smith", "Jane Smith", "Tom Smith", "Ann Lee",
                                                  "A. Lee",     "Annie Lee",  "Bo Chan",    "B. Chan",   "Ann Lee Jr",
                                                  "Ann Lee Sr", "",           "Smith",      "Bob Ray",   "Robert Ray"};
  RandomQuestion draws(102);
  std::set<std::size_t> sizes;
  for (int number = 0; number < 300; ++number) {
    std::vector<PersonName> names;
    for (int count = draws.below(9); count > 0; --count)
      names.push_back(parse_name(kNames[static_cast<std::size_t>(draws.below(static_cast<int>(kNames.size())))]));
    std::size_t most = 0;  // by trying every set
    for (unsigned set = 0; set < 1U << names.size(); ++set) {
      std::vector<PersonName> chosen;
      for (std::size_t at = 0; at < names.size(); ++at)
        if ((set >> at & 1U) != 0) chosen.push_back(names[at]);
      bool apart = true;
      for (std::size_t one = 0; one < chosen.size(); ++one)
        for (std::size_t other = 0; other <= one; ++other)
          apart = apart && !chosen[one].tokens.empty() &&
                  (one == other || compare_names(chosen[one], chosen[other], true) == NameAgreement::kIncompatible);
      if (apart) most = std::max(most, chosen.size());
    }
    ASSERT_EQ(incompatible_names(names, 100), most);
    ASSERT_EQ(incompatible_names(names, 3), std::min<std::size_t>(most, 3));
    sizes.insert(most);
  }
  EXPECT_GE(sizes.size(), 5U);
}

TEST(LinkRulesProperties, P10_very_many_names_are_counted_in_bounded_steps) {
  std::vector<PersonName> names;
  for (int first = 0; first < 40; ++first)
    for (const char* given : {"John", "Jane"})
      names.push_back(parse_name(fmt::format("{} {}{}{}", given, "Smi", static_cast<char>('a' + first % 26), first)));
  EXPECT_EQ(incompatible_names(names, 2), 2U);
  EXPECT_LE(incompatible_names(names, 1'000), names.size());
}

TEST(LinkRulesProperties, P17_what_is_suggested_is_not_joined_and_suggested_once) {
  int suggested = 0;
  for_each_question(17, [&](const Asked& question, RandomQuestion&) {
    const LinkDecision decision = question.decide(default_rules());
    std::set<std::pair<Id, Id>> pairs;
    for (const Suggested& each : decision.suggestions) {
      ASSERT_TRUE(pairs.emplace(std::minmax(each.record, each.other_record)).second);
      ++suggested;
    }
  });
  EXPECT_GE(suggested, 200);
}

TEST(LinkRulesProperties, P22_a_stricter_limit_never_adds_a_link) {
  int fewer = 0;
  for_each_question(22, [&](const Asked& question, RandomQuestion& draws) {
    const std::set<Id> loose = linked(question.decide(default_rules()));
    const std::set<Id> strict = linked(question.decide(draws.stricter(default_rules())));
    ASSERT_THAT(strict, testing::IsSubsetOf(loose));
    fewer += strict.size() < loose.size() ? 1 : 0;
  });
  EXPECT_GE(fewer, 50);
}

class RandomText {
 public:
  explicit RandomText(unsigned seed) : random_(seed) {}
  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  template <typename Items>
  const auto& any_of(const Items& items) {
    return items[static_cast<std::size_t>(below(static_cast<int>(std::size(items))))];
  }
  /// Letters in any case.
  std::string in_any_case(std::string text) {
    for (char& character : text)
      if (below(2) == 0 && character >= 'a' && character <= 'z') character = static_cast<char>(character - 'a' + 'A');
    return text;
  }
  std::string in_white_space(const std::string& text) {
    static constexpr const char* kSpaces[] = {"", " ", "  ", "\t", "\n", " \t"};
    return any_of(kSpaces) + text + any_of(kSpaces);
  }

 private:
  std::mt19937 random_;
};

TEST(NormaliserProperties, P18_an_address_has_one_key_however_it_is_written_and_a_key_is_its_own) {
  RandomText draws(181);
  static constexpr const char* kLocals[] = {"ann", "ann.lee",   "ann+shop",          "a_b",
                                            "x-1", "jos\u00e9", "\u0430\u043d\u043d"};
  static constexpr const char* kDomains[] = {"customer.net",   "gmail.com",   "googlemail.com", "outlook.com",
                                             "b\u00fccher.de", "fa\u00df.de", "sub.shop.org",   "fastmail.com"};
  std::set<std::string> keys;
  for (int number = 0; number < 2'000; ++number) {
    const std::string plain = std::string(draws.any_of(kLocals)) + "@" + draws.any_of(kDomains);
    const auto key = normalise_email(plain);
    ASSERT_TRUE(key) << plain;
    keys.insert(*key);
    ASSERT_EQ(normalise_email(*key), key) << plain;
    std::string written = draws.in_any_case(plain);
    switch (draws.below(5)) {
      case 0:
        written = "Ann Lee <" + written + ">";
        break;
      case 1:
        written = "mailto:" + written + "?subject=hello";
        break;
      case 2:
        written += ".";
        break;
      default:
        break;
    }
    written = draws.in_white_space(written);
    ASSERT_EQ(normalise_email(written), key) << written;
  }
  EXPECT_GE(keys.size(), 30U);
}

TEST(NormaliserProperties, P18_a_number_has_one_key_however_it_is_written_and_a_key_is_its_own) {
  RandomText draws(182);
  struct Number {
    const char* international;
    const char* national;
    const char* region;
  };
  static constexpr Number kNumbers[] = {{"61412345678", "0412345678", "AU"},
                                        {"447911123456", "07911123456", "GB"},
                                        {"14155552671", "4155552671", "US"},
                                        {"4915123456789", "015123456789", "DE"}};
  static constexpr const char* kBetween[] = {"", " ", "-", ".", " - "};
  int made = 0;
  for (int number = 0; number < 2'000; ++number) {
    const Number& each = draws.any_of(kNumbers);
    const auto key = normalise_phone(std::string("+") + each.international);
    ASSERT_TRUE(key) << each.international;
    ASSERT_EQ(normalise_phone(*key), key);
    const bool national = draws.below(2) == 0;
    const std::string digits = national ? each.national : each.international;
    std::string written = national ? "" : draws.below(2) == 0 ? "+" : "tel:+";
    for (std::size_t at = 0; at < digits.size(); ++at) {
      written += digits[at];
      if (at > 3 && at + 2 < digits.size()) written += draws.any_of(kBetween);
    }
    written = draws.in_white_space(written);
    ASSERT_EQ(normalise_phone(written, each.region), key) << written;
    ++made;
  }
  EXPECT_EQ(made, 2'000);
}

TEST(NormaliserProperties, P18_ids_and_handles_have_one_key_however_they_are_written) {
  RandomText draws(183);
  static constexpr const char* kIds[] = {"0042", "AbC-9", "user.name", "1234567890", "x y"};
  static constexpr const char* kHandles[] = {"ann", "ann_lee", "Lee99"};
  for (int number = 0; number < 500; ++number) {
    const std::string id = draws.any_of(kIds);
    const auto key = normalise_scoped("crm", id);
    ASSERT_TRUE(key);
    ASSERT_EQ(key, "crm:" + id) << "case and zeros are kept";
    ASSERT_EQ(normalise_scoped("crm", draws.in_white_space(id)), key);
    ASSERT_NE(normalise_scoped("shop", id), key) << "another source's";
    const std::string handle = draws.any_of(kHandles);
    const auto folded = normalise_handle("x", handle);
    ASSERT_TRUE(folded);
    std::string written = draws.in_any_case(handle);
    switch (draws.below(3)) {
      case 0:
        written = "@" + written;
        break;
      case 1:
        written = "https://x.com/" + written + "/";
        break;
      default:
        break;
    }
    ASSERT_EQ(normalise_handle("x", written), folded) << written;
  }
}

TEST(NormaliserProperties, P18_a_name_is_the_same_in_any_case_and_space_and_agreement_is_symmetric) {
  RandomText draws(184);
  static constexpr const char* kNames[] = {"ann lee",   "lee, ann", "dr ann lee", "ann lee jr", "ann lee sr", "a. lee",
                                           "annie lee", "bob ray",  "robert ray", "bob",        "cleo fox",   ""};
  std::set<NameAgreement> seen;
  for (int number = 0; number < 2'000; ++number) {
    const std::string one = draws.any_of(kNames);
    const std::string other = draws.any_of(kNames);
    const PersonName left = parse_name(one);
    ASSERT_EQ(parse_name(draws.in_white_space(draws.in_any_case(one))), left) << one;
    const bool same_address = draws.below(2) == 0;
    const NameAgreement agreement = compare_names(left, parse_name(other), same_address);
    ASSERT_EQ(compare_names(parse_name(other), left, same_address), agreement) << one << " and " << other;
    seen.insert(agreement);
  }
  EXPECT_EQ(seen.size(), 3U);
}

}  // namespace
}  // namespace identities
