// The status of an object as its controller writes it: conditions of its own beside those of others, and all of it
// against the version that was read.
#pragma once

#include <capnp/any.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/meta.h>

#include <string_view>
#include <vector>

namespace cleat {

// As setCondition, but one that says the same for the same reason stays as it is, with its message and times: a message
// that names what failed last would otherwise be a change that brings the next try.
template <class C, class ParentBuilder>
bool changeCondition(ParentBuilder parent, const ConditionUpdate& update) {
  auto old = findCondition(parent.asReader().getConditions(), update.type);
  if (old && view(old->getStatus()) == update.status && view(old->getReason()) == update.reason) return false;
  return setCondition<C>(parent, update);
}

// Returns whether there was one.
template <class C, class ParentBuilder>
bool removeCondition(ParentBuilder parent, std::string_view type) {
  auto conditions = parent.asReader().getConditions();
  std::vector<typename C::Reader> others;
  for (auto condition : conditions) {
    if (view(condition.getType()) != type) others.push_back(condition);
  }
  if (others.size() == conditions.size()) return false;
  parent.adoptConditions(listOf<C>(orphanageOf(parent), others));
  return true;
}

// Writes the draft of what was read if its status differs. What somebody else has written meanwhile is not overwritten:
// that is no failure, because the newer version brings the next look by itself; nor is it that the object has gone.
template <class K>
Task<Result<void>> writeStatus(Client client, Object<K> read, Draft<K> draft) {
  if (capnp::toAny(draft.reader().getStatus()) == capnp::toAny(read->getStatus())) co_return Result<void>();
  Result<Object<K>> updated = co_await client.updateStatus<K>(std::move(draft));
  if (!updated && !updated.error().is(404) && !updated.error().is(409)) co_return fail(updated.error());
  co_return Result<void>();
}

}  // namespace cleat
