// What the audit log says of mutating webhooks, under the keys and in the words of Kubernetes: whether one that was
// asked has changed the object, by which patch, and that one could not be asked and may fail.
//
//   mutation.webhook.admission.k8s.io/round_0_index_2:
//   {"configuration":"defaults","webhook":"a.example.com","mutated":true}
#pragma once

#include <cleat/sdk/admission.h>

#include <string>
#include <string_view>

#include "webhook-common/hook.h"

namespace cleat::webhook {

struct AskedHook {
  const Hook& hook;
  size_t number = 0;  // of all there are
  bool again = false;
};

AuditAnnotation mutationNote(const AskedHook& asked, bool mutated);
// `patch`: as the webhook wrote it, a list of operations.
AuditAnnotation patchNote(const AskedHook& asked, std::string_view patch);
AuditAnnotation failedOpenNote(const AskedHook& asked);

}  // namespace cleat::webhook
