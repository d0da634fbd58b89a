// Makes a namespace when the first object is created in it.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lookup.h>

using namespace cleat;
using core_v1::Namespace;

namespace {

class NamespaceAutoProvision : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    namespaces_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "*", .resource = "*/*", .operations = {role::Operation::CREATE}, .mutates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const std::string ns(request.ns());
    if (ns.empty() || request.params().getDryRun()) co_return Result<void>();
    Result<Object<Namespace>> found = co_await namespaces_.find("", ns);
    if (found) co_return Result<void>();
    if (!found.error().is(404)) co_return request.retry(found.error());
    Draft<Namespace> fresh;
    fresh.meta().setName(ns);
    auto pending = client_.create(std::move(fresh));
    auto made = co_await std::move(pending);
    if (made || made.error().reason == "AlreadyExists") co_return Result<void>();
    co_return request.forbid(made.error().message);
  }

 private:
  Client client_{context()};
  Lookup<Namespace> namespaces_{context()};
};

}  // namespace

CLEAT_PLUGIN(NamespaceAutoProvision, .name = "admission-namespace-auto-provision", .version = "0.1.0",
             .maturity = "beta", .roles = "admission", .grants = "- namespaces create,get,list,watch\n");
