// Lets only those say who owns an object who could delete it, and only those keep an owner waiting who could do so.
#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/admission.h>
#include <cleat/sdk/permission.h>

#include "owner_references.h"

using namespace cleat;
using meta_v1::OwnerReference;
using role::Operation;

namespace {

// "apps" of "apps/v1", nothing of "v1".
std::string_view groupOf(std::string_view apiVersion) {
  const size_t slash = apiVersion.find('/');
  return slash == std::string_view::npos ? std::string_view() : apiVersion.substr(0, slash);
}
std::string_view versionOf(std::string_view apiVersion) { return apiVersion.substr(apiVersion.find('/') + 1); }

class PermissionEnforcement : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "*", .resource = "*/*", .operations = {Operation::CREATE, Operation::UPDATE}, .validates = true}};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    // A write to the status of a pod leaves its owners as they are.
    if (request.resource() == "pods" && request.subresource() == "status") co_return Result<void>();
    const AnyRef now = request.object<meta_v1::AnyObject>(), old = request.old<meta_v1::AnyObject>();
    const Owners before = old ? old.meta().getOwnerReferences() : Owners(), owners = now.meta().getOwnerReferences();
    if (sameOwners(before, owners)) co_return Result<void>();
    // Whoever creates an object could have left it.
    if (request.operation() == Operation::UPDATE) CLEAT_CO_TRY(co_await checkMayDelete(request));
    const std::vector<OwnerReference::Reader> blocking = newlyBlocking(before, owners);
    if (blocking.empty()) co_return Result<void>();
    Permission everything{.verb = "update", .group = "*", .resource = "*", .subresource = "finalizers", .name = "*"};
    auto asking = askPermission(context(), request.user(), std::move(everything));
    auto answer = co_await std::move(asking);
    if (!answer) co_return request.retry(answer.error());
    if (answer->granted) co_return Result<void>();
    for (OwnerReference::Reader owner : blocking) CLEAT_CO_TRY(co_await checkMayBlock(request, owner));
    co_return Result<void>();
  }

 private:
  Task<Result<void>> checkMayDelete(AdmissionRequest& request) {
    auto ref = request.params().getRef();
    Permission deletion{.verb = "delete",
                        .group = str(ref.getGroup()),
                        .version = str(ref.getVersion()),
                        .resource = str(ref.getResource()),
                        .subresource = str(ref.getSubresource()),
                        .ns = str(ref.getNamespace()),
                        .name = str(ref.getName())};
    co_return co_await demand(request, std::move(deletion), "cannot set an ownerRef on a resource you can't delete: ");
  }

  // The finalizers of an owner are what may keep it.
  Task<Result<void>> checkMayBlock(AdmissionRequest& request, OwnerReference::Reader owner) {
    auto listing = context().call(wire::cluster::kinds);
    auto kinds = co_await std::move(listing);
    if (!kinds) co_return request.retry(kinds.error());
    const std::string_view apiVersion = view(owner.getApiVersion());
    bool known = false;
    for (auto kind : (**kinds).getKinds()) {
      const bool same = view(kind.getGroup()) == groupOf(apiVersion) && view(kind.getKind()) == view(owner.getKind());
      if (!same || view(kind.getVersion()) != versionOf(apiVersion)) continue;
      known = true;
      Permission update{.verb = "update",
                        .group = str(kind.getGroup()),
                        .version = str(kind.getVersion()),
                        .resource = str(kind.getResource()),
                        .subresource = "finalizers",
                        .ns = kind.getNamespaced() ? std::string(request.ns()) : std::string(),
                        .name = str(owner.getName())};
      CLEAT_CO_TRY(co_await demand(request, std::move(update),
                                   "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't "
                                   "set finalizers on: "));
    }
    if (known) co_return Result<void>();
    co_return request.forbid(concat(
        "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ", apiVersion,
        " Kind ", owner.getKind(), ": no matches for kind \"", owner.getKind(), "\" in version \"", apiVersion, "\""));
  }

  Task<Result<void>> demand(AdmissionRequest& request, Permission asked, const char* otherwise) {
    auto asking = askPermission(context(), request.user(), std::move(asked));
    auto answer = co_await std::move(asking);
    if (!answer) co_return request.retry(answer.error());
    if (answer->granted) co_return Result<void>();
    co_return request.forbid(concat(otherwise, answer->reason, ", <nil>"));
  }
};

}  // namespace

CLEAT_PLUGIN(PermissionEnforcement, .name = "admission-owner-references-permission-enforcement", .version = "0.1.0",
             .maturity = "beta", .roles = "admission");
