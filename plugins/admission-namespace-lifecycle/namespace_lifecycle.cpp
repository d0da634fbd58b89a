// Keeps objects out of namespaces that are absent or going away.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <array>
#include <map>

using namespace cleat;

namespace {

constexpr std::array<std::string_view, 3> kImmortal = {"default", "kube-system", "kube-public"};
// For so long after its deletion was asked for, a namespace is looked up where it is kept: the informer may be behind.
constexpr std::chrono::seconds kDoubted{30};

std::string qualified(wire::ResourceRef::Reader ref) {
  std::string group = str(ref.getGroup());
  return str(ref.getResource()) + (group.empty() ? "" : "." + group);
}

class NamespaceLifecycle : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    namespaces_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "*", .resource = "*/*", .operations = {role::Operation::CREATE}, .mutates = true},
            {.resource = "namespaces", .operations = {role::Operation::DELETE}, .mutates = true}};
  }

  // Before anybody else looks at the object: what others would say of one that is in no namespace misleads.
  Task<Result<void>> mutate(AdmissionRequest& request) override {
    auto ref = request.params().getRef();
    if (request.operation() == role::Operation::DELETE) co_return checkDeletion(request);
    const std::string ns = str(ref.getNamespace());
    // Cluster-scoped objects have none; reviews are not stored in theirs, and tell nobody whether it exists.
    if (ns.empty() || isAccessReview(ref)) co_return Result<void>();
    Object<core_v1::Namespace> found = isDoubted(ns) ? Object<core_v1::Namespace>() : namespaces_.get(ns);
    if (!found) {
      // It may be so new that the informer has not heard of it.
      Result<Object<core_v1::Namespace>> live = co_await client_.get<core_v1::Namespace>(ns);
      if (!live && live.error().is(404)) co_return request.refuse(Status::notFound("namespaces", ns));
      if (!live) co_return request.retry(live.error());
      found = *live;
    }
    if (!deletionPending(found.meta())) co_return Result<void>();
    Status status = Status::forbidden(qualified(ref) + " \"" + str(ref.getName()) +
                                      "\" is forbidden: unable to create new content in namespace " + ns +
                                      " because it is being terminated");
    status.details.name = str(ref.getName());
    status.details.group = str(ref.getGroup());
    status.details.kind = str(ref.getResource());
    status.details.causes.push_back(
        {"NamespaceTerminating", "namespace " + ns + " is being terminated", "metadata.namespace"});
    co_return request.refuse(std::move(status));
  }

 private:
  static bool isAccessReview(wire::ResourceRef::Reader ref) {
    return view(ref.getGroup()) == "authorization.k8s.io" && view(ref.getResource()) == "localsubjectaccessreviews";
  }

  bool isDoubted(const std::string& ns) {
    std::erase_if(doubted_, [now = context().now()](const auto& entry) { return entry.second <= now; });
    return doubted_.contains(ns);
  }

  Result<void> checkDeletion(AdmissionRequest& request) {
    if (std::ranges::find(kImmortal, request.name()) != kImmortal.end())
      return request.forbid("this namespace may not be deleted");
    doubted_[std::string(request.name())] = context().now() + kDoubted;
    return {};
  }

  std::map<std::string, Instant> doubted_;  // those being deleted, until when
  Client client_{context()};
  Informer<core_v1::Namespace> namespaces_{context()};
};

}  // namespace

CLEAT_PLUGIN(NamespaceLifecycle, .name = "admission-namespace-lifecycle", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- namespaces get,list,watch\n");
