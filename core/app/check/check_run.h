// CheckRun: the checks of one plugin, one after the other. Role checks (role_checks.h) ask the plugin what its role is
// asked, judge the answers, and leave calls behind that the checks of all roles then repeat, crowd and cancel.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/app/check/check_report.h"
#include "core/app/check/checked_plugin.h"
#include "core/app/check/sample_messages.h"

namespace cleat::app {

// A call that the plugin can be asked at any time.
struct SampleCall {
  MethodId method;
  Ref<const object::Message> params;
  host::Arguments objects;
  bool repeats = false;  // the role promises the same answer to the same call

  host::RoleCall asCall() const { return {method, params, objects, 0}; }
};

// An answer, or what became of the call, as one text: two are the same if these are.
std::string fingerprint(const host::RoleAnswer& answer);
// "403 no such luck", "OK"
std::string brief(const host::RoleAnswer& answer);

class CheckRun {
 public:
  CheckRun(CheckedPlugin& plugin, CheckReport& report, CheckLog& log, size_t calls)
      : plugin_(plugin), report_(report), log_(log), calls_(calls), samples_(20'061) {}

  // Everything. Whatever happens to the plugin meanwhile is in the report.
  void run();

  // For role checks.
  CheckedPlugin& plugin() { return plugin_; }
  CheckReport& report() { return report_; }
  SampleMessages& samples() { return samples_; }
  // Calls it; where the plugin has ended, answered too late or with what is no answer, that is noted, and it is started
  // again.
  host::RoleAnswer ask(const SampleCall& call);
  template <class P, class R, class F>
  host::RoleAnswer ask(Method<P, R> method, F fill, host::Arguments objects = {}) {
    return ask({method, object::makeMessage<P>(std::move(fill)), std::move(objects)});
  }
  host::RoleAnswer ask(MethodId method) { return ask({method, host::emptyMessage(), {}}); }
  // A call for the checks of all roles.
  void keep(SampleCall call) { kept_.push_back(std::move(call)); }
  // It has crashed so often that there is no use in going on.
  bool given() const { return crashes_ > kMostCrashes; }

 private:
  static constexpr size_t kMostCrashes = 3;

  bool start();
  void checkRoles();
  void checkUnknownMethods();
  void checkArbitraryMessages();
  void checkRepeats();
  void checkManyAtOnce();
  void checkCancellation();
  void checkMemory();
  void checkRest();
  void checkRestart();
  void checkGrants();
  // Notes what became of a call, and starts the plugin again if that was its end.
  void note(MethodId method, const host::RoleAnswer& answer);
  void revive(const std::string& doing);
  // The interfaces of its roles; for each how many methods it has.
  std::vector<std::pair<uint64_t, uint32_t>> interfaces() const;
  // Whether it still answers something after a check; notes it if not.
  bool stillAnswers(std::string_view check);
  // By how much it grows, by so many calls; and in the round of several in which that is least.
  uint64_t growth(size_t calls);
  uint64_t leastGrowth(size_t calls);
  std::vector<std::string> answersToRepeated();

  CheckedPlugin& plugin_;
  CheckReport& report_;
  CheckLog& log_;
  const size_t calls_;
  SampleMessages samples_;
  std::vector<SampleCall> kept_;
  size_t crashes_ = 0;
};

// Methods that wait for something to happen, until their deadline.
bool waits(MethodId method);

}  // namespace cleat::app
