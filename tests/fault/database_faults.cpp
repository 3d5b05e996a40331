#include "database_faults.hpp"

namespace fault {
namespace {

using Mode = support::FaultProxy::Mode;

constexpr std::uint64_t kWithinAGreeting = 30;  // bytes: the server's first packet, and any answer, is longer

template <Mode mode>
void set(Site& site) {
  site.proxy.set(mode);
}
template <Mode mode>
void set_within_an_answer(Site& site) {
  site.proxy.set_after(kWithinAGreeting, mode);
}
template <Mode mode, bool deliver>
void set_at_commit(Site& site) {
  site.proxy.set_at("COMMIT", mode, deliver);
}
void open_the_path(Site& site) {
  site.proxy.set(Mode::kForward);
}

}  // namespace

const std::vector<Fault>& faults() {
  static const std::vector<Fault> kFaults = {
      {"stopped", false, [](Site& site) { site.server.pause(); }, [](Site& site) { site.server.resume(); }},
      {"killed", false, [](Site& site) { site.server.kill(); }, [](Site& site) { site.server.start(); }},
      {"packets vanish", true, &set<Mode::kStall>, &open_the_path},
      {"reset", true, &set<Mode::kReset>, &open_the_path},
      {"closed at once", true, &set<Mode::kClose>, &open_the_path},
      {"rubbish", true, &set<Mode::kRubbish>, &open_the_path},
      {"silent within a packet", true, &set_within_an_answer<Mode::kStall>, &open_the_path},
      {"closed within a packet", true, &set_within_an_answer<Mode::kClose>, &open_the_path},
      {"reset within a packet", true, &set_within_an_answer<Mode::kReset>, &open_the_path},
  };
  return kFaults;
}

const std::vector<Fault>& commit_faults() {
  static const std::vector<Fault> kFaults = {
      {"COMMIT vanishes", true, &set_at_commit<Mode::kStall, false>, &open_the_path},
      {"the answer to COMMIT vanishes", true, &set_at_commit<Mode::kStall, true>, &open_the_path},
      {"closed before COMMIT", true, &set_at_commit<Mode::kClose, false>, &open_the_path},
      {"reset at COMMIT", true, &set_at_commit<Mode::kReset, true>, &open_the_path},
  };
  return kFaults;
}

}  // namespace fault
