#include <cleat/sdk/pod_control.h>
#include <cleat/sdk/slow_start.h>
#include <cleat/sdk/when_all.h>

#include <algorithm>

namespace cleat {

PodControl::PodControl(Context& context, const Resource& ownerKind, EventRecorder& events, Expectations& ahead)
    : client_(context), ownerKind_(ownerKind), events_(events), ahead_(ahead) {}

void PodControl::tell(const AnyRef& owner, std::string_view type, std::string_view reason, std::string_view message) {
  events_.record(referenceTo(ownerKind_, owner), type, reason, message);
}

Task<Result<Object<core_v1::Pod>>> PodControl::create(AnyRef owner, Draft<Pod> pod) {
  if (pod.meta().asReader().getLabels().size() == 0) {
    co_return fail(Status::internal("unable to create pods, no labels"));
  }
  Result<Object<Pod>> made = co_await client_.create<Pod>(std::move(pod));
  if (made) {
    ahead_.created(owner, *made);
    tell(owner, "Normal", "SuccessfulCreate", concat("Created pod: ", made->name()));
  } else if (!namespaceEnds(made.error())) {
    tell(owner, "Warning", "FailedCreate", concat("Error creating: ", made.error().message));
  }
  co_return made;
}

namespace {

Task<Result<void>> outcomeOf(Task<Result<Object<core_v1::Pod>>> creation) {
  Result<Object<core_v1::Pod>> made = co_await std::move(creation);
  if (!made) co_return fail(made.error());
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> PodControl::createMany(AnyRef owner, size_t count, std::function<Draft<Pod>(size_t index)> make) {
  Task<Result<void>> creations =
      slowStart(count, [this, owner, make](size_t index) { return outcomeOf(create(owner, make(index))); });
  co_return co_await std::move(creations);
}

Task<Result<void>> PodControl::remove(AnyRef owner, Object<Pod> pod) {
  ahead_.deleting(owner, pod);
  DeleteOptions options;
  options.preconditionUid = pod.uid();
  Result<Object<Pod>> gone = co_await client_.remove<Pod>(pod.ns(), pod.name(), options);
  if (gone) {
    tell(owner, "Normal", "SuccessfulDelete", concat("Deleted pod: ", pod.name()));
    co_return Result<void>();
  }
  ahead_.notDeleted(pod);
  if (gone.error().is(404)) co_return Result<void>();
  tell(owner, "Warning", "FailedDelete", concat("Error deleting: ", gone.error().message));
  Status status = gone.error();
  status.message = concat("unable to delete pods: ", status.message);
  co_return fail(std::move(status));
}

Task<Result<void>> PodControl::removeMany(AnyRef owner, std::vector<Object<Pod>> pods) {
  std::vector<Task<Result<void>>> deletions;
  for (Object<Pod>& pod : pods) deletions.push_back(remove(owner, std::move(pod)));
  std::vector<Result<void>> gone = co_await whenAll(std::move(deletions));
  auto failed = std::ranges::find_if(gone, [](const Result<void>& one) { return !one; });
  if (failed != gone.end()) co_return fail(failed->error());
  co_return Result<void>();
}

}  // namespace cleat
