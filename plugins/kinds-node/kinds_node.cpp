// kinds-node: node.k8s.io/v1, the ways in which nodes can run a pod.
#include <cleat/sdk/kinds/node_v1.h>
#include <cleat/sdk/plugin.h>

#include <set>
#include <tuple>

#include "kinds-common/kinds_plugin.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-common/node_labels.h"
#include "kinds-common/pod_spec.h"

namespace cleat::kinds {

namespace {

using node_v1::RuntimeClass;

Shown shownToleration(core_v1::Toleration::Reader toleration) {
  return Shown::plain(concat(
      "{\"Key\":", jsonText(view(toleration.getKey())), ",\"Operator\":", jsonText(view(toleration.getOperator())),
      ",\"Value\":", jsonText(view(toleration.getValue())), ",\"Effect\":", jsonText(view(toleration.getEffect())),
      ",\"TolerationSeconds\":",
      isSet(toleration.getTolerationSeconds()) ? std::to_string(toleration.getTolerationSeconds().getValue())
                                               : std::string("null"),
      "}"));
}

void checkScheduling(node_v1::Scheduling::Reader scheduling, const Path& path, Findings& findings) {
  checkLabels(scheduling.getNodeSelector(), path / "nodeSelector", findings);
  for (auto entry : scheduling.getNodeSelector()) {
    const std::string_view old = deprecationOfNodeLabel(view(entry.getKey()));
    if (!old.empty()) findings.warn(concat((path / "nodeSelector").text(), ": ", old));
  }
  auto tolerations = scheduling.getTolerations();
  checkTolerations(tolerations, path / "tolerations", findings);
  std::set<std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>> seen;
  for (uint32_t i = 0; i < tolerations.size(); ++i) {
    auto one = tolerations[i];
    if (!seen.emplace(view(one.getKey()), view(one.getOperator()), view(one.getValue()), view(one.getEffect()))
             .second) {
      findings.duplicate((path / "tolerations")[i], shownToleration(one));
    }
  }
}

void validate(const Change<RuntimeClass>& change, Findings& findings) {
  auto object = change.object;
  const Path handler("handler");
  if (object.getHandler().size() == 0) {
    findings.required(handler);
  } else if (Wrongs wrongs = wrongDns1123Label(view(object.getHandler())); !wrongs.empty()) {
    findings.invalidEach(handler, object.getHandler(), wrongs);
  }
  if (object.hasOverhead()) checkOverhead(object.getOverhead().getPodFixed(), Path("overhead"), findings);
  if (object.hasScheduling()) checkScheduling(object.getScheduling(), Path("scheduling"), findings);
  if (change.old && view(change.old->getHandler()) != view(object.getHandler())) {
    findings.invalid(handler, object.getHandler(), kImmutable);
  }
}

void print(RuntimeClass::Reader object, Cells& cells) {
  cells.text(object.getMetadata().getName());
  cells.text(object.getHandler());
  cells.age(object.getMetadata().getCreationTimestamp());
}

void addRuntimeClasses(KindTable& table) {
  table.add<RuntimeClass>(
      {.structFile = "kinds/node_v1.capnp",
       .columns = {nameColumn(), {"Handler", "string", "What the runtime of a node calls it."}, ageColumn()},
       .keepsGeneration = true,
       .createsOnUpdate = true,
       .updateNeedsRevision = true,
       .anyFinalizers = true},
      {nullptr, validate, print});
}

}  // namespace

class NodeKinds : public KindsPlugin {
 public:
  explicit NodeKinds(Context& context) : KindsPlugin(context) { addRuntimeClasses(table()); }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::NodeKinds, .name = "kinds-node", .version = "0.1.0", .maturity = "alpha", .roles = "kinds",
             .flags = CLEAT_FLAG_CONCURRENT_CALLS);
