// The library as an embedder in another language uses it: through host.h and nothing else.
#include <gmock/gmock.h>
#include <helpdesk/host.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "bundle.hpp"

namespace {

using ::testing::HasSubstr;

struct Answer {
  hd_status status;
  std::string body;
  std::string message;
};

struct Embedding : ::testing::Test {
  ~Embedding() override { hd_host_close(host); }

  void open() {
    hd_error error{};
    host = hd_host_open(bundle.manifest_file().c_str(), bundle.config_file().c_str(), nullptr, &error);
    ASSERT_NE(host, nullptr) << error.message;
  }
  // Overwrites its inputs after the call, as an embedder may.
  Answer call(std::int32_t kind, std::string id, std::string request, std::int64_t budget_ms = 1000) {
    hd_error error{};
    char* reply = nullptr;
    std::uint64_t size = 0;
    const hd_status status = hd_host_call(host, kind, id.data(), id.size(), request.data(), request.size(), budget_ms,
                                          &reply, &size, &error);
    std::fill(id.begin(), id.end(), '\xff');
    std::fill(request.begin(), request.end(), '\xff');
    Answer answer{status, reply == nullptr ? "" : std::string(reply, size), error.message};
    hd_host_free(reply);
    return answer;
  }
  contract::Bundle bundle;
  hd_host_handle* host = nullptr;
};

TEST_F(Embedding, a_panel_answers) {
  open();
  const Answer answer = call(HD_PANEL, "mirror", R"({"a":1})");
  EXPECT_EQ(answer.status, HD_OK);
  EXPECT_EQ(answer.body, R"({"got":{"a":1}})");
}

TEST_F(Embedding, a_reply_outlives_the_request_that_made_it) {
  open();
  EXPECT_EQ(call(HD_PANEL, "mirror", R"({"a":1})").body, R"({"got":{"a":1}})");
  EXPECT_EQ(call(HD_PANEL, "mirror", R"({"b":2})").body, R"({"got":{"b":2}})");
}

TEST_F(Embedding, a_plugins_error_keeps_its_status_and_message) {
  open();
  const Answer answer = call(HD_PANEL, "mirror", R"({"fail":5})");
  EXPECT_EQ(answer.status, HD_CONFLICT);
  EXPECT_EQ(answer.message, "asked to fail");
  EXPECT_EQ(answer.body, "");
}

TEST_F(Embedding, an_unknown_id_is_not_found) {
  open();
  EXPECT_EQ(call(HD_PANEL, "window", "{}").status, HD_NOT_FOUND);
  EXPECT_EQ(call(HD_ACTION, "mirror", "{}").status, HD_NOT_FOUND);
}

TEST_F(Embedding, a_webhook_cannot_be_called_in_process) {
  open();
  EXPECT_EQ(call(HD_WEBHOOK, "hooks", "{}").status, HD_INVALID);
}

TEST_F(Embedding, a_budget_out_of_range_is_refused) {
  open();
  EXPECT_EQ(call(HD_PANEL, "mirror", "{}", 0).status, HD_INVALID);
  EXPECT_EQ(call(HD_PANEL, "mirror", "{}", -5).status, HD_INVALID);
}

TEST_F(Embedding, null_arguments_are_refused) {
  open();
  hd_error error{};
  EXPECT_EQ(hd_host_call(host, HD_PANEL, nullptr, 3, nullptr, 0, 100, nullptr, nullptr, &error), HD_INVALID);
  EXPECT_EQ(hd_host_open(nullptr, nullptr, nullptr, &error), nullptr);
  hd_host_free(nullptr);
  hd_host_close(nullptr);
}

struct RequestId {
  const char* name;
  std::string given;
  std::string arrives;
};

class EmbeddingRequestId : public Embedding, public ::testing::WithParamInterface<RequestId> {};

TEST_P(EmbeddingRequestId, reaches_the_handler_bounded_and_cleaned) {
  open();
  const std::string id = "mirror";
  const std::string body = R"({"tell_request_id":1})";
  hd_host_request request{};
  request.size = sizeof(request);
  request.kind = HD_PANEL;
  request.id = {id.data(), id.size()};
  request.body = {body.data(), body.size()};
  request.budget_ms = 1000;
  request.request_id = {GetParam().given.data(), GetParam().given.size()};
  char* reply = nullptr;
  std::uint64_t size = 0;
  hd_error error{};
  ASSERT_EQ(hd_host_send(host, &request, &reply, &size, &error), HD_OK) << error.message;
  EXPECT_EQ(std::string(reply, size), R"({"request_id":")" + GetParam().arrives + R"("})");
  hd_host_free(reply);
}

INSTANTIATE_TEST_SUITE_P(request_id, EmbeddingRequestId,
                         ::testing::Values(RequestId{"ours", "rt-4711-Ab9", "rt-4711-Ab9"},
                                           RequestId{"none", "", "call-1"},
                                           RequestId{"hostile", "a b\n\"<\xc3\xa9>", "a-b------"},
                                           RequestId{"with_a_nul", std::string("a\0b", 3), "a-b"},
                                           RequestId{"of_64_bytes", std::string(64, 'x'), std::string(64, 'x')},
                                           RequestId{"too_long", std::string(65, 'x'), std::string(64, 'x')}),
                         [](const auto& row) { return row.param.name; });

TEST_F(Embedding, a_request_of_an_unknown_size_or_without_its_bytes_is_refused) {
  open();
  hd_host_request request{};
  char* reply = nullptr;
  std::uint64_t size = 0;
  hd_error error{};
  EXPECT_EQ(hd_host_send(host, &request, &reply, &size, &error), HD_INVALID);
  EXPECT_STREQ(error.message, "hd_host_request.size: expected at least 64, found 0");
  request.size = sizeof(request);
  request.request_id.size = 5;
  EXPECT_EQ(hd_host_send(host, &request, &reply, &size, &error), HD_INVALID);
  EXPECT_STREQ(error.message, "hd_host_request: expected id, body and request_id with their bytes, found NULL");
  EXPECT_EQ(hd_host_send(host, nullptr, &reply, &size, &error), HD_INVALID);
  EXPECT_EQ(hd_host_send(nullptr, &request, &reply, &size, &error), HD_INVALID);
}

TEST_F(Embedding, three_late_calls_open_the_breaker) {
  open();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(HD_PANEL, "mirror", R"({"slow_ms":15})", 5).status, HD_OK);
  const Answer answer = call(HD_PANEL, "mirror", "{}");
  EXPECT_EQ(answer.status, HD_UNAVAILABLE);
  EXPECT_THAT(answer.message, HasSubstr("breaker"));
}

TEST_F(Embedding, calls_run_on_several_threads_at_once) {
  open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string request = "{\"a\":" + std::to_string(t * 1000 + i) + "}";
        EXPECT_EQ(call(HD_PANEL, "mirror", request).body, "{\"got\":" + request + "}");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(Embedding, the_section_of_hdhost_does_not_matter_in_process) {
  bundle.config["hdhost"] = boost::json::object{{"nonsense", true}};
  bundle.write_all();
  open();
  EXPECT_EQ(call(HD_PANEL, "mirror", "{}").status, HD_OK);
}

TEST_F(Embedding, a_refusal_is_one_line_that_fits) {
  bundle.config["color"] = "blue";
  bundle.write_all();
  hd_error error{};
  EXPECT_EQ(hd_host_open(bundle.manifest_file().c_str(), bundle.config_file().c_str(), nullptr, &error), nullptr);
  EXPECT_THAT(error.message, HasSubstr("/color"));
  EXPECT_EQ(std::strchr(error.message, '\n'), nullptr);
}

TEST_F(Embedding, log_lines_go_where_the_embedder_wants_them) {
  std::string lines;
  hd_host_options options{};
  options.size = sizeof(options);
  options.ctx = &lines;
  options.log = [](void* ctx, std::int32_t, const char* line, std::uint64_t size) {
    static_cast<std::string*>(ctx)->append(line, size).append("\n");
  };
  hd_error error{};
  hd_host_close(hd_host_open(bundle.manifest_file().c_str(), bundle.config_file().c_str(), &options, &error));
  EXPECT_EQ(lines, "echo: started\necho: stopped\necho: destroyed\n");
}

}  // namespace
