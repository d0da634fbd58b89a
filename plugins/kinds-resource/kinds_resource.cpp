// kinds-resource: resource.k8s.io/v1, devices and the claims for them. What the kinds are is in their own files; here
// is what takes more than the object itself.
#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"
#include "kinds-resource/claim_authority.h"
#include "kinds-resource/resource_kinds.h"

namespace cleat::kinds::resource {

namespace {

constexpr const char* kAdminLabel = "resource.kubernetes.io/admin-access";

}  // namespace

class ResourceKinds : public KindsPlugin {
 public:
  explicit ResourceKinds(Context& context) : KindsPlugin(context) {
    addDeviceClasses(table());
    addResourceClaims(table());
    addResourceSlices(table());
    addDeviceTaintRules(table());
  }

 protected:
  Task<Result<void>> beforeCommit(role::BeforeCommitParams::Reader params,
                                  Call<role::BeforeCommitResults>& call) override {
    call.results();
    if (params.getOperation() == role::Operation::DELETE) co_return Result<void>();
    CLEAT_CO_TRY(co_await checkAdminAccess(params.getRef(), call));
    if (targetOf(params.getRef()) != "resourceclaims/status") co_return Result<void>();
    co_return co_await authority_.check(params.getUser(), call.object<v1::ResourceClaim>(1),
                                        call.object<v1::ResourceClaim>(0));
  }

 private:
  // To look at devices that others use takes a namespace that is meant for it.
  Task<Result<void>> checkAdminAccess(wire::ResourceRef::Reader ref, Call<role::BeforeCommitResults>& call) {
    const std::optional<Path> wanted = newAdminAccess(view(ref.getResource()), call);
    if (!wanted) co_return Result<void>();
    auto pending = client_.get<core_v1::Namespace>(view(ref.getNamespace()));
    CLEAT_CO_TRY(auto space, co_await std::move(pending));
    if (label(space.meta(), kAdminLabel) == "true") co_return Result<void>();
    Findings findings;
    findings.forbidden(*wanted, concat("admin access to devices requires the `", kAdminLabel,
                                       ": true` label on the containing namespace"));
    const bool isClaim = view(ref.getResource()) == KindOf<v1::ResourceClaim>::resource.resource;
    co_return fail(Status::invalid(concat(isClaim ? "ResourceClaim" : "ResourceClaimTemplate", ".resource.k8s.io"),
                                   call.objects().at(0).name(), findings.causes()));
  }

  // A specification cannot change, nor can what was allocated: only what is there for the first time counts.
  static std::optional<Path> newAdminAccess(std::string_view kind, const Call<role::BeforeCommitResults>& call) {
    const bool isNew = call.objects().size() < 2 || !call.objects()[1];
    if (kind == KindOf<v1::ResourceClaimTemplate>::resource.resource) {
      if (!isNew) return std::nullopt;
      auto claim = call.object<v1::ResourceClaimTemplate>(0);
      return adminAccessIn(claim->getSpec().getSpec(), Path("spec"));
    }
    auto claim = call.object<v1::ResourceClaim>(0);
    if (isNew) return adminAccessIn(claim->getSpec(), Path("spec"));
    auto before = call.object<v1::ResourceClaim>(1);
    if (adminAccessIn(before->getStatus())) return std::nullopt;
    return adminAccessIn(claim->getStatus());
  }

  Client client_{context()};
  ClaimAuthority authority_{context()};
};

}  // namespace cleat::kinds::resource

CLEAT_PLUGIN(cleat::kinds::resource::ResourceKinds, .name = "kinds-resource", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .grants = "- namespaces get\n", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
