#include "device-common/device_taints.h"

#include <cleat/sdk/text.h>

namespace cleat::devices {

bool tolerates(resource_v1::DeviceToleration::Reader toleration, resource_v1::DeviceTaint::Reader taint) {
  const std::string_view effect = view(toleration.getEffect()), key = view(toleration.getKey());
  if (!effect.empty() && effect != view(taint.getEffect())) return false;
  if (!key.empty() && key != view(taint.getKey())) return false;
  const std::string_view op = view(toleration.getOperator());
  if (op == "Exists") return true;
  return !key.empty() && (op.empty() || op == "Equal") && view(toleration.getValue()) == view(taint.getValue());
}

bool keepsOff(resource_v1::DeviceTaint::Reader taint) {
  const std::string_view effect = view(taint.getEffect());
  return effect == "NoSchedule" || effect == "NoExecute";
}

bool areTolerated(TolerationsReader tolerations, resource_v1::DeviceTaint::Reader taint) {
  for (auto toleration : tolerations) {
    if (tolerates(toleration, taint)) return true;
  }
  return false;
}

bool selects(resource_v1::DeviceTaintRuleSpec::Reader rule, std::string_view driver, std::string_view pool,
             std::string_view device) {
  if (!rule.hasDeviceSelector()) return false;
  auto selector = rule.getDeviceSelector();
  return (!selector.hasDriver() || view(selector.getDriver()) == driver) &&
         (!selector.hasPool() || view(selector.getPool()) == pool) &&
         (!selector.hasDevice() || view(selector.getDevice()) == device);
}

}  // namespace cleat::devices
