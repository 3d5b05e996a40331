#include "manifest.hpp"

#include <gmock/gmock.h>
#include <helpdesk/plugin.h>

#include <boost/json/parse.hpp>

#include "bundle.hpp"

namespace helpdesk {
namespace {

using ::testing::HasSubstr;

TEST(manifest, a_good_manifest_is_read_whole) {
  const contract::Bundle bundle;
  const auto manifest = read_manifest(bundle.manifest_file());
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->id, "echo");
  EXPECT_EQ(manifest->library, bundle.folder() / "echo.so");
  EXPECT_EQ(manifest->declarations.size(), 5U);
  ASSERT_NE(manifest->find(HD_PANEL, "mirror"), nullptr);
  EXPECT_EQ(manifest->find(HD_PANEL, "mirror")->scope, "see");
  EXPECT_EQ(manifest->find(HD_ACTION, "mirror"), nullptr);
}

struct BadManifest {
  const char* name;
  const char* member;   // replaced at the top of the good manifest
  const char* value;    // JSON
  const char* pointer;  // that the refusal must name
};

class ManifestTable : public ::testing::TestWithParam<BadManifest> {};

TEST_P(ManifestTable, is_refused_in_one_line_that_names_the_place) {
  contract::Bundle bundle;
  bundle.manifest[GetParam().member] = boost::json::parse(GetParam().value);
  bundle.write_all();
  const auto manifest = read_manifest(bundle.manifest_file());
  ASSERT_FALSE(manifest);
  EXPECT_THAT(manifest.error().message, HasSubstr(std::string(": ") + GetParam().pointer + ": expected "));
  EXPECT_THAT(manifest.error().message, HasSubstr(", found "));
  EXPECT_EQ(manifest.error().message.find('\n'), std::string::npos);
}

#define PANEL(text) "[{\"id\":\"mirror\",\"scope\":\"see\",\"budget_ms\":300" text "}]"
#define WEBHOOK(prefix, methods, size) \
  "[{\"id\":\"h\",\"prefix\":\"" prefix "\",\"methods\":" methods ",\"max_body_bytes\":" size ",\"budget_ms\":5}]"

INSTANTIATE_TEST_SUITE_P(
    manifest, ManifestTable,
    ::testing::Values(
        BadManifest{"unknown_field", "colour", "1", "/colour"}, BadManifest{"another_contract", "abi", "2", "/abi"},
        BadManifest{"unknown_field_with_a_line_break", "col\nour", "1", "/col our"},
        BadManifest{"another_manifest_version", "manifest", "2", "/manifest"},
        BadManifest{"id_of_another_type", "id", "7", "/id"}, BadManifest{"id_in_upper_case", "id", "\"Echo\"", "/id"},
        BadManifest{"empty_id", "id", "\"\"", "/id"},
        BadManifest{"version_with_a_space", "version", "\"1 0\"", "/version"},
        BadManifest{"library_outside", "library", "\"../echo.so\"", "/library"},
        BadManifest{"library_absolute", "library", "\"/tmp/echo.so\"", "/library"},
        BadManifest{"panels_no_array", "panels", "{}", "/panels"},
        BadManifest{"panel_no_object", "panels", "[1]", "/panels/0"},
        BadManifest{"panel_with_an_unknown_field", "panels", PANEL(",\"x\":1"), "/panels/0/x"},
        BadManifest{
            "two_panels_of_one_id", "panels",
            "[{\"id\":\"a\",\"scope\":\"see\",\"budget_ms\":1},{\"id\":\"a\",\"scope\":\"see\",\"budget_ms\":1}]",
            "/panels/1/id"},
        BadManifest{"scope_nobody_defined", "panels", "[{\"id\":\"a\",\"scope\":\"fly\",\"budget_ms\":1}]",
                    "/panels/0/scope"},
        BadManifest{"budget_of_nothing", "events", "[{\"id\":\"a\",\"budget_ms\":0}]", "/events/0/budget_ms"},
        BadManifest{"budget_too_long", "events", "[{\"id\":\"a\",\"budget_ms\":60001}]", "/events/0/budget_ms"},
        BadManifest{"budget_missing", "events", "[{\"id\":\"a\"}]", "/events/0/budget_ms"},
        BadManifest{"job_too_often", "jobs", "[{\"id\":\"a\",\"every_ms\":1}]", "/jobs/0/every_ms"},
        BadManifest{"prefix_without_a_slash", "webhooks", WEBHOOK("/hooks", "[\"GET\"]", "1"), "/webhooks/0/prefix"},
        BadManifest{"prefix_with_dots", "webhooks", WEBHOOK("/a/../", "[\"GET\"]", "1"), "/webhooks/0/prefix"},
        BadManifest{"prefix_of_the_host", "webhooks", WEBHOOK("/v1/panel/", "[\"GET\"]", "1"), "/webhooks/0/prefix"},
        BadManifest{"no_methods", "webhooks", WEBHOOK("/h/", "[]", "1"), "/webhooks/0/methods"},
        BadManifest{"strange_method", "webhooks", WEBHOOK("/h/", "[\"BREW\"]", "1"), "/webhooks/0/methods/0"},
        BadManifest{"method_twice", "webhooks", WEBHOOK("/h/", "[\"GET\",\"GET\"]", "1"), "/webhooks/0/methods"},
        BadManifest{"body_too_large", "webhooks", WEBHOOK("/h/", "[\"GET\"]", "999999999"),
                    "/webhooks/0/max_body_bytes"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace helpdesk
