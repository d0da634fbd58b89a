#include "kinds-common/alpha_fields.h"
#include "kinds-common/kind_table.h"
#include "kinds-common/pod_defaults.h"
#include "kinds-core/differences.h"
#include "kinds-core/pod_rules.h"
#include "kinds-core/pod_subresources.h"

namespace cleat::kinds::core {

namespace {

using Containers = capnp::List<core_v1::EphemeralContainer>::Reader;

void checkKept(Containers old, Containers now, Findings& findings) {
  const Path path = Path("spec") / "ephemeralContainers";
  for (auto before : old) {
    std::string_view name = view(before.getName());
    bool found = false;
    for (auto after : now) {
      if (view(after.getName()) != name) continue;
      found = true;
      if (sameStruct(before, after)) break;
      findings.forbidden(path, concat("existing ephemeral containers ", quoted(name), " may not be changed\n",
                                      differences(before, after, "")));
      break;
    }
    if (!found) {
      findings.forbidden(path, concat("existing ephemeral containers ", quoted(name), " may not be removed\n"));
    }
  }
}

}  // namespace

Result<Object<core_v1::Pod>> addEphemeralContainers(const Object<core_v1::Pod>& current, core_v1::Pod::Reader body) {
  Draft<core_v1::Pod> changed(current);
  auto spec = changed->getSpec();
  if (body.getSpec().hasEphemeralContainers()) {
    spec.setEphemeralContainers(body.getSpec().getEphemeralContainers());
  } else {
    spec.disownEphemeralContainers();
  }
  setPodSpecDefaults(spec);
  dropAlphaFields(spec, current->getSpec());
  Findings findings;
  if (isMirror(*current)) {
    findings.forbidden(Path("[]"), "static pods do not support ephemeral containers");
  } else {
    checkPod(changed.reader(), findings);
    checkKept(current->getSpec().getEphemeralContainers(), changed.reader().getSpec().getEphemeralContainers(),
              findings);
  }
  if (!findings.empty()) return fail(Status::invalid("Pod", current.name(), findings.causes()));
  return std::move(changed).freeze();
}

}  // namespace cleat::kinds::core
