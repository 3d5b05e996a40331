#include "deadlines.hpp"

#include <boost/asio/post.hpp>
#include <vector>

namespace hdhost {

Deadlines::Key Deadlines::add(Time at, std::shared_ptr<Expiring> watched) {
  Key key;
  bool earlier = false;
  {
    const std::lock_guard lock(watched_.mutex);
    key = {at, ++watched_.count};
    watched_.entries.emplace_hint(watched_.entries.end(), key, std::move(watched));
    earlier = at < watched_.armed_at;
    if (earlier) watched_.armed_at = at;
  }
  if (!earlier) return key;
  try {
    boost::asio::post(io_, [this] { arm(); });
  } catch (...) {  // no memory: this one is not watched
    const std::lock_guard lock(watched_.mutex);
    watched_.entries.erase(key);
    // What the timer waits for is at most as late as the first of those that were there before.
    watched_.armed_at = watched_.entries.empty() ? Time::max() : watched_.entries.begin()->first.first;
    throw;
  }
  return key;
}

void Deadlines::remove(const Key& key) {
  std::shared_ptr<Expiring> last;  // before the lock, so that it goes after it
  const std::lock_guard lock(watched_.mutex);
  const auto found = watched_.entries.find(key);
  if (found == watched_.entries.end()) return;
  last = std::move(found->second);
  watched_.entries.erase(found);
}

void Deadlines::arm() {
  {
    const std::lock_guard lock(watched_.mutex);
    timer_.expires_at(watched_.armed_at);
  }
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec) tell();
  });
}

void Deadlines::tell() {
  std::vector<std::shared_ptr<Expiring>> late;
  bool more = false;
  {
    const std::lock_guard lock(watched_.mutex);
    auto& entries = watched_.entries;
    const Time now = std::chrono::steady_clock::now();
    while (!entries.empty() && entries.begin()->first.first <= now) {
      late.push_back(std::move(entries.begin()->second));
      entries.erase(entries.begin());
    }
    more = !entries.empty();
    watched_.armed_at = more ? entries.begin()->first.first : Time::max();
  }
  for (const auto& entry : late) entry->expire();
  if (more) arm();
}

}  // namespace hdhost
