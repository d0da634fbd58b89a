#include "core/gate/look.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <tuple>

#include "core/gate/by_schema.h"
#include "core/gate/calls.h"
#include "core/object/codec.h"
#include "core/object/verbs.h"

namespace cleat::gate {
namespace {

std::unexpected<Status> wrong(const object::Kind& kind, std::string_view what) {
  return fail(Status::internal(concat("plugin ", kind.plugin, " gave ", what)));
}

// Whether the object is one that may be shown to whoever looked for `target`.
Result<void> checkSeen(const bus::Target& target, const Message& object) {
  const object::Kind& kind = *target.kind;
  if (Result<void> shaped = object::verify(kind, object.words()); !shaped) {
    return wrong(kind, concat("an object that is no ", kind.name, ": ", shaped.error().message));
  }
  const auto meta = object.meta();
  const std::string_view name = view(meta.getName()), ns = view(meta.getNamespace());
  if (name.empty()) return wrong(kind, concat("a ", kind.name, " without a name"));
  if (!target.name.empty() && name != target.name) {
    return wrong(kind, concat("the ", kind.name, " \"", name, "\" when it was asked for \"", target.name, "\""));
  }
  const bool inPlace = kind.namespaced ? !ns.empty() && (target.ns.empty() || ns == target.ns) : ns.empty();
  if (!inPlace) return wrong(kind, concat("the ", kind.name, " \"", name, "\" in the namespace \"", ns, "\""));
  if (meta.getResourceVersion() != 0) {
    return wrong(kind, concat("the ", kind.name, " \"", name, "\" with a resourceVersion, although nothing stores it"));
  }
  return {};
}

Task<Result<std::vector<object::ObjectRef>>> seenBy(Roles& roles, bus::UserRef user, const bus::Target& target) {
  const object::Kind& kind = *target.kind;
  auto fill = [&](role::LookParams::Builder builder) {
    fillRef(builder.initRef(), target);
    fillUser(builder.initUser(), *user);
  };
  RoleCall call = makeCall(role::kinds::look, fill);
  CLEAT_CO_TRY(RoleAnswer answer, co_await ask(roles, kind.plugin, std::move(call)));
  std::vector<object::ObjectRef> seen;
  seen.reserve(answer.objects.size());
  for (Ref<Message>& given : answer.objects) {
    CLEAT_CO_TRY(checkSeen(target, *given));
    CLEAT_CO_TRY(Ref<const Message> shaped, bySchema(kind, std::move(given)));
    std::string json = object::encodeJson(kind, shaped->words());
    std::string ns = str(shaped->meta().getNamespace()), name = str(shaped->meta().getName());
    seen.push_back(makeRef<const object::Object>(kind, std::move(ns), std::move(name), uint64_t{0}, std::move(json),
                                                 std::move(shaped)));
  }
  co_return seen;
}

}  // namespace

Status notWithVirtual(const object::Kind& kind) {
  return Status::methodNotAllowed(concat(kind.resource(), " are not stored: they can only be looked at"));
}

Task<Result<object::ObjectRef>> lookAt(Roles& roles, bus::UserRef user, bus::Target target) {
  if (!target.subresource.empty() || !object::hasVerb(*target.kind, "get"))
    co_return fail(notWithVirtual(*target.kind));
  auto asked = seenBy(roles, std::move(user), target);
  CLEAT_CO_TRY(std::vector<object::ObjectRef> seen, co_await std::move(asked));
  if (seen.empty()) co_return fail(Status::notFound(target.kind->resource(), target.name));
  if (seen.size() > 1) co_return wrong(*target.kind, concat(seen.size(), " objects when it was asked for one"));
  co_return std::move(seen.front());
}

Task<Result<std::vector<object::ObjectRef>>> lookThrough(Roles& roles, bus::UserRef user, bus::Target target) {
  if (!object::hasVerb(*target.kind, "list")) co_return fail(notWithVirtual(*target.kind));
  auto asked = seenBy(roles, std::move(user), target);
  CLEAT_CO_TRY(std::vector<object::ObjectRef> seen, co_await std::move(asked));
  const auto place = [](const object::ObjectRef& object) { return std::tie(object->ns(), object->name()); };
  std::ranges::sort(seen, {}, place);
  const auto twice = std::ranges::adjacent_find(seen, {}, place);
  if (twice != seen.end()) co_return wrong(*target.kind, concat("two objects \"", (*twice)->key(), "\""));
  co_return seen;
}

}  // namespace cleat::gate
