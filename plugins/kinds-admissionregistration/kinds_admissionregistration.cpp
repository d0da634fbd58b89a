// kinds-admissionregistration: admissionregistration.k8s.io/v1, by which clusters add rules of their own to the way of
// a request. It keeps them and compiles their expressions; what acts on them is for admission plugins to do.
#include <cleat/sdk/plugin.h>

#include "kinds-admissionregistration/registration_kinds.h"
#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds::admissionregistration {

class AdmissionRegistrationKinds : public KindsPlugin {
 public:
  explicit AdmissionRegistrationKinds(Context& context) : KindsPlugin(context) {
    addWebhooks(table());
    addPolicies(table());
    addBindings(table());
  }
};

}  // namespace cleat::kinds::admissionregistration

CLEAT_PLUGIN(cleat::kinds::admissionregistration::AdmissionRegistrationKinds, .name = "kinds-admissionregistration",
             .version = "0.1.0", .maturity = "alpha", .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
