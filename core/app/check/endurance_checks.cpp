// What a plugin has to stand over time: thousands of calls or changes, a cluster at rest, its own end and its killing.
#include <cleat/sdk/text.h>

#include <algorithm>
#include <thread>

#include "core/app/check/check_run.h"
#include "core/host/role_interfaces.h"

namespace cleat::app {
namespace {

using std::chrono::milliseconds;

constexpr size_t kCrowd = 50;
// Less than this a call is what allocators do for themselves.
constexpr uint64_t kBytesPerCall = 200, kLeastBytes = 256u << 10;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryTells = false;  // sanitizers keep what is freed
#else
constexpr bool kMemoryTells = true;
#endif

bool watchesOnly(const std::vector<std::string>& roles) {
  return std::ranges::all_of(roles,
                             [](const std::string& role) { return role == "controller" || role == "scheduler"; });
}

}  // namespace

uint64_t CheckRun::growth(size_t calls) {
  std::vector<const SampleCall*> asked;
  for (const SampleCall& call : kept_) {
    if (!waits(call.method)) asked.push_back(&call);
  }
  const uint64_t before = plugin_.residentBytes();
  if (asked.empty()) {
    plugin_.cluster().stir(calls);
  } else {
    for (size_t done = 0; done < calls && !plugin_.gone(); done += kCrowd) {
      std::vector<host::RoleCall> round;
      for (size_t i = 0; i < kCrowd; ++i) round.push_back(asked[(done + i) % asked.size()]->asCall());
      (void)plugin_.callAll(std::move(round));
    }
  }
  const uint64_t after = plugin_.residentBytes();
  return after > before ? after - before : 0;
}

uint64_t CheckRun::leastGrowth(size_t calls) {
  uint64_t least = UINT64_MAX;
  for (int round = 0; round < 3 && !given(); ++round) least = std::min(least, growth(calls));
  return least;
}

void CheckRun::checkMemory() {
  if (!kMemoryTells) return report_.skip("memory", "a sanitizer is in the program");
  // Changes cost the whole cluster, calls the plugin alone.
  const size_t calls = kept_.empty() ? std::max<size_t>(calls_ / 20, 50) : std::max<size_t>(calls_ / 4, kCrowd);
  (void)growth(calls);
  // What is cached is there after a while; what leaks grows in each round, and in longer ones too.
  size_t round = calls;
  uint64_t least = leastGrowth(round);
  if (least > kLeastBytes && least / round > kBytesPerCall) least = leastGrowth(round = 4 * calls);
  revive("after thousands of calls");
  if (given()) return;
  if (least > kLeastBytes && least / round > kBytesPerCall) {
    report_.fail("memory", concat("each call costs ", least / round, " bytes for good, over ", 3 * round,
                                  " calls: look for what is kept, with -fsanitize=address or a heap profiler"));
  }
  report_.okUnlessFailed("memory", concat("no growth over ", 4 * calls, kept_.empty() ? " changes" : " calls"));
}

// A plugin that only ever reacts to its own writes never comes to rest.
void CheckRun::checkRest() {
  if (!watchesOnly(plugin_.manifest().roles)) return;
  constexpr auto kQuiet = milliseconds(300), kMost = milliseconds(6000), kStep = milliseconds(20);
  constexpr uint64_t kMostOften = 20;
  for (int round = 0; round < 2; ++round) {
    const uint64_t begun = plugin_.cluster().asked().writes;
    uint64_t writes = begun;
    auto quiet = milliseconds(0);
    for (auto waited = milliseconds(0); waited < kMost && quiet < kQuiet; waited += kStep) {
      std::this_thread::sleep_for(kStep);
      const uint64_t now = plugin_.cluster().asked().writes;
      quiet = now == writes ? quiet + kStep : milliseconds(0);
      writes = now;
    }
    revive("when it watched a cluster");
    if (quiet < kQuiet) {
      const auto asked = plugin_.cluster().asked();
      return report_.fail("rest",
                          concat("it wrote ", writes - begun, " times in 6 s, at last \"", asked.lastWrites.back(),
                                 "\", and goes on: write only what differs from what is there"));
    }
    // The SDK slows one down that wakes itself, and says so after a while.
    if (const auto asked = plugin_.cluster().asked(); asked.times > kMostOften) {
      return report_.fail("rest",
                          concat("nobody wanted anything of it, and it did \"", asked.oftenest, "\" ", asked.times,
                                 " times: it wakes itself; write only what differs from what is there"));
    }
    if (const std::string said = plugin_.selfReport(); said.find("wakes itself") != std::string::npos) {
      return report_.fail("rest", concat(said, ": write only what differs from what is there"));
    }
    if (round == 0) plugin_.cluster().stir(12);
  }
  report_.okUnlessFailed("rest", concat("after ", plugin_.cluster().asked().writes, " writes"));
}

void CheckRun::checkRestart() {
  if (given()) return;
  const std::string& name = plugin_.manifest().name;
  const std::vector<std::string> before = answersToRepeated();
  log_.forget(name);
  const Result<void> stopped = plugin_.stop();
  if (!stopped)
    report_.fail("stop", concat(stopped.error().message, ": end what runs when `stop` is called, and free it"));
  if (log_.says(name, "did not end in order")) {
    report_.fail("stop", concat(log_.lastWarning(name), ": nothing may be touched any more that `stop` has freed"));
  }
  report_.okUnlessFailed("stop");
  auto again = [&](const char* check, const char* after) {
    if (auto started = plugin_.start(); !started) {
      return report_.fail(check, concat(after, " it does not start any more: ", started.error().message));
    }
    if (answersToRepeated() != before) {
      report_.fail(check, concat(after,
                                 " it answers otherwise than before: what it needs to know is in the cluster or in "
                                 "its state folder"));
    }
    report_.okUnlessFailed(check);
  };
  again("restart", "stopped and started again,");
  if (report_.failed("restart")) return;
  plugin_.kill();
  again("kill", "killed and started again,");
  (void)plugin_.stop();
}

void CheckRun::checkGrants() {
  const auto asked = plugin_.cluster().asked();
  if (!asked.refused.empty()) {
    report_.fail("grants", concat("it asks for what its manifest does not: ", joined(asked.refused, ", "),
                                  ": a line of .grants for each"));
  }
  report_.okUnlessFailed("grants");
}

}  // namespace cleat::app
