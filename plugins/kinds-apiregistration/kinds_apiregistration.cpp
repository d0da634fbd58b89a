// kinds-apiregistration: apiregistration.k8s.io/v1, which versions of which API groups there are.
#include <cleat/sdk/kinds/apiregistration_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"
#include "kinds-common/names.h"

namespace cleat::kinds {

using apiregistration_v1::APIService;

namespace {

constexpr int32_t kMostGroupPriority = 20000, kMostVersionPriority = 1000, kDefaultPort = 443;

void setServiceDefaults(APIService::Builder service, const Change<APIService>& change) {
  auto spec = service.getSpec();
  if (spec.hasService()) {
    auto reference = spec.getService();
    if (!reference.hasPort()) reference.initPort().setValue(kDefaultPort);
  } else if (change.operation == role::Operation::CREATE) {
    // What this server serves itself is there from the first moment.
    setCondition<apiregistration_v1::APIServiceCondition>(
        service.getStatus(), {.type = "Available",
                              .status = "True",
                              .reason = "Local",
                              .message = "Local APIServices are always available",
                              .lastTransitionTime = str(service.asReader().getMetadata().getCreationTimestamp())});
  }
}

void checkName(APIService::Reader service, Findings& findings) {
  auto spec = service.getSpec();
  const std::string wanted = concat(view(spec.getVersion()), ".", view(spec.getGroup()));
  auto name = service.getMetadata().getName();
  if (view(name) == wanted) return;
  findings.invalid(Path("metadata") / "name", name,
                   concat("must be `spec.version+\".\"+spec.group`: ", quoted(wanted)));
}

void checkGroupVersion(apiregistration_v1::APIServiceSpec::Reader spec, Findings& findings) {
  const Path path("spec");
  const std::string_view group = view(spec.getGroup()), version = view(spec.getVersion());
  if (group.empty() && version != "v1") {
    findings.required(path / "group", "only v1 may have an empty group and it better be legacy kube");
  }
  if (!group.empty()) findings.invalidEach(path / "group", group, wrongDns1123Subdomain(group));
  findings.invalidEach(path / "version", version, wrongDns1035Label(version));
  const int32_t ofGroup = spec.getGroupPriorityMinimum(), ofVersion = spec.getVersionPriority();
  if (ofGroup <= 0 || ofGroup > kMostGroupPriority) {
    findings.invalid(path / "groupPriorityMinimum", ofGroup, "must be positive and less than 20000");
  }
  if (ofVersion <= 0 || ofVersion > kMostVersionPriority) {
    findings.invalid(path / "versionPriority", ofVersion, "must be positive and less than 1000");
  }
}

void checkLocal(apiregistration_v1::APIServiceSpec::Reader spec, Findings& findings) {
  const Path path("spec");
  if (const size_t bytes = spec.getCaBundle().size(); bytes > 0) {
    findings.invalid(path / "caBundle", concat(bytes, " bytes"), "local APIServices may not have a caBundle");
  }
  if (spec.getInsecureSkipTLSVerify()) {
    findings.invalid(path / "insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify");
  }
}

void checkReference(apiregistration_v1::APIServiceSpec::Reader spec, Findings& findings) {
  const Path path("spec"), service = path / "service";
  auto reference = spec.getService();
  if (reference.getNamespace().size() == 0) findings.required(service / "namespace");
  if (reference.getName().size() == 0) findings.required(service / "name");
  const int32_t port = reference.getPort().getValue();
  for (const std::string& wrong : wrongPortNumber(port)) {
    findings.invalid(service / "port", port, concat("port is not valid: ", wrong));
  }
  if (spec.getInsecureSkipTLSVerify() && spec.getCaBundle().size() > 0) {
    findings.invalid(path / "insecureSkipTLSVerify", true, "may not be true if caBundle is present");
  }
}

void validateService(const Change<APIService>& change, Findings& findings) {
  if (change.isStatus()) {
    auto conditions = change.object.getStatus().getConditions();
    for (uint32_t i = 0; i < conditions.size(); ++i) {
      checkOneOf(view(conditions[i].getStatus()), (Path("status") / "conditions")[i] / "status",
                 {"True", "False", "Unknown"}, findings);
    }
    return;
  }
  auto spec = change.object.getSpec();
  checkName(change.object, findings);
  checkGroupVersion(spec, findings);
  if (spec.hasService()) {
    checkReference(spec, findings);
  } else {
    checkLocal(spec, findings);
  }
}

std::string availableText(APIService::Reader service) {
  auto condition = findCondition(service.getStatus().getConditions(), "Available");
  if (!condition) return "Unknown";
  const std::string_view status = view(condition->getStatus());
  if (status == "True" || condition->getReason().size() == 0) return std::string(status);
  return concat(status, " (", view(condition->getReason()), ")");
}

void printService(APIService::Reader service, Cells& cells) {
  auto spec = service.getSpec();
  auto reference = spec.getService();
  cells.text(service.getMetadata().getName());
  cells.text(spec.hasService() ? concat(view(reference.getNamespace()), "/", view(reference.getName())) : "Local");
  cells.text(availableText(service));
  cells.age(service.getMetadata().getCreationTimestamp());
}

}  // namespace

class ApiRegistrationKinds : public KindsPlugin {
 public:
  explicit ApiRegistrationKinds(Context& context) : KindsPlugin(context) {
    table().add<APIService>({.structFile = "kinds/apiregistration_v1.capnp",
                             .categories = {"api-extensions"},
                             .columns = {nameColumn(),
                                         {"Service", "string", "Who serves it: this server, or a service."},
                                         {"Available", "string", "Whether it is served."},
                                         ageColumn()},
                             .nameRule = "path-segment",
                             .hasStatus = true,
                             .keepsGeneration = true,
                             .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"},
                             .updateNeedsRevision = true,
                             .anyFinalizers = true},
                            {setServiceDefaults, validateService, printService});
    table().addStatus<APIService>();
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::ApiRegistrationKinds, .name = "kinds-apiregistration", .version = "0.1.0",
             .maturity = "alpha", .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
