// Refuses every change in a namespace that is not there.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lookup.h>

using namespace cleat;
using core_v1::Namespace;
using role::Operation;

namespace {

class NamespaceExists : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    namespaces_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "*",
             .resource = "*/*",
             .operations = {Operation::CREATE, Operation::UPDATE, Operation::DELETE},
             .validates = true}};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const std::string ns(request.ns());
    if (ns.empty()) co_return Result<void>();
    Result<Object<Namespace>> found = co_await namespaces_.find("", ns);
    if (found) co_return Result<void>();
    if (found.error().is(404)) co_return request.refuse(found.error());
    co_return request.retry(found.error());
  }

 private:
  Lookup<Namespace> namespaces_{context()};
};

}  // namespace

CLEAT_PLUGIN(NamespaceExists, .name = "admission-namespace-exists", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- namespaces get,list,watch\n");
