#include "core/app/check/check_run.h"

#include <cleat/schema/role/addon.methods.h>
#include <cleat/schema/role/device_driver.methods.h>
#include <cleat/schema/role/flow_control.methods.h>
#include <cleat/schema/role/http_handler.methods.h>
#include <cleat/schema/role/network.methods.h>
#include <cleat/schema/role/notices.methods.h>
#include <cleat/schema/role/runtime.methods.h>
#include <cleat/schema/role/scheduler_extension.methods.h>
#include <cleat/schema/role/store_engine.methods.h>
#include <cleat/schema/role/volume.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/app/check/role_checks.h"
#include "core/host/role_interfaces.h"

namespace cleat::app {
namespace {

void appendWords(std::string& text, const object::Message& message) {
  const object::Words words = message.words();
  text.append(reinterpret_cast<const char*>(words.data()), words.size_bytes());
  text += '|';
}

}  // namespace

std::string fingerprint(const host::RoleAnswer& answer) {
  std::string text = concat(static_cast<int>(answer.status), ' ');
  if (answer.error) text += concat(answer.error->code, ' ', answer.error->message);
  if (answer.message) appendWords(text, *answer.message);
  for (const Ref<object::Message>& object : answer.objects) appendWords(text, *object);
  return text;
}

std::string brief(const host::RoleAnswer& answer) {
  if (answer.status == CLEAT_OK) return "OK";
  return answer.error ? concat(answer.error->code, " ", answer.error->message) : "nothing";
}

bool waits(MethodId method) {
  return method == role::runtime::nextEvents || method == role::httpHandler::routes ||
         method == role::flowControl::flows || method == role::schedulerExtension::permit;
}

void CheckRun::run() {
  if (!start()) return;
  for (auto check : {&CheckRun::checkRoles, &CheckRun::checkUnknownMethods, &CheckRun::checkArbitraryMessages,
                     &CheckRun::checkRepeats, &CheckRun::checkManyAtOnce, &CheckRun::checkCancellation,
                     &CheckRun::checkRest, &CheckRun::checkMemory, &CheckRun::checkRestart, &CheckRun::checkGrants}) {
    // What one that crashes all the time does not say is no finding.
    if (!given()) (this->*check)();
  }
  for (const char* check : {"crashes", "deadlines", "answers"}) report_.okUnlessFailed(check);
}

bool CheckRun::start() {
  if (auto started = plugin_.start(); !started) {
    std::string why = started.error().message;
    const std::string said = log_.lastWarning(plugin_.manifest().name);
    if (!said.empty() && why.find(said) == std::string::npos) why += concat("; it said: ", said);
    report_.fail("start", concat(why,
                                 ": give it the settings that it needs with --toml or --config, or mend what it "
                                 "waits for"));
    return false;
  }
  const std::string lacks = plugin_.lacks();
  report_.ok("start", lacks.empty() ? "" : concat("less confined than it would be as root, without ", lacks));
  return true;
}

host::RoleAnswer CheckRun::ask(const SampleCall& call) {
  if (given()) return host::answerOf(CLEAT_RETRY, Status::unavailable("it crashes too often"));
  host::RoleAnswer answer = plugin_.call(call.asCall());
  note(call.method, answer);
  return answer;
}

void CheckRun::note(MethodId method, const host::RoleAnswer& answer) {
  if (answer.error && answer.error->code == 504 && answer.error->message.find("did not answer") != std::string::npos) {
    report_.fail("deadlines", concat(answer.error->message,
                                     ": answer before the deadline of a call, with an error where "
                                     "there is nothing better"));
  }
  if (answer.error && answer.error->message.find("with a malformed message") != std::string::npos) {
    report_.fail("answers", concat(answer.error->message, ": answer with what the method gives"));
  }
  revive(concat("when it was asked ", host::methodName(method)));
}

void CheckRun::revive(const std::string& doing) {
  const std::optional<std::string> gone = plugin_.gone();
  if (!gone) return;
  ++crashes_;
  report_.fail("crashes", concat(*gone, " ", doing,
                                 ": no input may end it; run it in a debugger, or built with "
                                 "-fsanitize=address"));
  (void)plugin_.stop();
  if (!given() && !plugin_.start()) crashes_ = kMostCrashes + 1;
}

std::vector<std::pair<uint64_t, uint32_t>> CheckRun::interfaces() const {
  std::vector<std::pair<uint64_t, uint32_t>> found;
  auto add = [&](uint64_t id) {
    uint32_t methods = 0;
    while (host::paramShape({id, methods})) ++methods;
    if (methods > 0) found.emplace_back(id, methods);
  };
  const std::pair<const char*, uint64_t> known[] = {
      {"admission", role::admission::interests.interfaceId},
      {"kinds", role::kinds::describe.interfaceId},
      {"authenticator", role::authenticator::authenticate.interfaceId},
      {"authorizer", role::authorizer::authorize.interfaceId},
      {"http-handler", role::httpHandler::routes.interfaceId},
      {"flow-control", role::flowControl::flows.interfaceId},
      {"network", role::network::status.interfaceId},
      {"notices", role::notices::tell.interfaceId},
      {"runtime", role::runtime::status.interfaceId},
      {"scheduler-extension", role::schedulerExtension::describe.interfaceId},
      {"volume", role::volume::describe.interfaceId},
      {"device-driver", role::deviceDriver::describe.interfaceId},
      {"store-engine", role::storeEngine::open.interfaceId},
      {"addon", role::addon::bring.interfaceId}};
  std::vector<std::string> left = plugin_.manifest().roles;
  for (const auto& [role, id] : known) {
    if (std::erase(left, role) > 0) add(id);
  }
  auto carried = host::readInterfaces(plugin_.subject().spec.file);
  if (!carried) return found;
  for (const host::CarriedInterface& interface : *carried) {
    if (std::ranges::find(left, interface.role) != left.end()) add(interface.id);
  }
  return found;
}

void CheckRun::checkRoles() {
  for (const std::string& role : plugin_.manifest().roles) {
    if (role == "admission") checkAdmission(*this);
    if (role == "authenticator") checkAuthenticator(*this);
    if (role == "authorizer") checkAuthorizer(*this);
    if (role == "kinds") checkKinds(*this);
    if (role == "http-handler") checkHttpHandler(*this);
    if (role == "flow-control") checkFlowControl(*this);
    if (role == "scheduler-extension") checkSchedulerExtension(*this);
    if (role == "audit") checkAudit(*this);
    if (role == "notices") checkNotices(*this);
    if (role == "store-engine") checkStoreEngine(*this);
    if (role == "addon") checkAddon(*this);
    if (role == "network") checkMachineRole(*this, role::network::status);
    if (role == "runtime") checkMachineRole(*this, role::runtime::status);
    if (role == "volume") checkVolume(*this);
    if (role == "device-driver") checkDeviceDriver(*this);
  }
}

void CheckRun::checkUnknownMethods() {
  const auto all = interfaces();
  if (all.empty()) return report_.skip("unknown", "its roles are asked nothing");
  for (const auto& [id, methods] : all) {
    for (const MethodId method : {MethodId{id, methods}, MethodId{id, methods + 1000}, MethodId{id + 7, 0}}) {
      const host::RoleAnswer answer = ask({method, host::emptyMessage(), {}});
      if (answer.status == CLEAT_OK) {
        report_.fail("unknown", concat("it answers ", host::methodName(method),
                                       " with OK, which there is not: reply "
                                       "CLEAT_NOT_MINE to what is not known"));
      }
    }
  }
  report_.okUnlessFailed("unknown", "methods of later versions are refused");
}

void CheckRun::checkArbitraryMessages() {
  const auto all = interfaces();
  if (all.empty()) return report_.skip("arbitrary", "its roles are asked nothing");
  const size_t rounds = std::max<size_t>(calls_ / 100, 5);
  size_t asked = 0;
  for (const auto& [id, methods] : all) {
    // What goes with these calls are objects of a kind: their own checks have them.
    const bool withObjects = host::roleOf({id, 0}) == "admission" || host::roleOf({id, 0}) == "kinds";
    for (uint32_t ordinal = 0; ordinal < methods && !withObjects; ++ordinal) {
      const MethodId method{id, ordinal};
      for (size_t i = 0; i < rounds && !waits(method) && !given() && !report_.failed("deadlines"); ++i, ++asked) {
        const auto schema = host::paramShape(method)->schema();
        (void)ask({method,
                   i == 0   ? host::emptyMessage()
                   : i == 1 ? samples_.shortened(schema)
                            : samples_.any(schema),
                   {}});
      }
    }
  }
  if (asked == 0) return report_.skip("arbitrary", "strange objects are part of the checks of its roles");
  if (stillAnswers("arbitrary")) report_.okUnlessFailed("arbitrary", concat(asked, " calls with strange content"));
}

bool CheckRun::stillAnswers(std::string_view check) {
  if (given()) return false;
  for (const SampleCall& call : kept_) {
    if (waits(call.method)) continue;
    const host::RoleAnswer answer = ask(call);
    if (answer.error && answer.error->code == 504) {
      report_.fail(check, concat("afterwards it does not answer ", host::methodName(call.method), " any more"));
      return false;
    }
    break;
  }
  return !plugin_.gone();
}

std::vector<std::string> CheckRun::answersToRepeated() {
  std::vector<std::string> answers;
  for (const SampleCall& call : kept_) {
    if (call.repeats) answers.push_back(fingerprint(ask(call)));
  }
  return answers;
}

void CheckRun::checkRepeats() {
  const std::vector<std::string> first = answersToRepeated(), second = answersToRepeated();
  if (given()) return;
  if (first.empty()) return report_.skip("repeats", "none of its methods promises the same answer");
  size_t at = 0;
  for (const SampleCall& call : kept_) {
    if (!call.repeats) continue;
    if (first[at] != second[at]) {
      report_.fail("repeats", concat("asked twice, ", host::methodName(call.method),
                                     " gives two answers: what it gives "
                                     "depends on the call alone"));
    }
    ++at;
  }
  report_.okUnlessFailed("repeats", concat(first.size(), " calls give the same answer twice"));
}

void CheckRun::checkManyAtOnce() {
  std::vector<const SampleCall*> calls;
  for (const SampleCall& call : kept_) {
    if (!waits(call.method)) calls.push_back(&call);
  }
  if (calls.empty()) return report_.skip("concurrency", "its roles are asked nothing");
  const std::vector<std::string> alone = answersToRepeated();
  std::vector<host::RoleCall> crowd;
  constexpr size_t kCrowd = 200;
  for (size_t i = 0; i < kCrowd; ++i) crowd.push_back(calls[i % calls.size()]->asCall());
  const std::vector<host::RoleAnswer> answers = plugin_.callAll(std::move(crowd));
  for (size_t i = 0; i < answers.size(); ++i) {
    const SampleCall& call = *calls[i % calls.size()];
    const bool answered = !answers[i].error || answers[i].error->code != 504;
    const bool same = !call.repeats || std::ranges::find(alone, fingerprint(answers[i])) != alone.end();
    if (answered && same) continue;
    report_.fail("concurrency",
                 concat("of ", kCrowd, " calls at once ", host::methodName(call.method),
                        answered ? " gives another answer than alone: what coroutines share may change at each co_await"
                                 : " is not answered in time"));
  }
  revive(concat("when it was asked ", kCrowd, " things at once"));
  report_.okUnlessFailed("concurrency", concat(kCrowd, " calls at once"));
}

void CheckRun::checkCancellation() {
  if (kept_.empty()) return report_.skip("cancellation", "its roles are asked nothing");
  std::vector<host::RoleCall> calls;
  std::vector<std::shared_ptr<gate::CallCancel>> cancels;
  constexpr size_t kCancelled = 100;
  for (size_t i = 0; i < kCancelled; ++i) {
    host::RoleCall call = kept_[i % kept_.size()].asCall();
    call.cancel = std::make_shared<gate::CallCancel>();
    call.timeoutNs = std::chrono::nanoseconds(std::chrono::milliseconds(500)).count();
    // Half of them have gone before they are asked.
    if (i % 2 == 0) call.cancel->cancel();
    cancels.push_back(call.cancel);
    calls.push_back(std::move(call));
  }
  plugin_.world().executor().after(std::chrono::milliseconds(2), [cancels] {
    for (const auto& cancel : cancels) cancel->cancel();
  });
  (void)plugin_.callAll(std::move(calls));
  revive("when callers went away");
  if (stillAnswers("cancellation")) report_.okUnlessFailed("cancellation", "callers may go away");
}

}  // namespace cleat::app
