// Method: what is read at once, from a card, and table by table must be the same bytes, whatever happens between two of
// its statements; on a real database.
#include <gmock/gmock.h>

#include <functional>
#include <random>
#include <utility>

#include "panel_fixture.hpp"

namespace identities::panel {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;
using unit::asking;
using unit::kNow;

constexpr const char* kAda = "ada@customer.example";

/// Does something of another session's once, after the statement of that name.
class Interrupted : public store::Session {
 public:
  Interrupted(std::unique_ptr<store::Session> to, std::string_view after, std::function<void()> interrupt)
      : to_(std::move(to)), after_(after), interrupt_(std::move(interrupt)) {}
  store::Dialect dialect() const override { return to_->dialect(); }
  void set_deadline(Microseconds deadline_us) override { to_->set_deadline(deadline_us); }
  void begin_read() override { to_->begin_read(); }
  void begin_write() override { to_->begin_write(); }
  void commit() override { to_->commit(); }
  void rollback() noexcept override { to_->rollback(); }
  void query(const store::Statement& statement, std::span<const store::Parameter> parameters,
             const RowFunction& each) override {
    to_->query(statement, parameters, each);
    if (statement.name == after_ && interrupt_) std::exchange(interrupt_, nullptr)();
  }
  std::int64_t execute(const store::Statement& statement, std::span<const store::Parameter> parameters) override {
    return to_->execute(statement, parameters);
  }
  void query_all(std::span<const Ask> asks, bool last) override { to_->query_all(asks, last); }
  bool purge() override { return to_->purge(); }
  bool happened() const { return !interrupt_; }
  void next(std::function<void()> interrupt) { interrupt_ = std::move(interrupt); }

 private:
  std::unique_ptr<store::Session> to_;
  std::string_view after_;
  std::function<void()> interrupt_;
};

/// An opening and a page of the history are read at once where they can be, and an opening from its card once there is
/// one; by a process that does not know the accounts yet, table by table. All are the same.
class Opening : public unit::PanelHost, public testing::Test {
 protected:
  static constexpr const char* kAda = "ada@customer.example";
  std::string table_by_table(const json::object& request) {
    store::AccountDirectory none_known;
    store::ReadAudit audit;
    return panel::Sidebar(pool_, none_known, audit, {}).reply(json::serialize(request), "r-1", deadline());
  }
  void expect_same() {
    for (const json::array& scopes :
         {json::array{"identity.see"}, json::array{"identity.see", "attribute.sensitive"}}) {
      const json::object ask = asking(kAda, "mia", scopes);
      json::object poll = ask;
      poll["if_version"] = "none";
      const std::string expected = table_by_table(ask);
      reply_text(ask);  // what only the first opening of a process reads is read
      EXPECT_EQ(reply_text(ask), expected);
      sidebar_.write_cards(deadline());
      EXPECT_EQ(reply_text(ask), expected) << "from the card";
      EXPECT_EQ(reply_text(poll), expected) << "by a poll";
      poll["if_version"] = json::parse(expected).at("version");
      EXPECT_EQ(reply_text(poll), table_by_table(poll)) << "by a poll that finds nothing new";
      expect_same_history(ask);
    }
  }
  /// All pages, from the oldest to the newest and back.
  void expect_same_history(json::object ask) {
    ask["pivot"] = "history";
    for (const char* way : {"after", "before"}) {
      ask["cursor"] = std::string_view(way) == "after" ? "first" : "last";
      for (int page = 0;; ++page) {
        ASSERT_LT(page, 50);
        const std::string expected = table_by_table(ask);
        EXPECT_EQ(reply_text(ask), expected) << json::serialize(ask.at("cursor"));
        const json::value next = json::parse(expected).at("history").at(way);
        if (next.is_null()) break;
        ask["cursor"] = next;
      }
    }
  }
  std::int64_t cards() { return count("SELECT COUNT(*) FROM opening_card"); }
  void open_and_write_card() {
    reply_text(asking(kAda));
    reply_text(asking(kAda));
    sidebar_.write_cards(deadline());
    ASSERT_EQ(cards(), 1);
  }
  void apply_all(const std::vector<Item>& items) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(*session_);
    store::ItemWriter writer(batch, now_us_, accounts_.front(), "test");
    for (const Item& item : items) writer.apply(item);
    writer.finish();
    batch.commit(transaction);
  }
};

TEST_F(Opening, at_once_and_table_by_table_gives_the_same_of_a_customer_with_everything) {
  std::mt19937 random(5);
  const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  std::vector<Item> items;
  for (int index = 0; index < 150; ++index) {
    Item item =
        from(kAda, "m-" + std::to_string(index), kNow - (1 + draw(400)) * kMinuteUs, "t-" + std::to_string(draw(9)));
    auto& engagement = std::get<Engagement>(item.content);
    engagement.direction = static_cast<Direction>(draw(3));
    if (draw(2) == 0) engagement.thread_status = static_cast<ThreadStatus>(draw(3));
    if (draw(2) == 0)
      engagement.interests.push_back(
          {"Category " + std::to_string(draw(4)), "Interest " + std::to_string(draw(9)), "words", Party::kFirst, {}});
    items.push_back(item);
  }
  Attributes attributes;
  attributes.customer = unit::customer(std::string("c-") + kAda, {kAda, "Ada@Work.example"});
  for (int index = 0; index < 8; ++index) {
    GivenAttribute attribute;
    attribute.key = "person.fact_" + std::to_string(index);
    attribute.text = "value";
    attribute.sensitive = index % 3 == 0;
    attribute.removed = index % 4 == 3;
    if (index % 2 == 0) attribute.expires_us = kNow + (index % 4 == 0 ? kDayUs : -kDayUs);
    attributes.attributes.push_back(attribute);
  }
  items.push_back({kNow - kDayUs, attributes});
  apply_all(items);
  for (Item& item : items)
    if (auto* engagement = std::get_if<Engagement>(&item.content)) engagement->source_key += "-other";
  for (const Item& item : items) apply(item, accounts_.back());
  for (int index = 0; index < 4; ++index)
    actions_.add_note(
        json::serialize(json::object{{"requester", asking(kAda).at("requester")},
                                     {"ticket", asking(kAda).at("ticket")},
                                     {"agent", asking(kAda).at("agent")},
                                     {"scopes", json::array{"note.write"}},
                                     {"view", unit::all_in_view()},
                                     {"key", "note-key-" + std::to_string(index)},
                                     {"args", json::object{{"text", "note"}, {"pinned", index % 2 == 0}}}}),
        "r", deadline());
  expect_same();
}

TEST_F(Opening, at_once_and_table_by_table_gives_the_same_of_more_threads_than_it_reads_at_once) {
  std::vector<Item> items;
  for (int index = 0; index < 300; ++index)
    items.push_back(from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs, "t-" + std::to_string(index)));
  apply_all(items);
  expect_same();
}

TEST_F(Opening, at_once_and_table_by_table_gives_the_same_of_more_triggers_than_it_reads_at_once) {
  std::vector<Item> items;
  for (int index = 0; index < 70; ++index) {
    Item item = from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs);
    for (int interest = 0; interest < 4; ++interest)
      std::get<Engagement>(item.content)
          .interests.push_back({"Sport", "Interest " + std::to_string(interest), "words", Party::kFirst, {}});
    items.push_back(item);
  }
  apply_all(items);
  expect_same();
}

TEST_F(Opening, at_once_and_table_by_table_gives_the_same_of_more_records_than_it_reads_at_once) {
  std::vector<Item> items;
  for (int index = 0; index < 40; ++index) {
    Item item = from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs);
    std::get<Engagement>(item.content).customer.source_key = "c-" + std::to_string(index);
    items.push_back(item);
  }
  apply_all(items);
  expect_same();
}

TEST_F(Opening, is_never_from_a_card_that_something_made_untrue) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  const auto expect_dropped = [&](const char* what, const auto& change) {
    open_and_write_card();
    change();
    EXPECT_EQ(cards(), 0) << what;
    expect_same();
  };
  int keys = 0;
  const auto act = [&](auto action, const json::object& args) {
    json::object request = asking(kAda);
    request["key"] = "command-" + std::to_string(++keys);
    request["args"] = args;
    return json::parse((actions_.*action)(json::serialize(request), "r", deadline())).as_object();
  };
  std::string note;
  expect_dropped("a message", [&] { apply(from(kAda, "m-2", kNow - kHourUs)); });
  expect_dropped("an edit", [&] {
    Item edit = from(kAda, "m-2", kNow - kHourUs);
    std::get<Engagement>(edit.content).text = "edited";
    edit.changed_us = kNow;
    apply(edit);
  });
  expect_dropped("a deletion", [&] { apply(unit::deleted("m-2", kNow)); });
  expect_dropped("a note", [&] {
    note = act(&panel::Actions::add_note, {{"text", "a word of warning"}}).at("note").at("id").as_string().c_str();
  });
  expect_dropped("a note's edit", [&] { act(&panel::Actions::edit_note, {{"id", note}, {"text", "other words"}}); });
  expect_dropped("a pin", [&] { act(&panel::Actions::pin_note, {{"id", note}, {"pinned", true}}); });
  expect_dropped("a note's deletion", [&] { act(&panel::Actions::delete_note, {{"id", note}}); });
  expect_dropped("a ticket's status, told by another customer", [&] {
    Item other = from("ben@customer.example", "m-9", kNow - kMinuteUs);
    std::get<Engagement>(other.content).thread_status = ThreadStatus::kClosed;
    apply(other);
  });
  expect_dropped("a ticket that moved", [&] { apply(unit::thread_moved("t-1", "sales", kNow)); });
  expect_dropped("a profile", [&] {
    Profile profile;
    profile.customer = unit::customer(std::string("c-") + kAda, {kAda});
    profile.bio = "Gardens.";
    apply({kNow, profile});
  });
  expect_dropped("another address", [&] {
    Item more = from(kAda, "m-3", kNow - kHourUs);
    std::get<Engagement>(more.content).customer = unit::customer(std::string("c-") + kAda, {kAda, "ada@home.example"});
    apply(more);
  });
  expect_dropped("a record of another account", [&] {
    Item other = from(kAda, "m-4", kNow - kHourUs);
    apply(other, accounts_.back());
  });
  expect_dropped("a deleted ticket", [&] {
    apply(from(kAda, "m-5", kNow - kHourUs, "t-5"));
    open_and_write_card();
    apply(unit::thread_deleted("t-5", kNow));
  });
  expect_dropped("an attribute", [&] {
    Attributes attributes;
    attributes.customer = unit::customer(std::string("c-") + kAda, {kAda});
    GivenAttribute city;
    city.key = "person.city";
    city.text = "Perth";
    attributes.attributes.push_back(city);
    apply({kNow, attributes});
  });
}

TEST_F(Opening, follows_an_address_to_whoever_holds_it_now) {
  const json::object ask = asking(kAda);
  const auto known_as = [&] {
    EXPECT_EQ(reply_text(ask), table_by_table(ask));
    return std::string(reply(ask).at("identity").at("name").as_string());
  };
  const auto from_other = [&](const std::string& id, Microseconds occurred_us) {
    Item item = from(kAda, id, occurred_us, "t-2");
    std::get<Engagement>(item.content).customer.source_key = "c-other";
    std::get<Engagement>(item.content).customer.name = "Another";
    return item;
  };
  reply_text(ask);
  apply(from(kAda, "m-1", kNow - kDayUs));
  open_and_write_card();
  EXPECT_EQ(known_as(), "Name of c-ada@customer.example");
  apply(unit::thread_deleted("t-1", kNow - kHourUs));
  known_as();
  actions_.housekeep(deadline());
  EXPECT_EQ(known_as(), kAda) << "nobody's";
  apply(from_other("m-2", kNow - kMinuteUs));
  EXPECT_EQ(known_as(), "Another");
  apply(from(kAda, "m-3", kNow - kMinuteUs));
  known_as();
  // What an admin or a merge does, told by the versions alone.
  count("UPDATE identifier_value SET state = 2");
  known_as();
  count("UPDATE identifier_value SET state = 0, version = version + 1");
  known_as();
  count("INSERT INTO identity (id, version, created_us) VALUES (1, 1, 0)");
  count("UPDATE record SET identity_id = 1 WHERE source_key = 'c-other'");
  count("UPDATE identifier_value SET version = version + 1");
  count("UPDATE identity SET version = version + 1");
  known_as();
}

TEST_F(Opening, a_page_of_the_history_is_read_again_where_the_identity_changed_meanwhile) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  reply_text(asking(kAda));  // the accounts are known
  json::object ask = asking(kAda);
  ask["pivot"] = "history";
  ask["cursor"] = "last";
  int changes = 0;
  for (const char* after : {"opening_head_by_key", "records", "history_page", "triggers_at_once"}) {
    Interrupted* interrupted = nullptr;
    const auto change = [&] {
      // In a thread of its own, of which a page without it says nothing.
      const std::string name = "changed-" + std::to_string(++changes);
      apply(from(kAda, name, kNow - kMinuteUs, name));
    };
    store::Pool pool(
        [&](Microseconds deadline_us) {
          auto session = std::make_unique<Interrupted>(store::opener(url(), clock_)(deadline_us), after, change);
          interrupted = session.get();
          return session;
        },
        clock_, 1);
    panel::Sidebar sidebar(pool, directory_, audit_, {});
    const std::string replied = sidebar.reply(json::serialize(ask), "r-1", deadline());
    ASSERT_TRUE(interrupted->happened()) << after;
    EXPECT_EQ(replied, table_by_table(ask)) << after;
    EXPECT_EQ(sidebar.reply(json::serialize(ask), "r-1", deadline()), replied) << after;
  }
}

TEST_F(Opening, a_page_of_the_history_of_whom_one_knows_is_read_again_where_anything_known_changed) {
  std::vector<Item> items;
  for (int index = 0; index < 120; ++index) {
    Item item =
        from(kAda, "m-" + std::to_string(index), kNow - (200 - index) * kMinuteUs, "t-" + std::to_string(index));
    auto& engagement = std::get<Engagement>(item.content);
    if (index % 3 == 0) engagement.customer.source_key = "c-other";
    if (index % 10 == 0) engagement.interests.push_back({"Sport", "Cycling", "words", Party::kFirst, {}});
    items.push_back(std::move(item));
  }
  apply_all(items);
  reply_text(asking(kAda));  // the accounts are known
  json::object ask = asking(kAda);
  ask["pivot"] = "history";
  ask["cursor"] = json::parse(reply_text(asking(kAda))).at("history").at("before");
  int changes = 0;
  const std::vector<std::pair<std::string, std::function<void()>>> kinds = {
      {"a message", [&] { apply(from(kAda, "new-" + std::to_string(++changes), kNow - 130 * kMinuteUs)); }},
      {"a third record",
       [&] {
         Item item = from(kAda, "new-" + std::to_string(++changes), kNow - 131 * kMinuteUs);
         std::get<Engagement>(item.content).customer.source_key = "c-third-" + std::to_string(changes);
         apply(item);
       }},
      {"an interest's trigger",
       [&] {
         Item item = from(kAda, "new-" + std::to_string(++changes), kNow - 132 * kMinuteUs);
         std::get<Engagement>(item.content).interests.push_back({"Sport", "Chess", "more words", Party::kFirst, {}});
         apply(item);
       }},
      {"the settings",
       [&] {
         count("UPDATE account SET label = 'Label " + std::to_string(++changes) + "' WHERE name = 'shop'");
         count("UPDATE setting SET value = value + 1 WHERE name = 'settings_version'");
       }},
      {"the thread's subject",
       [&] {
         Item item = from(kAda, "new-" + std::to_string(++changes), kNow - 133 * kMinuteUs, "t-60");
         std::get<Engagement>(item.content).subject = "Subject " + std::to_string(changes);
         apply(item);
       }},
      {"the value blocked", [&] { count("UPDATE identifier_value SET state = 2"); }},
      {"the value given free", [&] { count("UPDATE identifier_value SET state = 0"); }},
      {"another who has the value",
       [&] {
         apply(from("bob@customer.example", "bob", kNow - kDayUs));
         Item item = from("bob@customer.example", "bob-2", kNow - kDayUs);
         std::get<Engagement>(item.content).customer.identifiers = unit::customer("c", {kAda}).identifiers;
         apply(item);
       }},
      {"a deleted ticket", [&] { apply(unit::thread_deleted("t-70", kNow)); }},
  };
  for (const auto& [what, change] : kinds) {
    EXPECT_EQ(reply_text(ask), table_by_table(ask)) << "before " << what;
    change();
    EXPECT_EQ(reply_text(ask), table_by_table(ask)) << "after " << what;
    EXPECT_EQ(reply_text(ask), table_by_table(ask)) << "again after " << what;
  }
}

TEST_F(Opening, a_page_of_the_history_of_whom_one_knows_is_read_again_where_it_changed_meanwhile) {
  for (int index = 0; index < 4; ++index)
    apply(from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs, "t-" + std::to_string(index)));
  reply_text(asking(kAda));  // the accounts are known
  json::object ask = asking(kAda);
  ask["pivot"] = "history";
  ask["cursor"] = "last";
  Interrupted* interrupted = nullptr;
  store::Pool pool(
      [&](Microseconds deadline_us) {
        auto session =
            std::make_unique<Interrupted>(store::opener(url(), clock_)(deadline_us), "history_page", nullptr);
        interrupted = session.get();
        return session;
      },
      clock_, 1);
  panel::Sidebar sidebar(pool, directory_, audit_, {});
  EXPECT_EQ(sidebar.reply(json::serialize(ask), "r-1", deadline()), table_by_table(ask));
  for (int times = 0; times < 3; ++times) {
    interrupted->next([&] { apply(from(kAda, "m-new-" + std::to_string(times), kNow - kHourUs, "t-1")); });
    const std::string replied = sidebar.reply(json::serialize(ask), "r-1", deadline());
    EXPECT_TRUE(interrupted->happened());
    EXPECT_EQ(replied, table_by_table(ask));
  }
}

TEST_F(Opening, is_not_from_a_card_of_another_version_of_the_identity) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  open_and_write_card();
  // Nothing does this to a message; so one can tell where a reply comes from.
  count("UPDATE engagement SET preview = 'as the tables have it'");
  const auto from_tables = testing::HasSubstr("as the tables have it");
  EXPECT_THAT(reply_text(asking(kAda)), testing::Not(from_tables));
  for (const char* other : {"version - 1", "version + 1"}) {
    count(std::string("UPDATE opening_card SET version = ") + other);
    EXPECT_THAT(reply_text(asking(kAda)), from_tables) << other;
    count(std::string("UPDATE opening_card SET version = (SELECT version FROM identity)"));
    EXPECT_THAT(reply_text(asking(kAda)), testing::Not(from_tables)) << "again as it was";
  }
}

TEST_F(Opening, from_a_card_that_is_damaged_in_any_way_is_read_from_the_tables) {
  apply(from(kAda, "m-1", kNow - kDayUs));
  open_and_write_card();
  const std::string expected = reply_text(asking(kAda));
  for (const char* damage : {"x''", "x'ff'", "x'ffffffffffffffffffff'", "x'ffffffffffffffff7f'",
                             "x'0000000000000000000000000000'", "x'02808080808080808080808080808080'"}) {
    count(std::string("UPDATE opening_card SET body = ") + damage);
    EXPECT_EQ(reply_text(asking(kAda)), expected) << damage;
  }
  count("UPDATE opening_card SET format = 77");
  EXPECT_EQ(reply_text(asking(kAda)), expected);
  count("DELETE FROM opening_card");
  open_and_write_card();
  for (const int cut : {1, 5, 20, 60}) {
    count("UPDATE opening_card SET body = SUBSTR(body, 1, LENGTH(body) - " + std::to_string(cut) + ")");
    EXPECT_EQ(reply_text(asking(kAda)), expected) << cut;
  }
}

TEST_F(Opening, of_more_than_a_card_holds_has_none) {
  std::vector<Item> items;
  for (int index = 0; index < 300; ++index)
    items.push_back(from(kAda, "m-" + std::to_string(index), kNow - index * kMinuteUs, "t-" + std::to_string(index)));
  apply_all(items);
  reply_text(asking(kAda));
  reply_text(asking(kAda));
  sidebar_.write_cards(deadline());
  EXPECT_EQ(cards(), 0);
}

TEST_F(Opening, at_once_follows_an_account_that_was_added_meanwhile) {
  apply(from(kAda, "m-1", kNow - kMinuteUs));
  reply_text(asking(kAda));
  count("UPDATE account SET label = 'Another label' WHERE name = 'shop'");
  count("UPDATE setting SET value = value + 1 WHERE name = 'settings_version'");
  EXPECT_THAT(reply_text(asking(kAda)), testing::HasSubstr("Another label"));
}

}  // namespace
}  // namespace identities::panel
