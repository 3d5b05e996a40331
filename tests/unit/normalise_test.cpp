// Method: each decided case that a normaliser alone decides is a row named by its id: whether two texts have one key,
// two keys or none, and why a key joins nobody. Then properties over all rows: a key's key is that key, and case, space
// and format change none.
#include <gtest/gtest.h>
#include <phonenumbers/phonenumberutil.h>

#include <set>
#include <string>
#include <vector>

#include "core/identifier.hpp"
#include "core/resolution_rules.hpp"

namespace identities {
namespace {

using enum BlockedReason;
constexpr auto kEmail = IdentifierKind::kEmail;
constexpr auto kPhone = IdentifierKind::kPhone;
constexpr auto kPlatform = IdentifierKind::kPlatform;
constexpr auto kCustomer = IdentifierKind::kCustomer;

enum class Keys { kSame, kDifferent, kSecondAlone, kNone };

struct Case {
  std::string id;
  IdentifierKind kind;
  std::string a;
  std::string b;
  Keys keys;
  std::string region = "AU";
  std::string scope = "crm";
  BlockedReason blocked = kNone;
};
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.id;
}

IdentifierKey made(const Case& one, const std::string& text) {
  return make_key(one.kind, text, {one.scope, one.region, default_rules()});
}

class DecidedCase : public testing::TestWithParam<Case> {};

TEST_P(DecidedCase, has_the_keys_that_were_decided) {
  const Case& one = GetParam();
  const IdentifierKey a = made(one, one.a);
  const IdentifierKey b = made(one, one.b);
  EXPECT_EQ(a.key.has_value(), one.keys == Keys::kSame || one.keys == Keys::kDifferent);
  EXPECT_EQ(b.key.has_value(), one.keys != Keys::kNone);
  if (a.key && b.key) {
    EXPECT_EQ(*a.key == *b.key, one.keys == Keys::kSame) << *a.key << " and " << *b.key;
  }
  EXPECT_EQ(a.blocked, one.blocked);
  EXPECT_EQ(b.blocked, one.blocked);
}

// Their outcome is "suggest" where the keys differ; that the two are suggested is for the rules of linking.
const Case kCases[] = {
    {"C01", kEmail, "Jane.Doe@Example-Shop.com.au", "jane.doe@example-shop.com.au", Keys::kSame},
    {"C02", kEmail, " <jane@acme.io> ", "jane@acme.io", Keys::kSame},
    {"C03", kEmail, "\"Jane Doe\" <jane@acme.io>", "mailto:jane@acme.io?subject=x", Keys::kSame},
    {"C04", kEmail, "jane@acme.io.", "jane@acme.io", Keys::kSame},
    {"C05", kEmail, "ＪＡＮＥ＠acme.io", "jane@acme.io", Keys::kSame},
    {"C06", kEmail, "jane@bücher.example.de", "jane@xn--bcher-kva.example.de", Keys::kSame},
    {"C07", kEmail, "jane@faß.de", "jane@fass.de", Keys::kDifferent},
    {"C08", kEmail, "anna@раураl.com", "anna@paypal.com", Keys::kDifferent},
    {"C09", kEmail, "josé@acme.io", "jose@acme.io", Keys::kDifferent},
    {"C10", kEmail, "jos\u00E9@acme.io", "jose\u0301@acme.io", Keys::kSame},
    {"C11", kEmail, "john.smith@gmail.com", "johnsmith@gmail.com", Keys::kSame},
    {"C12", kEmail, "john.smith+shop@gmail.com", "johnsmith@googlemail.com", Keys::kSame},
    {"C13", kEmail, "john.smith@acme.io", "johnsmith@acme.io", Keys::kDifferent},
    {"C14", kEmail, "jane+news@outlook.com", "jane@outlook.com", Keys::kSame},
    {"C15", kEmail, "jane+news@acme.io", "jane@acme.io", Keys::kDifferent},
    {"C16", kEmail, "qa+1@gmail.com", "qa+2@gmail.com", Keys::kSame},
    {"C17", kEmail, "john.smith@hotmail.com", "john.smith@outlook.com", Keys::kDifferent},
    {"C18", kEmail, "j.smith@gmail.com", "j.smith@gmail.co", Keys::kDifferent},
    {"C19_C20_C21", kEmail, "info@acme.io", "Info@Acme.io", Keys::kSame, "AU", "", kRole},
    {"C22", kEmail, "no-reply@shopify.com", "No-Reply@shopify.com", Keys::kSame, "AU", "", kPlaceholder},
    {"C24", kEmail, "test@example.com", "test@example.com", Keys::kSame, "AU", "", kPlaceholder},
    {"C25", kEmail, "null", "null", Keys::kNone, "AU", "", kPlaceholder},
    {"C26", kEmail, "undefined@undefined.com", "undefined@undefined.com", Keys::kSame, "AU", "", kPlaceholder},
    {"C29", kEmail, "a1b2@privaterelay.appleid.com", "a1b2@privaterelay.appleid.com", Keys::kSame},
    {"C29_no_folding", kEmail, "a1.b2@privaterelay.appleid.com", "a1b2@privaterelay.appleid.com", Keys::kDifferent},
    {"C30", kEmail, "x7y8z9@guest.booking.com", "q1w2e3@guest.booking.com", Keys::kDifferent},
    {"C32", kPhone, "0412 345 678", "+61 412 345 678", Keys::kSame},
    {"C33", kPhone, "+61 (0)412 345 678", "+610412345678", Keys::kSame},
    {"C34", kPhone, "0011 61 412 345 678", "0412345678", Keys::kSame},
    {"C35", kPhone, "00 44 20 7946 0018", "+44 20 7946 0018", Keys::kSecondAlone},
    {"C36", kPhone, "(415) 555-2671", "+14155552671", Keys::kSecondAlone, ""},
    {"C37", kPhone, "14155552671", "+14155552671", Keys::kSecondAlone, ""},
    {"C38", kPhone, "٠٤١٢٣٤٥٦٧٨", "0412345678", Keys::kSame},
    {"C39", kPhone, "+52 1 222 123 4567", "+52 222 123 4567", Keys::kSame},
    {"C40", kPhone, "+54 9 11 2345-6789", "+54 11 15 2345-6789", Keys::kSame},
    {"C42", kPhone, "+1 415 555 2671 ext 12", "+1 415 555 2671", Keys::kDifferent},
    {"C43", kPhone, "+1 415 555 2671 ext 12", "+1 415 555 2671 x13", Keys::kDifferent},
    {"C44", kPhone, "1300 123 456", "1300 123 456", Keys::kSame},
    {"C45_C46", kPhone, "02 9374 4000", "(02) 9374 4000", Keys::kSame},
    {"C50", kPhone, "0000000000", "000 000 0000", Keys::kNone, "AU", "", kPlaceholder},
    {"C51", kPhone, "1111111111", "1111111111", Keys::kNone, "US", "", kPlaceholder},
    {"C52", kPhone, "+266696687", "+266696687", Keys::kNone, "AU", "", kPlaceholder},
    {"C53", kPhone, "Anonymous", "Private", Keys::kNone, "AU", "", kPlaceholder},
    {"C54", kPhone, "whatsapp:+14155552671", "tel:+1-415-555-2671", Keys::kSame},
    {"C55", kPhone, "whatsapp:14155552671", "+1 415 555 2671", Keys::kSame},
    {"C56", kPhone, "+447700900123", "+447700900123", Keys::kNone},
    {"C56_national", kPhone, "07700 900123", "07700 900123", Keys::kNone, "GB"},
    {"C57", kPlatform, "123", "123", Keys::kSame, "", "x"},
    {"C59", kPlatform, "123", "999", Keys::kDifferent, "", "x"},
    {"C65", kCustomer, "003A", "003A", Keys::kSame, "", "salesforce"},
    {"C67", kCustomer, "0031x00000ABCde", "0031x00000ABCdeAAA", Keys::kDifferent, "", "shop"},
    {"C70", kCustomer, "0", "0", Keys::kSame, "", "crm", kPlaceholder},
    {"C71", kCustomer, "123 ", "123", Keys::kSame},
    {"C72", kCustomer, "00123", "123", Keys::kDifferent},
};

INSTANTIATE_TEST_SUITE_P(Normalise, DecidedCase, testing::ValuesIn(kCases),
                         [](const auto& row) { return row.param.id; });

TEST(Normalise, C23_own_addresses_are_blocked_as_own) {
  const ResolutionRules rules = rules_from_json(R"({"blocked_values":["Support@OurBrand.com","+61 2 9374 4000"]})");
  const KeyMaking making{"", "AU", rules};
  EXPECT_EQ(make_key(kEmail, "support@ourbrand.com", making).blocked, kOwn);
  EXPECT_EQ(make_key(kPhone, "02 9374 4000 ext 7", making).blocked, kOwn);
  EXPECT_EQ(make_key(kEmail, "jane@ourbrand.com", making).blocked, kNone);
}

TEST(Normalise, C41_italy_keeps_the_leading_zero) {
  const auto with = normalise_phone("+39 06 1234 5678");
  EXPECT_EQ(with, "+390612345678");
  EXPECT_NE(normalise_phone("+39 6 1234 5678"), with);
}

TEST(Normalise, C43_an_extension_stands_behind_the_number) {
  for (const char* text : {"+1 415 555 2671 ext 12", "+1 415 555 2671 x12", "+1 415 555 2671;ext=12",
                           "tel:+1-415-555-2671;ext=12", "+1 415 555 2671 Ext. 12", "+1 415 555 2671 #12"})
    EXPECT_EQ(normalise_phone(text), "+14155552671;ext=12") << text;
}

TEST(Normalise, C44_the_type_of_a_number_tells_whose_it_is) {
  struct {
    const char* text;
    PhoneUse use;
  } const rows[] = {{"0412 345 678", PhoneUse::kPersonal},  {"+1 415 555 2671", PhoneUse::kPersonal},
                    {"02 9374 4000", PhoneUse::kHousehold}, {"02 9374 4000 x5", PhoneUse::kHousehold},
                    {"1300 123 456", PhoneUse::kNever},     {"1800 801 920", PhoneUse::kNever},
                    {"1900 654 321", PhoneUse::kNever}};
  for (const auto& row : rows)
    EXPECT_EQ(make_key(kPhone, row.text, {"", "AU", default_rules()}).phone_use, row.use) << row.text;
}

TEST(Normalise, C58_C60_C61_a_handle_is_compared_without_sign_case_and_address) {
  EXPECT_EQ(normalise_handle("", "twitter:@AnnLee"), "x:annlee");
  EXPECT_EQ(normalise_handle("", "https://x.com/annlee/"), "x:annlee");
  EXPECT_EQ(normalise_handle("twitter", "@annlee"), "x:annlee");
  EXPECT_EQ(normalise_handle("instagram", "AnnLee"), "instagram:annlee");
  EXPECT_EQ(normalise_handle("", "https://www.instagram.com/annlee?igsh=1"), "instagram:annlee");
  EXPECT_EQ(normalise_handle("", "https://www.linkedin.com/in/Ann-Lee/"), "linkedin:ann-lee");
  EXPECT_EQ(normalise_handle("tiktok", "https://www.tiktok.com/@ann"), "tiktok:ann");
  for (const char* none : {"", "@", "two words", "https://x.com/", "https://nowhere.example/ann", "ann@acme.io"})
    EXPECT_EQ(normalise_handle("x", none), std::nullopt) << none;
}

TEST(Normalise, C64_C66_ids_are_their_scopes) {
  EXPECT_NE(normalise_scoped("facebook.a", "777"), normalise_scoped("facebook.b", "777"));
  EXPECT_NE(normalise_scoped("salesforce", "003A"), normalise_scoped("hubspot", "003A"));
}

TEST(Normalise, C67_an_id_of_salesforce_has_its_18_characters) {
  const auto key = normalise_scoped("salesforce", "0031x00000ABCde");
  EXPECT_EQ(key, normalise_scoped("salesforce", "0031x00000ABCde" + key->substr(key->size() - 3)));
  // The documented example: 001A0000006Vm9r is 001A0000006Vm9rIAC.
  EXPECT_EQ(normalise_scoped("salesforce", "001A0000006Vm9r"), "salesforce:001A0000006Vm9rIAC");
  EXPECT_NE(normalise_scoped("salesforce", "001a0000006Vm9r"), normalise_scoped("salesforce", "001A0000006Vm9r"));
}

TEST(Normalise, C70_placeholders_in_any_case_and_quotes) {
  for (const char* text : {"",          "  ",
                           "0",         "000",
                           "-",         "--",
                           "0-0",       "-1",
                           "NULL",      "\"null\"",
                           "'None'",    "n/a",
                           "N/A",       "na",
                           "Unknown",   "undefined",
                           "anonymous", "GUEST",
                           "test",      "user",
                           "admin",     "email",
                           "id",        "true",
                           "false",     "[object Object]",
                           "NaN",       "void",
                           "abc123",    "nil",
                           "aaaa",      "7777",
                           "xxx"})
    EXPECT_TRUE(is_placeholder(text)) << text;
  for (const char* text : {"7", "12", "999", "aa", "00123", "null1", "nina", "10000", "tester"})
    EXPECT_FALSE(is_placeholder(text)) << text;
}

TEST(Normalise, a_number_of_one_digit_is_a_placeholder_though_it_is_valid) {
  EXPECT_EQ(make_key(kPhone, "0444 444 444", {"", "AU", default_rules()}).blocked, kPlaceholder);
  EXPECT_EQ(make_key(kPhone, "0412 444 444", {"", "AU", default_rules()}).blocked, kNone);
  EXPECT_EQ(make_key(kPhone, "0411 111 111", {"", "AU", default_rules()}).blocked, kNone) << "somebody's mobile";
}

TEST(Normalise, one_digit_again_and_again_is_told_from_a_number_in_every_country) {
  std::set<int> codes;
  i18n::phonenumbers::PhoneNumberUtil::GetInstance()->GetSupportedCallingCodes(&codes);
  ASSERT_GE(codes.size(), 200U);
  for (const int code : codes)
    for (char digit = '0'; digit <= '9'; ++digit) {
      const std::string country = "+" + std::to_string(code);
      const std::string same = std::string(8, digit);
      const char another = digit == '9' ? '1' : static_cast<char>(digit + 1);
      EXPECT_EQ(blocked_reason(kPhone, country + same, default_rules()), kPlaceholder) << country << same;
      EXPECT_EQ(blocked_reason(kPhone, country + same + ";ext=2", default_rules()), kPlaceholder) << country << same;
      EXPECT_EQ(blocked_reason(kPhone, country + another + same, default_rules()), kNone) << country << another << same;
      EXPECT_EQ(blocked_reason(kPhone, country + same + another, default_rules()), kNone) << country << same << another;
    }
}

TEST(Normalise, blocked_domains_take_in_what_is_below_them) {
  for (const char* text : {"a.b@example.org", "ann@mail.example.com", "ann@shop.test", "ann@x.invalid",
                           "ann@mailinator.com", "ann@eu.mailinator.com", "ann@my.localhost"})
    EXPECT_EQ(make_key(kEmail, text, {"", "", default_rules()}).blocked, kPlaceholder) << text;
  for (const char* text : {"ann@example.de", "ann@myexample.com", "ann@notmailinator.com", "ann@example.com.au"})
    EXPECT_EQ(make_key(kEmail, text, {"", "", default_rules()}).blocked, kNone) << text;
}

TEST(Normalise, roles_are_told_from_people) {
  for (const char* text : {"info@acme.io", "Support@acme.io", "sales+eu@acme.io", "reservations@acme.io"})
    EXPECT_EQ(make_key(kEmail, text, {"", "", default_rules()}).blocked, kRole) << text;
  for (const char* text : {"informer@acme.io", "ann.sales@acme.io", "j@acme.io"})
    EXPECT_EQ(make_key(kEmail, text, {"", "", default_rules()}).blocked, kNone) << text;
}

TEST(Normalise, an_address_that_is_none_makes_no_key) {
  for (const char* text : {"jane@[IPv6:2001:db8::1]", "jane@[192.0.2.1]", "\"jane doe\"@acme.io", "\"jane\"@acme.io",
                           "jane@acme", "@acme.io", "jane@@acme.io", "jane@a..b", "jane@ex_ample.com", "a@b.io, c@d.io",
                           "jane(comment)@acme.io", "jane;x@acme.io", "jane@acme.io jane@other.io", "+tag@gmail.com",
                           "...@gmail.com", "<jane@acme.io", "jane＠acme＠acme.io", "\xF0\xAB\xAB\xBC\xAB@acme.io"})
    EXPECT_EQ(normalise_email(text), std::nullopt) << text;
}

TEST(Normalise, an_address_in_a_link_is_decoded) {
  EXPECT_EQ(normalise_email("mailto:jane%2Bnews%40acme.io"), "jane+news@acme.io");
  EXPECT_EQ(normalise_email("jane%40acme.io"), std::nullopt) << "outside a link a percent sign is one";
  EXPECT_EQ(normalise_email("50%off@acme.io"), "50%off@acme.io");
}

TEST(Normalise, a_number_that_is_none_makes_no_key) {
  for (const char* text :
       {"", "+", "call me", "+61 491 CALL ME", "my number is 0412345678", "0412 345 678 or 0498 765 432",
        "++61412345678", "0412345678+61", "61 412 345 678 9999999999", "+61412345678 ext",
        "+61412345678 ext 12345678901", "0412\0345678", "\xFF\xFE", "0412 345 678 ext 1 ext 2"})
    EXPECT_EQ(normalise_phone(text, "AU"), std::nullopt) << text;
}

TEST(Normalise, marks_that_are_copied_along_with_a_number_change_nothing) {
  EXPECT_EQ(normalise_phone("\u202A+61 412 345 678\u202C"), "+61412345678");
  EXPECT_EQ(normalise_phone("＋６１ ４１２ ３４５ ６７８"), "+61412345678");
  EXPECT_EQ(normalise_phone("+61\u00A0412\u2011345\u2013678"), "+61412345678");
  EXPECT_EQ(normalise_phone("114155552671", "MX"), normalise_phone("+52 1 415 555 2671"));
  EXPECT_EQ(normalise_phone("sip:+61412345678@pbx.acme.io;user=phone"), "+61412345678");
}

TEST(Normalise, a_region_that_is_none_is_no_region) {
  EXPECT_EQ(normalise_phone("0412345678", "XX"), std::nullopt);
  EXPECT_EQ(normalise_phone("0412345678", "au"), std::nullopt);
  EXPECT_EQ(normalise_phone("+61412345678", "XX"), "+61412345678");
  EXPECT_TRUE(is_phone_region("AU"));
  for (const char* none : {"", "au", "XX", "AUS", "ZZ", "001"}) EXPECT_FALSE(is_phone_region(none)) << none;
}

TEST(Normalise, the_last_nine_digits_are_what_a_number_without_a_key_is_compared_by) {
  EXPECT_EQ(phone_suffix("(415) 555-2671"), "155552671");
  EXPECT_EQ(phone_suffix("+14155552671"), "155552671");
  EXPECT_EQ(phone_suffix("+44 20 7946 0018"), phone_suffix("00 44 20 7946 0018"));
  EXPECT_EQ(phone_suffix("123456"), "");
  EXPECT_EQ(phone_suffix("nobody"), "");
}

/// Texts that say the same as `text`.
std::vector<std::string> mutations(IdentifierKind kind, const std::string& text) {
  std::vector<std::string> all = {" " + text, text + "\t", "\u200E" + text + "\u00A0", "\u3000" + text};
  if (kind == kEmail && text.find('<') == std::string::npos && !text.starts_with("mailto:")) {
    std::string upper = text;
    for (char& c : upper)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    all.insert(all.end(),
               {upper, "<" + text + ">", "A Name <" + text + ">", "mailto:" + text, "MAILTO:" + text + "?cc=x"});
  }
  if (kind == kPhone && text.find(':') == std::string::npos) {
    std::string spaced;
    for (const char c : text) spaced += c == ' ' ? std::string("\u00A0") : c == '-' ? "\u2011" : std::string(1, c);
    all.insert(all.end(), {"tel:" + text, "sms:" + text, "TEL:" + text, spaced});
  }
  return all;
}

TEST(Normalise, property_18_a_key_of_a_key_is_that_key) {
  std::size_t keys = 0;
  for (const Case& one : kCases) {
    for (const std::string& text : {one.a, one.b}) {
      const IdentifierKey key = made(one, text);
      if (!key.key) continue;
      ++keys;
      const bool scoped = one.kind == kPlatform || one.kind == kCustomer;
      const std::string again = scoped ? key.key->substr(one.scope.size() + 1) : *key.key;
      EXPECT_EQ(made(one, again), key) << one.id << " " << text;
    }
  }
  EXPECT_GT(keys, 80U);
}

TEST(Normalise, property_18_case_space_and_format_change_no_key) {
  for (const Case& one : kCases)
    for (const std::string& text : {one.a, one.b})
      for (const std::string& mutation : mutations(one.kind, text))
        EXPECT_EQ(made(one, mutation).key, made(one, text).key) << one.id << " " << mutation;
}

TEST(Rules, are_the_same_when_they_are_written_and_read_again) {
  const std::string json = rules_to_json(default_rules());
  EXPECT_EQ(rules_to_json(rules_from_json(json)), json);
  EXPECT_EQ(rules_to_json(rules_from_json("{}")), json);
}

TEST(Rules, replace_what_they_name_and_keep_the_rest) {
  const ResolutionRules rules = rules_from_json(
      R"({"blocked_domains":["Bücher.Example."],"role_local_parts":["Info"],"folding":[{"domains":["acme.io","acme.com"],
          "plus_tag":true}],"max_emails":7,"recycle_after_days":90})");
  EXPECT_EQ(rules.blocked_domains, std::vector<std::string>{"xn--bcher-kva.example"});
  EXPECT_EQ(rules.role_local_parts, std::vector<std::string>{"info"});
  EXPECT_EQ(rules.max_emails, 7U);
  EXPECT_EQ(rules.max_mobiles, default_rules().max_mobiles);
  EXPECT_EQ(rules.recycle_after_us, 90 * kDayUs);
  EXPECT_EQ(normalise_email("jane+news@acme.com", rules), "jane@acme.io");
  EXPECT_EQ(normalise_email("john.smith@gmail.com", rules), "john.smith@gmail.com");
}

TEST(Rules, that_are_broken_are_refused_with_the_place_and_what_was_expected) {
  struct {
    const char* json;
    const char* message;
  } const rows[] = {
      {"", "/: expected JSON; found incomplete JSON"},
      {"[]", "/: expected an object of rules; found an array of 0"},
      {R"({"max_emails":-1})", "/max_emails: expected an integer from 0 to 1000; found a number"},
      {R"({"max_emails":"5"})", "/max_emails: expected an integer from 0 to 1000; found a string of 1 characters"},
      {R"({"shared_names":1})", "/shared_names: expected an integer from 2 to 1000; found a number"},
      {R"({"recycle_after_days":0})", "/recycle_after_days: expected an integer from 1 to 36500; found a number"},
      {R"({"blocked_domains":["ok.io","a b"]})",
       "/blocked_domains/1: expected a mail domain such as mailinator.com, or the last part of one; found a string of "
       "3 "
       "characters"},
      {R"({"blocked_values":["ourbrand"]})",
       "/blocked_values/0: expected an address, a number with its country such as +61290001000, or scope:id; found a "
       "string of 8 characters"},
      {R"({"role_local_parts":[7]})",
       "/role_local_parts/0: expected the part of an address before its \"@\"; found a number"},
      {R"({"folding":[{"domains":["localhost"]}]})",
       "/folding/0/domains/0: expected a mail domain such as gmail.com; found a string of 9 characters"},
      {R"({"folding":[{"domains":[]}]})",
       "/folding/0/domains: expected an array of 1 to 50 domains; found an array of 0"},
      {R"({"folding":[{"domains":["a.io"]},{"domains":["b.io","a.io"]}]})",
       "/folding/1/domains: expected domains that no entry before names; found an array of 2"},
      {R"({"folding":[{"domains":["a.io"],"dot":true}]})", "/folding/0/dot: expected"},
      {R"({"colour":"red"})", "/colour: expected"},
  };
  for (const auto& row : rows) {
    try {
      rules_from_json(row.json);
      ADD_FAILURE() << "not refused: " << row.json;
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(std::string(error.what()).substr(0, std::string_view(row.message).size()), row.message);
    }
  }
}

TEST(Rules, have_limits_on_their_lists) {
  std::string list;
  for (int at = 0; at < 2001; ++at) list += (at == 0 ? "\"d" : ",\"d") + std::to_string(at) + ".io\"";
  EXPECT_THROW(rules_from_json("{\"blocked_domains\":[" + list + "]}"), std::invalid_argument);
  EXPECT_THROW(rules_from_json("{\"role_local_parts\":[\"" + std::string(65, 'a') + "\"]}"), std::invalid_argument);
  EXPECT_THROW(rules_from_json("{\"x\":\"" + std::string(600'000, 'a') + "\"}"), std::invalid_argument);
  EXPECT_THROW(rules_from_json(std::string(100, '[')), std::invalid_argument);
}

}  // namespace
}  // namespace identities
