#include "contents.h"

#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/context.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::namespaces {
namespace {

constexpr uint32_t kPage = 500;

// The place in the order of deletion.
int turnOf(const KindName& kind) {
  if (kind.group.empty() && kind.resource == "pods") return 0;
  return kind.resource == "events" ? 2 : 1;
}

Task<Result<std::vector<KindName>>> namespacedKinds(Context& context) {
  CLEAT_CO_TRY(auto answer, co_await context.call(wire::cluster::kinds));
  std::vector<KindName> kinds;
  for (auto kind : answer->getKinds()) {
    if (!kind.getNamespaced() || !contains(kind.getVerbs(), "delete") || !contains(kind.getVerbs(), "list")) continue;
    kinds.push_back({str(kind.getGroup()), str(kind.getVersion()), str(kind.getResource()), str(kind.getKind()),
                     contains(kind.getVerbs(), "deletecollection")});
  }
  std::ranges::stable_sort(kinds, {}, turnOf);
  co_return kinds;
}

Task<Result<std::vector<AnyRef>>> listAll(AnyClient client, const KindName& kind, const std::string& ns) {
  std::vector<AnyRef> all;
  std::string next;
  do {
    ListOptions options{.ns = ns, .labelSelector = {}, .fieldSelector = {}, .limit = kPage, .continueToken = next};
    const Resource resource = kind.asResource();
    CLEAT_CO_TRY(AnyList page, co_await client.list(resource, options));
    std::ranges::move(page.items, std::back_inserter(all));
    next = std::move(page.continueToken);
  } while (!next.empty());
  co_return all;
}

bool isLeaving(const AnyRef& object) { return deletionPending(object.meta()); }

Task<Result<void>> removeAll(AnyClient client, const KindName& kind, const std::string& ns,
                             const std::vector<AnyRef>& objects) {
  const Resource resource = kind.asResource();
  DeleteOptions options;
  options.propagationPolicy = "Background";
  if (kind.collection) {
    Result<AnyRef> removed = co_await client.remove(resource, ns, "", options);
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    co_return Result<void>();
  }
  for (const AnyRef& object : objects) {
    if (isLeaving(object)) continue;
    Result<AnyRef> removed = co_await client.remove(resource, ns, object.name(), options);
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
  }
  co_return Result<void>();
}

// Tells a kind's objects in the namespace to go, and returns those that are still there.
Task<Result<std::vector<AnyRef>>> emptyOf(AnyClient client, const KindName& kind, const std::string& ns) {
  Result<std::vector<AnyRef>> before = co_await listAll(client, kind, ns);
  if (!before || std::ranges::all_of(*before, isLeaving)) co_return before;
  CLEAT_CO_TRY(co_await removeAll(client, kind, ns, *before));
  co_return co_await listAll(client, kind, ns);
}

}  // namespace

Task<Remains> emptyNamespace(Context& context, std::string ns) {
  Remains remains;
  Result<std::vector<KindName>> kinds = co_await namespacedKinds(context);
  if (!kinds) {
    remains.discoveryFailure = kinds.error().message;
    co_return remains;
  }
  int turn = 0;
  for (const KindName& kind : *kinds) {
    if (turnOf(kind) != turn && turn == 0 && !remains.none()) break;
    turn = turnOf(kind);
    Result<std::vector<AnyRef>> left = co_await emptyOf(AnyClient(context), kind, ns);
    if (!left) {
      remains.failures.push_back(concat(kind.resource, ".", kind.group, ": ", left.error().message));
      continue;
    }
    if (!left->empty()) remains.objects[kind] = left->size();
    for (const AnyRef& object : *left) {
      for (auto finalizer : object.meta().getFinalizers()) ++remains.finalizers[str(finalizer)];
    }
  }
  co_return remains;
}

}  // namespace cleat::namespaces
