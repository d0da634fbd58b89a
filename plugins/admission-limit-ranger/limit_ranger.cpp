// Holds pods and claims against the LimitRanges of their namespace.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_quota.h>
#include <cleat/sdk/meta.h>

#include "limits.h"
#include "quota-common/claim.h"
#include "quota-common/pending_writes.h"

using namespace cleat;
using namespace cleat::limit_ranger;

namespace {

using core_v1::LimitRange;
using core_v1::Pod;
using quota::Claim;

class LimitRanger : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    ranges_.addIndex(kByNamespace, [](const Object<LimitRange>& range) { return std::vector{str(range.ns())}; });
    ranges_.onChange(
        [this](const Object<LimitRange>& before, const Object<LimitRange>& now) { writes_.seen(before, now); });
    ranges_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    using role::Operation;
    return {
        {.resource = "pods", .operations = {Operation::CREATE}, .mutates = true, .validates = true},
        {.resource = "pods/resize", .operations = {Operation::UPDATE}, .mutates = true, .validates = true},
        {.resource = "persistentvolumeclaims", .operations = {Operation::CREATE, Operation::UPDATE}, .validates = true},
        {.resource = "limitranges",
         .operations = {Operation::CREATE, Operation::UPDATE},
         .validates = true,
         .withdraws = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    if (isLeaving(request)) co_return Result<void>();
    co_await upToDate(str(request.ns()));
    const auto ranges = ranges_.byIndex(kByNamespace, request.ns());
    if (ranges.empty()) co_return Result<void>();
    Draft<Pod> pod(request.object<Pod>());
    bool changed = false;
    for (const Object<LimitRange>& range : ranges) changed |= setDefaults(*pod, *range);
    if (changed) request.replace(std::move(pod));
    co_return Result<void>();
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    if (request.resource() == "limitranges") {
      if (!request.params().getDryRun()) writes_.expect(request.ns(), request.anyObject(), request.anyOld());
      co_return Result<void>();
    }
    if (isLeaving(request)) co_return Result<void>();
    co_await upToDate(str(request.ns()));
    for (const Object<LimitRange>& range : ranges_.byIndex(kByNamespace, request.ns())) {
      const auto wrong = request.resource() == "pods" ? wrongWithPod(request.object<Pod>()->getSpec(), *range)
                                                      : wrongWithClaim(request.object<Claim>()->getSpec(), *range);
      if (wrong) co_return request.forbid(*wrong);
    }
    co_return Result<void>();
  }

  Task<Result<void>> withdraw(AdmissionRequest& request) override {
    writes_.forget(request.ns(), request.anyObject(), request.anyOld());
    co_return Result<void>();
  }

 private:
  static constexpr const char* kByNamespace = "namespace";

  // Whoever takes a finalizer away is not held up.
  static bool isLeaving(const AdmissionRequest& request) {
    const AnyRef old = request.anyOld();
    return old && deletionPending(old.meta());
  }

  Task<void> upToDate(std::string ns) {
    if (!ranges_.synced()) co_await ranges_.waitSynced();
    if (writes_.any(ns)) co_await writes_.settled(ns);
  }

  quota::PendingWrites writes_;
  Informer<LimitRange> ranges_{context()};
};

}  // namespace

CLEAT_PLUGIN(LimitRanger, .name = "admission-limit-ranger", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- limitranges get,list,watch\n");
