// Method: each way to write or read runs again and again; in the n-th run its n-th statement fails, until a run has
// fewer statements than that. After each fault nothing is stored, or, when the answer to a commit was lost, all; the
// same call again gives what a run without a fault gives. A store takes part by one more row in kStores.
#include "statement_fault.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "site.hpp"

namespace identities::fault {
namespace {

namespace json = boost::json;

struct Store {
  const char* name;
  std::unique_ptr<Site> (*make)(StatementPlan& plan);
};

const Store kStores[] = {{"database", [](StatementPlan& plan) -> std::unique_ptr<Site> {
                            return std::make_unique<DatabaseSite>(
                                [&](Open open) { return with_faults(std::move(open), plan); });
                          }}};

/// A way to write or read. prepare stores what it needs and returns what run shall know of it; run returns its reply.
struct Call {
  const char* name;
  std::string (*prepare)(Site& site, const std::string& who);
  std::string (*run)(Site& site, const std::string& who, const std::string& given);
  bool has_key = true;             // the same call again gives the first reply again
  bool is_one_transaction = true;  // else each of several is whole or not there
};

std::string deliver(Site& site, const std::string& id, const std::string& body) {
  const accounts::WebhookAnswer answer = site.deliver({body, id});
  EXPECT_EQ(answer.status, 200) << answer.body;
  return json::serialize(json::parse(answer.body).at("results"));
}

std::string nothing(Site&, const std::string&) {
  return {};
}
std::string know(Site& site, const std::string& who) {
  return deliver(site, "first-" + who, delivery_about(who));
}
std::string know_with_note(Site& site, const std::string& who) {
  know(site, who);
  const std::string reply = site.act(&panel::Actions::add_note, action_about(who, "given-" + who, {{"text", "tea"}}));
  return std::string(json::parse(reply).at("note").at("id").as_string());
}
std::string know_with_read(Site& site, const std::string& who) {
  know_with_note(site, who);
  return site.open_panel(json::serialize(asking_about(who)));
}

std::string first_words(Site& site, const std::string& who, const std::string&) {
  return know(site, who);
}

/// The message moves to another thread and is changed, and a further one comes and goes.
std::string further_words(Site& site, const std::string& who, const std::string&) {
  const json::array items = json::parse(delivery_about(who)).as_array();
  json::object moved = items[0].as_object();
  moved["type"] = "engagement.edited";
  moved["timestamp"] = "2026-11-03T10:13:00Z";
  moved["data"].at("text") = "Do you have black tea?";
  moved["data"].at("thread").at("id") = "t-moved-" + who;
  json::object gone = items[0].as_object();
  gone["data"].at("id") = "m-gone-" + who;
  const json::object deletion{{"type", "engagement.deleted"},
                              {"timestamp", "2026-11-03T10:14:00Z"},
                              {"data", json::object{{"id", "m-gone-" + who}}}};
  return deliver(site, "further-" + who, json::serialize(json::array{moved, gone, deletion}));
}

std::string take_event(Site& site, const std::string& who, const std::string&) {
  Faults faults;
  const auto results = site.take_event(R"({"account":"hooked","items":)" + delivery_about(who) + "}", faults);
  return results.value_or("refused");
}

std::string add_note(Site& site, const std::string& who, const std::string&) {
  return site.act(&panel::Actions::add_note,
                  action_about(who, "add-" + who, {{"text", "likes tea"}, {"link", json::object{{"kind", "ticket"}}}}));
}
std::string edit_note(Site& site, const std::string& who, const std::string& id) {
  return site.act(&panel::Actions::edit_note, action_about(who, "edit-" + who, {{"id", id}, {"text", "likes coffee"}}));
}
std::string pin_note(Site& site, const std::string& who, const std::string& id) {
  return site.act(&panel::Actions::pin_note, action_about(who, "pin-" + who, {{"id", id}, {"pinned", true}}));
}
std::string delete_note(Site& site, const std::string& who, const std::string& id) {
  return site.act(&panel::Actions::delete_note, action_about(who, "delete-" + who, {{"id", id}}));
}
std::string look(Site& site, const std::string& who, const std::string&) {
  return site.act(&panel::Actions::looked, action_about(who, "look-" + who, {}));
}
std::string open_panel(Site& site, const std::string& who, const std::string&) {
  return site.open_panel(json::serialize(asking_about(who)));
}
std::string housekeep(Site& site, const std::string&, const std::string&) {
  site.housekeep();
  return {};
}

const Call kCalls[] = {
    {"delivery", nothing, first_words},
    {"delivery_of_changes", know, further_words},
    {"event", nothing, take_event, false},
    {"note_add", know, add_note},
    {"note_add_for_a_stranger", nothing, add_note},
    {"note_edit", know_with_note, edit_note},
    {"note_pin", know_with_note, pin_note},
    {"note_delete", know_with_note, delete_note},
    {"looked", know, look},
    {"panel_open", know, open_panel},
    {"housekeeping", know_with_read, housekeep, true, false},
};

class StatementFaults : public testing::TestWithParam<std::tuple<Store, Call, StatementFault>> {
 protected:
  /// What one run did, its repetition where it failed included.
  struct Run {
    bool threw = false;
    bool struck = false;
    Counts at_once;
    Counts in_the_end;
    std::string reply;
    std::string seen;
  };

  const Call& call() const { return std::get<Call>(GetParam()); }
  StatementFault fault() const { return std::get<StatementFault>(GetParam()); }

  /// For somebody of whom nothing is stored. n 0: without a fault.
  Run run(std::int64_t n) {
    Run run;
    const std::string who = std::to_string(1000 + ++customers_);
    site_->housekeep();
    const std::string given = call().prepare(*site_, who);
    const Counts before = site_->counts();
    plan_.fail_at(n, fault());
    try {
      run.reply = call().run(*site_, who, given);
    } catch (const store::SessionError&) {
      run.threw = true;
    } catch (const store::Duplicate&) {
      run.threw = true;
    }
    run.struck = plan_.struck;
    plan_.fail_nothing();
    site_->require_free_lock();
    run.at_once = site_->counts() - before;
    if (run.threw) run.reply = call().run(*site_, who, given);
    run.reply = without_numbers(run.reply);
    run.in_the_end = site_->counts() - before;
    run.seen = without_numbers(site_->open_panel(json::serialize(asking_about(who))));
    return run;
  }

  StatementPlan plan_;
  std::unique_ptr<Site> site_ = std::get<Store>(GetParam()).make(plan_);
  int customers_ = 0;
};

TEST_P(StatementFaults, leave_nothing_or_all_and_the_same_call_again_makes_it_whole) {
  constexpr std::int64_t kMoreThanAnyCallHas = 1000;
  run(0);  // what all customers share is there from now on
  const Run whole = run(0);
  const Counts none(whole.at_once.size(), 0);
  std::int64_t n = 1;
  for (; n < kMoreThanAnyCallHas; ++n) {
    SCOPED_TRACE(n);
    const Run faulty = run(n);
    if (!faulty.struck) {
      EXPECT_FALSE(faulty.threw);
      break;
    }
    const bool is_whole = faulty.at_once == whole.at_once;
    if (!faulty.threw) {
      EXPECT_TRUE(is_whole) << "it answered well";
    } else if (!call().is_one_transaction) {
      EXPECT_EQ(faulty.reply, "");
    } else if (fault() != StatementFault::kOutcomeUnknown) {
      EXPECT_EQ(faulty.at_once, none) << "it answered that it failed";
    } else {
      EXPECT_TRUE(is_whole || faulty.at_once == none) << testing::PrintToString(faulty.at_once);
    }
    if (call().has_key || !is_whole) {
      EXPECT_EQ(faulty.reply, whole.reply);
    }
    EXPECT_EQ(faulty.in_the_end, whole.in_the_end);
    EXPECT_EQ(faulty.seen, whole.seen);
    if (HasFailure()) return;
  }
  EXPECT_GE(n, 2) << "no statement failed";
  EXPECT_LT(n, kMoreThanAnyCallHas);
}

std::string name_of(const testing::TestParamInfo<StatementFaults::ParamType>& info) {
  constexpr const char* kNames[] = {"unavailable", "late", "broken", "duplicate", "outcome_unknown"};
  return std::string(std::get<Store>(info.param).name) + "_" + std::get<Call>(info.param).name + "_" +
         kNames[static_cast<std::size_t>(std::get<StatementFault>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(each, StatementFaults,
                         testing::Combine(testing::ValuesIn(kStores), testing::ValuesIn(kCalls),
                                          testing::Values(StatementFault::kUnavailable,
                                                          StatementFault::kDeadlineExceeded,
                                                          StatementFault::kBrokenStatement, StatementFault::kDuplicate,
                                                          StatementFault::kOutcomeUnknown)),
                         name_of);

}  // namespace
}  // namespace identities::fault
