// How PluginHost answers for the roles: which plugins fill one, in which order, and calls to them.
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/host/plugin_host_state.h"
#include "core/host/role_chains.h"
#include "core/host/role_interfaces.h"

namespace cleat::host {
namespace {

// What an admission plugin whose interests are not known yet is taken to want to see: everything, so that nothing
// passes it by while it starts.
const Ref<const Message>& everyInterest() {
  static const Ref<const Message> all = makeMessage<role::Interests>([](role::Interests::Builder interests) {
    auto rules = interests.initRules(2);
    for (unsigned i = 0; i < rules.size(); ++i) {
      rules[i].setGroup("*");
      rules[i].setResource(i == 0 ? "*" : "*/*");
      rules[i].setMutates(true);
      rules[i].setValidates(true);
      auto operations = rules[i].initOperations(4);
      operations.set(0, role::Operation::CREATE);
      operations.set(1, role::Operation::UPDATE);
      operations.set(2, role::Operation::DELETE);
      operations.set(3, role::Operation::CONNECT);
    }
  });
  return all;
}

Task<RoleAnswer> answered(RoleAnswer answer) { co_return answer; }

using PassedOver = std::function<void(const std::string& plugin, const std::string& why)>;

// An answer as its policy has it. Nothing is ever allowed by a failure: an authorizer that is passed over has no
// opinion.
Task<RoleAnswer> withPolicy(Task<RoleAnswer> calling, AskPolicy policy, std::string plugin, PassedOver passedOver) {
  RoleAnswer answer = co_await std::move(calling);
  // Who refuses credentials as wrong has not failed.
  const bool failed =
      answer.status == CLEAT_RETRY || (answer.status == CLEAT_FAILED && (!answer.error || answer.error->code >= 500));
  if (!failed) co_return answer;
  if (policy.isPassedOver) {
    if (passedOver) passedOver(plugin, answer.error ? answer.error->message : std::string("it does not say why"));
    answer.status = CLEAT_NOT_MINE;
  } else {
    answer.endsChain = true;
  }
  co_return answer;
}

}  // namespace

const char* PluginHost::Entry::stateName(State state) {
  switch (state) {
    case State::starting: return "starting";
    case State::running: return "running";
    case State::restarting: return "restarting";
    case State::stopped: break;
  }
  return "stopped";
}

std::vector<std::string> PluginHost::State::chain(std::string_view role) const {
  std::vector<std::string> names;
  ReaderLock lock(mutex);
  for (const auto& entry : entries) {
    if (entry->fills(role)) names.push_back(entry->name);
  }
  const auto said = options.chains.find(role);
  if (said == options.chains.end()) return names;
  // Names that nothing is said of come first: their place is 0.
  auto place = [&](const std::string& name) {
    const auto found = std::ranges::find(said->second, name);
    return found == said->second.end() ? 0 : 1 + (found - said->second.begin());
  };
  std::ranges::stable_sort(names, {}, place);
  return names;
}

Ref<const Message> PluginHost::State::interests(const std::string& plugin) const {
  ReaderLock lock(mutex);
  auto found = byName.find(plugin);
  if (found == byName.end() || !found->second->interests) return everyInterest();
  const Entry& entry = *found->second;
  // What one that runs wants just now says nothing of what it will want when it is there again.
  if (entry.instance) {
    if (Ref<const Message> wanted = entry.instance->wanted()) return wanted;
  }
  return entry.interests;
}

const AskPolicy* PluginHost::State::policyOf(MethodId method, std::string_view plugin) const {
  if (options.askPolicies.empty()) return nullptr;
  const auto role = options.askPolicies.find(roleOf(method));
  if (role == options.askPolicies.end()) return nullptr;
  const auto policy = role->second.find(plugin);
  return policy == role->second.end() ? nullptr : &policy->second;
}

Task<RoleAnswer> PluginHost::State::call(std::string_view plugin, RoleCall call) {
  Instance* instance = nullptr;  // held by its reservation
  Instance::Reservation reserved;
  std::string absent;
  std::optional<AskPolicy> policy;
  {
    ReaderLock lock(mutex);
    if (const AskPolicy* said = policyOf(call.method, plugin)) policy = *said;
    auto found = byName.find(plugin);
    if (found == byName.end()) {
      absent = "not loaded";
    } else if (instance = found->second->instance.get(); instance) {
      // Reserved under the lock: whoever replaces the instance waits for this call as well.
      reserved = Instance::Reservation(found->second->instance);
    } else {
      absent = Entry::stateName(found->second->state);
      if (!found->second->message.empty()) absent += ": " + found->second->message;
    }
  }
  if (policy && call.timeoutNs == 0) call.timeoutNs = policy->timeout.count();
  auto calling = instance
                     ? instance->call(std::move(call), std::move(reserved))
                     : answered(answerOf(CLEAT_RETRY, Status::unavailable(concat("plugin ", plugin, " is ", absent))));
  if (!policy) return calling;
  return withPolicy(std::move(calling), *policy, std::string(plugin), options.passedOver);
}

Task<RoleAnswer> PluginHost::State::callRole(RoleCall asked) {
  auto self = shared_from_this();
  std::string role(roleOf(asked.method));
  if (role.empty()) co_return answerOf(CLEAT_FAILED, Status::badRequest("no role has the interface of this call"));
  if (role == "authenticator") co_return co_await askAuthenticators(*this, std::move(asked));
  if (role == "authorizer") co_return co_await askAuthorizers(*this, std::move(asked));
  std::vector<std::string> fillers = chain(role);
  if (fillers.empty()) {
    co_return answerOf(CLEAT_RETRY, Status::unavailable("no plugin fills the role " + role));
  }
  RoleAnswer answer;
  for (size_t i = 0; i < fillers.size(); ++i) {
    RoleCall one = i + 1 < fillers.size() ? asked : std::move(asked);
    auto calling = call(fillers[i], std::move(one));
    answer = co_await std::move(calling);
    if (answer.status != CLEAT_NOT_MINE) break;
  }
  co_return answer;
}

Task<RoleAnswer> PluginHost::State::callFiller(std::string plugin, RoleCall asked) {
  auto self = shared_from_this();
  const std::string role(roleOf(asked.method));
  const std::vector<std::string> fillers = role.empty() ? std::vector<std::string>() : chain(role);
  if (std::ranges::find(fillers, plugin) == fillers.end()) {
    const std::string all = joined(fillers, ", ");
    co_return answerOf(CLEAT_FAILED, Status::badRequest(concat("plugin ", plugin, " does not fill the role ",
                                                               role.empty() ? "of this call" : role,
                                                               "; it is filled by ", all.empty() ? "none" : all)));
  }
  co_return co_await call(plugin, std::move(asked));
}

}  // namespace cleat::host
