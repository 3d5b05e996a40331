// Method: two databases. One is fed everything and asked by an agent with a random view; its twin is fed only what that
// view holds and is asked the same. Whatever is asked, the two replies are equal but for the ids: then nothing that is
// hidden shows, in a text, a time, a count or an order. All data come from a seed; each item has words of its own.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include "canonical_reply.hpp"
#include "panel_fixture.hpp"

namespace identities::unit {
namespace {

constexpr const char* kAda = "ada@customer.example";
constexpr const char* kBob = "bob@customer.example";
constexpr int kMessages = 70;
constexpr int kLongCharacters = 400;

/// One thing that a source told, and where it stands in the end.
struct Told {
  Item item;
  std::size_t account = 0;
  std::string thread;  // empty: it came without one
  bool internal = false;
  std::string mark;  // a word that nothing else has
};

struct Thread {
  std::size_t account = 0;
  std::string key;
  std::string partition;  // where it is in the end
  bool deleted = false;
};

struct World {
  std::vector<Thread> threads;
  std::vector<Told> told;
  std::vector<std::string> phones;  // of Ada, each told by some items only
};

class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed) {}
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  bool one_in(int chances) { return below(chances) == 0; }
  std::mt19937& engine() { return random_; }

 private:
  std::mt19937 random_;
};

const char* account_name(std::size_t account) {
  return account == 0 ? "shop" : "mail";
}

/// Every item has its own time, so that no order hangs on ids.
Microseconds time_of(int index) {
  return kNow - 200 * kDayUs + index * 37 * kMinuteUs;
}

Customer customer_of(Draw& draw, const World& world, const std::string& mark, bool bob) {
  Customer told = customer(bob ? "c-bob" : "c-ada", {bob ? kBob : kAda});
  told.name = draw.one_in(2) ? "Name " + mark : "";
  if (!bob && draw.one_in(4)) {
    const std::string& phone =
        world.phones[static_cast<std::size_t>(draw.below(static_cast<int>(world.phones.size())))];
    told.identifiers.push_back({IdentifierKind::kPhone, phone, normalise_phone(phone), draw.one_in(2)});
  }
  return told;
}

std::vector<GivenInterest> interests_of(Draw& draw, const std::string& mark, std::optional<Microseconds> set_us) {
  std::vector<GivenInterest> interests;
  for (int count = draw.below(3); count > 0; --count)
    interests.push_back(
        {"Sport", "Interest " + std::to_string(2 * draw.below(3) + count - 1), "words " + mark, Party::kFirst, set_us});
  return interests;
}

Told message_of(Draw& draw, const World& world, int index) {
  Told told;
  told.mark = "zq" + std::to_string(index) + "qz";
  const Thread& thread = world.threads[static_cast<std::size_t>(draw.below(static_cast<int>(world.threads.size())))];
  told.account = thread.account;
  told.thread = thread.key;
  Engagement engagement;
  engagement.source_key = "m-" + std::to_string(index);
  engagement.customer = customer_of(draw, world, told.mark, thread.account == 0 && draw.one_in(5));
  engagement.direction = static_cast<Direction>(draw.below(3));
  engagement.kind = static_cast<EngagementKind>(draw.below(4));
  engagement.channel = "channel_" + told.mark;
  engagement.occurred_us = time_of(index);
  engagement.thread_key = thread.key;
  engagement.author = "Author " + told.mark;
  engagement.text = "text " + told.mark;
  if (draw.one_in(4)) engagement.text += std::string(kLongCharacters, 'x') + " end" + told.mark;
  if (draw.one_in(4)) engagement.attachments = R"([{"name":"file )" + told.mark + R"("}])";
  engagement.interests = interests_of(draw, told.mark, std::nullopt);
  told.internal = engagement.direction == Direction::kInternal;
  // Subject and status are the thread's: an internal engagement that set them would show by them to all who see it.
  if (!told.internal && draw.one_in(3)) engagement.subject = "subject " + told.mark;
  if (!told.internal && draw.one_in(3)) engagement.thread_status = static_cast<ThreadStatus>(draw.below(3));
  told.item = {time_of(index), std::move(engagement)};
  return told;
}

/// A profile or attributes.
Told facts_of(Draw& draw, const World& world, int index) {
  Told told;
  told.mark = "zq" + std::to_string(index) + "qz";
  told.account = static_cast<std::size_t>(draw.below(2));
  if (draw.one_in(2)) {
    Profile profile;
    profile.customer = customer_of(draw, world, told.mark, false);
    profile.handle = "@" + told.mark;
    profile.bio = "bio " + told.mark;
    profile.url = "https://social.example/" + told.mark;
    profile.interests = interests_of(draw, told.mark, time_of(index));
    told.item = {time_of(index), std::move(profile)};
    return told;
  }
  Attributes attributes;
  attributes.customer = customer_of(draw, world, told.mark, false);
  for (const char* key : {"person.city", "person.organisation", "buying.spent_on", "loyalty.tier", "person.health"}) {
    if (draw.one_in(2)) continue;
    GivenAttribute attribute;
    attribute.key = key;
    attribute.label = "Label " + told.mark;
    attribute.text = "value " + told.mark;
    attribute.sensitive = attribute.key == "person.health";
    attributes.attributes.push_back(attribute);
  }
  attributes.interests = interests_of(draw, told.mark, time_of(index));
  told.item = {time_of(index), std::move(attributes)};
  return told;
}

World make_world(unsigned seed) {
  Draw draw(seed);
  World world;
  for (int phone = 0; phone < 4; ++phone) world.phones.push_back("+6149157015" + std::to_string(phone));
  // One key stands in both accounts: a view's threads speak of the ticket's account only.
  for (const auto& [account, key] : {std::pair(0, "t-1"), {0, "t-2"}, {0, "t-3"}, {0, "t-4"}, {1, "t-1"}, {1, "t-5"}})
    world.threads.push_back({static_cast<std::size_t>(account), key, {}, false});
  for (int index = 0; index < kMessages; ++index) world.told.push_back(message_of(draw, world, index));
  for (int index = 0; index < 10; ++index) world.told.push_back(facts_of(draw, world, kMessages + index));
  constexpr std::array kPartitions = {"Open", "HR", "Closed"};
  for (Thread& thread : world.threads) {
    thread.partition = account_name(thread.account);
    std::string given;
    for (const char* partition : kPartitions)
      if (draw.one_in(2)) given = partition;
    if (given.empty()) continue;
    thread.partition += "/" + given;
    const bool moved = draw.one_in(2);
    for (Told& told : world.told)
      if (told.thread == thread.key && told.account == thread.account)
        std::get<Engagement>(told.item.content).partition = moved ? "Former" : given;
    if (moved)
      world.told.push_back({thread_moved(thread.key, given, kNow - kDayUs), thread.account, thread.key, false, {}});
  }
  Thread& doomed = world.threads[static_cast<std::size_t>(draw.below(static_cast<int>(world.threads.size())))];
  doomed.deleted = true;
  world.told.push_back({thread_deleted(doomed.key, kNow - kHourUs), doomed.account, doomed.key, false, {}});
  std::shuffle(world.told.begin(), world.told.end(), draw.engine());
  return world;
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool holds(const View& view, const World& world, const Told& told) {
  if (told.thread.empty()) return view.all || contains(view.partitions, account_name(told.account));
  const auto thread = std::find_if(world.threads.begin(), world.threads.end(), [&](const Thread& each) {
    return each.key == told.thread && each.account == told.account;
  });
  if (thread->deleted) return false;
  if (view.all) return true;
  const bool listed = told.account == 0 && contains(view.threads, told.thread);
  if (!listed && !contains(view.partitions, thread->partition)) return false;
  return !told.internal || contains(view.internal_partitions, thread->partition);
}

View random_view(Draw& draw, const World& world) {
  View view;
  std::set<std::string> partitions = {"shop", "mail"};
  for (const Thread& thread : world.threads) partitions.insert(thread.partition);
  for (const std::string& partition : partitions) {
    if (draw.one_in(2)) view.partitions.push_back(partition);
    if (draw.one_in(2)) view.internal_partitions.push_back(partition);
  }
  for (const Thread& thread : world.threads)
    if (draw.one_in(4)) view.threads.push_back(thread.key);
  return view;
}

json::array array_of(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

json::object json_of(const View& view) {
  return {{"all", view.all},
          {"partitions", array_of(view.partitions)},
          {"internal_partitions", array_of(view.internal_partitions)},
          {"threads", array_of(view.threads)}};
}

struct Host : PanelHost {
  /// What stands in the view, or everything when there is none.
  Host(const World& world, const View* view) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(*session_);
    store::ItemWriter shop(batch, now_us_, accounts_[0], "test");
    store::ItemWriter mail(batch, now_us_, accounts_[1], "test");
    for (const Told& told : world.told)
      if (view == nullptr || holds(*view, world, told)) (told.account == 0 ? shop : mail).apply(told.item);
    shop.finish();
    mail.finish();
    batch.flush();
    std::vector<Id> identities;
    static const store::Statement kIdentities{"identities", "SELECT id FROM identity"};
    session_->query(kIdentities, {}, [&](const store::Row& row) { identities.push_back(row.integer(0)); });
    for (const Id identity : identities) store::set_looked(*session_, "mia", identity, kNow - kDayUs);
    batch.commit(transaction);
  }
  std::string ask(const json::object& request) {
    try {
      return reply_text(request);
    } catch (const std::exception& error) {
      return error.what();
    }
  }
};

/// Asks both hosts, and keeps what the one with everything said.
class Pair {
 public:
  Pair(Host& whole, Host& twin, const json::object& view) : whole_(whole), twin_(twin), view_(view) {}

  json::object both(const std::string& what, const json::object& members, const json::object& twin_members) {
    const std::string seen = whole_.ask(request(members));
    const std::string expected = twin_.ask(request(twin_members));
    EXPECT_EQ(support::canonical(seen), support::canonical(expected)) << what;
    all_seen += seen;
    return seen.starts_with('{') ? json::parse(seen).as_object() : json::object{};
  }
  json::object both(const std::string& what, const json::object& members) { return both(what, members, members); }

  std::string all_seen;

 private:
  json::object request(const json::object& members) const {
    json::object made = asking(kAda, "mia", {"identity.see"}, view_);
    for (const auto& member : members) made[member.key()] = member.value();
    return made;
  }

  Host& whole_;
  Host& twin_;
  const json::object& view_;
};

json::array requesters(const std::vector<std::pair<const char*, std::string>>& given) {
  json::array list;
  for (const auto& [kind, value] : given) list.push_back(json::object{{"kind", kind}, {"value", value}});
  return list;
}

/// Every page from an end of the history to the other; each as long as the twin's.
void ask_history(Pair& pair, Host& twin, const json::object& view, const char* end, const char* next) {
  json::value cursor = end;
  json::value twin_cursor = end;
  for (int page = 0; page < 10 && !cursor.is_null(); ++page) {
    const json::object members = {{"pivot", "history"}, {"cursor", cursor}};
    const json::object twin_members = {{"pivot", "history"}, {"cursor", twin_cursor}};
    const json::object seen = pair.both(std::string("history from ") + end, members, twin_members);
    const json::object request = asking(kAda, "mia", {"identity.see"}, view);
    cursor = seen.at("history").at(next);
    twin_cursor = twin.reply(request, twin_members).at("history").at(next);
    ASSERT_EQ(cursor.is_null(), twin_cursor.is_null());
  }
}

/// Bodies and neighbourhoods of each row that shows, and evidence of each attribute; then those of rows that do not.
void ask_by_id(Pair& pair, Host& whole, Host& twin, const json::object& view) {
  const json::object request = asking(kAda, "mia", {"identity.see"}, view);
  const auto rows = whole.reply(request).at("history").at("rows").as_array();
  const auto twins = twin.reply(request).at("history").at("rows").as_array();
  ASSERT_EQ(rows.size(), twins.size());
  std::set<std::string> shown;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    shown.insert(std::string(rows[index].at("id").as_string()));
    if (rows[index].at("type") == "interest") continue;
    const auto filter = [&](const char* name, const json::value& row) { return json::object{{name, row.at("id")}}; };
    pair.both("a body", {{"pivot", "engagement"}, {"filter", filter("engagement", rows[index])}},
              {{"pivot", "engagement"}, {"filter", filter("engagement", twins[index])}});
    if (index % 8 == 0)
      pair.both("around", {{"pivot", "history"}, {"filter", filter("around", rows[index])}},
                {{"pivot", "history"}, {"filter", filter("around", twins[index])}});
  }
  const auto by_name = [&](Host& host) {
    std::map<std::string, json::value> ids;
    const json::object reply = host.reply(request, {{"pivot", "attributes"}});
    for (const auto& row : reply.at("attributes").at("rows").as_array())
      ids[json::serialize(row.at("category")) + json::serialize(row.at("name")) +
          json::serialize(row.at("account")).substr(0, 1) + std::string(row.at("source").as_string())] = row.at("id");
    return ids;
  };
  auto twin_ids = by_name(twin);
  for (const auto& [name, id] : by_name(whole)) {
    shown.insert(std::string(id.as_string()));
    pair.both("evidence of " + name, {{"pivot", "evidence"}, {"filter", json::object{{"attribute", id}}}},
              {{"pivot", "evidence"}, {"filter", json::object{{"attribute", twin_ids[name]}}}});
  }
  static const store::Statement kHidden{"all_ids", "SELECT id FROM engagement UNION ALL SELECT id FROM attribute"};
  std::vector<std::string> hidden;
  whole.session_->query(kHidden, {}, [&](const store::Row& row) {
    if (!shown.contains(std::to_string(row.integer(0)))) hidden.push_back(std::to_string(row.integer(0)));
  });
  const json::object all_rows = whole.reply(request, {{"pivot", "history"}, {"cursor", "first"}});
  for (const auto& row : all_rows.at("history").at("rows").as_array()) std::erase(hidden, row.at("id").as_string());
  for (const std::string& id : hidden) {
    pair.both("the body of a hidden row", {{"pivot", "engagement"}, {"filter", json::object{{"engagement", id}}}},
              {{"pivot", "engagement"}, {"filter", json::object{{"engagement", "1"}}}});
    pair.both("around a hidden row", {{"pivot", "history"}, {"filter", json::object{{"around", id}}}},
              {{"pivot", "history"}, {"filter", json::object{{"around", "1"}}}});
    pair.both("hidden evidence", {{"pivot", "evidence"}, {"filter", json::object{{"attribute", id}}}},
              {{"pivot", "evidence"}, {"filter", json::object{{"attribute", "1"}}}});
  }
}

class Twin : public testing::TestWithParam<unsigned> {};

TEST_P(Twin, that_never_had_what_is_hidden_replies_the_same) {
  const World world = make_world(GetParam());
  Host whole(world, nullptr);
  Draw draw(GetParam() + 500);
  const int rounds = whole.url().dialect == store::Dialect::kSqlite ? 4 : 2;  // MariaDB takes several times as long
  for (int round = 0; round < rounds; ++round) {
    const View view = random_view(draw, world);
    const json::object view_json = json_of(view);
    SCOPED_TRACE(json::serialize(view_json));
    Host twin(world, &view);
    Pair pair(whole, twin, view_json);
    pair.both("open", {});
    pair.both("open with sensitive attributes", {{"scopes", json::array{"identity.see", "attribute.sensitive"}}});
    pair.both("attributes", {{"pivot", "attributes"}});
    pair.both("two requesters", {{"requester", requesters({{"email", kAda}, {"email", kBob}})}});
    pair.both("the second requester", {{"requester", requesters({{"email", kAda}, {"email", kBob}})}, {"select", 1}});
    for (const std::string& phone : world.phones)
      pair.both("by a phone that some told", {{"requester", requesters({{"phone", phone}})}});
    ask_history(pair, twin, view_json, "first", "after");
    ask_history(pair, twin, view_json, "last", "before");
    for (const Told& told : world.told) {
      if (told.mark.empty()) continue;
      pair.both("search", {{"pivot", "history"}, {"filter", json::object{{"search", told.mark}}}});
      pair.both("channel", {{"pivot", "history"}, {"filter", json::object{{"channel", "channel_" + told.mark}}}});
    }
    ask_by_id(pair, whole, twin, view_json);
    for (const Told& told : world.told) {
      if (told.mark.empty()) continue;
      const bool seen = pair.all_seen.find(told.mark) != std::string::npos;
      if (!holds(view, world, told)) {
        EXPECT_FALSE(seen) << told.mark;
        EXPECT_EQ(pair.all_seen.find(std::to_string(told.item.changed_us)), std::string::npos) << told.mark;
      } else if (const auto* engagement = std::get_if<Engagement>(&told.item.content);
                 engagement != nullptr && engagement->customer.source_key == "c-ada") {
        EXPECT_TRUE(seen) << told.mark;
      }
    }
  }
}

TEST(TwinOfARemoval, shows_to_whoever_sees_everything_what_a_long_thread_leaves_while_its_rows_are_still_there) {
  PanelHost host;
  PanelHost twin;
  const Item kept = twin.from(kAda, "kept", kNow - 3 * kDayUs, "t-1");
  std::vector<Item> items = {kept};
  for (int index = 0; index < store::kRemovedAtOnce + 50; ++index) {
    items.push_back(host.from(kAda, "m-" + std::to_string(index), kNow - index * kSecondUs, "t-long"));
    auto& engagement = std::get<Engagement>(items.back().content);
    engagement.customer.name = "Another name";
    engagement.customer.identifiers.push_back(
        {IdentifierKind::kPhone, "+61491570156", normalise_phone("+61491570156"), false});
  }
  host.apply_together(items);
  host.apply(thread_deleted("t-long", kNow));
  twin.apply(kept);
  const auto compare = [&](const json::object& members) {
    json::object request = asking(kAda);
    for (const auto& member : members) request[member.key()] = member.value();
    EXPECT_EQ(support::canonical(host.reply_text(request)), support::canonical(twin.reply_text(request)));
  };
  const auto compare_all = [&] {
    compare({});
    compare({{"pivot", "attributes"}});
    compare({{"pivot", "history"}, {"cursor", "first"}});
    compare({{"pivot", "history"}, {"filter", json::object{{"search", "text of"}}}});
  };
  ASSERT_EQ(host.count("SELECT COUNT(*) FROM engagement"), 51);
  compare_all();
  host.actions_.housekeep(host.deadline());
  ASSERT_EQ(host.count("SELECT COUNT(*) FROM engagement"), 1);
  EXPECT_EQ(host.count("SELECT COUNT(*) FROM thread_removal"), 0);
  compare_all();
}

INSTANTIATE_TEST_SUITE_P(seeds, Twin, testing::Range(1U, 7U));

}  // namespace
}  // namespace identities::unit
