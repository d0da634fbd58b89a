#include "instances.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace cleat::extensions {

namespace {

constexpr uint32_t kPage = 500;

std::string failure(std::string_view what, const Status& why) { return concat(what, ": ", why); }

// All objects of a kind, wherever they are.
Task<Result<std::vector<AnyRef>>> listAll(AnyClient client, Resource resource) {
  std::vector<AnyRef> all;
  std::string next;
  do {
    ListOptions options{.ns = {}, .labelSelector = {}, .fieldSelector = {}, .limit = kPage, .continueToken = next};
    CLEAT_CO_TRY(AnyList page, co_await client.list(resource, options));
    std::ranges::move(page.items, std::back_inserter(all));
    next = std::move(page.continueToken);
  } while (!next.empty());
  co_return all;
}

}  // namespace

struct Instances::Departures {
  std::string group;
  ServedKind kind;
  Resource resource;
  AnyInformer informer;
  Departures(Context& context, std::string g, ServedKind k)
      : group(std::move(g)), kind(std::move(k)),
        resource{group, kind.version, kind.resource, kind.kind, kind.namespaced}, informer(context, resource) {}
};

Instances::Instances(Context& context, std::function<void(const std::string&)> left)
    : context_(context), client_(context), left_(std::move(left)) {}

Task<Result<bool>> Instances::removeAll(std::string name, std::string group, ServedKind kind) {
  const Resource resource{group, kind.version, kind.resource, kind.kind, kind.namespaced};
  Result<std::vector<AnyRef>> before = co_await listAll(client_, resource);
  if (!before) co_return fail(Status::unavailable(failure("could not list instances", before.error())));
  if (before->empty()) co_return true;
  const bool all = std::ranges::all_of(*before, [](const AnyRef& object) { return deletionPending(object.meta()); });
  if (!all) {
    Result<AnyRef> removed = co_await client_.remove(resource, "", "");
    if (!removed) co_return fail(Status::unavailable(failure("could not issue all deletes", removed.error())));
  }
  std::shared_ptr<Departures>& watched = departures_[name];
  if (!watched) {
    watched = std::make_shared<Departures>(context_, group, kind);
    watched->informer.onChange([this, name](const AnyRef&, const AnyRef& now) {
      if (!now) left_(name);
    });
    watched->informer.start();
  }
  Result<std::vector<AnyRef>> after = co_await listAll(client_, resource);
  if (!after) co_return fail(Status::unavailable(failure("could not list instances", after.error())));
  co_return after->empty();
}

}  // namespace cleat::extensions
