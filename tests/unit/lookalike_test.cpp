// Whose domain is taken for another's. Each domain goes the way of an address: to A-labels first.
#include "core/lookalike.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "core/identifier.hpp"

namespace identities {
namespace {

struct Row {
  const char* name;
  std::string domain;
  std::string imitated;  // empty: nobody's
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.domain;
}

std::string imitated_by(std::string_view domain) {
  const auto key = normalise_domain(domain);
  if (!key) return "no domain";
  return imitated_domain(*key).value_or("");
}

class Lookalike : public testing::TestWithParam<Row> {};

TEST_P(Lookalike, is_told) {
  EXPECT_EQ(imitated_by(GetParam().domain), GetParam().imitated);
}

const Row kLookalikes[] = {
    {"Cyrillic_among_Latin", "раураl.com", "paypal.com"},
    {"one_letter", "p\u0430ypal.com", "paypal.com"},
    {"one_letter_in_capitals", "P\u0410YPAL.com", "paypal.com"},
    {"all_Cyrillic", "раура.com", "paypa.com"},
    {"all_Cyrillic_with_palochka", "аррӏе.com", "apple.com"},
    {"below_another_label", "mail.раураl.com", "mail.paypal.com"},
    {"an_honest_label_above", "раураl.shop.com", "paypal.shop.com"},
    {"two_labels", "раураl.сo.uk", "paypal.co.uk"},
    {"the_top_level_too", "paypal.c\u043Em", "paypal.com"},
    {"Greek_omicron", "g\u03BF\u03BFgle.com", "google.com"},
    {"Armenian_oh", "g\u0585\u0585gle.com", "google.com"},
    {"script_g_of_phonetics", "\u0261oogle.com", "google.com"},
    {"dotless_i", "paypal-b\u0131lling.com", "paypal-billing.com"},
    {"Cherokee_capitals", "\u13E2\u13AA.com", "pa.com"},
    {"oo_in_one_letter", "g\uA74Fgle.com", "google.com"},
    {"dotless_i_below_a_Turkish_label", "b\u0131lling.tr.com", "billing.tr.com"},
    {"an_honest_word_that_reads_as_another", "сахар.com", "caxap.com"},
    {"below_a_label_that_reads_as_itself", "почта.раураl.com", "paypal.com"},
    {"below_an_umlaut", "\u00FC.раураl.com", "paypal.com"},
    {"digits_and_hyphen_stay", "раураl-24.com", "paypal-24.com"},
};
INSTANTIATE_TEST_SUITE_P(Imitating, Lookalike, testing::ValuesIn(kLookalikes),
                         [](const auto& row) { return row.param.name; });

const Row kHonest[] = {
    {"umlaut", "bücher.de", ""},
    {"what_looks_alike_stands_below_an_honest_domain", "раураl.почта.com", ""},
    {"Cyrillic", "почта.рф", ""},
    {"Cyrillic_below_an_ASCII_top_level", "почта.com", ""},
    {"Japanese", "例え.jp", ""},
    {"Chinese", "中文.com", ""},
    {"Greek", "παράδειγμα.gr", ""},
    {"Arabic", "موقع.com", ""},
    {"Hebrew", "ישראל.com", ""},
    {"Thai", "ไทย.com", ""},
    {"Korean", "한국.kr", ""},
    {"Devanagari", "भारत.com", ""},
    {"an_accent_over_l", "paypa\u013A.com", ""},
    {"an_accent_over_e", "café.fr", ""},
    {"a_stroke", "smørrebrød.dk", ""},
    {"ae_reads_as_itself", "læge.dk", ""},
    {"oe_reads_as_itself", "cœur.fr", ""},
    {"sharp_s", "faß.de", ""},
    {"dotless_i_in_Turkey", "altın.com.tr", ""},
    {"dotless_i_in_Azerbaijan", "altın.az", ""},
    {"one_letter_is_not_Latin_and_reads_as_none", "paypalж.com", ""},
    {"one_label_is_not_to_be_taken_for_ASCII", "раураl.почта.com", ""},
    {"a_top_level_that_reads_as_ASCII_below_it", "роса.рус", ""},
    {"ASCII", "paypal.com", ""},
    {"ASCII_digit_for_a_letter", "paypa1.com", ""},
    {"ASCII_r_and_n_for_m", "rnail.com", ""},
};
INSTANTIATE_TEST_SUITE_P(Honest, Lookalike, testing::ValuesIn(kHonest), [](const auto& row) { return row.param.name; });

/// Who registers below a top-level domain in another script imitates nobody, and neither does that domain. The list is
/// of Debian's package publicsuffix, which nothing else here needs: where it is not installed, the list that was read
/// from it stands in core/lookalike.cpp all the same.
TEST(LookalikeTops, of_other_scripts_imitate_nobody) {
  constexpr const char* kList = "/usr/share/publicsuffix/public_suffix_list.dat";
  std::ifstream file(kList);
  if (!file) GTEST_SKIP() << kList << " is not there";
  int seen = 0;
  for (std::string suffix; std::getline(file, suffix);) {
    const bool ascii = std::all_of(suffix.begin(), suffix.end(), [](char c) { return (c & 0x80) == 0; });
    if (ascii || suffix.starts_with("//")) continue;
    ++seen;
    EXPECT_EQ(imitated_by(suffix), "") << suffix;
  }
  EXPECT_GT(seen, 100);
}

TEST(LookalikeText, of_anything_else_is_none) {
  for (const char* text : {"", ".", "xn--", "xn--.com", "xn--paypal-.com", "xn--\xFF.com", "XN--80AK6AA92E.com",
                           "xn--80ak6aa92e.com ", "xn--80ak6aa92e.com/x", "xn--999999999999999999.com"})
    EXPECT_EQ(imitated_domain(text), std::nullopt) << text;
  EXPECT_EQ(imitated_domain("xn--80ak6aa92e.com"), "apple.com");
  std::string far = "xn--80ak6aa92e.";
  while (far.size() < 100'000) far += "xn--80ak6aa92e.";
  EXPECT_EQ(imitated_domain(far + "com"), std::nullopt) << "longer than a domain";
}

}  // namespace
}  // namespace identities
