// Who is one person by mail addresses and phone numbers: the decided cases C01 to C56, one test each, by their ids.
#include <gtest/gtest.h>

#include "edge_cases.hpp"

namespace identities::unit {
namespace {

// 2023 and 2026, well before the test's clock.
constexpr Microseconds kJanuary2023 = 1'672'531'200'000'000;
constexpr Microseconds kMay2026 = 1'777'593'600'000'000;

Seen at(Microseconds at_us, Seen seen) {
  seen.at_us = at_us;
  return seen;
}

TEST(EdgeCases, C01_case_does_not_matter_in_an_address) {
  EXPECT_EQ(outcome(mail("Jane.Doe@Example-Shop.com.au"), mail("jane.doe@example-shop.com.au")), "same");
}

TEST(EdgeCases, C02_brackets_and_blanks_are_not_of_the_address) {
  EXPECT_EQ(outcome(mail(" <jane@acme.io> "), mail("jane@acme.io")), "same");
}

TEST(EdgeCases, C03_a_display_name_and_a_link_lead_to_one_address) {
  EXPECT_EQ(outcome(mail("\"Jane Doe\" <jane@acme.io>"), mail("mailto:jane@acme.io?subject=x")), "same");
}

TEST(EdgeCases, C04_the_dot_of_the_root_means_nothing) {
  EXPECT_EQ(outcome(mail("jane@acme.io."), mail("jane@acme.io")), "same");
}

TEST(EdgeCases, C05_full_width_letters_are_letters) {
  EXPECT_EQ(outcome(mail("ＪＡＮＥ＠acme.io"), mail("jane@acme.io")), "same");
}

TEST(EdgeCases, C06_a_domain_in_unicode_and_in_ascii_is_one) {
  EXPECT_EQ(outcome(mail("jane@bücher.example.de"), mail("jane@xn--bcher-kva.example.de")), "same");
}

TEST(EdgeCases, C07_a_sharp_s_is_another_domain_than_ss) {
  EXPECT_EQ(outcome(mail("jane@faß.de"), mail("jane@fass.de")), "different");
}

TEST(EdgeCases, C08_a_domain_that_only_looks_alike_is_another) {
  EXPECT_EQ(outcome(mail("anna@раураl.com"), mail("anna@paypal.com")), "different");
}

TEST(EdgeCases, C09_an_accent_in_the_local_part_is_worth_a_question) {
  EXPECT_EQ(outcome(mail("josé@acme.io"), mail("jose@acme.io")), "suggest");
}

TEST(EdgeCases, C10_an_accent_is_the_same_composed_or_not) {
  EXPECT_EQ(outcome(mail("jos\u00E9@acme.io"), mail("jose\u0301@acme.io")), "same");
}

TEST(EdgeCases, C11_gmail_ignores_dots) {
  EXPECT_EQ(outcome(mail("john.smith@gmail.com"), mail("johnsmith@gmail.com")), "same");
}

TEST(EdgeCases, C12_gmail_ignores_tags_and_has_two_domains) {
  EXPECT_EQ(outcome(mail("john.smith+shop@gmail.com"), mail("johnsmith@googlemail.com")), "same");
}

TEST(EdgeCases, C13_elsewhere_a_dot_makes_another_mailbox) {
  EXPECT_EQ(outcome(mail("john.smith@acme.io"), mail("johnsmith@acme.io")), "different");
  EXPECT_EQ(outcome(mail("john.smith@yahoo.com"), mail("johnsmith@yahoo.com")), "different") << "at a provider, too";
}

TEST(EdgeCases, C14_outlook_ignores_tags) {
  EXPECT_EQ(outcome(mail("jane+news@outlook.com"), mail("jane@outlook.com")), "same");
}

TEST(EdgeCases, C15_a_tag_at_an_unknown_domain_is_worth_a_question) {
  EXPECT_EQ(outcome(mail("jane+news@acme.io"), mail("jane@acme.io")), "suggest");
}

TEST(EdgeCases, C16_one_mailbox_with_two_customer_ids_is_worth_a_question) {
  const Seen one{.told = {{"email", "qa+1@gmail.com"}, {"customer", "101", "shop"}}};
  const Seen other{.told = {{"email", "qa+2@gmail.com"}, {"customer", "102", "shop"}}};
  EXPECT_EQ(outcome(one, other), "suggest");
}

TEST(EdgeCases, C17_the_same_local_part_at_two_providers_is_worth_a_question) {
  EXPECT_EQ(outcome(mail("john.smith@hotmail.com"), mail("john.smith@outlook.com")), "suggest");
  EXPECT_EQ(outcome(mail("john.smith@hotmail.com", "John Smith"), mail("john.smith@outlook.com", "J. Smith")),
            "suggest");
  EXPECT_EQ(outcome(mail("john.smith@hotmail.com", "John Smith"), mail("john.smith@outlook.com", "Eve Black")),
            "different");
  EXPECT_EQ(outcome(mail("john.smith@acme.io"), mail("john.smith@bolt.dev")), "different") << "companies are many";
}

TEST(EdgeCases, C17_a_local_part_that_many_have_or_that_is_short_is_none) {
  std::vector<Seen> many;
  for (const char* provider : {"gmail.com", "yahoo.com", "icloud.com", "gmx.de"})
    many.push_back(mail(std::string("john.smith@") + provider));
  EXPECT_EQ(outcome(mail("john.smith@hotmail.com"), mail("john.smith@outlook.com"), many), "different");
  EXPECT_EQ(outcome(mail("js@hotmail.com"), mail("js@outlook.com")), "different");
  EXPECT_EQ(outcome(mail("js@hotmail.com", "Jo Sand"), mail("js@outlook.com", "Jo Sand")), "suggest");
}

TEST(EdgeCases, C18_a_misspelt_provider_with_the_same_name_is_worth_a_question) {
  EXPECT_EQ(outcome(mail("j.smith@gmail.com", "John Smith"), mail("j.smith@gmail.co", "John Smith")), "suggest");
  EXPECT_EQ(outcome(mail("j.smith@gmail.com"), mail("j.smith@gmail.co")), "different") << "without a name";
  EXPECT_EQ(outcome(mail("j.smith@gmail.com", "John Smith"), mail("j.smith@gmail.co", "Jan Smit")), "different");
}

TEST(EdgeCases, C19_two_people_behind_a_role_mailbox_are_two) {
  EXPECT_EQ(outcome(mail("info@acme.io", "Ann Lee"), mail("info@acme.io", "Bo Chan")), "different");
}

TEST(EdgeCases, C20_compatible_names_behind_a_role_mailbox_are_worth_a_question) {
  EXPECT_EQ(outcome(mail("info@acme.io", "Ann Lee"), mail("info@acme.io", "A. Lee")), "suggest");
}

TEST(EdgeCases, C21_a_role_mailbox_without_names_is_one_identity_that_joins_nobody) {
  EXPECT_EQ(outcome(mail("info@acme.io"), mail("info@acme.io")), "same");
  EXPECT_EQ(outcome(mail("info@acme.io"), mail("info@acme.io", "Ann Lee")), "different");
  Arrivals arrivals;
  const std::string mailbox = arrivals.arrive(mail("info@acme.io"));
  const std::string person = arrivals.arrive(mail("ann@acme.io", "Ann Lee"));
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM identity WHERE kind = 1"), 1);
  EXPECT_THROW(arrivals.merge(mailbox, person), store::NotPossible);
}

TEST(EdgeCases, C22_a_mailbox_that_nobody_reads_identifies_nobody) {
  EXPECT_EQ(outcome(mail("no-reply@shopify.com", "Ann"), mail("no-reply@shopify.com", "Bo")), "different");
  EXPECT_EQ(outcome(mail("no-reply@shopify.com", "Ann"), mail("no-reply@shopify.com", "Ann")), "different");
}

TEST(EdgeCases, C23_an_address_of_our_own_identifies_nobody) {
  EXPECT_EQ(outcome(mail("support@ourbrand.com"), mail("support@ourbrand.com", "Customer X")), "different");
  EXPECT_EQ(outcome(mail("support@ourbrand.com"), mail("support@ourbrand.com")), "different");
}

TEST(EdgeCases, C24_a_reserved_domain_identifies_nobody) {
  EXPECT_EQ(outcome(mail("test@example.com", "Ann"), mail("test@example.com", "Bo")), "different");
  EXPECT_EQ(outcome(mail("ann@shop.example", "Ann"), mail("ann@shop.example", "Ann")), "different");
}

TEST(EdgeCases, C25_a_word_for_nothing_is_no_address) {
  EXPECT_EQ(outcome(mail("null"), mail("null")), "different");
}

TEST(EdgeCases, C26_nor_is_one_within_an_address) {
  EXPECT_EQ(outcome(mail("undefined@undefined.com"), mail("undefined@undefined.com")), "different");
}

TEST(EdgeCases, C27_a_family_that_shares_a_mailbox_is_several_people) {
  const Seen edward = mail("kusha123@hmail.com", "Edward Kusha");
  const Seen mary = mail("kusha123@hmail.com", "Mary Kusha");
  EXPECT_EQ(outcome(edward, mary), "different");
  std::vector<Seen> others;
  for (const char* name : {"Peter Kusha", "Olga Kusha", "Simon Kusha", "Ruth Kusha"})
    others.push_back(mail("kusha123@hmail.com", name));
  EXPECT_EQ(outcome(edward, mary, others), "different");
}

TEST(EdgeCases, C28_an_initial_is_compatible_at_one_address) {
  EXPECT_EQ(outcome(mail("smiths@bigpond.com", "Tom Smith"), mail("smiths@bigpond.com", "T Smith")), "same");
}

TEST(EdgeCases, C29_an_alias_of_a_relay_is_one_persons_exactly_as_it_is) {
  EXPECT_EQ(outcome(mail("a1b2@privaterelay.appleid.com"), mail("a1b2@privaterelay.appleid.com")), "same");
  EXPECT_EQ(outcome(mail("a1.b2@privaterelay.appleid.com"), mail("a1b2@privaterelay.appleid.com")), "different");
}

TEST(EdgeCases, C30_aliases_that_are_made_for_each_booking_say_nothing) {
  EXPECT_EQ(outcome(mail("x7y8z9@guest.booking.com"), mail("q1w2e3@guest.booking.com")), "different");
}

TEST(EdgeCases, C31_an_address_that_a_company_gave_to_another_is_two_peoples) {
  EXPECT_EQ(outcome(at(kJanuary2023, mail("old@acme.io", "Ann")), at(kMay2026, mail("old@acme.io", "Bo"))),
            "different");
}

TEST(EdgeCases, C32_a_mobile_is_one_with_and_without_its_country) {
  EXPECT_EQ(outcome(call("0412 345 678"), call("+61 412 345 678")), "same");
}

TEST(EdgeCases, C33_a_trunk_zero_in_an_international_number_is_dropped) {
  EXPECT_EQ(outcome(call("+61 (0)412 345 678"), call("+610412345678")), "same");
}

TEST(EdgeCases, C34_the_international_prefix_of_a_country_is_understood) {
  EXPECT_EQ(outcome(call("0011 61 412 345 678"), call("0412345678")), "same");
}

TEST(EdgeCases, C35_a_prefix_of_another_country_is_worth_a_question) {
  EXPECT_EQ(outcome(call("00 44 20 7946 0018"), call("+44 20 7946 0018")), "suggest");
}

TEST(EdgeCases, C36_a_national_number_of_no_country_is_worth_a_question) {
  EXPECT_EQ(outcome(call("(415) 555-2671", "", ""), call("+14155552671")), "suggest");
}

TEST(EdgeCases, C37_digits_of_no_country_are_worth_a_question) {
  EXPECT_EQ(outcome(call("14155552671", "", ""), call("+14155552671")), "suggest");
}

TEST(EdgeCases, C38_digits_of_any_script_are_digits) {
  EXPECT_EQ(outcome(call("٠٤١٢٣٤٥٦٧٨"), call("0412345678")), "same");
}

TEST(EdgeCases, C39_the_old_one_in_mexican_mobiles_is_dropped) {
  EXPECT_EQ(outcome(call("+52 1 222 123 4567"), call("+52 222 123 4567")), "same");
}

TEST(EdgeCases, C40_argentine_mobiles_have_two_forms) {
  EXPECT_EQ(outcome(call("+54 9 11 2345-6789"), call("+54 11 15 2345-6789")), "same");
}

TEST(EdgeCases, C41_an_italian_number_keeps_its_zero) {
  EXPECT_EQ(outcome(call("+39 06 1234 5678"), call("+39 6 1234 5678")), "different");
}

TEST(EdgeCases, C42_the_trunk_before_an_extension_is_worth_a_question) {
  EXPECT_EQ(outcome(call("+1 415 555 2671 ext 12"), call("+1 415 555 2671")), "suggest");
}

TEST(EdgeCases, C43_two_extensions_of_one_trunk_are_two_peoples) {
  EXPECT_EQ(outcome(call("+1 415 555 2671 ext 12"), call("+1 415 555 2671 x13")), "different");
}

TEST(EdgeCases, C44_a_number_of_shared_cost_is_nobodys_but_with_the_same_name_worth_a_question) {
  EXPECT_EQ(outcome(call("1300 123 456", "Ann"), call("1300 123 456", "Ann")), "suggest");
  EXPECT_EQ(outcome(call("1300 123 456"), call("1300 123 456")), "different");
}

TEST(EdgeCases, C45_two_of_a_household_are_two) {
  EXPECT_EQ(outcome(call("02 9374 4000", "Ann Lee"), call("(02) 9374 4000", "Bo Lee")), "different");
}

TEST(EdgeCases, C46_a_nickname_on_a_landline_is_worth_a_question) {
  EXPECT_EQ(outcome(call("02 9374 4000", "Ann Lee"), call("(02) 9374 4000", "Annie Lee")), "suggest");
}

TEST(EdgeCases, C47_a_nickname_on_a_mobile_is_the_same) {
  EXPECT_EQ(outcome(call("0412345678", "Ann Lee"), call("0412345678", "Annie Lee")), "same");
}

TEST(EdgeCases, C48_a_mobile_that_another_has_after_years_is_theirs) {
  const Seen before = at(kJanuary2023, call("0412345678", "Ann Lee"));
  const Seen after = at(kMay2026, call("0412345678", "Raj Patel"));
  EXPECT_EQ(outcome(before, after), "different");
  Arrivals arrivals;
  arrivals.arrive(before);
  const std::string now = arrivals.arrive(after);
  const auto found = store::resolve(*arrivals.session_, IdentifierKind::kPhone, "+61412345678", 7);
  ASSERT_TRUE(found) << "the number leads to its new owner alone";
  EXPECT_EQ(found->id, arrivals.identity_of(now));
}

TEST(EdgeCases, C49_a_mobile_after_years_without_a_name_is_worth_a_question) {
  EXPECT_EQ(outcome(at(kJanuary2023, call("0412345678", "Ann")), at(kMay2026, call("0412345678"))), "suggest");
  EXPECT_EQ(outcome(at(kMay2026, call("0412345678", "Ann")), call("0412345678")), "suggest") << "202 days";
  EXPECT_EQ(outcome(at(kMay2026 + 30LL * 86'400'000'000, call("0412345678", "Ann")), call("0412345678")), "same")
      << "172 days";
}

TEST(EdgeCases, C50_zeros_are_no_number) {
  EXPECT_EQ(outcome(call("0000000000"), call("000 000 0000")), "different");
}

TEST(EdgeCases, C51_one_digit_again_and_again_is_no_number) {
  EXPECT_EQ(outcome(call("1111111111", "", "US"), call("1111111111", "", "US")), "different");
}

TEST(EdgeCases, C52_a_word_on_the_keypad_is_no_number) {
  EXPECT_EQ(outcome(call("+266696687"), call("+266696687")), "different");
}

TEST(EdgeCases, C53_withheld_callers_are_nobody) {
  EXPECT_EQ(outcome(call("Anonymous"), call("Private")), "different");
  EXPECT_EQ(outcome(call("Anonymous"), call("Anonymous")), "different");
}

TEST(EdgeCases, C54_the_scheme_of_a_link_is_not_of_the_number) {
  EXPECT_EQ(outcome(call("whatsapp:+14155552671"), call("tel:+1-415-555-2671")), "same");
}

TEST(EdgeCases, C55_a_user_id_of_whatsapp_is_a_number) {
  const Seen chat{.told = {{"platform", "14155552671"}}, .account = "chat", .provider = "whatsapp"};
  EXPECT_EQ(outcome(chat, call("+1 415 555 2671")), "same");
}

TEST(EdgeCases, C56_a_number_that_nobody_can_have_is_worth_a_question_at_most) {
  EXPECT_EQ(outcome(call("+447700900123"), call("07700 900123", "", "GB")), "suggest");
}

}  // namespace
}  // namespace identities::unit
