// Method: agents' commands to the real Actions over a real SQLite file; the files themselves are searched for what was
// deleted.
#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

#include "jobs/purge_job.hpp"
#include "panel_fixture.hpp"
#include "store/note_writer.hpp"

namespace identities::panel {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using unit::asking;
using unit::kNow;

constexpr const char* kAda = "ada@customer.example";
constexpr const char* kBo = "bo@customer.example";

class Notes : public testing::Test, protected unit::PanelHost {
 protected:
  using Action = std::string (Actions::*)(std::string_view, std::string_view, Microseconds);

  /// The reply of an action, each with a key of its own unless it is given.
  json::object act(Action action, json::object ask, const json::object& args, const std::string& key = {}) {
    ask["key"] = key.empty() ? "key-" + std::to_string(1'000'000 + ++keys_) : key;
    ask["args"] = args;
    return json::parse((actions_.*action)(json::serialize(ask), "r-1", deadline())).as_object();
  }
  std::string add(const std::string& text, bool pinned = false, const std::string& agent = "mia",
                  const std::string& email = kAda) {
    const json::object reply = act(&Actions::add_note, asking(email, agent), {{"text", text}, {"pinned", pinned}});
    return std::string(reply.at("note").at("id").as_string());
  }
  std::vector<std::string> shown(const json::object& ask = asking(kAda)) {
    std::vector<std::string> texts;
    const json::object whole = reply(ask);
    for (const auto& note : whole.at("notes").as_array()) texts.emplace_back(note.at("text").as_string());
    return texts;
  }
  /// Does any file of the database hold that text?
  bool on_disk(const std::string& text) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(file), {});
      if (bytes.find(text) != std::string::npos) return true;
    }
    return false;
  }
  /// As by an agent whose own purge right after it does not come about.
  void delete_unpurged(const std::string& id) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::delete_note(*session_, *parse_id(id));
    store::want_purge(*session_);
    transaction.commit();
  }
  static json::object moderator() { return asking(kAda, "lee", {"identity.see", "note.write", "note.moderate"}); }

 private:
  int keys_ = 0;
};

/// What only a file has.
class SqliteNotes : public Notes {};

TEST_F(Notes, stand_pinned_first_then_newest_first) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  add("old");
  now_us_ += kMinuteUs;
  add("pinned", true);
  now_us_ += kMinuteUs;
  add("new");
  EXPECT_THAT(shown(), ElementsAre("pinned", "new", "old"));
}

TEST_F(Notes, are_shown_to_every_agent_and_may_be_changed_by_their_author) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  add("words");
  EXPECT_EQ(reply(asking(kAda, "mia")).at("notes").at(0).at("may_edit"), true);
  EXPECT_EQ(reply(asking(kAda, "lee")).at("notes").at(0).at("may_edit"), false);
  EXPECT_EQ(reply(moderator()).at("notes").at(0).at("may_edit"), true);
}

TEST_F(Notes, may_have_ten_thousand_characters_and_no_more) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  std::string text;
  for (std::size_t index = 0; index < kMaxNoteCharacters; ++index) text += "\xC3\xA4";
  EXPECT_NO_THROW(add(text));
  EXPECT_THROW(add(text + "x"), BadRequest);
  EXPECT_THROW(add(""), BadRequest);
  EXPECT_EQ(count("SELECT COUNT(*) FROM note"), 1);
}

TEST_F(Notes, that_a_colleague_changed_meanwhile_are_a_conflict_and_stay_as_they_are) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const std::string id = add("first");
  const json::object edited = act(&Actions::edit_note, asking(kAda), {{"id", id}, {"text", "second"}, {"version", 1}});
  EXPECT_EQ(edited.at("note").at("version"), 2);
  EXPECT_THROW(act(&Actions::edit_note, asking(kAda), {{"id", id}, {"text", "third"}, {"version", 1}}), Conflict);
  EXPECT_THAT(shown(), ElementsAre("second"));
}

TEST_F(Notes, of_another_agent_need_the_right_to_moderate) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const std::string id = add("mia's");
  const std::int64_t before = rows();
  EXPECT_THROW(act(&Actions::edit_note, asking(kAda, "lee"), {{"id", id}, {"text", "x"}}), Forbidden);
  EXPECT_THROW(act(&Actions::pin_note, asking(kAda, "lee"), {{"id", id}, {"pinned", true}}), Forbidden);
  EXPECT_THROW(act(&Actions::delete_note, asking(kAda, "lee"), {{"id", id}}), Forbidden);
  EXPECT_EQ(rows(), before);
  EXPECT_NO_THROW(act(&Actions::edit_note, moderator(), {{"id", id}, {"text", "moderated"}}));
  EXPECT_NO_THROW(act(&Actions::delete_note, moderator(), {{"id", id}}));
  EXPECT_TRUE(shown().empty());
}

TEST_F(Notes, of_another_identity_cannot_be_reached_by_their_id) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  apply(from(kBo, "m-2", kNow - kDayUs));
  const std::string id = add("of Bo", false, "mia", kBo);
  EXPECT_THROW(act(&Actions::edit_note, moderator(), {{"id", id}, {"text", "x"}}), NotFound);
  EXPECT_THROW(act(&Actions::pin_note, moderator(), {{"id", id}, {"pinned", true}}), NotFound);
  EXPECT_THROW(act(&Actions::delete_note, moderator(), {{"id", id}}), NotFound);
  EXPECT_THAT(shown(asking(kBo)), ElementsAre("of Bo"));
}

TEST_F(Notes, written_twice_under_one_key_are_one_note) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const auto write = [&] { return act(&Actions::add_note, asking(kAda), {{"text", "once"}}, "the-same-key"); };
  const json::object first = write();
  const std::int64_t after = rows();
  EXPECT_EQ(write(), first);
  EXPECT_EQ(rows(), after);
}

TEST_F(Notes, deleted_twice_under_one_key_are_gone_without_an_error) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const std::string id = add("words");
  for (int time = 0; time < 2; ++time)
    EXPECT_EQ(act(&Actions::delete_note, asking(kAda), {{"id", id}}, "the-same-key").at("ok"), true);
}

TEST_F(Notes, of_two_agents_under_one_key_are_two) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  for (const char* agent : {"mia", "lee"})
    act(&Actions::add_note, asking(kAda, agent), {{"text", agent}}, "the-same-key");
  EXPECT_EQ(count("SELECT COUNT(*) FROM note"), 2);
}

TEST_F(Notes, are_not_written_under_the_key_of_another_command) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const json::object first = act(&Actions::add_note, asking(kAda), {{"text", "words"}}, "the-same-key");
  const std::int64_t before = rows();
  const json::object args = {{"id", first.at("note").at("id")}, {"text", "other"}};
  EXPECT_THROW(act(&Actions::edit_note, asking(kAda), args, "the-same-key"), Conflict);
  EXPECT_EQ(rows(), before);
}

TEST_F(Notes, on_somebody_of_whom_nothing_is_known_make_an_identity) {
  add("walk-in");
  EXPECT_THAT(shown(), ElementsAre("walk-in"));
  EXPECT_EQ(count("SELECT COUNT(*) FROM identity"), 1);
  apply(from(kAda, "m-1", kNow));
  EXPECT_EQ(count("SELECT COUNT(*) FROM identity"), 1) << "the first message finds the identity of the note";
}

TEST_F(Notes, need_an_account_of_ours_for_somebody_of_whom_nothing_is_known) {
  json::object ask = asking(kAda);
  ask["ticket"] = json::object{{"account", "elsewhere"}, {"thread", "t-1"}};
  const std::int64_t before = rows();
  EXPECT_THROW(act(&Actions::add_note, ask, {{"text", "x"}}), NotFound);
  EXPECT_EQ(rows(), before);
}

TEST_F(Notes, link_to_no_message_out_of_view) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const std::string id = std::to_string(count("SELECT id FROM engagement"));
  const json::object args = {{"text", "x"}, {"link", json::object{{"kind", "engagement"}, {"engagement", id}}}};
  const json::object hidden = asking(kAda, "mia", {"identity.see", "note.write"}, unit::only({"mail"}));
  EXPECT_THROW(act(&Actions::add_note, hidden, args), NotFound);
  EXPECT_EQ(count("SELECT COUNT(*) FROM note"), 0);
  EXPECT_EQ(act(&Actions::add_note, asking(kAda), args).at("note").at("link").at("engagement").as_string(), id);
}

TEST_F(Notes, lose_their_link_when_the_message_is_deleted_and_keep_their_text) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const std::string id = std::to_string(count("SELECT id FROM engagement"));
  act(&Actions::add_note, asking(kAda),
      {{"text", "words"}, {"link", json::object{{"kind", "engagement"}, {"engagement", id}}}});
  apply(unit::deleted("m-1", kNow));
  const json::array notes = reply(asking(kAda)).at("notes").as_array();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_TRUE(notes[0].at("link").is_null());
}

TEST_F(SqliteNotes, once_deleted_have_no_byte_in_any_file) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const std::string id = add("unforgettable words");
  add("other words");
  ASSERT_TRUE(on_disk("unforgettable"));
  act(&Actions::edit_note, asking(kAda), {{"id", id}, {"text", "unforgettable edit"}});
  act(&Actions::delete_note, asking(kAda), {{"id", id}});
  actions_.housekeep(deadline());
  EXPECT_FALSE(on_disk("unforgettable"));
  EXPECT_TRUE(on_disk("other words"));
}

TEST_F(SqliteNotes, once_deleted_are_in_no_card_either) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const std::string id = add("unforgettable words");
  shown();
  shown();
  sidebar_.write_cards(deadline());
  ASSERT_EQ(count("SELECT COUNT(*) FROM opening_card"), 1);
  act(&Actions::delete_note, asking(kAda), {{"id", id}});
  actions_.housekeep(deadline());
  EXPECT_EQ(count("SELECT COUNT(*) FROM opening_card"), 0);
  EXPECT_FALSE(on_disk("unforgettable"));
}

TEST_F(SqliteNotes, deleted_while_somebody_reads_are_gone_from_the_files_once_the_reader_is) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const std::string id = add("unforgettable words");
  {
    const store::Transaction reading(*session_, store::Transaction::Kind::kRead);
    EXPECT_EQ(store::count_notes(*session_, 1), 0);  // holds the old pages
    act(&Actions::delete_note, asking(kAda), {{"id", id}});
    EXPECT_TRUE(shown().empty());
    EXPECT_TRUE(on_disk("unforgettable"));
  }
  actions_.housekeep(deadline());
  EXPECT_FALSE(on_disk("unforgettable"));
}

/// The real session, at whose purge somebody else's deletion comes between what was purged and what is done next.
class OvertakenSession : public store::Session {
 public:
  OvertakenSession(std::unique_ptr<store::Session> real, std::function<void()>& overtake)
      : real_(std::move(real)), overtake_(overtake) {}
  store::Dialect dialect() const override { return real_->dialect(); }
  void set_deadline(Microseconds deadline_us) override { real_->set_deadline(deadline_us); }
  void begin_read() override { real_->begin_read(); }
  void begin_write() override { real_->begin_write(); }
  void commit() override { real_->commit(); }
  void rollback() noexcept override { real_->rollback(); }
  void query(const store::Statement& statement, std::span<const store::Parameter> parameters,
             const RowFunction& each) override {
    real_->query(statement, parameters, each);
  }
  std::int64_t execute(const store::Statement& statement, std::span<const store::Parameter> parameters) override {
    return real_->execute(statement, parameters);
  }
  bool purge() override {
    const bool purged = real_->purge();
    if (const auto overtake = std::exchange(overtake_, nullptr)) overtake();
    return purged;
  }

 private:
  std::unique_ptr<store::Session> real_;
  std::function<void()>& overtake_;
};

TEST_F(Notes, deleted_while_another_purge_ends_are_purged_by_the_next) {
  std::function<void()> overtake;
  const store::Pool::Open open = store::opener(url(), clock_);
  store::Pool pool(
      [&](Microseconds deadline_us) -> std::unique_ptr<store::Session> {
        return std::make_unique<OvertakenSession>(open(deadline_us), overtake);
      },
      clock_, 1);
  Actions slow(pool, directory_, audit_);
  jobs::PurgeJob job;
  const std::pair<const char*, std::function<void()>> purgers[] = {
      {"hdhost's housekeeping", [&] { slow.housekeep(deadline()); }},
      {"the job",
       [&] {
         pool.with_session(deadline(), [&](store::Session& session) {
           return job.step(session, {deadline(), deadline(), kNow, [](store::Session&) {}}).done;
         });
       }},
  };
  apply(from(kAda, "m-1", kNow - kDayUs));
  for (const auto& [name, purges] : purgers) {
    SCOPED_TRACE(name);
    const std::string first = add("first words");
    const std::string second = add("unforgettable words");
    delete_unpurged(first);
    overtake = [&] { delete_unpurged(second); };
    purges();
    ASSERT_EQ(overtake, nullptr) << "there was no purge";
    EXPECT_TRUE(job.is_wanted(*session_)) << "what was deleted meanwhile is still to be purged";
    purges();
    EXPECT_FALSE(job.is_wanted(*session_));
    if (session_->dialect() == store::Dialect::kSqlite) {
      EXPECT_FALSE(on_disk("unforgettable"));
    }
  }
}

TEST_F(Notes, and_looks_are_in_the_audit_by_ids_only) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  add("private words");
  act(&Actions::looked, asking(kAda), json::object{});
  reply(asking(kAda));
  actions_.housekeep(deadline());
  EXPECT_EQ(count("SELECT COUNT(*) FROM audit WHERE action IN ('note.add', 'looked', 'identity.open')"), 3);
  EXPECT_EQ(count("SELECT COUNT(*) FROM audit WHERE agent_id || action || request_id LIKE '%private%' OR agent_id || "
                  "action || request_id LIKE '%ada@%'"),
            0);
}

TEST_F(Notes, a_look_is_remembered_at_most_once_in_ten_minutes) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const auto look = [&] {
    act(&Actions::looked, asking(kAda), json::object{});
    return count("SELECT at_us FROM looked");
  };
  EXPECT_EQ(look(), kNow);
  now_us_ = kNow + 10 * kMinuteUs - 1;
  EXPECT_EQ(look(), kNow);
  now_us_ = kNow + 10 * kMinuteUs;
  EXPECT_EQ(look(), now_us_);
  EXPECT_EQ(count("SELECT before_us FROM looked"), kNow);
}

TEST_F(Notes, a_look_at_somebody_unknown_writes_no_row) {
  const std::int64_t before = rows();
  act(&Actions::looked, asking(kAda), json::object{});
  EXPECT_EQ(rows(), before);
}

TEST_F(Notes, of_colleagues_since_the_last_look_are_counted_and_own_ones_are_not) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  act(&Actions::looked, asking(kAda, "lee"), json::object{});
  now_us_ += kHourUs;
  add("of lee", false, "lee");
  add("of mia", false, "mia");
  EXPECT_EQ(reply(asking(kAda, "lee")).at("since").at("notes"), 1);
  EXPECT_TRUE(reply(asking(kAda, "mia")).at("since").is_null()) << "she never looked";
}

}  // namespace
}  // namespace identities::panel
