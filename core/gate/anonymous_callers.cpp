#include "core/gate/anonymous_callers.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::gate {

bool AnonymousCallers::Door::isOpen(const std::string& path) const {
  return allowed && (paths.empty() || std::ranges::find(paths, path) != paths.end());
}

Task<Result<bus::User>> AnonymousCallers::user(const Chains& chains, std::string path) {
  const uint64_t generation = chains.roles().generation();
  std::shared_ptr<const Said> said;
  {
    MutexLock lock(mutex_);
    said = said_;
  }
  if (!said || generation == 0 || said->generation != generation) said = co_await ask(chains, generation);
  if (!said || !said->door.isOpen(path)) co_return fail(Status::unauthorized());
  bus::User anonymous;
  anonymous.name = "system:anonymous";
  anonymous.groups = {"system:unauthenticated"};
  co_return anonymous;
}

Task<std::shared_ptr<const AnonymousCallers::Said>> AnonymousCallers::ask(const Chains& chains, uint64_t generation) {
  auto said = std::make_shared<Said>(Said{generation, own_});
  const std::shared_ptr<const ChainSet> set = chains.get();
  for (const std::string& plugin : set->authenticators) {
    const auto decision = co_await decisionOf(chains, plugin);
    if (!decision) co_return nullptr;
    if (!*decision) continue;
    said->door = **decision;
    break;
  }
  MutexLock lock(mutex_);
  said_ = said;
  co_return said;
}

Task<std::shared_ptr<const std::optional<AnonymousCallers::Door>>> AnonymousCallers::decisionOf(const Chains& chains,
                                                                                                std::string plugin) {
  RoleCall call{role::authenticator::anonymous, Message::make(1), {}, 0};
  const RoleAnswer answer = co_await chains.roles().call(plugin, std::move(call));
  if (answer.status == CLEAT_RETRY) {
    MutexLock lock(mutex_);
    const auto found = heard_.find(plugin);
    co_return found == heard_.end() ? nullptr : found->second;
  }
  // Whoever does not fill the method decides nothing.
  auto decision = std::make_shared<std::optional<Door>>();
  if (answer.status == CLEAT_OK) {
    const auto results = resultsOf(role::authenticator::anonymous, answer);
    if (results.getDecides()) {
      Door& door = decision->emplace(Door{.allowed = results.getAllowed()});
      for (auto path : results.getPaths()) door.paths.push_back(str(path));
    }
  }
  MutexLock lock(mutex_);
  heard_.insert_or_assign(std::move(plugin), decision);
  co_return decision;
}

}  // namespace cleat::gate
