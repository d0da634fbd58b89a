// What attached plugins need to be allowed, asked of the server before they are started: whoever the kubeconfig names
// has to be allowed all of it, and the error says what is missing.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>

#include <memory>
#include <string>
#include <vector>

#include "core/http/http_client.h"

namespace cleat::app {

struct Right {
  std::string verb, group, resource, subresource, ns;
  // "create pods/binding", "update leases.coordination.k8s.io in kube-system"
  std::string text() const;
};

// The lines of a manifest: GROUP RESOURCES VERBS, with commas in the last two and "-" for the group without a name.
std::vector<Right> rightsIn(const std::string& grants);

// The verbs that requests have, and "*".
const std::vector<std::string>& knownVerbs();

// Those that the server says the caller does not have. Where it cannot be asked, none are.
Task<Result<std::vector<Right>>> missingRights(std::shared_ptr<http::HttpClient> server, std::vector<Right> needed);

}  // namespace cleat::app
