#include "store/attribute_writer.hpp"

#include <fmt/format.h>

#include <tuple>

#include "store/thread_removal.hpp"

namespace identities::store {
namespace {

const Statement kFindCategory{"find_category", "SELECT id FROM interest_category WHERE label = ?"};
const Statement kInsertCategory{"insert_category", "INSERT INTO interest_category (id, label) VALUES {?, ?}"};
const Statement kFindInterest{"find_interest", "SELECT id FROM interest WHERE category_id = ? AND name = ?"};
const Statement kInsertInterest{"insert_interest", "INSERT INTO interest (id, category_id, name) VALUES {?, ?, ?}"};
const Statement kCountInterest{"count_interest", "UPDATE setting SET value = value + 1 WHERE name = 'interest_count'"};
const Statement kFindAttribute{
    "find_attribute",
    "SELECT id, set_us, removed, number_value, text_value, `sensitive`, label, unit, expires_us FROM attribute WHERE "
    "record_id = ? AND attribute_key = ? @for_update"};
const Statement kInsertAttribute{
    "insert_attribute",
    "INSERT INTO attribute (id, record_id, attribute_key, interest_id, label, type, number_value, text_value, unit, "
    "party, `sensitive`, "
    "removed, set_us, expires_us, created_us) VALUES {?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?}"};
const Statement kUpdateAttribute{"update_attribute",
                                 "UPDATE attribute SET label = ?, type = ?, number_value = ?, text_value = ?, unit = "
                                 "?, party = ?, `sensitive` = ?, removed = ?, "
                                 "set_us = ?, expires_us = ? WHERE id = ?"};
const Statement kSameTrigger{
    "same_trigger",
    "SELECT 1 FROM interest_trigger WHERE attribute_id = ? AND occurred_us = ? AND engagement_id IS NULL"};
const Statement kInsertTrigger{"insert_trigger",
                               "INSERT INTO interest_trigger (record_id, occurred_us, id, attribute_id, engagement_id, "
                               "thread_id, words) VALUES {?, ?, ?, ?, ?, ?, ?}"};

}  // namespace

Id AttributeWriter::interest_for(const GivenInterest& interest) {
  Session& session = batch_.written();
  Id category = 0;
  session.query(kFindCategory, {interest.category}, [&](const Row& row) { category = row.integer(0); });
  if (category == 0) {
    category = next_id(now_us_);
    session.execute(kInsertCategory, {category, interest.category});
  }
  Id id = 0;
  session.query(kFindInterest, {category, interest.name}, [&](const Row& row) { id = row.integer(0); });
  if (id == 0) {
    id = next_id(now_us_);
    session.execute(kInsertInterest, {id, category, interest.name});
    session.execute(kCountInterest, {});
  }
  return id;
}

bool AttributeWriter::give_interest(Id record, const GivenInterest& interest, Microseconds at_us,
                                    const Evidence& evidence) {
  Session& session = batch_.written();
  const Id interest_id = interest_for(interest);
  const std::string key = fmt::format("interest.{}", interest_id);
  Id attribute = 0;
  session.query(kFindAttribute, {record, key}, [&](const Row& row) { attribute = row.integer(0); });
  if (attribute == 0) {
    attribute = next_id(now_us_);
    session.execute(
        kInsertAttribute,
        {attribute, record, key, interest_id, "", static_cast<std::int64_t>(AttributeType::kFlag), 1.0, nullptr, "",
         static_cast<std::int64_t>(interest.party), std::int64_t{0}, std::int64_t{0}, at_us, nullptr, now_us_});
  } else {
    bool known = false;
    if (evidence.engagement == 0) session.query(kSameTrigger, {attribute, at_us}, [&](const Row&) { known = true; });
    if (known) return false;
  }
  session.execute(kInsertTrigger, {record, at_us, next_id(now_us_), attribute, id_or_null(evidence.engagement),
                                   id_or_null(evidence.thread), interest.words});
  count_evidence(session, attribute);
  return true;
}

bool AttributeWriter::set_attribute(Id record, const GivenAttribute& attribute, Microseconds changed_us) {
  Session& session = batch_.written();
  const Microseconds set_us = not_in_future(attribute.set_us.value_or(changed_us), now_us_);
  const bool numeric = attribute.type == AttributeType::kFlag || attribute.type == AttributeType::kNumber ||
                       attribute.type == AttributeType::kDate;
  // At one time a removal wins, then the greater value, then what is sensitive, and so on: the order of arrival does
  // not matter.
  const auto given = std::tuple(set_us, attribute.removed, numeric && !attribute.removed ? attribute.number : 0.0,
                                numeric || attribute.removed ? std::string{} : attribute.text, attribute.sensitive,
                                attribute.label, attribute.unit, attribute.expires_us);
  Id id = 0;
  auto stored = given;
  session.query(kFindAttribute, {record, attribute.key}, [&](const Row& row) {
    id = row.integer(0);
    stored =
        std::tuple(row.integer(1), row.integer(2) != 0, row.number(3), std::string(row.text(4)), row.integer(5) != 0,
                   std::string(row.text(6)), std::string(row.text(7)), optional_integer(row, 8));
  });
  if (id != 0 && given <= stored) return false;
  const auto type = static_cast<std::int64_t>(attribute.type);
  const auto party = static_cast<std::int64_t>(attribute.party);
  const Parameter number = numeric && !attribute.removed ? Parameter(attribute.number) : Parameter(nullptr);
  const Parameter text =
      !numeric && !attribute.removed ? Parameter(std::string_view(attribute.text)) : Parameter(nullptr);
  const std::int64_t sensitive = attribute.sensitive;
  const std::int64_t removed = attribute.removed;
  if (id != 0)
    session.execute(kUpdateAttribute, {attribute.label, type, number, text, attribute.unit, party, sensitive, removed,
                                       set_us, or_null(attribute.expires_us), id});
  else
    session.execute(kInsertAttribute,
                    {next_id(now_us_), record, attribute.key, nullptr, attribute.label, type, number, text,
                     attribute.unit, party, sensitive, removed, set_us, or_null(attribute.expires_us), now_us_});
  return true;
}

}  // namespace identities::store
