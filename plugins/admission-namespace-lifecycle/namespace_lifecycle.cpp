// Keeps objects out of namespaces that are absent or going away.
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <algorithm>
#include <array>
#include <map>

using namespace cleat;

namespace {

constexpr uint16_t kInterests = 0;
constexpr uint16_t kValidate = 2;
constexpr std::array<std::string_view, 3> kImmortal = {"default", "kube-system", "kube-public"};
// For so long after its deletion was asked for, a namespace is looked up where it is kept: the informer may be behind.
constexpr std::chrono::seconds kDoubted{30};

void fillInterests(role::Interests::Builder interests) {
  auto rules = interests.initRules(2);
  rules[0].setGroup("*");
  rules[0].setResource("*/*");
  rules[0].setValidates(true);
  rules[0].initOperations(1).set(0, role::Operation::CREATE);
  rules[1].setResource("namespaces");
  rules[1].setValidates(true);
  rules[1].initOperations(1).set(0, role::Operation::DELETE);
}

std::string qualified(wire::ResourceRef::Reader ref) {
  std::string group = str(ref.getGroup());
  return str(ref.getResource()) + (group.empty() ? "" : "." + group);
}

class NamespaceLifecycle : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    const uint64_t admission = capnp::typeId<role::Admission>();
    context().serve<void, role::Interests>(admission, kInterests, [](Call<role::Interests>& call) -> Result<void> {
      fillInterests(call.results());
      return {};
    });
    context().serve<role::AdmissionParams, role::AdmissionResults>(
        admission, kValidate, [this](role::AdmissionParams::Reader params, Call<role::AdmissionResults>& call) {
          return validate(params, call);
        });
    namespaces_.start();
    co_return Result<void>();
  }

 private:
  Task<Result<void>> validate(role::AdmissionParams::Reader params, Call<role::AdmissionResults>& call) {
    auto ref = params.getRef();
    if (params.getOperation() == role::Operation::DELETE) {
      co_return checkDeletion(str(ref.getName()), call);
    }
    const std::string ns = str(ref.getNamespace());
    // Cluster-scoped objects have none; reviews are not stored in theirs, and tell nobody whether it exists.
    if (ns.empty() || isAccessReview(ref)) co_return Result<void>();
    Object<core_v1::Namespace> found = isDoubted(ns) ? Object<core_v1::Namespace>() : namespaces_.get(ns);
    if (!found) {
      // It may be so new that the informer has not heard of it.
      Result<Object<core_v1::Namespace>> live = co_await client_.get<core_v1::Namespace>(ns);
      if (!live && live.error().is(404)) co_return call.denied(Status::notFound("namespaces", ns));
      if (!live) co_return call.retry(live.error());
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
    co_return call.denied(std::move(status));
  }

  static bool isAccessReview(wire::ResourceRef::Reader ref) {
    return view(ref.getGroup()) == "authorization.k8s.io" && view(ref.getResource()) == "localsubjectaccessreviews";
  }

  bool isDoubted(const std::string& ns) {
    std::erase_if(doubted_, [now = context().now()](const auto& entry) { return entry.second <= now; });
    return doubted_.contains(ns);
  }

  Result<void> checkDeletion(const std::string& name, Call<role::AdmissionResults>& call) {
    if (std::ranges::find(kImmortal, name) == kImmortal.end()) {
      doubted_[name] = context().now() + kDoubted;
      return {};
    }
    Status status =
        Status::forbidden("namespaces \"" + name + "\" is forbidden: this namespace may not be deleted");
    status.details.name = name;
    status.details.kind = "namespaces";
    return call.denied(std::move(status));
  }

  std::map<std::string, Instant> doubted_;  // those being deleted, until when
  Client client_{context()};
  Informer<core_v1::Namespace> namespaces_{context()};
};

}  // namespace

CLEAT_PLUGIN(NamespaceLifecycle, .name = "admission-namespace-lifecycle", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- namespaces get,list,watch\n");
