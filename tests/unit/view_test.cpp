// Method: one customer with two records, four threads and internal comments; a table of views with exactly what each
// shows.
#include <gmock/gmock.h>

#include <map>

#include "database.hpp"
#include "store/history_reader.hpp"
#include "store/identity_reader.hpp"

namespace identities::store {
namespace {

using testing::UnorderedElementsAreArray;
using unit::customer;
using unit::kNow;
using unit::message;

/// What a view shows, by the names that the test gave.
struct Seen {
  std::vector<std::string> rows;
  std::vector<std::string> attributes;  // "name evidence"
  std::vector<std::string> records;
  std::vector<std::int64_t> totals;  // threads, in, out, internal
  std::int64_t evidence = 0;         // pieces, of the interest Cycling
};

class ViewTest : public testing::Test, protected unit::Database {
 protected:
  ViewTest() {
    write(0, "m-open", "t-open", "Open", Direction::kIn, "Cycling");
    write(0, "m-comment", "t-open", "Open", Direction::kInternal, "Cycling");
    write(0, "m-hr", "t-hr", "HR", Direction::kIn, "Pensions");
    write(0, "m-reply", "t-hr", "HR", Direction::kOut, {});
    write(0, "m-secret", "t-secret", "Secret", Direction::kInternal, {});
    write(1, "m-mail", "t-mail", {}, Direction::kIn, "Cycling");
    give(0, "person.language");
    give(1, "person.city");
  }

  Seen look(const View& view) {
    const ViewFilter filter(view, accounts_[0].id);
    const Id identity = count("SELECT identity_id FROM record LIMIT 1");
    Seen seen;
    HistoryQuery query;
    std::map<Id, std::string> names;
    for (const RecordRow& record : read_records(*session_, identity, filter)) {
      query.records.push_back(record.id);
      seen.records.push_back(record.account == accounts_[0].id ? "shop" : "mail");
    }
    if (!query.records.empty())
      for (const HistoryRow& row : read_history(*session_, query, filter).rows) seen.rows.push_back(row.preview);
    Id cycling = 0;
    for (const AttributeRow& attribute : read_attributes(*session_, identity, filter, kNow)) {
      seen.attributes.push_back(attribute.interest ? attribute.name + " " + std::to_string(attribute.evidence)
                                                   : attribute.key);
    }
    cycling = count(
        "SELECT b.id FROM attribute b JOIN record r ON r.id = b.record_id JOIN account a ON a.id = "
        "r.account_id JOIN interest i ON i.id = b.interest_id WHERE i.name = 'Cycling' AND a.name = 'shop'");
    seen.evidence = static_cast<std::int64_t>(read_evidence(*session_, identity, cycling, filter).size());
    const ThreadTotals totals = read_totals(*session_, identity, 0, filter);
    seen.totals = {totals.threads, totals.in, totals.out, totals.internal};
    return seen;
  }

 private:
  void write(std::size_t account, const std::string& id, const std::string& thread, const std::string& partition,
             Direction direction, const std::string& interest) {
    Item item = message(id, kNow - kDayUs + (++minute_) * kMinuteUs, "c-1", direction, thread);
    auto& engagement = std::get<Engagement>(item.content);
    engagement.customer = customer("c-1", {"ada@customer.example"});
    engagement.partition = partition;
    engagement.text = id;
    if (!interest.empty()) engagement.interests.push_back({"Sport", interest, "words", Party::kFirst, std::nullopt});
    apply(item, accounts_[account]);
  }
  void give(std::size_t account, const std::string& key) {
    Attributes attributes;
    attributes.customer = customer("c-1", {"ada@customer.example"});
    attributes.attributes.emplace_back();
    attributes.attributes.back().key = key;
    attributes.attributes.back().text = "x";
    apply({kNow - kDayUs, attributes}, accounts_[account]);
  }
  std::int64_t minute_ = 0;
};

TEST_F(ViewTest, shows_exactly_what_is_in_it) {
  struct Row {
    const char* name;
    View view;
    Seen seen;
  };
  const Row rows[] = {
      {"everything",
       {true, {}, {}, {}},
       {{"m-open", "m-comment", "m-hr", "m-reply", "m-secret", "m-mail"},
        {"Cycling 2", "Pensions 1", "person.language", "Cycling 1", "person.city"},
        {"shop", "mail"},
        {4, 3, 1, 2},
        2}},
      {"nothing", {false, {}, {}, {}}, {{}, {}, {}, {0, 0, 0, 0}, 0}},
      {"a partition", {false, {"shop/Open"}, {}, {}}, {{"m-open"}, {"Cycling 1"}, {"shop"}, {1, 1, 0, 0}, 1}},
      {"a partition with its comments",
       {false, {"shop/Open"}, {"shop/Open"}, {}},
       {{"m-open", "m-comment"}, {"Cycling 2"}, {"shop"}, {1, 1, 0, 1}, 2}},
      {"comments of a partition that is not in view", {false, {}, {"shop/Open"}, {}}, {{}, {}, {}, {0, 0, 0, 0}, 0}},
      {"a partition with nothing but comments", {false, {"shop/Secret"}, {}, {}}, {{}, {}, {}, {0, 0, 0, 0}, 0}},
      {"an account without its partitions",
       {false, {"shop"}, {}, {}},
       {{}, {"person.language"}, {"shop"}, {0, 0, 0, 0}, 0}},
      {"another account",
       {false, {"mail"}, {}, {}},
       {{"m-mail"}, {"Cycling 1", "person.city"}, {"mail"}, {1, 1, 0, 0}, 0}},
      {"the ticket alone", {false, {}, {}, {"t-hr"}}, {{"m-hr", "m-reply"}, {"Pensions 1"}, {"shop"}, {1, 1, 1, 0}, 0}},
      {"a ticket of that name in another account", {false, {}, {}, {"t-mail"}}, {{}, {}, {}, {0, 0, 0, 0}, 0}},
      {"two partitions of two accounts",
       {false, {"shop/HR", "mail"}, {}, {}},
       {{"m-hr", "m-reply", "m-mail"}, {"Pensions 1", "Cycling 1", "person.city"}, {"shop", "mail"}, {2, 2, 1, 0}, 0}},
      {"a name that only looks like a partition",
       {false, {"shop/Ope", "shop/%", "SHOP/OPEN"}, {}, {}},
       {{}, {}, {}, {0, 0, 0, 0}, 0}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const Seen seen = look(row.view);
    EXPECT_EQ(seen.rows, row.seen.rows);
    EXPECT_THAT(seen.attributes, UnorderedElementsAreArray(row.seen.attributes));
    EXPECT_EQ(seen.records, row.seen.records);
    EXPECT_EQ(seen.totals, row.seen.totals);
    EXPECT_EQ(seen.evidence, row.seen.evidence);
  }
}

}  // namespace
}  // namespace identities::store
