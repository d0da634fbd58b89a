// The gate's reads: after authorization, straight from a snapshot.
#include <cleat/sdk/selector.h>

#include "core/bus/local_subscription.h"
#include "core/gate/calls.h"
#include "core/gate/conversion.h"
#include "core/gate/gate.h"
#include "core/gate/list_start.h"
#include "core/gate/look.h"
#include "core/gate/object_edit.h"
#include "core/gate/readable.h"

namespace cleat::gate {
namespace {

struct Selection {
  LabelSelector labels;
  object::FieldSelector fields;
};

Result<Selection> parseSelectors(const object::Kind& kind, const std::string& labels, const std::string& fields) {
  Selection selection;
  CLEAT_TRY(auto parsedLabels, LabelSelector::parse(labels));
  CLEAT_TRY(auto parsedFields, object::FieldSelector::parse(kind, fields));
  selection.labels = std::move(parsedLabels);
  selection.fields = std::move(parsedFields);
  return selection;
}

bool chosen(const Selection& selection, const object::Object& object) {
  if (!selection.fields.empty() && !selection.fields.matches(object)) return false;
  // Whoever wants all of them reads no object for it.
  return selection.labels.matchesEverything() || selection.labels.matches(object.message()->meta().getLabels());
}

// Those that must be converted before they can be read, as many as are to be at once.
class Unconverted {
 public:
  bool take(const object::ObjectRef& stored, const object::Kind& kind) {
    if (stored->isAt(kind)) return false;
    objects.push_back(stored);
    return true;
  }
  bool full() const { return objects.size() >= 1000; }

  std::vector<object::ObjectRef> objects;
};

// Nothing of it counts when there are unconverted ones.
Result<bus::ListResult> readPage(const store::SnapshotRef& snapshot, const bus::Target& target,
                                 const Selection& selection, const bus::ListOptions& options, const ListPosition* after,
                                 Unconverted& unconverted) {
  bus::ListResult result;
  result.revision = snapshot->revision();
  const std::string* only = selection.fields.exactName();
  if (only && (!target.ns.empty() || !target.kind->namespaced)) {
    object::ObjectRef object = snapshot->get(*target.kind, target.ns, *only);
    if (object && unconverted.take(object, *target.kind)) return result;
    if (object) object = object->as(*target.kind);
    if (object && chosen(selection, *object) && !object->knownProblem()) result.objects.push_back(std::move(object));
    return result;
  }
  store::Snapshot::Position position;
  if (after) position = {after->ns, after->name};
  bool full = false;
  const bool selective = !selection.labels.matchesEverything() || !selection.fields.empty();
  snapshot->visit(*target.kind, target.ns, after ? &position : nullptr, [&](const object::ObjectRef& stored) {
    const bool asStored = stored->is(*target.kind);
    if (full && !selective && !asStored && !stored->isAt(*target.kind)) {
      ++result.remaining;
      return true;
    }
    if (!asStored && unconverted.take(stored, *target.kind)) return !unconverted.full();
    object::ObjectRef object = asStored ? stored : stored->as(*target.kind);
    if (!chosen(selection, *object) || object->knownProblem()) return true;
    if (full) {
      ++result.remaining;
      return !selective;  // with selectors Kubernetes does not count what remains
    }
    result.objects.push_back(std::move(object));
    full = options.limit > 0 && result.objects.size() >= options.limit;
    return true;
  });
  if (result.remaining > 0 && unconverted.objects.empty()) {
    const object::Object& last = *result.objects.back();
    result.continueToken = continueToken({result.revision, last.ns(), last.name()});
    if (selective) result.remaining = 0;
  }
  return result;
}

// The arguments outlive the reading.
Task<Result<bus::ListResult>> readConverted(Gate& gate, bus::RequestPlace* place, store::SnapshotRef snapshot,
                                            const bus::Target& target, const Selection& selection,
                                            const bus::ListOptions& options, const ListPosition* after) {
  for (;;) {
    Unconverted unconverted;
    Result<bus::ListResult> page = readPage(snapshot, target, selection, options, after, unconverted);
    if (unconverted.objects.empty()) co_return page;
    CLEAT_CO_TRY(co_await gate.convert(target.kind, std::move(unconverted.objects), place));
  }
}

}  // namespace

bus::WatchSpec Gate::watchSpec(const bus::Target& target, LabelSelector labels, object::FieldSelector fields) {
  bus::WatchSpec spec;
  spec.kind = target.kind;
  spec.ns = target.ns;
  spec.labels = std::move(labels);
  spec.fields = std::move(fields);
  spec.convert = [this, kind = target.kind](std::vector<object::ObjectRef> objects, bus::Converted done) {
    spawn(convert(kind, std::move(objects), nullptr), std::move(done));
  };
  return spec;
}

Task<Result<void>> Gate::convert(object::KindRef kind, std::vector<object::ObjectRef> objects,
                                 bus::RequestPlace* place) {
  if (objects.empty()) co_return Result<void>();
  auto pending = convertTo(roles_, std::move(kind), std::move(objects), place);
  co_return co_await std::move(pending);
}

Task<Result<object::ObjectRef>> Gate::get(UserRef user, bus::Target target) {
  CLEAT_CO_TRY(co_await authorizeFor(user, target, "get"));
  if (target.kind->isVirtual) {
    auto looked = lookAt(roles_, user, target);
    co_return co_await std::move(looked);
  }
  object::ObjectRef object = store_.snapshot()->get(*target.kind, target.ns, target.name);
  if (!object) co_return fail(Status::notFound(target.kind->resource(), target.name));
  if (!object->isAt(*target.kind)) {
    std::vector<object::ObjectRef> wanted;
    wanted.push_back(object);
    CLEAT_CO_TRY(co_await convert(target.kind, std::move(wanted), user.place()));
  }
  object = object->as(*target.kind);
  CLEAT_CO_TRY(checkReadable(target, *object));
  if (target.subresource.empty()) co_return object;

  const object::Subresource* sub = target.kind->subresource(target.subresource);
  if (!sub) {
    // As over HTTP, so that a plugin can tell a kind without it from an object that is not there.
    Status absent = Status::notFound(target.kind->resource(), target.name);
    absent.message = "the server could not find the requested resource";
    co_return fail(std::move(absent));
  }
  if (sub->body == nullptr || sub->body == target.kind.get()) co_return object;
  ChangeRequest request;
  request.user = user;
  request.target = target;
  request.oldRevision = object->revision();
  CLEAT_CO_TRY(Ref<const Message> answer, co_await project(roles_, request, object, Projection::answer));
  std::string json = object::encodeJson(*sub->body, answer->words());
  co_return makeRef<const object::Object>(*sub->body, target.ns, target.name, uint64_t{0}, std::move(json), answer);
}

Task<Result<bus::ListResult>> Gate::list(UserRef user, bus::Target target, bus::ListOptions options) {
  Attributes attributes = attributesOf(target, "list", {options.fieldSelector, options.labelSelector});
  CLEAT_CO_TRY(co_await authorize(user, attributes));
  CLEAT_CO_TRY(Selection selection, parseSelectors(*target.kind, options.labelSelector, options.fieldSelector));

  if (target.kind->isVirtual) {
    // All of it, whatever page or revision was asked for: there are neither.
    auto looked = lookThrough(roles_, user, target);
    CLEAT_CO_TRY(std::vector<object::ObjectRef> seen, co_await std::move(looked));
    std::erase_if(seen, [&](const object::ObjectRef& object) { return !chosen(selection, *object); });
    bus::ListResult result;
    result.objects = std::move(seen);
    co_return result;
  }
  CLEAT_CO_TRY(const ListStart start, listStart(store_, options));
  auto reading = readConverted(*this, user.place(), start.snapshot, target, selection, options,
                               start.after ? &*start.after : nullptr);
  co_return co_await std::move(reading);
}

std::string Gate::continueAtPresent(const std::string& token) { return continueTokenAtPresent(token); }

Task<Result<std::unique_ptr<bus::Subscription>>> Gate::subscribe(UserRef user, bus::Target target,
                                                                 std::string labelSelector, std::string fieldSelector) {
  for (const char* verb : {"list", "watch"}) {
    Attributes attributes = attributesOf(target, verb, {fieldSelector, labelSelector});
    CLEAT_CO_TRY(co_await authorize(user, attributes));
  }
  if (target.kind->isVirtual) co_return fail(notWithVirtual(*target.kind));
  CLEAT_CO_TRY(Selection selection, parseSelectors(*target.kind, labelSelector, fieldSelector));
  co_return bus::subscribeToStore(executor_, store_, hub_,
                                  watchSpec(target, std::move(selection.labels), std::move(selection.fields)));
}

Task<Result<std::unique_ptr<bus::Watch>>> Gate::watch(UserRef user, bus::Target target, std::string labelSelector,
                                                      std::string fieldSelector, uint64_t afterRevision) {
  Attributes attributes = attributesOf(target, "watch", {fieldSelector, labelSelector});
  CLEAT_CO_TRY(co_await authorize(user, attributes));
  if (target.kind->isVirtual) co_return fail(notWithVirtual(*target.kind));
  CLEAT_CO_TRY(Selection selection, parseSelectors(*target.kind, labelSelector, fieldSelector));
  bus::WatchSpec spec = watchSpec(target, std::move(selection.labels), std::move(selection.fields));
  spec.afterRevision = afterRevision;
  co_return hub_.watch(std::move(spec));
}

}  // namespace cleat::gate
