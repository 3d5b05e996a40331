#include "accounts/intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <set>

#include "accounts/item_decoder.hpp"
#include "core/json_writer.hpp"
#include "store/item_writer.hpp"

namespace identities::accounts {
namespace {

// Together: what a transaction takes in a few milliseconds. One thread stores while another waits for its flush, and as
// many store what goes by itself.
constexpr std::size_t kDeliveriesTogether = 64;
constexpr std::size_t kWeightTogether = 500;
constexpr std::size_t kWeightAlone = 100;
constexpr std::size_t kAtOnce = 2;
/// Who has less time left is not stored with others, who would have no more than it.
constexpr Microseconds kLittleTimeUs = 500'000;

/// What storing it takes, in what a message takes: each fact costs about as much, and so do 4 KiB.
std::size_t weight_of(const Received& received) {
  struct Facts {
    std::size_t operator()(const Engagement& content) const {
      return content.interests.size() + content.customer.identifiers.size();
    }
    std::size_t operator()(const Profile& content) const {
      return content.interests.size() + content.customer.identifiers.size();
    }
    std::size_t operator()(const Attributes& content) const {
      return content.interests.size() + content.attributes.size() + content.customer.identifiers.size();
    }
    std::size_t operator()(const EngagementDeleted&) const { return 0; }
    std::size_t operator()(const ThreadMoved&) const { return 0; }
    std::size_t operator()(const ThreadUpdated&) const { return 0; }
    // It may move hundreds of records.
    std::size_t operator()(const CustomerMerged&) const { return kWeightAlone; }
    // It may have hundreds of rows to remove.
    std::size_t operator()(const ThreadDeleted&) const { return kWeightAlone; }
  };
  constexpr std::size_t kBytes = 4096;
  std::size_t weight = received.bytes / kBytes;
  for (const Decoded& each : received.decoded) weight += 1 + (each.item ? std::visit(Facts{}, each.item->content) : 0);
  return weight;
}

}  // namespace

struct Intake::Job {
  const Received& received;
  Stored stored;
  bool alone = false;  // it was not stored with the others, and is to be stored by itself
};

std::vector<Decoded> decode_items(const boost::json::value& value, const store::Account& account,
                                  const ResolutionRules& rules, Microseconds now_us) {
  const Source source{account.name, account.provider, now_us, account.region, rules};
  std::vector<Decoded> decoded;
  if (const auto* array = value.if_array()) {
    for (std::size_t index = 0; index < array->size(); ++index) {
      Decoded& each = decoded.emplace_back();
      each.item = decode_item((*array)[index], fmt::format("/{}", index), source, each.faults);
    }
  } else {
    Decoded& one = decoded.emplace_back();
    one.item = decode_item(value, "", source, one.faults);
  }
  return decoded;
}

void expect(std::vector<store::WriteBatch::Expected>& expected, const store::Account& account,
            const std::vector<Decoded>& decoded) {
  for (const Decoded& each : decoded)
    if (each.item) expected.push_back({account.id, &*each.item});
}

std::string apply_items(store::WriteBatch& batch, const store::Account& account, const ResolutionRules& rules,
                        Microseconds now_us, const std::vector<Decoded>& decoded) {
  store::ItemWriter writer(batch, now_us, account, "account:" + account.name, rules);
  JsonWriter results(64 * decoded.size());
  results.begin_array();
  for (std::size_t index = 0; index < decoded.size(); ++index) {
    results.begin_object().member_integer("index", static_cast<std::int64_t>(index));
    if (decoded[index].item)
      results.member("status", store::outcome_name(writer.apply(*decoded[index].item)));
    else
      results.member("status", "rejected").key("errors").raw(faults_json(decoded[index].faults));
    results.end_object();
  }
  writer.finish();
  results.end_array();
  return results.take();
}

Intake::Intake(store::Pool& pool)
    : pool_(pool),
      together_(pool.clock(), {kDeliveriesTogether, kWeightTogether, kAtOnce}),
      alone_(pool.clock(), {1, 1, kAtOnce}) {}

/// Each attempt takes its turn, so that who meets a lock again and again does not keep the others waiting.
template <typename Attempt>
void Intake::by_turns(Job& job, const Attempt& attempt) {
  const Microseconds deadline_us = job.received.deadline_us;
  for (;;) {
    try {
      return alone_.run(job, 1, deadline_us, attempt);
    } catch (const store::Contended&) {
      if (pool_.clock().monotonic_us() >= deadline_us) throw;
    } catch (const store::Duplicate&) {
      // Somebody made the same row first: this time it is found.
      if (pool_.clock().monotonic_us() >= deadline_us) throw;
    }
  }
}

Stored Intake::store(const Received& received) {
  Job job{received, {}, false};
  const std::size_t weight = weight_of(received);
  const auto has_little_time = [&] { return received.deadline_us - pool_.clock().monotonic_us() < kLittleTimeUs; };
  job.alone = weight > kWeightAlone || has_little_time();
  if (!job.alone) {
    try {
      together_.run(job, weight, received.deadline_us, [this](std::span<Job* const> jobs) { store_together(jobs); });
    } catch (const store::DeadlineExceeded&) {
      if (has_little_time()) throw;
      job.alone = true;  // another's deadline ended the round
    }
  }
  if (job.alone) by_turns(job, [this](std::span<Job* const> jobs) { store_now(jobs); });
  return std::move(job.stored);
}

void Intake::store_together(std::span<Job* const> jobs) {
  // One that another transaction came between, or that cannot be stored at all, does not take the others along. What
  // the database itself refuses now is refused to all of them.
  try {
    return store_now(jobs);
  } catch (const store::Unavailable&) {
    throw;
  } catch (const store::DeadlineExceeded&) {
    throw;
  } catch (const std::exception&) {
    for (Job* job : jobs) job->alone = true;
  }
}

namespace {

store::Delivery made(const Received& received, std::string results) {
  const bool partly =
      std::any_of(received.decoded.begin(), received.decoded.end(), [](const Decoded& each) { return !each.item; });
  return {next_id(received.now_us), received.sha256, received.now_us, partly ? 207 : 200, std::move(results)};
}

std::string request_ids(auto jobs) {
  std::string ids;
  for (const auto* job : jobs) {
    if (!ids.empty()) ids += ' ';
    ids += job->received.request_id;
  }
  return ids;
}

}  // namespace

void Intake::store_now(std::span<Job* const> jobs) {
  const auto earliest = std::min_element(jobs.begin(), jobs.end(), [](const Job* left, const Job* right) {
    return left->received.deadline_us < right->received.deadline_us;
  });
  const auto work = [&](store::Session& session) {
    session.set_request_id(request_ids(jobs));
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(session);
    store::Settings settings;
    std::map<store::DeliveryKey, store::Delivery> before;
    std::vector<store::DeliveryKey> keys;
    std::vector<store::WriteBatch::Expected> expected;
    for (const Job* job : jobs) {
      keys.emplace_back(job->received.account.id, job->received.id);
      expect(expected, job->received.account, job->received.decoded);
    }
    const store::Session::Ask asked = store::ask_settings(settings);
    batch.expect(expected, {{asked.statement, {asked.parameters}, asked.each}, store::ask_deliveries(keys, before)});
    std::set<store::DeliveryKey> stored;
    for (std::size_t index = 0; index < jobs.size(); ++index) {
      Job& job = *jobs[index];
      const Received& received = job.received;
      // Whoever comes second under one id waits for what became of the first.
      job.alone = stored.contains(keys[index]);
      if (job.alone) continue;
      if (settings.version != received.settings_version) {
        job.stored = {Fate::kSettingsChanged, {}};
      } else if (const auto found = before.find(keys[index]); found != before.end()) {
        job.stored = {found->second.body_sha256 == received.sha256 ? Fate::kDuplicate : Fate::kIdReused, found->second};
      } else {
        job.stored = {Fate::kStored, made(received, apply_items(batch, received.account, received.rules,
                                                                received.now_us, received.decoded))};
        store::insert_delivery(batch, received.account.id, received.id, job.stored.delivery);
        stored.insert(keys[index]);
      }
    }
    batch.commit(transaction);
    return true;
  };
  pool_.with_session((*earliest)->received.deadline_us, work);
}

Stored Intake::try_out(const Received& received) {
  Job job{received, {}, true};
  const auto attempt = [&](store::Session& session) {
    session.set_request_id(received.request_id);
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(session);
    std::string results = apply_items(batch, received.account, received.rules, received.now_us, received.decoded);
    batch.flush();  // so that what the database refuses shows
    job.stored = {Fate::kStored, made(received, std::move(results))};
    return true;
  };
  by_turns(job, [&](std::span<Job* const>) { pool_.with_session(received.deadline_us, attempt); });
  return std::move(job.stored);
}

}  // namespace identities::accounts
