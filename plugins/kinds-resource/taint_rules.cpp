// DeviceTaintRules: taints for all devices that a rule selects.
#include "kinds-common/conditions.h"
#include "kinds-resource/device_rules.h"

namespace cleat::kinds::resource {

namespace {

using Rule = v1::DeviceTaintRule;

void setDefaults(Rule::Builder rule, const Change<Rule>& change) {
  if (change.isDelete() || change.isStatus()) return;
  auto taint = rule.getSpec().getTaint();
  bool asBefore = !taint.hasTimeAdded();
  if (change.old && taint.hasTimeAdded()) {
    auto before = change.old->getSpec().getTaint();
    // Another effect is another taint, which begins now unless somebody says since when.
    asBefore = view(taint.getEffect().asReader()) != view(before.getEffect()) &&
               view(taint.getTimeAdded().asReader()) == view(before.getTimeAdded());
  }
  if (asBefore) taint.setTimeAdded(formatTime(change.now));
}

void validate(const Change<Rule>& change, Findings& findings) {
  if (change.isStatus()) {
    const Path path = Path("status") / "conditions";
    auto conditions = change.object.getStatus().getConditions();
    checkConditions(conditions, path, findings);
    if (conditions.size() > kMaxConditions) findings.tooMany(path, conditions.size(), kMaxConditions);
    return;
  }
  const Path path("spec");
  auto spec = change.object.getSpec();
  auto selector = spec.getDeviceSelector();
  const Path at = path / "deviceSelector";
  if (selector.hasDriver()) checkDriverName(view(selector.getDriver()), at / "driver", findings);
  if (selector.hasPool()) checkPoolName(view(selector.getPool()), at / "pool", findings);
  if (selector.hasDevice()) checkDnsLabel(selector.getDevice(), at / "device", findings);
  checkTaint(spec.getTaint(), path / "taint", findings);
  checkStatedEffect(view(spec.getTaint().getEffect()), path / "taint" / "effect", findings);
}

void print(Rule::Reader rule, Cells& cells) {
  auto taint = rule.getSpec().getTaint();
  cells.text(rule.getMetadata().getName());
  cells.text(taint.getKey());
  cells.text(taint.getValue());
  cells.text(taint.getEffect());
  cells.text(taint.hasTimeAdded() ? cells.since(taint.getTimeAdded()) : std::string());
  cells.age(rule.getMetadata().getCreationTimestamp());
}

}  // namespace

void addDeviceTaintRules(KindTable& table) {
  table.add<Rule>({.structFile = kSchemaFile,
                   .columns = {nameColumn(),
                               {"Key", "string", "The taint's key."},
                               {"Value", "string", "The taint's value."},
                               {"Effect", "string", "What the taint does."},
                               {"TimeAdded", "string", "For how long the taint has been there."},
                               ageColumn()},
                   .hasStatus = true,
                   .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"},
                   .updateNeedsRevision = true},
                  {setDefaults, validate, print});
  table.addStatus<Rule>();
}

}  // namespace cleat::kinds::resource
