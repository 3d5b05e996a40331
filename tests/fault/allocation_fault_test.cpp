// Method: a call of a real host with the real plugin runs again and again; in the n-th run the n-th allocation fails,
// of ours or of a library, or that one and all after it, until a run has fewer. Each time the answer is the right one
// or a clean error, nothing is stored or all, no lock and no file stays open, and the same call then works. Leaks show
// where the sanitizers run this. Every n up to some hundreds, then ever fewer; IDENTITIES_FAULTS=all takes every one.
#include "allocation_fault.hpp"

#include <gmock/gmock.h>
#include <helpdesk/host.h>

#include <cstdlib>

#include "helpdesk.hpp"

namespace identities::fault {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMoreThanAnyCallHas = 1'000'000;

std::int64_t after(std::int64_t n) {
  constexpr std::int64_t kEach = 250;
  static const bool all = std::getenv("IDENTITIES_FAULTS") != nullptr;
  return n + (all || n < kEach ? 1 : n / 50);
}

std::size_t open_files() {
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator("/proc/self/fd")) ++files;
  return files;
}

/// A message for people: one line, not empty.
void expect_message(std::string_view message) {
  EXPECT_FALSE(message.empty());
  EXPECT_LE(message.size(), 255U);
  EXPECT_EQ(message.find('\n'), std::string_view::npos);
}

struct Scenario {
  const char* name;
  HostCall (*call)(const std::string& who);
  bool is_known = false;  // the customer is stored before
};

HostCall deliver(const std::string& who) {
  return delivery_call("d-" + who, delivery_about(who));
}
HostCall open_panel(const std::string& who) {
  return {HD_PANEL, "sidebar", json::serialize(asking_about(who))};
}
HostCall add_note(const std::string& who) {
  return {HD_ACTION, "note.add", action_about(who, who, {{"text", "likes tea"}})};
}

const Scenario kScenarios[] = {{"delivery", deliver}, {"panel_open", open_panel, true}, {"note_add", add_note, true}};

enum class Plugin { kFresh, kWarm };

class AllocationFaults : public testing::TestWithParam<std::tuple<Scenario, Plugin, Failing>>, protected Helpdesk {
 protected:
  AllocationFaults() { start(); }

  struct Run {
    bool struck = false;
    bool worked = false;
    Counts at_once;
    Counts in_the_end;
    std::string reply;
    std::string seen;
  };

  static bool is_well(const helpdesk::CallOutput& output) {
    return output.status == HD_OK && output.http_status == 200;
  }

  /// The outcome of the call; nothing where the host itself had no memory.
  std::optional<helpdesk::CallOutput> call_with_fault(const HostCall& wanted, std::int64_t n) {
    const AllocationFault fault(n, std::get<Failing>(GetParam()));
    try {
      return call(wanted);
    } catch (const std::bad_alloc&) {
      return std::nullopt;
    }
  }

  Counts counts() {
    session_->set_deadline(clock_.monotonic_us() + 5 * kSecondUs);
    require_free_lock(*session_);
    return counts_of(*session_);
  }

  Run run(std::int64_t n) {
    Run run;
    const auto& [scenario, plugin, failing] = GetParam();
    const std::string who = std::to_string(1000 + ++customers_);
    if (plugin == Plugin::kFresh) start();
    if (scenario.is_known) call(delivery_call("known-" + who, delivery_about(who)));
    call({HD_JOB, "housekeeping", {}});
    const HostCall wanted = scenario.call(who);
    const Counts before = counts();
    const auto output = call_with_fault(wanted, n);
    run.struck = n != 0 && AllocationFault::has_struck();
    run.worked = output && is_well(*output);
    run.at_once = counts() - before;
    if (run.worked) {
      run.reply = without_numbers(output->body);
    } else if (output && output->status != HD_OK) {
      EXPECT_THAT(output->status, testing::AnyOf(HD_INTERNAL, HD_UNAVAILABLE));
      expect_message(output->message);
    } else if (output) {
      EXPECT_EQ(output->http_status, 503) << output->body;
    }
    const helpdesk::CallOutput again = call(wanted);
    EXPECT_TRUE(is_well(again)) << again.message << again.body << last_line();
    if (!run.worked) run.reply = without_numbers(again.body);
    // Says whether the delivery was stored at the first try, which either may be.
    const auto duplicate = run.reply.find(R"("duplicate":true)");
    if (duplicate != std::string::npos) run.reply.replace(duplicate, 16, R"("duplicate":false)");
    call({HD_JOB, "housekeeping", {}});
    run.in_the_end = counts() - before;
    run.seen = without_numbers(call(open_panel(who)).body);
    return run;
  }

  int customers_ = 0;
};

TEST_P(AllocationFaults, give_a_clean_error_or_the_right_answer_and_the_same_call_then_works) {
  run(0);  // what all customers share is there from now on
  run(0);
  const Run whole = run(0);
  ASSERT_TRUE(whole.worked);
  const Counts none(whole.at_once.size(), 0);
  std::int64_t n = 1;
  for (; n < kMoreThanAnyCallHas; n = after(n)) {
    SCOPED_TRACE(n);
    const std::size_t files = open_files();
    const Run faulty = run(n);
    if (!faulty.struck) {
      EXPECT_TRUE(faulty.worked);
      break;
    }
    if (faulty.worked) {
      EXPECT_EQ(faulty.at_once, whole.at_once) << "it answered well";
    } else {
      // What failed after the commit is whole, and the sender's repetition finds it.
      EXPECT_THAT(faulty.at_once, testing::AnyOf(none, whole.at_once));
    }
    EXPECT_EQ(faulty.reply, whole.reply);
    EXPECT_EQ(faulty.seen, whole.seen);
    EXPECT_LE(open_files(), files + 1) << "a session may be open that was not before";
    if (HasFailure()) return;
  }
  EXPECT_GT(n, 20) << "no allocation failed";
  EXPECT_LT(n, kMoreThanAnyCallHas);
}

INSTANTIATE_TEST_SUITE_P(each, AllocationFaults,
                         testing::Combine(testing::ValuesIn(kScenarios), testing::Values(Plugin::kFresh, Plugin::kWarm),
                                          testing::Values(Failing::kOne, Failing::kAllFrom)),
                         [](const auto& row) {
                           const bool fresh = std::get<Plugin>(row.param) == Plugin::kFresh;
                           const bool one = std::get<Failing>(row.param) == Failing::kOne;
                           return std::string(std::get<Scenario>(row.param).name) + (fresh ? "_fresh" : "_warm") +
                                  (one ? "_one" : "_all_from");
                         });

class HostFaults : public testing::TestWithParam<Failing>, protected Helpdesk {};

TEST_P(HostFaults, when_a_helpdesk_opens_and_asks_leave_a_clean_error_and_nothing_open) {
  const std::string manifest = manifest_file();
  const std::string config = config_file();
  const std::string request = json::serialize(asking_about("1000"));
  std::string expected;
  std::int64_t n = 0;
  for (bool struck = true; struck && n < kMoreThanAnyCallHas; n = after(n)) {
    SCOPED_TRACE(n);
    const std::size_t files = open_files();
    hd_error error{};
    char* reply = nullptr;
    std::uint64_t size = 0;
    hd_status status = HD_INTERNAL;
    hd_host_handle* host = nullptr;
    {
      const AllocationFault fault(n, GetParam());
      host = hd_host_open(manifest.c_str(), config.c_str(), nullptr, &error);
      if (host != nullptr)
        status =
            hd_host_call(host, HD_PANEL, "sidebar", 7, request.data(), request.size(), 30'000, &reply, &size, &error);
      hd_host_close(host);
      struck = n == 0 || AllocationFault::has_struck();
    }
    if (status == HD_OK) {
      // The time of day does not stand still here.
      const std::string body = without_numbers({reply, size});
      if (expected.empty()) expected = body;
      EXPECT_EQ(body, expected);
    } else {
      EXPECT_THAT(status, testing::AnyOf(HD_INTERNAL, HD_UNAVAILABLE));
      EXPECT_EQ(reply, nullptr);
      expect_message(error.message);
      EXPECT_GT(n, 0) << error.message;
    }
    hd_host_free(reply);
    if (n > 0) {
      EXPECT_EQ(open_files(), files) << "some are opened once, at the first call";
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(n, 100) << "no allocation failed";
  EXPECT_LT(n, kMoreThanAnyCallHas);
}

TEST_P(HostFaults, when_manifest_and_configuration_are_read_give_them_whole_or_not_at_all) {
  const std::string manifest_path = manifest_file();
  const std::string config_path = config_file();
  std::string expected;
  std::int64_t n = 0;
  for (bool struck = true; struck && n < kMoreThanAnyCallHas; n = after(n)) {
    SCOPED_TRACE(n);
    const std::size_t files = open_files();
    std::string read;
    std::string refusal;
    {
      const AllocationFault fault(n, GetParam());
      try {
        const auto manifest = helpdesk::read_manifest(manifest_path);
        const auto config = helpdesk::read_config(config_path);
        const auto part = manifest && config ? helpdesk::plugin_config(*config, *manifest)
                                             : helpdesk::result<std::string>(helpdesk::Refusal{"refused"});
        if (part) {
          read = *part + manifest->library.string() + config->secrets.at("master_key");
          for (const auto& declared : manifest->declarations) read += declared.id + declared.prefix + declared.scope;
        } else {
          refusal = part.error().message;
        }
      } catch (const std::bad_alloc&) {
        read.clear();
      }
      struck = n == 0 || AllocationFault::has_struck();
    }
    EXPECT_EQ(refusal, "") << "a file is not at fault when memory is";
    if (expected.empty()) expected = read;
    if (!read.empty()) {
      EXPECT_EQ(read, expected);
    }
    EXPECT_EQ(open_files(), files);
    if (HasFailure()) return;
  }
  EXPECT_GT(n, 100) << "no allocation failed";
  EXPECT_LT(n, kMoreThanAnyCallHas);
}

INSTANTIATE_TEST_SUITE_P(each, HostFaults, testing::Values(Failing::kOne, Failing::kAllFrom),
                         [](const auto& row) { return row.param == Failing::kOne ? "one" : "all_from"; });

}  // namespace
}  // namespace identities::fault
