// `cleat envtest DIR`: programs by which test environments of Kubernetes (controller-runtime's envtest, and whoever
// else starts an etcd and a kube-apiserver by themselves) run Cleat. Each function returns the program's exit code.
#pragma once

#include <string>
#include <vector>

namespace cleat::app {

// Writes kube-apiserver, etcd and, where this machine has one, kubectl into the folder.
int writeLaunchersCommand(const std::string& folder);

// What the first two of them run, with the arguments that they were given.
int runApiServerStandIn(const std::vector<std::string>& arguments);
int runEtcdStandIn(const std::vector<std::string>& arguments);

}  // namespace cleat::app
