// Whether whoever asks for a node's certificate may have it without anybody being asked: as Kubernetes' authorizers say
// of creating `certificatesigningrequests/selfnodeclient` and `certificatesigningrequests/nodeclient`.
#pragma once

#include <cleat/sdk/context.h>

#include <string>

#include "rules.h"

namespace cleat::certificates {

// `isOwn`: the request is for a certificate of the name that its author already has. Why it is approved; empty: the
// author may not, as things stand.
Task<Result<std::string>> approvalByRights(Context& context, Object<CertificateSigningRequest> request, bool isOwn);

}  // namespace cleat::certificates
