// Where a webhook is: a URL, or a path of a Service.
#pragma once

#include "kinds-admissionregistration/registration_kinds.h"

namespace cleat::kinds::admissionregistration {

void checkAddress(v1::WebhookClientConfig::Reader client, const Path& path, Findings& findings);

}  // namespace cleat::kinds::admissionregistration
